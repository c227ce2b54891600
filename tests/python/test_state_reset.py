"""`reset()`: own base vars, and nothing else."""

import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

SEEN = []
ROWS = [*range(30)]


class Base(sl.State):
    kept: int = 0

    @sl.event
    def keep(self) -> None:
        self.kept = 9


class Form(Base):
    title: str = "new"
    rows: list[int] = [*range(30)]
    _hidden: dict[str, int] = {}
    note: str = sl.LocalStorage("empty")

    @sl.event
    def fill(self) -> None:
        self.title = "filled"
        self.rows.append(30)
        self._hidden["a"] = 1
        self.note = "noted"

    @sl.event
    def again(self) -> None:
        self.reset()

    @sl.event
    def again_and_raise(self) -> None:
        self.reset()
        raise ValueError("undone")

    @sl.event
    def look(self) -> None:
        SEEN.append((self.title, list(self.rows), dict(self._hidden), self.note))


class SubForm(Form):
    deeper: int = 0

    @sl.event
    def set_deeper(self) -> None:
        self.deeper = 1


class Board(sl.SharedState):
    count: int = 0
    _users: dict[str, str] = {}

    @sl.event
    async def join(self, token: str) -> None:
        shared = await self._link_to(token)
        shared._users[self.router.session.client_token] = "in"
        shared.count += 1

    @sl.event
    def clear(self) -> None:
        self.reset()

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.var
    def links(self) -> list[str]:
        return [self._linked_to, *sorted(self._linked_from)]

    @sl.var
    def users(self) -> int:
        return len(self._users)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[SubForm, Board])) as harness:
        yield harness


async def test_own_base_vars_get_their_defaults(harness):
    alice = await harness.connect()
    for handler in (Form.keep, SubForm.set_deeper, Form.fill):
        await alice.call(handler)
    seen = len(alice.frames)
    await alice.call(Form.again)
    await alice.call(Form.look)
    assert SEEN == [("new", ROWS, {}, "empty")]
    assert alice.state(Form) == {"title": "new", "rows": ROWS, "note": "empty"}
    assert alice.state(Base) == {"kept": 9}  # a parent's
    assert alice.state(SubForm) == {"deeper": 1}  # a substate's
    patches = [op for frame in alice.frames[seen:] for op in frame.get("p", ())]
    assert {"op": "remove", "path": "/rows/30"} in patches  # the smallest patch
    await alice.call(Form.fill)
    await alice.call(Form.look)
    assert SEEN[-1] == ("filled", [*range(31)], {"a": 1}, "noted")  # a fresh copy of the default


async def test_a_handler_that_raises_has_not_reset(harness):
    alice = await harness.connect()
    await alice.call(Form.fill)
    with pytest.raises(sl.EventError, match="undone"):
        await alice.call(Form.again_and_raise)
    await alice.call(Form.look)
    assert [("filled", [*range(31)], {"a": 1}, "noted")] == SEEN


async def test_a_linked_state_resets_the_room_and_keeps_its_links(harness):
    """Defect B11 of the reference: reset wipes the links."""
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Board.join, token="room")
    linked = ["room", *sorted([alice.client_token, bob.client_token])]
    await bob.until(lambda: bob.state(Board)["links"] == linked)
    await alice.call(Board.clear)
    await bob.until(lambda: bob.state(Board) == {"count": 0, "links": linked, "users": 0})
    await bob.call(Board.add)
    await alice.until(lambda: alice.state(Board)["count"] == 1)
