"""What AppHarness and its clients offer to tests, and what they say when something is amiss."""

import asyncio
import subprocess
import sys

import pytest

import statelink as sl
from statelink.testing import AppHarness, ProtocolViolation


class Lamp(sl.SharedState):
    level: int = 0

    @sl.event
    async def join(self) -> None:
        await self._link_to("lamp")

    @sl.event
    def dim(self, level: int) -> None:
        self.level = level

    @sl.event
    async def wait(self) -> None:
        await asyncio.sleep(60)


class Plain(sl.State):
    """Brings an event handler to those who inherit it."""

    @sl.event
    def shared(self) -> None:
        pass


class Left(Plain):
    @sl.event
    def shared(self) -> None:
        pass


class Right(Plain):
    pass


class Stranger(sl.State):
    @sl.event
    def go(self) -> None:
        pass


def app(**options):
    return sl.App(states=[Lamp, Left, Right], **options)


async def test_the_example_of_the_docs():
    async with AppHarness(app()) as harness:
        alice, bob = await harness.connect("/"), await harness.connect("/")
        await alice.call(Lamp.join)
        await bob.call(Lamp.join)
        await alice.call(Lamp.dim, level=5)
        await bob.until(lambda: bob.state(Lamp)["level"] == 5)
        assert bob.state("Lamp") == bob.state(Lamp)
        assert [frame["a"] for frame in alice.frames if "a" in frame] == [1, 2]
        assert harness.url.startswith("http://127.0.0.1:")
        assert harness.counts["sessions"] == 2
    assert not alice.connected


async def test_an_app_without_pages_or_states():
    async with AppHarness(sl.App(states=[])) as harness:
        client = await harness.connect("/anywhere")
        assert client.frames[-1] == {"hydrated": True}


async def test_a_call_may_name_the_handler():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        await client.call("Lamp.dim", level=3)
        assert client.state(Lamp)["level"] == 3
        for handler in (Left.shared, Right.shared):
            await client.call(handler)
        with pytest.raises(LookupError, match="no state with the event handler"):
            await client.call(Stranger.go)
        with pytest.raises(LookupError, match="does not serve Stranger"):
            client.state(Stranger)
        with pytest.raises(LookupError, match="no values of Nobody"):
            client.state("Nobody")


async def test_a_parent_is_served_with_its_children():
    async with AppHarness(sl.App(states=[Right])) as harness:
        client = await harness.connect()
        assert client.state(Plain) == client.state(Right) == {}


async def test_a_handler_that_several_states_inherit():
    class Mixin:
        __slots__ = ()

        @sl.event
        def shared(self) -> None:
            pass

    class One(Mixin, sl.State):
        pass

    class Two(Mixin, sl.State):
        pass

    async with AppHarness(sl.App(states=[One, Two])) as harness:
        client = await harness.connect()
        with pytest.raises(LookupError, match=r"'One\.shared'"):
            await client.call(Mixin.shared)
        await client.call("Two.shared")


async def test_an_argument_that_is_no_json():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        with pytest.raises(TypeError):
            await client.call(Lamp.dim, level=object())
        await client.call(Lamp.dim, level=1)


async def test_until_shows_the_values_when_it_gives_up():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        await client.call(Lamp.dim, level=7)
        with pytest.raises(TimeoutError, match=r'(?s)waited 0.02 s.*"level": 7'):
            await client.until(lambda: client.state(Lamp)["level"] == 8, timeout=0.02)
        assert await client.until(lambda: "found") == "found"


async def test_until_looks_again_without_a_frame():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        looks = []
        await client.until(lambda: looks.append(1) or len(looks) == 5)


async def test_a_call_that_is_not_answered():
    async with AppHarness(app(), timeout=0.1) as harness:
        client = await harness.connect()
        with pytest.raises(TimeoutError, match=r"Lamp\.wait was not answered within 0\.1 s"):
            await client.call(Lamp.wait)


async def test_a_client_that_is_not_connected():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        await client.disconnect()
        assert not client.connected
        with pytest.raises(ConnectionError):
            await client.ping()
        waiting = asyncio.create_task(client.call(Lamp.dim, level=2))
        await asyncio.sleep(0)
        await client.reconnect()
        await waiting
        assert client.state(Lamp)["level"] == 2


async def test_a_server_that_closes_for_good():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        answer = await client.send_event(Lamp.wait)
        await client.send_raw("no frame")
        with pytest.raises(sl.EventError) as caught:
            await answer
        assert caught.value.code == "closed"
        assert client.close_code == 4400


async def test_violations_end_the_harness():
    harness = await AppHarness(app()).__aenter__()
    client = await harness.connect()
    client._conversation.received('{"i":999,"r":1,"p":[{"op":"remove","path":"/x"}]}')
    with pytest.raises(ProtocolViolation, match="a patch of instance 999"):
        await harness.__aexit__(None, None, None)


async def test_violations_do_not_hide_what_failed():
    async def fail():
        async with AppHarness(app()) as harness:
            client = await harness.connect()
            client.violations.append("something")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        await fail()
    assert "something" in caught.value.__notes__[0]


async def test_ping_and_a_client_that_does_not_read():
    async with AppHarness(app()) as harness:
        alice, bob = await harness.connect(), await harness.connect()
        assert 0 <= await alice.ping() < 10
        for client in (alice, bob):
            await client.call(Lamp.join)
        bob.pause_reading()
        seen = len(bob.frames)
        for level in range(5):
            await alice.call(Lamp.dim, level=level + 1)
        assert len(bob.frames) == seen
        bob.resume_reading()
        await bob.until(lambda: bob.state(Lamp)["level"] == 5)


def test_without_websockets_it_names_the_extra():
    code = (
        "import sys; sys.modules['websockets'] = None; import statelink; import statelink.testing"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: statelink.testing needs the package websockets" in ran.stderr
    assert "statelink[testing]" in ran.stderr
