"""Handlers with `yield`: each one commits, gives all locks back, and takes them again before it goes on."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import Gate, started
from statelink.testing import AppHarness

GATE: Gate
SEEN: list[object] = []


class Steps(sl.SharedState):
    count: int = 0
    rows: list[int] = []

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()

    @sl.event
    def thrice(self):
        for n in range(3):
            self.count += 1
            self.rows.append(n)
            if n == 2:
                raise ValueError("the third")
            yield

    @sl.event
    async def thrice_async(self):
        for n in range(3):
            self.count += 1
            await asyncio.sleep(0)
            self.rows.append(n)
            if n == 2:
                raise ValueError("the third")
            yield

    @sl.event
    def tens(self):
        for _ in range(3):
            SEEN.append(self.count)
            self.count += 10
            yield

    @sl.event
    async def tens_async(self):
        for _ in range(3):
            SEEN.append(self.count)
            before = self.count
            await asyncio.sleep(0)
            self.count = before + 10
            yield

    @sl.event
    async def join_between(self, token: str):
        self.count += 1
        yield
        await self._link_to(token)
        self.count += 1
        yield
        SEEN.append((self._linked_to, self.count))
        self.count += 1

    @sl.event
    async def with_another(self):
        other = await self.get_state(Other)
        other.number += 1
        yield
        other.number += 1  # its lock is there again, too
        yield
        other.number += 1
        raise ValueError("undone in both")

    @sl.event
    async def child_writes_meanwhile(self):
        self.rows.append(1)
        child = asyncio.create_task(self._write_when_told())
        yield
        SEEN.append(await asyncio.wait_for(child, 5))

    async def _write_when_told(self) -> str:
        await GATE.passing()
        try:
            self.rows.append(2)
        except RuntimeError as error:
            return str(error)
        return "written"

    @sl.event
    def yields_something(self):
        self.count += 1
        yield
        self.count += 1
        yield 5

    @sl.event
    def returns_something(self):
        self.count += 1
        yield
        self.count += 1
        return 5

    @sl.event
    def unencodable(self):
        self.count += 1
        yield
        self.rows.append(object())
        try:
            yield
        finally:
            SEEN.append("closed")

    @sl.event
    def never_yields(self):
        self.count += 1
        return
        yield

    @sl.event
    def deletes_what_it_commits(self):
        self.rows.append(1)
        yield
        self.rows.clear()
        yield


class Other(sl.SharedState):
    number: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    SEEN.clear()
    async with AppHarness(sl.App(states=[Steps, Other])) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Steps.join, token="room")
    for client in clients:
        await client.call(Steps.nothing)
    return clients


def patches(client, since):
    return [frame["p"] for frame in client.frames[since:] if "p" in frame]


@pytest.mark.parametrize("handler", [Steps.thrice, Steps.thrice_async])
async def test_commits_stay_and_the_step_that_raises_is_undone(harness, handler):
    alice, bob = await linked(harness, 2)
    seen = {client: len(client.frames) for client in (alice, bob)}
    with pytest.raises(sl.EventError, match="ValueError: the third") as caught:
        await alice.call(handler)
    assert caught.value.code == "handler_error"
    await bob.call(Steps.nothing)
    for client, since in seen.items():
        assert client.state(Steps) == {"count": 2, "rows": [0, 1]}
        assert patches(client, since) == [
            [
                {"op": "replace", "path": "/count", "value": n + 1},
                {"op": "add", "path": f"/rows/{n}", "value": n},
            ]
            for n in range(2)
        ]
    await alice.call(Steps.add)
    await bob.until(lambda: bob.state(Steps)["count"] == 3)


@pytest.mark.parametrize("handler", [Steps.tens, Steps.tens_async])
async def test_others_come_between_two_steps_and_nothing_is_lost(harness, handler):
    alice, bob, carol = await linked(harness, 3)
    turns = harness.counts["turns"]
    hold = await carol.send_event(Steps.hold)
    await GATE.arrived()
    ten = await alice.send_event(handler)
    await started(harness, turns + 2)
    adds = [await bob.send_event(Steps.add) for _ in range(2)]
    await started(harness, turns + 3)
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, ten, *adds), 5)
    assert SEEN[:2] == [0, 11]  # bob's first event ran after the first step
    for client in (alice, bob, carol):
        await client.call(Steps.nothing)
        assert client.state(Steps)["count"] == 32


async def test_links_hold_over_a_yield(harness):
    (alice,) = await linked(harness, 1)
    await alice.call(Steps.join_between, token="elsewhere")
    assert SEEN == [("elsewhere", 1)]
    assert alice.state(Steps)["count"] == 2


async def test_what_get_state_locked_is_locked_again(harness):
    alice, bob = await linked(harness, 2)
    for client in (alice, bob):
        await client.call(Other.join, token="room")
    with pytest.raises(sl.EventError, match="undone in both"):
        await alice.call(Steps.with_another)
    await bob.call(Steps.nothing)
    assert alice.state(Other) == bob.state(Other) == {"number": 2}


async def test_a_task_of_the_handler_cannot_write_between_two_steps(harness):
    alice, bob, carol = await linked(harness, 3)
    turns = harness.counts["turns"]
    hold = await carol.send_event(Steps.hold)
    await GATE.arrived()
    writes = await alice.send_event(Steps.child_writes_meanwhile)
    await started(harness, turns + 2)
    last = await bob.send_event(Steps.hold)
    await started(harness, turns + 3)
    GATE.open()
    GATE.close()
    await GATE.arrived(3)  # bob's handler holds the room, alice's child is at the gate
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, writes, last), 5)
    assert len(SEEN) == 1
    assert "Steps.child_writes_meanwhile" in SEEN[0]


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (Steps.yields_something, "Steps.yields_something returned or yielded a int"),
        (Steps.returns_something, "Steps.returns_something returned or yielded a int"),
    ],
)
async def test_only_what_can_follow_is_yielded_or_returned(harness, handler, says):
    (alice,) = await linked(harness, 1)
    with pytest.raises(sl.EventError, match=says):
        await alice.call(handler)
    assert alice.state(Steps)["count"] == 1


async def test_a_yield_that_cannot_be_sent_fails_there(harness):
    (alice,) = await linked(harness, 1)
    with pytest.raises(sl.EventError, match="rows/0.*object") as caught:
        await alice.call(Steps.unencodable)
    assert caught.value.code == "unencodable"
    assert SEEN == ["closed"]
    assert alice.state(Steps) == {"count": 1, "rows": []}


async def test_a_generator_that_never_yields_is_a_handler(harness):
    (alice,) = await linked(harness, 1)
    seen = len(alice.frames)
    await alice.call(Steps.never_yields)
    assert len(patches(alice, seen)) == 1


async def test_every_step_is_a_patch_of_its_own(harness):
    alice, bob = await linked(harness, 2)
    seen = len(bob.frames)
    await alice.call(Steps.deletes_what_it_commits)
    await bob.call(Steps.nothing)
    assert [[op["op"] for op in ops] for ops in patches(bob, seen)] == [["add"], ["remove"]]


async def test_the_answer_follows_the_last_commit(harness):
    (alice,) = await linked(harness, 1)
    answer = await alice.send_event(Steps.tens)
    await answer
    assert alice.state(Steps)["count"] == 30
