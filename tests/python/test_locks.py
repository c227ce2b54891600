"""Who waits for whom: order within a client, first come first served between clients, cycles, slow locks."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import Gate, started, until
from statelink.testing import AppHarness

GATE: Gate
LOG: list[str] = []


class Left(sl.SharedState):
    count: int = 0
    names: list[str] = []

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def note(self, name: str) -> None:
        self.names.append(name)

    @sl.event
    async def note_slowly(self, name: str, ticks: int) -> None:
        for _ in range(ticks):
            await asyncio.sleep(0)
        self.names.append(name)

    @sl.event
    def note_stepwise(self, name: str):
        yield
        self.names.append(name)

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()

    @sl.event
    async def left_then_right(self) -> None:
        self.count += 1
        await GATE.passing()
        LOG.append("left asks")
        right = await self.get_state(Right)
        right.count += 1

    @sl.event
    async def catches_the_deadlock(self) -> None:
        self.count += 1
        await GATE.passing()
        LOG.append("left asks")
        try:
            await self.get_state(Right)
        except sl.DeadlockError as error:
            LOG.append(str(error))

    @sl.event
    async def both_at_once(self) -> None:
        right, third = await asyncio.gather(self.get_state(Right), self.get_state(Third))
        self.count += 1
        right.count += 1
        third.count += 1

    @sl.event
    async def same_twice_at_once(self) -> None:
        one, two = await asyncio.gather(self.get_state(Right), self.get_state(Right))
        assert one is two
        one.count += 1

    @sl.event
    async def gives_one_up(self) -> None:
        waits = asyncio.create_task(self.get_state(Right))
        await asyncio.sleep(0)
        third = asyncio.create_task(self.get_state(Third))
        await asyncio.sleep(0)
        waits.cancel()
        LOG.append("gave up")
        (await third).count += 1

    @sl.event
    async def leaves_a_task_that_waits(self) -> None:
        TASKS.append(asyncio.create_task(self.get_state(Right)))
        await asyncio.sleep(0)


class Right(sl.SharedState):
    count: int = 0

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
    async def right_then_left(self) -> None:
        self.count += 10
        await GATE.passing()
        LOG.append("right asks")
        left = await self.get_state(Left)
        left.count += 10


class Third(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()


class Sums(sl.State):
    """Async computed vars over both rooms."""

    @sl.var
    async def total(self) -> int:
        left = await self.get_state(Left)
        right = await self.get_state(Right)
        return left.count + right.count

    @sl.var
    async def slow_total(self) -> int:
        right = await self.get_state(Right)
        await asyncio.sleep(0)
        left = await self.get_state(Left)
        await asyncio.sleep(0)
        return left.count + right.count


TASKS: list[asyncio.Task[object]] = []
ROOMS = (Left, Right, Third)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture(params=[ROOMS, (*ROOMS, Sums)], ids=["", "computed"])
async def harness(request):
    global GATE
    GATE = Gate()
    LOG.clear()
    TASKS.clear()
    async with AppHarness(sl.App(states=request.param)) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        for state in ROOMS:
            await client.call(state.join, token="room")
    return clients


async def test_the_events_of_one_client_run_in_their_order(harness):
    (alice,) = await linked(harness, 1)
    names = [f"{n}" for n in range(60)]
    for n, name in enumerate(names):
        if n % 3 == 0:
            last = await alice.send_event(Left.note_slowly, name=name, ticks=n % 7)
        elif n % 3 == 1:
            last = await alice.send_event(Left.note_stepwise, name=name)
        else:
            last = await alice.send_event(Left.note, name=name)
    await asyncio.wait_for(last, 5)
    assert alice.state(Left)["names"] == names


async def test_first_come_first_served(harness):
    clients = await linked(harness, 8)
    turns = harness.counts["turns"]
    hold = await clients[0].send_event(Left.hold)
    await GATE.arrived()
    answers = []
    for n, client in enumerate(clients[1:]):
        handler = (Left.note, Left.note_slowly)[n % 2]
        arguments = {"name": str(n)} if n % 2 == 0 else {"name": str(n), "ticks": 7 - n}
        answers.append(await client.send_event(handler, **arguments))
        await started(harness, turns + 2 + n)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, *answers), 5)
    await clients[0].call(Left.note, name="last")
    assert clients[0].state(Left)["names"] == [*(str(n) for n in range(7)), "last"]


async def test_rooms_do_not_wait_for_each_other(harness):
    alice, bob = await linked(harness, 2)
    hold = await alice.send_event(Left.hold)
    await GATE.arrived()
    await bob.call(Right.add)
    await bob.call(Third.add)
    GATE.open()
    await hold


async def test_one_of_two_that_wait_for_each_other_gets_an_error(harness):
    alice, bob = await linked(harness, 2)
    left = await alice.send_event(Left.left_then_right)
    right = await bob.send_event(Right.right_then_left)
    await GATE.arrived(2)
    GATE.open()
    results = await asyncio.wait_for(asyncio.gather(left, right, return_exceptions=True), 1)
    errors = [result for result in results if result is not None]
    assert [error.code for error in errors] == ["deadlock"]
    for name in ("Left.left_then_right", "Right.right_then_left"):
        assert name in errors[0].message
    won = 1 if results[0] is None else 10
    for client in (alice, bob):
        await client.call(Left.note, name="on")
        await client.call(Right.add)
    await alice.call(Left.note, name="on")
    await alice.call(Third.add)
    assert alice.state(Left)["count"] == won
    assert alice.state(Right)["count"] == won + 2
    if Sums in harness.app.state_names:
        for client in (alice, bob):
            await client.until(
                lambda: client.state(Sums) == {"total": 2 * won + 2, "slow_total": 2 * won + 2}  # noqa: B023
            )


async def test_a_handler_may_catch_the_deadlock_and_go_on(harness):
    alice, bob = await linked(harness, 2)
    right = await bob.send_event(Right.right_then_left)
    await GATE.arrived(1)
    left = await alice.send_event(Left.catches_the_deadlock)
    await GATE.arrived(2)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(left, right), 5)
    assert LOG[:2] == ["right asks", "left asks"]
    assert "Right.right_then_left" in LOG[2]
    await alice.call(Left.note, name="on")
    assert alice.state(Left)["count"] == 11
    assert alice.state(Right)["count"] == 10


async def test_a_handler_may_wait_for_two_rooms_at_once(harness):
    alice, bob, carol = await linked(harness, 3)
    holds = [await bob.send_event(Right.hold), await carol.send_event(Third.hold)]
    await GATE.arrived(2)
    turns = harness.counts["turns"]
    both = await alice.send_event(Left.both_at_once)
    await started(harness, turns + 1)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(both, *holds), 5)
    assert [alice.state(state)["count"] for state in ROOMS] == [1, 1, 1]


async def test_a_handler_may_wait_for_one_room_twice_at_once(harness):
    alice, bob = await linked(harness, 2)
    hold = await bob.send_event(Right.hold)
    await GATE.arrived()
    turns = harness.counts["turns"]
    both = await alice.send_event(Left.same_twice_at_once)
    await started(harness, turns + 1)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(both, hold), 5)
    assert alice.state(Right)["count"] == 1


async def test_giving_up_one_wait_leaves_the_other(harness):
    alice, bob, carol = await linked(harness, 3)
    holds = [await bob.send_event(Right.hold), await carol.send_event(Third.hold)]
    await GATE.arrived(2)
    gives_up = await alice.send_event(Left.gives_one_up)
    await until(lambda: "gave up" in LOG)
    adds = [await bob.send_event(Right.add), await carol.send_event(Third.add)]
    GATE.open()
    await asyncio.wait_for(asyncio.gather(gives_up, *holds, *adds), 5)
    await alice.call(Left.note, name="on")
    assert alice.state(Right)["count"] == 1
    assert alice.state(Third)["count"] == 2


async def test_a_task_that_still_waits_when_its_handler_is_over_is_told(harness):
    alice, bob = await linked(harness, 2)
    hold = await bob.send_event(Right.hold)
    await GATE.arrived()
    await alice.call(Left.leaves_a_task_that_waits)
    with pytest.raises(RuntimeError, match="Left.leaves_a_task_that_waits"):
        await asyncio.wait_for(TASKS[0], 5)
    GATE.open()
    await hold
    await alice.call(Right.add)
    assert alice.state(Right)["count"] == 1


async def test_a_lock_that_is_held_or_awaited_for_long_is_logged_once(caplog):
    global GATE
    GATE = Gate()
    caplog.set_level(logging.WARNING, "statelink")
    async with AppHarness(sl.App(states=ROOMS)) as harness:
        alice, bob, carol = await linked(harness, 3)
        caplog.clear()
        hold = await alice.send_event(Left.hold)
        await GATE.arrived()
        turns = harness.counts["turns"]
        note = await bob.send_event(Left.note, name="bob")
        await started(harness, turns + 1)
        harness.clock.advance(1)
        assert "Left.note has waited" in caplog.text
        other = await carol.send_event(Left.note_slowly, name="carol", ticks=0)
        await started(harness, turns + 2)
        harness.clock.advance(1)
        assert "Left.note_slowly has waited" in caplog.text
        harness.clock.advance(1)
        GATE.open()
        await asyncio.wait_for(asyncio.gather(hold, note, other), 5)
        quick = await alice.send_event(Left.note, name="quick")
        await quick
    slow = [record for record in caplog.records if record.levelno == logging.WARNING]
    texts = sorted(record.getMessage() for record in slow)
    assert len(texts) == 3
    assert texts[0].startswith("event handler Left.hold has held its lock for 1.")
    for text, waiter in zip(texts[1:], ("Left.note", "Left.note_slowly"), strict=True):
        assert text.startswith(f"event handler {waiter} has waited 1.")
        assert text.endswith("for a lock of Left.hold")
