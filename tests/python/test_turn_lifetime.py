"""What a handler gets is good while it runs: views, containers, its task, its context; nothing is left of it."""

import asyncio
import contextvars
import gc
import sys
import threading
from dataclasses import dataclass, field

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate
KEPT: dict[str, object] = {}
SEEN: list[object] = []
VAR: contextvars.ContextVar[str] = contextvars.ContextVar("VAR", default="unset")


@dataclass
class Row:
    title: str = "row"
    tags: list[str] = field(default_factory=list)


class Keeper(sl.SharedState):
    count: int = 0
    rows: list[dict] = [{"n": 0}]
    names: set[str] = {"a"}
    row: Row = Row()

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    def keep(self) -> None:
        KEPT.update(view=self, rows=self.rows, inner=self.rows[0], names=self.names, row=self.row)

    @sl.event
    async def keep_and_hold(self) -> None:
        KEPT.update(view=self, rows=self.rows, inner=self.rows[0], names=self.names, row=self.row)
        self.count += 1
        await GATE.passing()
        self.count += 1

    @sl.event
    def try_what_was_kept(self) -> None:
        SEEN.extend(failures())

    @sl.event
    async def thread(self) -> None:
        self.keep()
        thread = threading.Thread(target=lambda: SEEN.extend(failures()))
        thread.start()
        thread.join()

    @sl.event
    async def to_thread(self) -> None:
        self.keep()
        SEEN.extend(await asyncio.to_thread(failures))

    @sl.event
    async def gather(self) -> None:
        async def add(n: int) -> None:
            await asyncio.sleep(0)
            self.count += n
            self.rows.append({"n": n})

        await asyncio.gather(add(1), add(2))
        async with asyncio.TaskGroup() as group:
            group.create_task(add(3))
            group.create_task(add(4))

    @sl.event
    async def group_that_fails(self) -> None:
        async def wait() -> None:
            await asyncio.Event().wait()

        async def fail() -> None:
            self.count += 1
            raise ValueError("of a child")

        async with asyncio.TaskGroup() as group:
            group.create_task(wait())
            group.create_task(fail())

    @sl.event
    async def leave_a_child(self) -> None:
        async def late() -> None:
            await GATE.passing()
            SEEN.extend(failures())

        self.keep()
        KEPT["task"] = asyncio.create_task(late())

    @sl.event
    async def time_out(self, suspends_first: bool) -> None:
        if suspends_first:
            await asyncio.sleep(0)
        for seconds in (0, 0.001, -1):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.Event().wait()
        async with asyncio.timeout(30):
            await asyncio.sleep(0)
        self.count += 1

    @sl.event
    async def never_times_out(self) -> None:
        async with asyncio.timeout(30):
            self.count += 1

    @sl.event
    async def tasks(self) -> None:
        before = asyncio.current_task()
        await asyncio.sleep(0)
        assert asyncio.current_task() is before is not None
        SEEN.append(before)
        await GATE.passing()
        assert asyncio.current_task() is before

    @sl.event
    def set_variable(self) -> None:
        SEEN.append(VAR.get())
        VAR.set("sync")

    @sl.event
    async def set_variable_async(self) -> None:
        SEEN.append(VAR.get())
        VAR.set("async")

    @sl.event
    async def set_variable_and_suspend(self) -> None:
        SEEN.append(VAR.get())
        VAR.set("first")
        await asyncio.sleep(0)
        assert VAR.get() == "first"
        assert await asyncio.create_task(read_variable()) == "first"
        VAR.set("second")

    @sl.event
    async def set_variable_stepwise(self):
        SEEN.append(VAR.get())
        VAR.set("generator")
        yield
        assert VAR.get() == "generator"

    @sl.event
    def set_variable_stepwise_sync(self):
        SEEN.append(VAR.get())
        VAR.set("sync generator")
        yield
        assert VAR.get() == "sync generator"

    @sl.event
    async def set_and_reset(self) -> None:
        token = VAR.set("for a while")
        VAR.reset(token)

    @sl.event
    async def cancel_itself(self, suspends: bool) -> None:
        self.count += 1
        asyncio.current_task().cancel()
        if suspends:
            await asyncio.Event().wait()

    @sl.event
    async def suspend(self) -> None:
        self.count += 1
        await asyncio.sleep(0)

    @sl.event
    def work(self) -> None:
        self.count += 1
        self.rows[0] = {"n": self.count}
        self.row.title = str(self.count)

    @sl.event
    async def work_async(self) -> None:
        self.work()
        await asyncio.sleep(0)

    @sl.event
    def work_stepwise(self):
        self.work()
        yield

    @sl.event
    def fails(self) -> None:
        self.work()
        raise ValueError("undone")

    @sl.var
    def double(self) -> int:
        return self.count * 2

    @sl.var
    async def mine(self) -> str:
        keeper = await self.get_state(Keeper)
        return f"{self.router.session.client_token} {keeper.count}"


async def read_variable() -> str:
    return VAR.get()


def uses():
    """Everything that may be done with what was kept."""
    view, rows, inner, names, row = (KEPT[k] for k in ("view", "rows", "inner", "names", "row"))
    return {
        "read": lambda: view.count,
        "write": lambda: setattr(view, "count", 99),
        "computed": lambda: view.double,
        "router": lambda: view.router,
        "links": lambda: view._linked_to,
        "link": lambda: view._link_to("x"),
        "append": lambda: rows.append({}),
        "sort": lambda: rows.sort(key=str),
        "clear": lambda: rows.clear(),
        "slice": lambda: rows.__setitem__(slice(0, 1), []),
        "key": lambda: inner.update(n=99),
        "pop": lambda: inner.pop("n"),
        "add": lambda: names.add("b"),
        "discard": lambda: names.discard("a"),
        "attribute": lambda: setattr(row, "title", "changed"),
        "nested": lambda: row.tags.append("x"),
    }


def failures():
    """What is said of each use; None where nothing was."""
    said = []
    for name, use in uses().items():
        try:
            use()
        except RuntimeError as error:
            said.append((name, str(error)))
        else:
            said.append((name, None))
    return said


def assert_all_failed(handler):
    assert len(SEEN) == len(uses())
    for name, said in SEEN:
        assert said is not None, name
        assert handler in said, (name, said)


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    KEPT.clear()
    SEEN.clear()
    async with AppHarness(sl.App(states=[Keeper])) as harness:
        yield harness


UNCHANGED = {"count": 0, "rows": [{"n": 0}], "names": ["a"], "row": {"title": "row", "tags": []}}


def values(client):
    return {name: client.state(Keeper)[name] for name in UNCHANGED}


async def test_nothing_that_was_kept_can_be_used_when_the_handler_is_over(harness):
    alice = await harness.connect()
    await alice.call(Keeper.keep)
    SEEN.extend(failures())
    assert_all_failed("Keeper.keep")
    assert values(alice) == UNCHANGED


async def test_nor_by_the_event_of_another_client(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Keeper.keep)
    await bob.call(Keeper.try_what_was_kept)
    assert_all_failed("Keeper.keep")
    await bob.call(Keeper.nothing)
    assert values(alice) == values(bob) == UNCHANGED


async def test_nor_while_the_handler_still_runs(harness):
    alice, bob = await harness.connect(), await harness.connect()
    hold = await alice.send_event(Keeper.keep_and_hold)
    await GATE.arrived()
    SEEN.extend(failures())
    assert_all_failed("Keeper.keep_and_hold")
    SEEN.clear()
    await bob.call(Keeper.try_what_was_kept)
    assert_all_failed("Keeper.keep_and_hold")
    GATE.open()
    await hold
    assert values(alice) == {**UNCHANGED, "count": 2}


@pytest.mark.parametrize("handler", [Keeper.thread, Keeper.to_thread])
async def test_nor_on_another_thread(harness, handler):
    alice = await harness.connect()
    await alice.call(handler)
    assert_all_failed(f"Keeper.{handler.__name__}")
    assert values(alice) == UNCHANGED


async def test_nor_by_a_task_that_outlives_the_handler(harness):
    alice = await harness.connect()
    await alice.call(Keeper.leave_a_child)
    GATE.open()
    await KEPT["task"]
    assert_all_failed("Keeper.leave_a_child")
    assert values(alice) == UNCHANGED


async def test_tasks_of_the_handler_may_write(harness):
    alice = await harness.connect()
    await alice.call(Keeper.gather)
    assert alice.state(Keeper)["count"] == 10
    assert sorted(row["n"] for row in alice.state(Keeper)["rows"]) == [0, 1, 2, 3, 4]


async def test_a_task_group_whose_child_fails(harness, caplog):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="ExceptionGroup"):
        await alice.call(Keeper.group_that_fails)
    assert alice.state(Keeper)["count"] == 0


@pytest.mark.parametrize("suspends_first", [True, False])
async def test_timeouts(harness, suspends_first):
    alice = await harness.connect()
    for n in range(3):
        await alice.call(Keeper.time_out, suspends_first=suspends_first)
        await alice.call(Keeper.never_times_out)
        assert alice.state(Keeper)["count"] == 2 * (n + 1)


async def test_each_handler_has_a_task_of_its_own(harness):
    alice, bob = await harness.connect(), await harness.connect()
    answers = [await client.send_event(Keeper.tasks) for client in (alice, bob)]
    await GATE.arrived(2)
    GATE.open()
    await asyncio.gather(*answers)
    assert len(set(SEEN)) == 2


SETTERS = [
    Keeper.set_variable,
    Keeper.set_variable_async,
    Keeper.set_variable_and_suspend,
    Keeper.set_variable_stepwise,
    Keeper.set_variable_stepwise_sync,
]


@pytest.mark.parametrize("first", SETTERS)
@pytest.mark.parametrize("second", SETTERS)
async def test_a_context_variable_does_not_reach_the_next_handler(harness, first, second):
    alice = await harness.connect()
    answers = [await alice.send_event(handler) for handler in (first, second, first)]
    await asyncio.gather(*answers)
    await alice.call(second)
    assert SEEN == ["unset"] * 4
    assert VAR.get() == "unset"


async def test_handlers_see_the_context_in_which_the_app_was_started():
    token = VAR.set("outside")
    async with AppHarness(sl.App(states=[Keeper])) as harness:
        VAR.reset(token)
        alice = await harness.connect()
        SEEN.clear()
        for handler in SETTERS:
            await alice.call(handler)
    assert len(SEEN) == len(SETTERS)
    assert set(SEEN) == {"outside"}


@pytest.mark.parametrize("suspends", [True, False])
@pytest.mark.parametrize("warm", [True, False])
async def test_a_handler_that_cancels_its_own_task(harness, suspends, warm, caplog):
    alice, bob = await harness.connect(), await harness.connect()
    if warm:
        await alice.call(Keeper.nothing)
    if suspends:
        with pytest.raises(sl.EventError) as caught:
            await asyncio.wait_for(alice.call(Keeper.cancel_itself, suspends=True), 5)
        assert caught.value.code == "cancelled"
    else:
        await alice.call(Keeper.cancel_itself, suspends=False)  # it was over before it could be
    done = 0 if suspends else 1
    assert alice.state(Keeper)["count"] == done
    for client in (alice, bob):
        await asyncio.wait_for(client.call(Keeper.suspend), 5)
    assert alice.state(Keeper)["count"] == done + 1


async def test_a_handler_that_does_not_suspend_makes_no_task(harness):
    alice = await harness.connect()
    await alice.call(Keeper.set_and_reset)
    await asyncio.sleep(0)
    tasks = asyncio.all_tasks()
    suspended = harness.counts["suspended"]
    for _ in range(20):
        await alice.call(Keeper.set_and_reset)
        await alice.call(Keeper.never_times_out)
    assert asyncio.all_tasks() - {asyncio.current_task()} <= tasks
    assert harness.counts["suspended"] == suspended


async def test_ten_thousand_events_leave_nothing(harness, caplog):
    caplog.set_level("CRITICAL", "statelink")
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Keeper.join, token="room")
    handlers = [Keeper.work, Keeper.work_async, Keeper.work_stepwise, Keeper.fails]
    watched = [Keeper, Row, sl.SharedState, None, type(KEPT), *(h for h in handlers)]

    async def run(events):
        for _ in range(events // 100):
            answers = [
                await client.send_event(handlers[n % 4])
                for n in range(50)
                for client in (alice, bob)
            ]
            await asyncio.gather(*answers, return_exceptions=True)
            for client in (alice, bob):
                client.frames.clear()
        gc.collect()
        return len(gc.get_objects()), [sys.getrefcount(o) for o in watched]

    await run(1000)
    objects, references = await run(1000)
    after, more = await run(10_000)
    assert abs(after - objects) < 200
    for name, a, b in zip(watched, references, more, strict=True):
        assert abs(b - a) < 100, name
