"""on_load handlers: they run before the client is told that it is hydrated."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import Gate, until
from statelink.testing import AppHarness
from statelink.testing.held import Held

GATE: Gate
RAN: list[str] = []


class Room(sl.SharedState):
    name: str = "default"
    visits: int = 0

    async def enter(self):
        RAN.append(f"enter {self.room_id}")
        linked = await self._link_to(self.room_id.replace("_", "-") or "lobby")
        linked.visits += 1

    @sl.event
    async def rename(self, name: str) -> None:
        self.name = name

    async def fill(self, token: str) -> None:
        linked = await self._link_to(token)
        linked.name = f"full of {token}"


class Log(sl.State):
    entries: list[str] = []
    where: str = ""

    def note(self, text: str = "loaded") -> None:
        RAN.append(text)
        self.entries.append(text)

    @sl.event
    def click(self) -> None:
        RAN.append("click")
        self.entries.append("click")

    def fail(self) -> None:
        RAN.append("fail")
        self.entries.append("undone")
        raise ValueError("on purpose")

    def steps(self):
        self.entries.append("one")
        yield
        self.entries.append("two")
        yield Log.note("followed")

    def leads(self):
        return Log.note("followed")

    def away(self):
        return sl.redirect("/elsewhere")

    async def wait(self) -> None:
        RAN.append("waits")
        await GATE.passing()
        self.entries.append(f"waited for {self.router.page.path}")

    @sl.event(background=True)
    async def beside(self) -> None:
        await GATE.passing()
        async with self:
            self.entries.append("beside")


class Holder(sl.SharedState):
    held: int = 0

    @sl.event
    async def join(self) -> None:
        await self._link_to("held")

    @sl.event
    async def hold(self) -> None:
        self.held += 1
        await GATE.passing()

    async def take(self) -> None:
        linked = await self._link_to("held")
        linked.held += 1


@pytest.fixture(autouse=True)
def _fresh():
    global GATE
    GATE = Gate()
    RAN.clear()
    yield
    GATE.open()


def app_with(**routes):
    app = sl.App(states=[Room, Log, Holder])
    for path, on_load in routes.items():
        app.add_route(None, path, on_load=on_load)
    app.add_route(None, "/room/[room_id]", on_load=Room.enter)
    return app


async def test_the_link_of_an_on_load_handler_is_there_before_hydrated():
    async with AppHarness(app_with()) as harness:
        alice = await harness.connect("/room/blue_room")
        await alice.call(Room.rename, name="The Blue Room")
        bob = await harness.connect("/room/blue-room")
        assert bob.state(Room) == {"name": "The Blue Room", "visits": 2}
        assert bob.instance(Room).number == alice.instance(Room).number
        before = bob.frames[: bob.frames.index({"hydrated": True})]
        held = Held(bob.violations.append, append=True)
        for frame in before:
            if "s" in frame:
                held.introduce(frame)
            elif "p" in frame:
                held.patch(frame)
        assert held.values("Room") == {"name": "The Blue Room", "visits": 2}
        assert bob.frames.count({"hydrated": True}) == 1


@pytest.mark.parametrize(
    ("on_load", "entries"),
    [
        (Log.note, ["loaded"]),
        (Log.note(), ["loaded"]),
        (Log.note("given"), ["given"]),
        (Log.note(text="named"), ["named"]),
        (Log.note.function, ["loaded"]),
        (Log.click, ["click"]),
        ([Log.note, Log.click, Log.note("last")], ["loaded", "click", "last"]),
        ((Log.note, Log.click), ["loaded", "click"]),
        ([], []),
        (None, []),
    ],
)
async def test_what_on_load_takes(on_load, entries):
    async with AppHarness(app_with(home=on_load)) as harness:
        client = await harness.connect("/home")
        assert client.state(Log)["entries"] == entries


@pytest.mark.parametrize("on_load", [5, "Log.note", [Log.note, 5], sl.redirect("/"), Room.fill])
def test_what_it_does_not_take(on_load):
    app = sl.App(states=[Room, Log, Holder])
    with pytest.raises(TypeError):
        app.add_route(None, "/x", on_load=on_load)


async def test_a_function_of_no_state():
    app = sl.App(states=[Room, Log, Holder])
    app.add_route(None, "/x", on_load=lambda self: None)
    with pytest.raises(TypeError):
        await app.start(port=0)


async def test_a_state_that_is_not_served():
    app = sl.App(states=[Log])
    app.add_route(None, "/x", on_load=Room.enter)
    with pytest.raises(LookupError, match="Room.enter"):
        await app.start(port=0)


async def test_clients_cannot_call_one_without_the_decorator():
    async with AppHarness(app_with()) as harness:
        client = await harness.connect("/")
        with pytest.raises(sl.EventError, match="unknown_event"):
            await client.call("Log.note")


async def test_events_sent_meanwhile_run_after_it():
    async with AppHarness(app_with(home=[Log.wait, Log.note])) as harness:
        client = await harness.connect("/home", wait=False)
        await GATE.arrived()
        answer = await client.send_event(Log.click)
        assert not client.hydrated
        GATE.open()
        await answer
        assert client.state(Log)["entries"] == ["waited for /home", "loaded", "click"]
        assert [key for f in client.frames for key in ("hydrated", "a") if key in f] == [
            "hydrated",
            "a",
        ]


async def test_one_that_raises_is_reported_and_the_rest_runs(caplog):
    async with AppHarness(app_with(home=[Log.note, Log.fail, Log.note("after")])) as harness:
        with caplog.at_level(logging.ERROR):
            client = await harness.connect("/home")
        assert client.state(Log)["entries"] == ["loaded", "after"]
        failed = [f for f in client.frames if "x" in f]
        assert failed == [{"x": 0, "c": "handler_error", "m": "ValueError: on purpose"}]
        assert "Log.fail" in caplog.text


async def test_hydrated_waits_for_a_generator():
    async with AppHarness(app_with(home=Log.steps)) as harness:
        client = await harness.connect("/home")
        assert client.state(Log)["entries"][:2] == ["one", "two"]
        await client.until(lambda: client.state(Log)["entries"] == ["one", "two", "followed"])


async def test_what_follows_runs_after_the_other_on_load_handlers():
    async with AppHarness(app_with(home=[Log.leads, Log.note])) as harness:
        client = await harness.connect("/home")
        assert client.state(Log)["entries"][0] == "loaded"
        await client.until(lambda: client.state(Log)["entries"] == ["loaded", "followed"])


async def test_hydrated_waits_for_a_lock():
    async with AppHarness(app_with(home=Holder.take)) as harness:
        holder = await harness.connect("/")
        await holder.call(Holder.join)
        held = await holder.send_event(Holder.hold)
        await GATE.arrived()
        turns = harness.counts["turns"]
        client = await harness.connect("/home", wait=False)
        await until(lambda: harness.counts["turns"] > turns)
        assert not client.hydrated
        GATE.open()
        await held
        await client.until(lambda: client.hydrated)
        assert client.state(Holder)["held"] == 2


async def test_a_redirect():
    async with AppHarness(app_with(home=Log.away)) as harness:
        client = await harness.connect("/home")
        told = {"redirect": "/elsewhere", "external": False, "replace": False}
        await client.until(lambda: told in client.frames)


async def test_a_background_handler_is_not_waited_for():
    async with AppHarness(app_with(home=[Log.beside, Log.note])) as harness:
        client = await harness.connect("/home")
        assert client.state(Log)["entries"] == ["loaded"]
        await GATE.arrived()
        GATE.open()
        await client.until(lambda: client.state(Log)["entries"] == ["loaded", "beside"])


# --- sessions --------------------------------------------------------------------------------------


async def test_a_reconnect_does_not_run_it_again():
    async with AppHarness(app_with(home=Log.note)) as harness:
        client = await harness.connect("/home")
        await client.reconnect()
        assert client.resumed and client.hydrated
        assert RAN == ["loaded"]


async def test_a_reload_does():
    async with AppHarness(app_with(home=Log.note)) as harness:
        client = await harness.connect("/home")
        await client.disconnect()
        again = await harness.connect("/home", identity=client.identity)
        assert again.client_token == client.client_token
        assert again.state(Log)["entries"] == ["loaded", "loaded"]


async def test_a_socket_that_is_lost_meanwhile():
    async with AppHarness(app_with(home=[Log.wait, Log.note])) as harness:
        client = await harness.connect("/home", wait=False)
        await GATE.arrived()
        await client.drop()
        again = asyncio.ensure_future(client.open())
        await until(lambda: harness.counts["accepted"] == 2 and harness.counts["sessions"] == 1)
        GATE.open()
        await again
        assert client.state(Log)["entries"] == ["waited for /home", "loaded"]
        assert client.frames.count({"hydrated": True}) == 1


async def test_a_socket_that_comes_back_when_they_have_run():
    async with AppHarness(app_with(home=[Log.wait, Log.note])) as harness:
        client = await harness.connect("/home", wait=False)
        await client.until(lambda: "Log" in [f.get("s") for f in client.frames])
        await GATE.arrived()
        await client.drop()
        GATE.open()
        await until(lambda: RAN == ["waits", "loaded"])
        await client.open()
        assert client.state(Log)["entries"] == ["waited for /home", "loaded"]
        assert RAN == ["waits", "loaded"]
        assert client.frames.count({"hydrated": True}) == 1


async def test_a_reload_meanwhile_runs_them_from_the_start():
    async with AppHarness(app_with(home=[Log.wait, Log.note])) as harness:
        client = await harness.connect("/home", wait=False)
        await GATE.arrived()
        await client.until(lambda: client.identity is not None)
        await client.drop()
        again = await harness.connect("/home", identity=client.identity, wait=False)
        await until(lambda: harness.counts["accepted"] == 2)
        await again.until(lambda: bool(again.frames))
        GATE.open()
        await again.until(lambda: again.hydrated)
        assert again.state(Log)["entries"] == ["waited for /home", "waited for /home", "loaded"]


async def test_superseded_meanwhile():
    async with AppHarness(app_with(home=Log.wait)) as harness:
        first = await harness.connect("/home", wait=False)
        await GATE.arrived()
        await first.until(lambda: first.identity is not None)
        second = await harness.connect("/home", identity=first.identity, wait=False)
        await first.until(lambda: first.close_code == 4409)
        GATE.open()
        await second.until(lambda: second.hydrated)
        assert {"hydrated": True} not in first.frames
        assert second.state(Log)["entries"] == ["waited for /home"] * 2
