"""An app, and a well-behaved client of it that must notice nothing of what others do."""

import asyncio
import contextlib
import os
from urllib.parse import urlsplit

import statelink as sl
from gates import until
from raw_client import RawClient, RawSession
from statelink.testing import AppHarness


class Tally(sl.SharedState):
    count: int = 0
    label: str = ""

    @sl.event
    async def join(self) -> None:
        await self._link_to("everybody")

    @sl.event
    def add(self, by: int = 1) -> None:
        self.count += by

    @sl.event
    def name(self, label: str) -> None:
        self.label = label

    @sl.event
    def nothing(self) -> None:
        pass


class Scene:
    """A served app with a bystander in a room."""

    def __init__(self, harness):
        self.port = urlsplit(harness.url).port
        self._harness = harness
        self._count = 0

    async def set_up(self):
        self._bystander = await RawSession.upgraded(self.port)
        await self._bystander.hello()
        messages = await self._bystander.call("Tally.join")
        self._room, self._revision = messages[-1]["f"][0]
        self._sockets = _sockets()

    async def offender(self):
        """A client in the same room, after its upgrade, its hello and its first event."""
        client = await RawSession.upgraded(self.port)
        await client.hello()
        await client.call("Tally.join")
        await self.quiet()
        return client

    async def open(self):
        return await RawClient.open(self.port)

    async def upgraded(self, **headers):
        return await RawSession.upgraded(self.port, **headers)

    async def quiet(self):
        """Forgets what the bystander heard of others that joined its room."""
        messages = await self._bystander.call("Tally.nothing")
        for message in messages[:-1]:
            assert message["i"] == self._room
            self._revision = message["r"]

    async def alone(self):
        """The server has no other session."""
        await until(lambda: self._harness.counts["sessions"] == 1)

    async def undisturbed(self):
        """The bystander hears its next change, and nothing else; all others are gone."""
        await self.alone()
        await until(lambda: _sockets() == self._sockets)
        await self.goes_on()

    async def goes_on(self):
        """The bystander hears its next change, and nothing else."""
        self._count += 1
        self._revision += 1
        patch, answer = await self._bystander.call("Tally.add")
        at = [self._room, self._revision]
        assert patch["p"] == [{"op": "replace", "path": "/count", "value": self._count}]
        assert [patch["i"], patch["r"]] == at and answer["f"] == [at]

    async def tear_down(self):
        await self._bystander.__aexit__()


def _sockets():
    """Sockets of this process: those of clients and of the server."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return found


@contextlib.asynccontextmanager
async def scene(**limits):
    """A running scene; `limits` as in statelink.Config."""
    config = sl.Config()
    config.close_timeout = 0.5
    for name, value in limits.items():
        setattr(config, name, value)
    app = sl.App(states=[Tally], config=config)
    app.add_page(lambda: "<h1>page</h1>", route="/page/[page_name]")
    async with AppHarness(app) as harness:
        made = Scene(harness)
        await made.set_up()
        try:
            yield made
        finally:
            await made.tear_down()
            await asyncio.sleep(0)
