"""Computed vars that are the same for all: they run once for each commit, are part of its one frame, and fail it."""

import asyncio
import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

RUNS: list[str] = []
SEEN: list[object] = []


class Cart(sl.SharedState):
    prices: list[int] = []
    label: str = ""
    limit: int = 1000
    _hidden: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    def add(self, price: int) -> None:
        self.prices.append(price)

    @sl.event
    def relabel(self, label: str) -> None:
        self.label = label

    @sl.event
    def hide(self, number: int) -> None:
        self._hidden = number

    @sl.event
    def look_between(self) -> None:
        SEEN.append(self.total)
        self.prices.append(5)
        SEEN.append(self.total)
        SEEN.append(self.total)
        self.prices[0] += 1
        SEEN.append(self.doubled)

    @sl.event
    async def look_async(self) -> None:
        SEEN.append(await self.count)
        self.prices.append(5)
        SEEN.append(await self.count)
        await asyncio.sleep(0)
        SEEN.append(await self.count)

    @sl.event
    def look_and_raise(self) -> None:
        self.prices.append(5)
        SEEN.append(self.total)
        raise ValueError("undone")

    @sl.event
    def look(self) -> None:
        SEEN.append(self.total)

    @sl.event
    def unlimited(self) -> None:
        self.limit = 0
        self.prices.append(1)

    @sl.var
    def total(self) -> int:
        RUNS.append("total")
        if self.limit == 0:
            raise ZeroDivisionError("no limit")
        return sum(self.prices)

    @sl.var
    def doubled(self) -> int:
        RUNS.append("doubled")
        return self.total * 2

    @sl.var
    async def count(self) -> int:
        RUNS.append("count")
        return len(self.prices)

    @sl.var
    def is_empty(self) -> bool:
        RUNS.append("is_empty")
        return not self.prices

    @sl.var
    def hidden_is_odd(self) -> bool:
        RUNS.append("hidden_is_odd")
        return self._hidden % 2 == 1

    @sl.var
    def _private(self) -> str:
        RUNS.append("_private")
        return f"{self._hidden}"


class Odd(sl.SharedState):
    mode: str = ""
    rows: list[int] = [1]

    @sl.event
    def set_mode(self, mode: str) -> None:
        self.mode = mode

    @sl.var
    def value(self) -> object:
        if self.mode == "unencodable":
            return {"deep": [object()]}
        if self.mode == "writes":
            self.rows.append(2)
        if self.mode == "assigns":
            self.mode = "changed"
        if self.mode == "itself":
            return self.value
        if self.mode == "the same list":
            return self.rows
        return None


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def harness():
    SEEN.clear()
    async with AppHarness(sl.App(states=[Cart, Odd])) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Cart.join, token="room")
    await settle(clients)
    RUNS.clear()
    return clients


async def settle(clients):
    for client in clients:
        await client.call(Cart.nothing)


def patches(client, since):
    return [frame["p"] for frame in client.frames[since:] if "p" in frame]


@pytest.mark.parametrize("number", [1, 2, 30])
async def test_each_runs_once_for_a_commit_and_only_where_its_inputs_changed(harness, number):
    clients = await linked(harness, number)
    seen = [len(client.frames) for client in clients]
    await clients[0].call(Cart.add, price=3)
    await settle(clients)
    assert sorted(RUNS) == ["count", "doubled", "is_empty", "total"]
    received = [patches(client, since) for client, since in zip(clients, seen, strict=True)]
    assert all(ops == received[0] for ops in received)
    assert len(received[0]) == 1
    changed = {op["path"]: op["value"] for op in received[0][0]}
    assert changed.pop("/prices/-", changed.pop("/prices/0", None)) == 3
    assert changed == {"/total": 3, "/doubled": 6, "/count": 1, "/is_empty": False}
    RUNS.clear()
    await clients[0].call(Cart.relabel, label="x")
    assert RUNS == []


async def test_a_result_that_stays_is_not_sent(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Cart.add, price=3)
    seen = len(bob.frames)
    await alice.call(Cart.add, price=0)
    await settle([bob])
    changed = {op["path"].split("/")[1] for op in patches(bob, seen)[0]}
    assert changed == {"prices", "count"}


async def test_one_that_reads_what_is_not_sent_is_sent_alone(harness):
    alice, bob = await linked(harness, 2)
    seen = len(bob.frames)
    await alice.call(Cart.hide, number=1)
    await settle([bob])
    assert patches(bob, seen) == [[{"op": "replace", "path": "/hidden_is_odd", "value": True}]]
    seen = len(bob.frames)
    revision = alice.instance(Cart).revision
    RUNS.clear()
    await alice.call(Cart.hide, number=3)
    await settle([bob])
    assert "hidden_is_odd" in RUNS
    assert patches(bob, seen) == []
    assert alice.instance(Cart).revision == bob.instance(Cart).revision == revision


async def test_backend_only_ones_are_never_sent(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Cart.hide, number=7)
    await settle([alice, bob])
    for client in (alice, bob):
        assert "_private" not in repr(client.frames)


async def test_a_handler_sees_the_new_value_after_each_change(harness):
    (alice,) = await linked(harness, 1)
    await alice.call(Cart.add, price=3)
    RUNS.clear()
    await alice.call(Cart.look_between)
    assert SEEN == [3, 8, 8, 18]
    assert RUNS.count("total") == 2
    assert alice.state(Cart)["total"] == 9


async def test_an_async_one_is_awaited_in_a_handler(harness):
    (alice,) = await linked(harness, 1)
    await alice.call(Cart.look_async)
    assert SEEN == [0, 1, 1]
    assert RUNS.count("count") == 1
    assert alice.state(Cart)["count"] == 1


async def test_what_a_handler_that_raised_has_computed_goes_with_it(harness):
    alice, bob = await linked(harness, 2)
    with pytest.raises(sl.EventError):
        await alice.call(Cart.look_and_raise)
    await bob.call(Cart.look)
    assert SEEN == [5, 0]
    assert alice.state(Cart)["total"] == bob.state(Cart)["total"] == 0


async def test_one_that_raises_fails_the_event(harness):
    alice, bob = await linked(harness, 2)
    seen = len(bob.frames)
    with pytest.raises(sl.EventError, match="ZeroDivisionError: no limit") as caught:
        await alice.call(Cart.unlimited)
    assert caught.value.code == "handler_error"
    await settle([alice, bob])
    assert patches(bob, seen) == []
    for client in (alice, bob):
        assert client.state(Cart)["prices"] == []
        assert client.state(Cart)["limit"] == 1000
    await alice.call(Cart.add, price=2)
    await bob.until(lambda: bob.state(Cart)["doubled"] == 4)


async def test_one_that_cannot_be_sent_fails_the_event_with_path_and_type(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="value/deep/0.*object") as caught:
        await alice.call(Odd.set_mode, mode="unencodable")
    assert caught.value.code == "unencodable"
    assert alice.state(Odd)["mode"] == ""


@pytest.mark.parametrize("mode", ["writes", "assigns"])
async def test_one_that_writes_fails_the_event(harness, mode):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="computed var.*may only read"):
        await alice.call(Odd.set_mode, mode=mode)
    assert alice.state(Odd)["mode"] == ""
    assert alice.state(Odd)["rows"] == [1]


async def test_one_that_reads_itself_fails_the_event(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="Odd.value reads itself"):
        await alice.call(Odd.set_mode, mode="itself")
    await alice.call(Odd.set_mode, mode="the same list")
    assert alice.state(Odd)["value"] == [1]


async def test_joining_runs_none_again(harness):
    await linked(harness, 3)
    newcomer = await harness.connect()
    RUNS.clear()
    await newcomer.call(Cart.join, token="room")
    assert RUNS == []
    await newcomer.call(Cart.join, token="another room")  # a new one starts from the defaults
    assert RUNS == []
