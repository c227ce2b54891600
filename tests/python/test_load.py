"""Many clients, many rooms, many events at once: nobody misses, repeats or mixes up anything."""

import asyncio
import itertools

import pytest

import statelink as sl
from statelink.testing import AppHarness

ROOMS = 20
PER_ROOM = 10
EVENTS = 20_000
PER_CLIENT = EVENTS // (ROOMS * PER_ROOM)


class Meter(sl.SharedState):
    total: int = 0
    text: str = ""

    @sl.event
    async def join(self, room: str) -> None:
        await self._link_to(room)

    @sl.event
    def add(self, amount: int) -> None:
        self.total += amount

    @sl.event
    def write(self, text: str) -> None:
        self.text = text

    @sl.event
    def look(self) -> None:
        pass


def revisions(client, since):
    """The revisions of the room in the order in which they came, and how many came by a snapshot."""
    number = client.instance(Meter).number
    frames = [frame for frame in client.frames[since:] if frame.get("i") == number]
    return [frame["r"] for frame in frames], sum("s" in frame for frame in frames)


def check_answers(client):
    """Each event was acknowledged once, in order, after the patches that its answer names."""
    at, answered = {}, []
    for frame in client.frames:
        if "r" in frame:
            at[frame["i"]] = frame["r"]
        elif "a" in frame:
            first, last = frame["a"] if isinstance(frame["a"], list) else (frame["a"], frame["a"])
            answered += range(first, last + 1)
            assert all(
                at.get(instance, -1) >= revision for instance, revision in frame.get("f", [])
            )
    assert answered == list(range(1, len(answered) + 1))
    return len(answered)


async def run_load(harness):
    clients = [await harness.connect(f"/{number}") for number in range(ROOMS * PER_ROOM)]
    await asyncio.gather(
        *(c.call(Meter.join, room=f"room {n % ROOMS}") for n, c in enumerate(clients))
    )
    await asyncio.gather(*(client.call(Meter.look) for client in clients))
    since = [len(client.frames) for client in clients]
    held = [client.instance(Meter).revision for client in clients]

    async def send(client, number):
        answers = [await client.send_event(Meter.add, amount=number + 1) for _ in range(PER_CLIENT)]
        await asyncio.gather(*answers)

    async with asyncio.timeout(120):
        await asyncio.gather(*(send(client, number) for number, client in enumerate(clients)))
    sums = [0] * ROOMS
    for number in range(len(clients)):
        sums[number % ROOMS] += (number + 1) * PER_CLIENT
    for number, client in enumerate(clients):
        total = sums[number % ROOMS]
        await client.until(lambda: client.state(Meter)["total"] == total, timeout=30)  # noqa: B023
        assert check_answers(client) == PER_CLIENT + 2
    return clients, since, held


async def test_default_ring():
    async with AppHarness(sl.App(states=[Meter]), timeout=120) as harness:
        clients, since, held = await run_load(harness)
        for client, begin, revision in zip(clients, since, held, strict=True):
            seen, snapshots = revisions(client, begin)
            assert snapshots == 0
            assert seen == list(range(revision + 1, revision + 1 + PER_ROOM * PER_CLIENT))
        counts = harness.counts
        assert counts["commits"] == EVENTS + len(clients)  # each join is one
        assert counts["patches"] == EVENTS
        assert counts["events"] == EVENTS + 2 * len(clients)


async def test_ring_of_16_frames():
    config = sl.Config()
    config.ring_frames = 16
    async with AppHarness(sl.App(states=[Meter], config=config), timeout=120) as harness:
        clients, since, held = await run_load(harness)
        for client, begin, revision in zip(clients, since, held, strict=True):
            seen, _ = revisions(client, begin)
            assert all(a <= b for a, b in itertools.pairwise([revision, *seen]))
            assert client.instance(Meter).revision == revision + PER_ROOM * PER_CLIENT


@pytest.mark.parametrize("ring_frames", [16, 64])
async def test_a_slow_client_gets_a_snapshot_and_nobody_else_notices(ring_frames):
    config = sl.Config()
    config.ring_frames = ring_frames
    writes, size = 400, 4000
    async with AppHarness(sl.App(states=[Meter], config=config), timeout=60) as harness:
        fast = [await harness.connect() for _ in range(3)]
        slow = await harness.connect(receive_buffer=8192)
        for client in [*fast, slow]:
            await client.call(Meter.join, room="room")
        await asyncio.gather(*(client.call(Meter.look) for client in [*fast, slow]))
        since = {client: len(client.frames) for client in [*fast, slow]}
        held = slow.instance(Meter).revision
        slow.pause_reading()
        for number in range(writes):
            await fast[0].call(Meter.write, text=f"{number:06}" + "x" * size)
        slow.resume_reading()
        for client in [*fast, slow]:
            await client.until(lambda: client.instance(Meter).revision == held + writes, timeout=10)  # noqa: B023
            assert client.state(Meter)["text"].startswith(f"{writes - 1:06}x")
        for client in fast:
            assert revisions(client, since[client]) == (list(range(held + 1, held + writes + 1)), 0)
        seen, snapshots = revisions(slow, since[slow])
        assert 1 <= snapshots < 10
        assert len(seen) < writes
        assert all(a < b for a, b in itertools.pairwise([held, *seen]))


async def test_a_slow_client_loses_no_answer():
    config = sl.Config()
    config.ring_frames = 16
    async with AppHarness(sl.App(states=[Meter], config=config), timeout=60) as harness:
        fast, slow = await harness.connect(), await harness.connect(receive_buffer=8192)
        for client in (fast, slow):
            await client.call(Meter.join, room="room")
        slow.pause_reading()
        answers = [await slow.send_event(Meter.add, amount=1) for _ in range(100)]
        await fast.until(lambda: fast.state(Meter)["total"] == 100)
        for number in range(200):
            await fast.call(Meter.write, text=f"{number:06}" + "x" * 4000)
        answers += [await slow.send_event(Meter.add, amount=1) for _ in range(100)]
        await fast.until(lambda: fast.state(Meter)["total"] == 200)
        slow.resume_reading()
        await asyncio.wait_for(asyncio.gather(*answers), 10)
        assert slow.state(Meter)["total"] == 200


async def test_a_slow_client_that_links_meanwhile():
    """Its own values fall behind, then it sees a room: every answer still comes after the frames that it names."""
    config = sl.Config()
    config.ring_frames = 16
    async with AppHarness(sl.App(states=[Meter], config=config), timeout=60) as harness:
        slow, fast = await harness.connect(receive_buffer=8192), await harness.connect()
        await slow.call(Meter.add, amount=1)
        slow.pause_reading()
        answers = [
            await slow.send_event(Meter.write, text=f"{number:06}" + "x" * 4000)
            for number in range(200)
        ]
        answers.append(await slow.send_event(Meter.join, room="room"))
        answers.append(await slow.send_event(Meter.add, amount=1))
        await fast.call(Meter.join, room="room")
        await fast.until(lambda: fast.state(Meter)["total"] == 1, timeout=10)
        slow.resume_reading()
        await asyncio.wait_for(asyncio.gather(*answers), 10)
        assert slow.state(Meter) == {"total": 1, "text": ""}
