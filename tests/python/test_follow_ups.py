"""Events that a handler returns or yields: they run behind those that wait, as the same client."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import PATIENCE, Gate, until
from statelink.testing import AppHarness

GATE: Gate
SEEN: list[object] = []


class Lobby(sl.SharedState):
    names: list[str] = []
    _secret: int = 0

    def enter(self, name: str) -> None:
        """Not decorated: only the server's own code can make it run."""
        self.names.append(name)

    @sl.event
    async def join(self, token: str, name: str = "somebody"):
        linked = await self._link_to(token)
        linked.names.append(name)

    @sl.event
    def note(self, what: object = "noted") -> None:
        SEEN.append(what)

    @sl.event
    def needs(self, what: str) -> None:
        SEEN.append(what)

    @sl.event
    def fails(self) -> None:
        self.names.append("lost")
        raise ValueError("it failed")


class Desk(sl.State):
    count: int = 0

    @sl.event
    def submit(self, form_data: dict[str, str]):
        self.count += 1
        return Lobby.join("room", form_data["username"])

    @sl.event
    def undecorated(self):
        return Lobby.enter("by the server")

    @sl.event
    def several(self):
        return [Lobby.note(1), (Lobby.note(2), None, [Lobby.note(3)]), Lobby.note]

    @sl.event
    def bound_method(self):
        return self.add

    @sl.event
    def plain_function(self):
        return vars(Desk)["add"].function

    @sl.event
    def add(self) -> None:
        self.count += 1
        SEEN.append(("add", self.count))

    @sl.event
    def steps(self):
        self.count += 1
        yield Lobby.note("first")
        SEEN.append("second step")
        yield [Desk.add]
        self.count += 10
        return Lobby.note("last")

    @sl.event
    async def steps_async(self):
        self.count += 1
        yield Lobby.note("first")
        await asyncio.sleep(0)
        SEEN.append("second step")
        yield Desk.add

    @sl.event
    async def held(self):
        await GATE.passing()
        return Desk.add

    @sl.event
    def first_of_two(self):
        self.count += 1
        return [Lobby.fails, Desk.add]

    @sl.event
    def wrong(self, what: str):
        self.count += 1
        return {
            "int": 5,
            "text": "Lobby.note",
            "class": Desk,
            "nested": [None, [Lobby.note, 3.5]],
            "needs": Lobby.needs,
            "unserved": Unserved.go(),
            "unserved without a call": Unserved.go,
        }[what]

    @sl.event
    def yields_and_fails(self):
        self.count += 1
        yield Lobby.note("kept")
        self.count += 1
        raise ValueError("undone")

    @sl.event
    def raises_after_reading(self):
        return [Lobby.note("never"), 5]

    @sl.event
    def again(self, times: int):
        self.count += 1
        return Desk.again(times - 1) if times > 1 else None

    @sl.event
    def for_ever(self):
        SEEN.append("again")
        return Desk.for_ever if not STOP else None

    @sl.event
    async def routed(self):
        SEEN.append(self.router.page.path)
        await GATE.passing()
        return Desk.where

    @sl.event
    def where(self):
        SEEN.append(self.router.page.path)
        return Desk.where_again

    @sl.event
    def where_again(self):
        SEEN.append(self.router.page.path)


class Unserved(sl.State):
    @sl.event
    def go(self) -> None: ...


STOP: list[bool] = []


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()
    STOP.clear()


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    async with AppHarness(sl.App(states=[Lobby, Desk])) as harness:
        yield harness


async def test_an_event_of_another_state_follows_as_the_same_client(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Desk.submit, form_data={"username": "Ada"})
    await bob.call(Lobby.join, token="room", name="Bob")
    for client in (alice, bob):
        await client.until(lambda c=client: c.state(Lobby)["names"] == ["Ada", "Bob"])


async def test_the_delta_leaves_before_what_follows_runs(harness):
    alice = await harness.connect()
    await alice.call(Desk.submit, form_data={"username": "Ada"})
    await alice.until(lambda: alice.state(Lobby)["names"] == ["Ada"])
    shown = [f.get("s", "a") for f in alice.frames if "s" in f or "a" in f]
    assert shown[-3:] == ["Desk", "a", "Lobby"]  # answered before, too


async def test_an_undecorated_method_follows(harness):
    alice = await harness.connect()
    await alice.call(Desk.undecorated)
    await alice.until(lambda: alice.state(Lobby)["names"] == ["by the server"])


async def test_lists_and_handlers_without_arguments(harness):
    alice = await harness.connect()
    await alice.call(Desk.several)
    await until(lambda: len(SEEN) == 4)
    assert SEEN == [1, 2, 3, "noted"]


@pytest.mark.parametrize("handler", [Desk.bound_method, Desk.plain_function])
async def test_a_method_or_function_stands_for_its_handler(harness, handler):
    alice = await harness.connect()
    await alice.call(handler)
    await until(lambda: SEEN == [("add", 1)])


async def test_what_is_yielded_runs_when_the_generator_has_ended(harness):
    alice = await harness.connect()
    await alice.call(Desk.steps)
    await until(lambda: "last" in SEEN)
    assert SEEN == ["second step", "first", ("add", 12), "last"]
    SEEN.clear()
    await alice.call(Desk.steps_async)
    await until(lambda: len(SEEN) == 3)
    assert SEEN == ["second step", "first", ("add", 14)]


async def test_it_runs_behind_the_client_s_waiting_events(harness):
    alice = await harness.connect()
    held = await alice.send_event(Desk.held)
    await GATE.arrived()
    waiting = [await alice.send_event(Lobby.note, what=n) for n in range(3)]
    await alice.ping()
    GATE.open()
    await asyncio.wait_for(asyncio.gather(held, *waiting), PATIENCE)
    await until(lambda: len(SEEN) == 4)
    assert SEEN == [0, 1, 2, ("add", 1)]


async def test_one_that_raises_is_reported_and_the_next_runs(harness):
    alice = await harness.connect()
    await alice.call(Desk.first_of_two)  # its own answer is no error
    await until(lambda: SEEN == [("add", 2)])
    await alice.until(lambda: alice.reported)
    (error,) = alice.reported
    assert (error.code, error.message) == ("handler_error", "ValueError: it failed")
    assert alice.state(Lobby)["names"] == []


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("int", "Desk.wrong returned or yielded a int: it must be None, an event"),
        ("text", "returned or yielded a str"),
        ("class", "returned or yielded a "),
        ("nested", "returned or yielded a float"),
        ("needs", r"Lobby.needs\(\): missing a required argument: 'what'"),
        ("unserved", "serves no state with the event handler Unserved.go"),
        ("unserved without a call", "serves no state with the event handler Unserved.go"),
    ],
)
async def test_anything_else_fails_the_handler(harness, what, says):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match=says):
        await alice.call(Desk.wrong, what=what)
    await alice.call(Desk.add)
    assert alice.state(Desk)["count"] == 1
    assert SEEN == [("add", 1)]


async def test_a_step_that_committed_is_followed_also_when_a_later_one_fails(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="undone"):
        await alice.call(Desk.yields_and_fails)
    await until(lambda: SEEN == ["kept"])
    assert alice.state(Desk)["count"] == 1
    with pytest.raises(sl.EventError, match="a int"):
        await alice.call(Desk.raises_after_reading)
    await alice.call(Desk.add)
    assert "never" not in SEEN


async def test_a_handler_may_follow_itself(harness):
    alice = await harness.connect()
    await alice.call(Desk.again, times=1000)
    await alice.until(lambda: alice.state(Desk)["count"] == 1000)


async def test_one_that_follows_itself_for_ever_keeps_nobody(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Desk.for_ever)
    for n in range(5):
        await bob.call(Desk.add)  # and this test's own task runs meanwhile
        assert bob.state(Desk)["count"] == n + 1
        await bob.ping()
    seen = len(SEEN)
    await until(lambda: len(SEEN) > seen)
    await alice.call(Lobby.note)  # a client's own events come between
    STOP.append(True)


async def test_it_keeps_the_router_of_the_event_that_began_it(harness):
    alice = await harness.connect("/before")
    call = await alice.send_event(Desk.routed)
    await GATE.arrived()
    await alice.drop()
    again = await harness.connect("/after", identity=alice.identity)
    assert again.resumed
    assert again.client_token == alice.client_token
    GATE.open()
    await until(lambda: len(SEEN) == 3)
    assert SEEN == ["/before"] * 3
    await again.call(Desk.where)
    await until(lambda: len(SEEN) == 5)
    assert SEEN[3:] == ["/after"] * 2
    call.cancel()
