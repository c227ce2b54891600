"""Nobody sees what another event has not committed: not a computed var, not a client that comes, not a handler."""

import asyncio
import contextlib
import logging

import pytest

import statelink as sl
from gates import Gate, started, until
from statelink.testing import AppHarness

GATE: Gate
VAR_GATE: Gate
RUNS: list[tuple[str, int]] = []


class Room(sl.SharedState):
    count: int = 0
    rows: list[int] = []

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def slowly(self, fail: bool) -> None:
        self.count += 100
        self.rows.append(self.count)
        await GATE.passing()
        if fail:
            raise ValueError("undone")
        self.count += 1

    @sl.event
    async def slowly_stepwise(self):
        self.count += 100
        yield
        self.count += 1000
        await GATE.passing()

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()


class Person(sl.State):
    name: str = "?"
    told: int = -1

    @sl.event
    def rename(self, name: str) -> None:
        self.name = name

    @sl.event
    async def look(self) -> None:
        self.told = (await self.get_state(Room)).count

    @sl.event
    async def look_at_the_var(self) -> None:
        self.told = (await self.seen)[1]

    @sl.var
    async def seen(self) -> tuple[str, int]:
        name = self.name
        room = await self.get_state(Room)
        RUNS.append((name, room.count))
        return name, room.count


class Slow(sl.State):
    """Its computed var suspends between its reads."""

    @sl.event
    def nothing(self) -> None: ...

    @sl.var
    async def twice(self) -> tuple[int, int]:
        room = await self.get_state(Room)
        first = room.count
        RUNS.append(("slow", first))
        await VAR_GATE.passing()
        return first, room.count


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@contextlib.asynccontextmanager
async def serve(*states):
    global GATE, VAR_GATE
    GATE, VAR_GATE = Gate(), Gate()
    RUNS.clear()
    async with AppHarness(sl.App(states=states)) as harness:
        yield harness


@pytest.fixture
async def harness():
    async with serve(Room, Person) as harness:
        yield harness


@pytest.fixture
async def slow_harness():
    async with serve(Room, Slow) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Room.join, token="room")
    return clients


def seen(client):
    return client.state(Person)["seen"]


@pytest.mark.parametrize("fail", [True, False])
async def test_a_computed_var_waits_for_the_handler_that_holds_its_room(harness, fail):
    alice, bob = await linked(harness, 2)
    RUNS.clear()
    slow = await alice.send_event(Room.slowly, fail=fail)
    await GATE.arrived()
    # A change of its other input: it cannot run now, and bob's answer does not wait for it.
    await bob.call(Person.rename, name="Bob")
    assert seen(bob) == ["?", 0]
    assert RUNS == []
    GATE.open()
    await asyncio.gather(slow, return_exceptions=True)
    count = 0 if fail else 101
    await bob.until(lambda: seen(bob) == ["Bob", count])
    expected = [("Bob", 0)] if fail else [("?", 101), ("Bob", 101)]
    assert sorted(RUNS) == sorted(expected)


async def test_a_client_that_comes_meanwhile_sees_committed_values(harness):
    alice, bob = await linked(harness, 2)
    identity = bob.identity
    await bob.drop()
    slow = await alice.send_event(Room.slowly, fail=False)
    await GATE.arrived()
    bob = await harness.connect(identity=identity)
    assert bob.resumed
    assert bob.state(Room) == {"count": 0, "rows": []}
    assert seen(bob) == ["?", 0]
    GATE.open()
    await slow
    await bob.until(lambda: seen(bob) == ["?", 101])
    assert bob.state(Room) == {"count": 101, "rows": [100]}


async def test_a_new_client_is_hydrated_though_its_computed_var_cannot_run(harness):
    (alice,) = await linked(harness, 1)
    hold = await alice.send_event(Room.slowly, fail=False)
    await GATE.arrived()
    carol = await harness.connect()
    join = await carol.send_event(Room.join, token="room")
    GATE.open()
    await asyncio.gather(hold, join)
    await carol.until(lambda: seen(carol) == ["?", 101])
    assert ("?", 100) not in RUNS


async def test_a_handler_waits_as_well(harness):
    alice, bob = await linked(harness, 2)
    slow = await alice.send_event(Room.slowly, fail=False)
    await GATE.arrived()
    turns = harness.counts["turns"]
    looks = [await bob.send_event(Person.look)]
    await started(harness, turns + 1)
    assert bob.state(Person)["told"] == -1
    GATE.open()
    await asyncio.gather(slow, *looks)
    assert bob.state(Person)["told"] == 101


async def test_a_computed_var_awaited_in_a_handler_is_never_dirty(harness):
    alice, bob = await linked(harness, 2)
    slow = await alice.send_event(Room.slowly, fail=True)
    await GATE.arrived()
    turns = harness.counts["turns"]
    look = await bob.send_event(Person.look_at_the_var)
    await started(harness, turns + 1)
    GATE.open()
    await asyncio.gather(slow, look, return_exceptions=True)
    assert bob.state(Person)["told"] == 0
    assert not [run for run in RUNS if run[1] >= 100]


async def test_between_two_steps_of_a_generator_committed_values_are_seen(harness):
    alice, bob = await linked(harness, 2)
    slow = await alice.send_event(Room.slowly_stepwise)
    await GATE.arrived()
    await bob.until(lambda: seen(bob) == ["?", 100])
    assert not [run for run in RUNS if run[1] == 1100]
    GATE.open()
    await slow
    await bob.until(lambda: seen(bob) == ["?", 1100])


async def test_a_run_whose_input_changes_is_thrown_away_and_runs_again(slow_harness):
    VAR_GATE.open()
    alice, bob = await linked(slow_harness, 2)
    await alice.call(Slow.nothing)
    await bob.until(lambda: bob.state(Slow)["twice"] == [0, 0])
    VAR_GATE.close()
    RUNS.clear()
    arrivals = VAR_GATE.arrivals
    first = await alice.send_event(Room.add)
    await VAR_GATE.arrived(arrivals + 2)  # a run of each
    second = await alice.send_event(Room.add)  # while they are suspended
    await bob.until(lambda: bob.state(Room)["count"] == 2)
    assert bob.state(Slow)["twice"] == [0, 0]
    VAR_GATE.open()
    await asyncio.wait_for(asyncio.gather(first, second), 5)
    for client in (alice, bob):
        await client.until(lambda: client.state(Slow)["twice"] == [2, 2])  # noqa: B023
        values = [
            op["value"] for f in client.frames for op in f.get("p", []) if op["path"] == "/twice"
        ]
        assert [1, 1] not in values
        assert [1, 2] not in values
    assert sorted(RUNS) == [("slow", 1)] * 2 + [("slow", 2)] * 2


async def test_a_run_whose_room_is_held_when_it_goes_on_waits_for_it(slow_harness):
    VAR_GATE.open()
    alice, bob = await linked(slow_harness, 2)
    await alice.call(Slow.nothing)
    VAR_GATE.close()
    RUNS.clear()
    arrivals = VAR_GATE.arrivals
    first = await alice.send_event(Room.add)
    await VAR_GATE.arrived(arrivals + 2)
    slow = await bob.send_event(Room.slowly, fail=True)
    await GATE.arrived()
    VAR_GATE.open()
    await asyncio.wait_for(first, 5)  # its answer does not wait for the run: its input is held
    assert sorted(RUNS) == [("slow", 1)] * 2
    assert alice.state(Slow)["twice"] == [0, 0]
    GATE.open()
    await asyncio.gather(slow, return_exceptions=True)
    for client in (alice, bob):
        await client.until(lambda: client.state(Slow)["twice"] == [1, 1])  # noqa: B023
    assert sorted(RUNS) == [("slow", 1)] * 4


async def test_answers_and_hydration_do_not_starve_behind_a_var_that_never_catches_up(slow_harness):
    """Its input changes while each run is suspended, again and again."""
    VAR_GATE.open()
    alice, bob = await linked(slow_harness, 2)
    await alice.call(Slow.nothing)
    VAR_GATE.close()

    async def keep_changing():
        global VAR_GATE
        while True:
            count = alice.state(Room)["count"]
            await alice.send_event(Room.add)
            await until(lambda: alice.state(Room)["count"] > count)  # noqa: B023
            before, VAR_GATE = VAR_GATE, Gate()
            before.open()
            await VAR_GATE.arrived()  # it was thrown away and runs again

    changing = asyncio.create_task(keep_changing())
    try:
        for _ in range(5):
            await asyncio.wait_for(bob.call(Room.add), 5)
        carol = await asyncio.wait_for(slow_harness.connect(), 5)
        await asyncio.wait_for(carol.call(Room.join, token="room"), 5)
    finally:
        assert not changing.done()
        changing.cancel()
        VAR_GATE.open()
