"""Computed vars that differ between clients: for whom they run, when, and what their errors do."""

import asyncio
import contextlib
import logging

import pytest

import statelink as sl
from gates import Gate, until
from statelink.testing import AppHarness

GATE: Gate
RUNS: list[tuple[str, str]] = []
SEEN: list[object] = []


def ran(name, state):
    RUNS.append((name, state.router.session.client_token))


class Room(sl.SharedState):
    count: int = 0
    title: str = ""
    label: str = ""
    _users: dict[str, str] = {}

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def leave(self) -> None:
        await self._unlink()

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def retitle(self, title: str) -> None:
        self.title = title

    @sl.event
    def relabel(self, label: str) -> None:
        self.label = label

    @sl.event
    def enter(self, name: str) -> None:
        self._users[self.router.session.client_token] = name

    @sl.var
    def parity(self) -> int:
        RUNS.append(("parity", "all"))
        return self.count % 2

    @sl.var
    def me(self) -> str:
        """By touching the router."""
        ran("me", self)
        return f"{self.router.page.path} {self.title}"

    @sl.var
    async def with_desk(self) -> str:
        """By get_state."""
        desk = await self.get_state(Desk)
        ran("with_desk", self)
        return f"{desk.note} {self.title}"

    @sl.var
    def of_another(self) -> str:
        """By another personal one."""
        return self.me.upper()


class Desk(sl.State):
    note: str = "note"
    fails: str = ""

    @sl.event
    def write(self, note: str) -> None:
        self.note = note

    @sl.event
    def fail(self, how: str) -> None:
        self.fails = how

    @sl.event
    async def look(self) -> None:
        SEEN.append((await self.user_in_room, await self.summary))
        room = await self.get_state(Room)
        room.count += 1
        room._users[self.router.session.client_token] = "within"
        SEEN.append((await self.user_in_room, await self.summary))

    @sl.event
    async def look_and_raise(self) -> None:
        (await self.get_state(Room)).count += 5
        SEEN.append(await self.summary)
        raise ValueError("undone")

    @sl.var
    async def user_in_room(self) -> bool:
        """The guide's PrivateState.user_in_room."""
        room = await self.get_state(Room)
        ran("user_in_room", self)
        return self.router.session.client_token in room._users

    @sl.var
    async def summary(self) -> str:
        room = await self.get_state(Room)
        ran("summary", self)
        if self.fails == "raises":
            raise ValueError("of a personal var")
        if self.fails == "unencodable":
            return {"x": object()}
        if self.fails == "writes":
            room.count += 1
        return f"{self.note} {room.count // 10}"

    @sl.var
    def length(self) -> int:
        RUNS.append(("length", "all"))
        return len(self.note)


class Turning(sl.SharedState):
    """Its var is the same for all until a later branch."""

    mode: str = "shared"
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def set_mode(self, mode: str) -> None:
        self.mode = mode

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.var
    def greeting(self) -> str:
        if self.mode == "personal":
            return f"you are {self.router.session.client_token} {self.count}"
        return f"everybody {self.count}"


class Slow(sl.State):
    note: str = "first"

    @sl.event
    def write(self, note: str) -> None:
        self.note = note

    @sl.event
    def nothing(self) -> None: ...

    @sl.var
    async def upper(self) -> str:
        note = self.note
        RUNS.append(("upper", note))
        await GATE.passing()
        return note.upper()

    @sl.var
    async def path(self) -> str:
        path = self.router.page.path
        await GATE.passing()
        return path


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@contextlib.asynccontextmanager
async def serve(*states):
    global GATE
    GATE = Gate()
    SEEN.clear()
    RUNS.clear()
    async with AppHarness(sl.App(states=states)) as harness:
        yield harness


@pytest.fixture
async def harness():
    async with serve(Room, Desk) as harness:
        yield harness


@pytest.fixture
async def slow_harness():
    async with serve(Slow) as harness:
        yield harness


async def linked(harness, number, token="room"):
    clients = [await harness.connect(f"/{n}") for n in range(number)]
    for client in clients:
        await client.call(Room.join, token=token)
    await settle(clients)
    RUNS.clear()
    return clients


async def settle(clients):
    for client in clients:
        await client.call(Room.nothing)


def runs(name):
    return sorted(token for which, token in RUNS if which == name)


def tokens(*clients):
    return sorted(client.client_token for client in clients)


def data(client, since):
    """The frames that are no answers."""
    return [frame for frame in client.frames[since:] if "a" not in frame]


async def test_each_client_sees_its_own(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Room.retitle, title="t")
    await settle([bob])
    for n, client in enumerate((alice, bob)):
        assert client.state(Room)["me"] == f"/{n} t"
        assert client.state(Room)["of_another"] == f"/{n} T"
        assert client.state(Room)["with_desk"] == "note t"


async def test_they_run_for_those_whose_inputs_changed(harness):
    alice, bob, carol = await linked(harness, 3)
    (outside,) = await linked(harness, 1, "another room")
    seen = {client: len(client.frames) for client in (alice, bob, carol, outside)}
    await alice.call(Room.retitle, title="new")
    await settle([alice, bob, carol, outside])
    assert runs("me") == runs("with_desk") == tokens(alice, bob, carol)
    assert runs("summary") == runs("user_in_room") == runs("parity") == []
    assert data(outside, seen[outside]) == []
    RUNS.clear()
    await bob.call(Desk.write, note="bob's")
    await settle([alice, bob, carol])
    assert runs("with_desk") == runs("summary") == tokens(bob)
    assert runs("me") == runs("user_in_room") == []
    assert bob.state(Room)["with_desk"] == "bob's new"
    assert alice.state(Room)["with_desk"] == "note new"
    RUNS.clear()
    await alice.call(Room.relabel, label="nobody reads it")
    assert RUNS == []


async def test_an_equal_result_is_not_sent(harness):
    alice, bob = await linked(harness, 2)
    seen = len(bob.frames)
    await alice.call(Room.add)
    await settle([bob])
    assert runs("summary") == tokens(alice, bob)
    assert [list(frame) for frame in data(bob, seen)] == [["i", "r", "p"]]  # the room's own
    assert "summary" not in repr(data(bob, seen))


async def test_the_guides_user_in_room(harness):
    alice, bob, carol = await linked(harness, 3)
    await alice.call(Room.enter, name="Alice")
    assert alice.state(Desk)["user_in_room"] is True  # her answer follows it
    await settle([bob, carol])
    assert bob.state(Desk)["user_in_room"] is carol.state(Desk)["user_in_room"] is False
    for client in (alice, bob, carol):
        assert "Alice" not in repr(client.frames)
    seen = len(carol.frames)
    await bob.call(Room.enter, name="Bob")
    assert bob.state(Desk)["user_in_room"] is True
    await settle([carol])
    assert data(carol, seen) == []


async def test_links_and_unlinks_run_what_they_must(harness):
    alice, bob, carol = await linked(harness, 3)
    await alice.call(Room.retitle, title="one")
    await settle([alice, bob, carol])
    RUNS.clear()
    newcomer = await harness.connect("/new")
    await newcomer.call(Room.join, token="room")
    assert set(runs("me")) == {newcomer.client_token}  # for nobody who was there before
    assert newcomer.state(Room)["me"] == "/new one"
    RUNS.clear()
    await bob.call(Room.join, token="another room")
    assert bob.state(Room)["me"] == "/1 "
    assert set(runs("me")) == set(runs("summary")) == {bob.client_token}
    RUNS.clear()
    await bob.call(Room.leave)
    assert set(runs("me")) == {bob.client_token}
    RUNS.clear()
    await alice.call(Room.retitle, title="two")
    await settle([bob])
    assert runs("me") == tokens(alice, carol, newcomer)
    assert bob.state(Room)["me"] == "/1 "


async def test_a_reconnect_runs_what_reads_the_router_and_what_was_missed(harness):
    alice, bob = await linked(harness, 2)
    await bob.drop()
    await alice.call(Room.add)
    assert bob.client_token not in {token for _, token in RUNS}  # nobody is there
    RUNS.clear()
    await bob.reconnect()
    assert bob.resumed
    names = {name for name, token in RUNS if token == bob.client_token}
    assert names >= {"me", "summary"}
    assert {token for _, token in RUNS} == {bob.client_token}
    RUNS.clear()
    await bob.drop()
    await alice.call(Room.retitle, title="missed")
    await bob.reconnect()
    assert bob.state(Room)["me"] == "/1 missed"


async def test_a_handler_sees_the_new_value_after_each_change(harness):
    (alice,) = await linked(harness, 1)
    for _ in range(9):
        await alice.call(Room.add)
    await alice.call(Desk.look)
    assert SEEN == [(False, "note 0"), (True, "note 1")]
    assert alice.state(Desk)["summary"] == "note 1"


async def test_what_a_handler_that_raised_has_seen_is_not_sent(harness):
    (alice,) = await linked(harness, 1)
    for _ in range(5):
        await alice.call(Room.add)
    with pytest.raises(sl.EventError):
        await alice.call(Desk.look_and_raise)
    assert SEEN == ["note 1"]
    await settle([alice])
    assert alice.state(Desk)["summary"] == "note 0"


@pytest.mark.parametrize("how", ["raises", "unencodable", "writes"])
async def test_one_that_fails_keeps_its_value_and_touches_nobody(harness, how, caplog):
    alice, bob = await linked(harness, 2)
    caplog.set_level(logging.ERROR, "statelink")
    await alice.call(Desk.fail, how=how)  # the event itself succeeds
    assert alice.state(Desk)["fails"] == how
    assert alice.state(Desk)["summary"] == "note 0"
    for _ in range(11):
        await bob.call(Room.add)
    await settle([alice])
    assert alice.state(Desk)["summary"] == "note 0"
    assert bob.state(Desk)["summary"] == "note 1"
    assert alice.state(Room)["count"] == bob.state(Room)["count"] == 11
    reports = [r for r in caplog.records if "Desk.summary" in r.getMessage()]
    assert len(reports) == 1
    await alice.call(Desk.fail, how="")
    assert alice.state(Desk)["summary"] == "note 1"
    await alice.call(Desk.fail, how=how)  # it has run well since
    assert len([r for r in caplog.records if "Desk.summary" in r.getMessage()]) == 2


async def test_one_that_turns_personal_in_a_later_branch():
    # A class of its own: a var that has turned personal stays so.
    async with serve(Turning) as harness:
        alice, bob = await harness.connect(), await harness.connect()
        for client in (alice, bob):
            await client.call(Turning.join, token="room")
        carol = await harness.connect()
        await alice.call(Turning.add)
        await bob.until(lambda: bob.state(Turning)["greeting"] == "everybody 1")
        await alice.call(Turning.set_mode, mode="personal")
        assert alice.state(Turning)["greeting"] == f"you are {alice.client_token} 1"
        await bob.until(lambda: bob.state(Turning)["greeting"] == f"you are {bob.client_token} 1")
        await bob.call(Turning.add)
        assert bob.state(Turning)["greeting"] == f"you are {bob.client_token} 2"
        await alice.until(lambda: "2" in alice.state(Turning)["greeting"][-1])
        assert carol.state(Turning)["greeting"] == "everybody 0"
        await alice.call(Turning.set_mode, mode="shared")
        for client in (alice, bob):
            await client.until(lambda: client.state(Turning)["greeting"] == "everybody 2")  # noqa: B023
        dave = await harness.connect()
        assert dave.state(Turning)["greeting"] == "everybody 0"
        for client, other in ((alice, bob), (bob, alice)):
            assert other.client_token not in repr(client.frames)


async def test_one_that_suspends_delays_the_answers_that_it_belongs_to(slow_harness):
    GATE.open()
    alice = await slow_harness.connect("/page")
    assert alice.state(Slow)["upper"] == "FIRST"  # hydrated follows it
    assert alice.state(Slow)["path"] == "/page"
    GATE.close()
    arrivals = GATE.arrivals
    write = await alice.send_event(Slow.write, note="second")
    await GATE.arrived(arrivals + 1)
    nothing = await alice.send_event(Slow.nothing)
    await alice.until(lambda: alice.state(Slow)["note"] == "second")
    assert not write.done()
    GATE.open()
    await asyncio.gather(write, nothing)
    assert alice.state(Slow)["upper"] == "SECOND"


async def test_an_event_that_it_does_not_depend_on_is_answered_meanwhile():
    async with serve(Slow, Desk, Room) as harness:
        GATE.open()
        alice = await harness.connect()
        GATE.close()
        # A run that nobody's answer belongs to: after a reconnect, when its router changed.
        identity = alice.identity
        await alice.drop()
        arrivals = GATE.arrivals
        opening = asyncio.create_task(harness.connect("/other", identity=identity))
        await GATE.arrived(arrivals + 1)
        await until(lambda: len(harness.clients) == 2 and harness.clients[1].frames)
        alice = harness.clients[1]
        assert not opening.done()  # hydrated waits for it
        GATE.open()
        await opening
        assert alice.state(Slow)["path"] == "/other"


async def test_a_router_that_changes_while_it_is_suspended(slow_harness):
    GATE.open()
    alice = await slow_harness.connect("/one")
    GATE.close()
    identity = alice.identity
    await alice.drop()
    arrivals = GATE.arrivals
    second = asyncio.create_task(slow_harness.connect("/two", identity=identity))
    await GATE.arrived(arrivals + 1)  # it has read the router of /two
    third = asyncio.create_task(slow_harness.connect("/three", identity=identity))
    await until(lambda: len(slow_harness.clients) == 3 and slow_harness.clients[2].frames)
    GATE.open()
    last = await asyncio.wait_for(third, 5)
    with pytest.raises(ConnectionError):
        await second
    await last.until(lambda: last.state(Slow)["path"] == "/three")


async def test_a_hundred_clients_and_one_change():
    """One encode, one run of what is shared, one of what is personal where its inputs changed, nothing for others."""
    async with serve(Room, Desk) as harness:
        clients = await linked(harness, 100)
        others = await linked(harness, 3, "another room")
        alone = await harness.connect()
        seen = {client: len(client.frames) for client in [*clients, *others, alone]}
        before = harness.counts
        RUNS.clear()
        await clients[0].call(Room.add)
        for client in clients[1:]:
            await client.until(lambda: client.state(Room)["count"] == 1)  # noqa: B023
        after = harness.counts
        counted = {name: after[name] - before[name] for name in after}
        assert counted["turns"] == 1
        assert counted["commits"] == 1
        assert counted["patches"] == 1
        assert counted["snapshots"] == 0
        assert runs("parity") == ["all"]
        assert runs("summary") == tokens(*clients)
        assert sorted({name for name, _ in RUNS}) == ["parity", "summary"]
        assert counted["hand_overs"] == 1
        RUNS.clear()
        await clients[0].call(Room.enter, name="zero")  # changes one client's value
        assert clients[0].state(Desk)["user_in_room"] is True
        assert runs("user_in_room") == tokens(*clients)
        assert sorted({name for name, _ in RUNS}) == ["user_in_room"]
        await settle([*clients, *others, alone])
        for client in clients[1:]:
            frames = data(client, seen[client])
            assert len(frames) == 1  # of the first change
            assert frames[0]["i"] == clients[0].instance(Room).number
        for client in [*others, alone]:
            assert data(client, seen[client]) == []
