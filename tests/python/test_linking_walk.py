"""Random walks: clients link, relink, unlink, write, lag, drop and come back; a model says what each must see."""

import asyncio
import logging
import random

import pytest

import statelink as sl
from statelink.testing import AppHarness

CLIENTS = 5
ROOMS = ["red", "green", "blue"]
STEPS = 200


class Walk(sl.SharedState):
    text: str = "-"
    log: list[int] = []

    @sl.event
    async def go(self, places: list[str]) -> None:
        for place in places:
            if place:
                await self._link_to(place)
            elif self._linked_to not in ("", self.router.session.client_token):
                await self._unlink()

    @sl.event
    def write(self, number: int, fails: bool = False) -> None:
        self.text = f"{number} " * 2000
        self.log.append(number)
        if len(self.log) > 5:
            del self.log[0]
        if fails:
            raise ValueError("undone")

    @sl.event
    def look(self) -> None:
        pass

    @sl.var
    def size(self) -> int:
        return len(self.log)


class Walker:
    """Clients on a walk, and the values that each must see."""

    def __init__(self, harness, seed):
        self.harness = harness
        self.random = random.Random(seed)
        self.names = {}
        self.values = {}  # by room or owner: text, log
        self.sees = {}  # by client: room or owner
        self.answers = []

    async def connect(self):
        for _ in range(CLIENTS):
            client = await self.harness.connect(receive_buffer=4096)
            self.names[client] = client.client_token
            self.sees[client] = client.client_token

    async def step(self, number):
        client = self.random.choice(list(self.names))
        kinds = (
            ["go"] * 4
            + ["write"] * 8
            + ["fail", "fail", "resync", "pause", "resume", "resume", "drop"]
        )
        kind = self.random.choice(kinds) if client.connected else "reconnect"
        if kind == "go":
            others = [name for name in self.names.values() if name != self.names[client]]
            choices = [*ROOMS, *ROOMS, "", "", self.random.choice(others)]
            places = self.random.choices(choices, k=self.random.randint(1, 3))
            self.sees[client] = places[-1] or self.names[client]
            await self.send(client, Walk.go, places=places)
        elif kind == "write":
            _, log = self.values.get(self.sees[client], ("-", []))
            self.values[self.sees[client]] = (f"{number} " * 2000, [*log, number][-5:])
            await self.send(client, Walk.write, number=number)
        elif kind == "fail":
            await self.send(client, Walk.write, number=number, fails=True)
        elif kind == "resync":
            await client.resync(Walk)
        elif kind == "pause":
            client.pause_reading()
        elif kind == "resume":
            client.resume_reading()
        else:
            await getattr(client, kind)()

    async def send(self, client, handler, **arguments):
        """Sends an event; returns when it has run, whether or not its client reads."""
        self.answers.append(await client.send_event(handler, **arguments))
        async with asyncio.timeout(10):
            while self.harness.counts["turns"] < len(self.answers):
                await asyncio.sleep(0)

    async def arrive(self):
        for client in self.names:
            if client.connected:
                client.resume_reading()
            else:
                await client.reconnect()
        results = await asyncio.wait_for(asyncio.gather(*self.answers, return_exceptions=True), 20)
        assert {str(result) for result in results} <= {"None", "ValueError: undone (handler_error)"}
        for client, name in self.names.items():
            await client.call(Walk.look)
            text, log = self.values.get(self.sees[client], ("-", []))
            assert client.state(Walk) == {"text": text, "log": log, "size": len(log)}
            assert client.client_token == name


@pytest.mark.parametrize("ring_frames", [4, 2048])
@pytest.mark.parametrize("seed", range(8))
async def test_random_walk(seed, ring_frames, caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    config = sl.Config()
    config.ring_frames = ring_frames
    async with AppHarness(sl.App(states=[Walk], config=config), timeout=20) as harness:
        walker = Walker(harness, seed)
        await walker.connect()
        for number in range(STEPS):
            await walker.step(number)
        await walker.arrive()
