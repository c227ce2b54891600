"""A handler that is cancelled anywhere is undone, gives up its locks, and nobody is stuck."""

import asyncio
import logging
import types

import pytest

import statelink as sl
from gates import Gate, started, until
from statelink.testing import AppHarness

GATE: Gate
SECOND_GATE: Gate
ASKED: list[str] = []
TASKS: list[asyncio.Task[object]] = []
INDEX = 0
WHEN = "at once"


@types.coroutine
def cancelled_at_its_suspension(coroutine):
    """Runs a coroutine; its task is cancelled at the suspension with number INDEX."""
    step, argument, count = coroutine.send, None, 0
    while True:
        try:
            yielded = step(argument)
        except StopIteration as stop:
            return stop.value
        if count == INDEX:
            task = asyncio.current_task()
            if WHEN == "at once":
                task.cancel()
            else:
                TASKS.append(task)  # the test cancels it
        count += 1
        try:
            argument = yield yielded
            step = coroutine.send
        except BaseException as error:
            argument, step = error, coroutine.throw


class Room(sl.SharedState):
    count: int = 0
    rows: list[int] = [1, 2, 3]

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()

    @sl.event
    async def hold_and_cancel(self, before: bool) -> None:
        """Gives its lock to a waiter whose task is cancelled in the same moment."""
        await GATE.passing()
        if before:
            TASKS[0].cancel()
        else:
            asyncio.get_running_loop().call_soon(TASKS[0].cancel)


class Second(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def hold(self) -> None:
        await SECOND_GATE.passing()


class Worker(sl.State):
    done: int = 0
    notes: list[str] = []

    @sl.event
    async def work(self) -> None:
        await cancelled_at_its_suspension(self._work())

    async def _work(self) -> None:
        self.notes.append("began")
        await asyncio.sleep(0)
        ASKED.append("room")
        room = await self.get_state(Room)
        room.count += 10
        room.rows.pop(0)
        await asyncio.sleep(0)
        ASKED.append("second")
        second = await self.get_state(Second)
        second.count += 10
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._child(room))
        finally:
            self.notes.append("ended")
        await second._link_to("another room")
        second.count += 100
        await asyncio.sleep(0)
        self.done += 1

    async def _child(self, room: Room) -> None:
        await asyncio.sleep(0)
        room.rows.append(4)

    @sl.event
    async def stepwise(self):
        room = await cancelled_at_its_suspension(self.get_state(Room))
        room.count += 1
        yield
        room.count += 1
        yield
        room.count += 1

    @sl.event
    async def waits_for_the_room(self) -> None:
        await cancelled_at_its_suspension(self.get_state(Room))
        self.done += 1

    @sl.event
    async def catches(self) -> None:
        room = await self.get_state(Room)
        room.count += 1
        try:
            await cancelled_at_its_suspension(asyncio.sleep(0))
        except asyncio.CancelledError:
            room.count += 1

    @sl.event
    async def waits_for_ever(self) -> None:
        room = await self.get_state(Room)
        room.count += 1
        await GATE.passing()


class Sum(sl.State):
    @sl.var
    async def total(self) -> int:
        room = await self.get_state(Room)
        before = room.count
        if before >= 1000:
            await GATE.passing()
        return before

    @sl.event
    async def thousand(self) -> None:
        (await self.get_state(Room)).count += 1000


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def harness():
    global GATE, SECOND_GATE, INDEX, WHEN
    GATE, SECOND_GATE, INDEX, WHEN = Gate(), Gate(), 0, "at once"
    TASKS.clear()
    async with AppHarness(sl.App(states=[Room, Second, Worker, Sum])) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Room.join, token="room")
        await client.call(Second.join, token="room")
    return clients


async def nobody_is_stuck(clients, *, adds):
    """Every client can still take every lock, and each change of every client is there."""
    async with asyncio.timeout(5):
        for client in clients:
            await client.call(Room.add)
            await client.call(Second.add)
    await clients[0].until(lambda: clients[0].state(Room)["count"] == adds + len(clients))


async def test_at_every_await(harness):
    global GATE, SECOND_GATE, INDEX
    alice, bob, carol = await linked(harness, 3)
    rounds = 0
    while True:
        GATE, SECOND_GATE, INDEX = Gate(), Gate(), rounds
        ASKED.clear()
        before = {client: client.state(Room)["count"] for client in (alice, bob)}
        assert before[alice] == before[bob]
        holds = [await bob.send_event(Room.hold), await carol.send_event(Second.hold)]
        await GATE.arrived()
        await SECOND_GATE.arrived()
        work = await alice.send_event(Worker.work)
        for name, gate in (("room", GATE), ("second", SECOND_GATE)):
            await until(lambda: work.done() or name in ASKED)  # noqa: B023
            gate.open()
        result = (await asyncio.wait_for(asyncio.gather(work, return_exceptions=True), 5))[0]
        await asyncio.gather(*holds)
        if result is None:
            break  # it has fewer suspensions
        assert result.code == "cancelled", rounds
        assert alice.state(Worker) == {"done": 0, "notes": []}
        assert alice.state(Room)["rows"] == [1, 2, 3]
        await nobody_is_stuck([alice, bob, carol], adds=before[alice])
        assert alice.state(Second)["count"] == bob.state(Second)["count"]
        rounds += 1
        await bob.until(lambda: bob.state(Room)["count"] == alice.state(Room)["count"])
    assert rounds == 6  # sleep, room, sleep, second, group, sleep
    assert alice.state(Worker) == {"done": 1, "notes": ["began", "ended"]}
    assert alice.state(Room)["rows"] == [2, 3, 4]
    assert alice.state(Second)["count"] == 100


@pytest.mark.parametrize("before", [True, False], ids=["before the grant", "after the grant"])
async def test_while_the_lock_is_granted(harness, before):
    global WHEN
    WHEN = "when told"
    alice, bob, carol = await linked(harness, 3)
    hold = await bob.send_event(Room.hold_and_cancel, before=before)
    await GATE.arrived()
    waits = await alice.send_event(Worker.waits_for_the_room)
    await until(lambda: TASKS)
    add = await carol.send_event(Room.add)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, add), 5)
    with pytest.raises(sl.EventError) as caught:
        await asyncio.wait_for(waits, 5)
    assert caught.value.code == "cancelled"
    await nobody_is_stuck([alice, bob, carol], adds=1)


async def test_a_generator_that_waits_to_go_on(harness):
    """What it committed stays, also when it is cancelled between two steps."""
    alice, bob, carol = await linked(harness, 3)
    holds = [await bob.send_event(Room.hold)]
    await GATE.arrived()
    turns = harness.counts["turns"]
    global WHEN
    WHEN = "when told"
    stepwise = await alice.send_event(Worker.stepwise)
    await until(lambda: TASKS)
    holds.append(await carol.send_event(Room.hold))
    await started(harness, turns + 2)
    GATE.open()
    GATE.close()
    await GATE.arrived(2)  # carol has the room, alice waits for it after her first yield
    TASKS[0].cancel()
    with pytest.raises(sl.EventError) as caught:
        await asyncio.wait_for(stepwise, 5)
    assert caught.value.code == "cancelled"
    GATE.open()
    await asyncio.gather(*holds)
    await nobody_is_stuck([alice, bob, carol], adds=1)


async def test_a_handler_may_catch_it_and_go_on(harness):
    alice, bob = await linked(harness, 2)
    await asyncio.wait_for(alice.call(Worker.catches), 5)
    await nobody_is_stuck([alice, bob], adds=2)


async def test_a_client_that_leaves_does_not_cancel_its_handler(harness):
    alice, bob = await linked(harness, 2)
    waits = await alice.send_event(Worker.waits_for_ever)
    await GATE.arrived()
    add = await bob.send_event(Room.add)
    await alice.drop()
    GATE.open()
    await asyncio.wait_for(add, 5)
    await alice.reconnect()
    await asyncio.wait_for(waits, 5)
    await nobody_is_stuck([alice, bob], adds=2)


async def test_a_client_that_leaves_while_it_waits(harness):
    alice, bob = await linked(harness, 2)
    hold = await bob.send_event(Room.hold)
    await GATE.arrived()
    turns = harness.counts["turns"]
    await alice.send_event(Worker.waits_for_ever)
    await started(harness, turns + 1)
    await alice.drop()
    GATE.open()
    await asyncio.wait_for(hold, 5)
    await bob.call(Room.add)
    await alice.reconnect()
    await nobody_is_stuck([alice, bob], adds=2)


async def test_the_stop_of_the_server_ends_everything(harness):
    alice, bob, carol = await linked(harness, 3)
    tasks = asyncio.all_tasks()
    await carol.send_event(Sum.thousand)
    await GATE.arrived()  # her computed var is suspended
    await alice.send_event(Worker.waits_for_ever)  # suspended, with locks
    queued = [await alice.send_event(Worker.waits_for_ever) for _ in range(3)]
    turns = harness.counts["turns"]
    await bob.send_event(Worker.waits_for_ever)  # waits for the room
    await started(harness, turns + 1)
    seen = GATE.arrivals
    assert seen >= 1
    await asyncio.wait_for(harness.app.stop(), 5)
    assert GATE.arrivals == seen  # nothing was begun
    readers = {task for task in asyncio.all_tasks() - tasks if task is not asyncio.current_task()}
    for task in readers:
        assert "Worker" not in repr(task.get_coro()), task
    assert not any(answer.done() and not answer.exception() for answer in queued)
    GATE.open()
    await asyncio.gather(alice.disconnect(), bob.disconnect(), carol.disconnect())
