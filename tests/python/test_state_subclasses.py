"""A subclass of a state shares its parent's vars; what state classes cannot be."""

import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

SEEN = []


class Room(sl.SharedState):
    count: int = 0
    rows: list[int] = []

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1
        self.rows.append(self.count)

    @sl.var
    def label(self) -> str:
        return f"room {self.count}"


class Attic(Room):
    dust: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def sweep(self) -> None:
        self.dust += 1
        self.count += 10
        SEEN.append(self.label)

    @sl.var
    def label(self) -> str:  # in place of the parent's, for this class
        return f"attic {self.dust}"


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Attic])) as harness:
        yield harness


async def test_one_value_through_either_class(harness):
    alice = await harness.connect()
    await alice.call(Room.add)
    await alice.call(Attic.sweep)
    await alice.call("Attic.add")  # inherited
    assert alice.state(Room) == {"count": 12, "rows": [1, 12], "label": "room 12"}
    assert alice.state(Attic) == {"dust": 1, "label": "attic 1"}
    assert SEEN == ["attic 1"]


async def test_each_class_of_a_shared_state_is_linked_by_itself(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Attic.join, token="attic")
    await alice.call(Attic.sweep)
    await bob.until(lambda: bob.state(Attic)["dust"] == 1)
    assert (alice.state(Room)["count"], bob.state(Room)["count"]) == (10, 0)
    for client in (alice, bob):
        await client.call("Room.join", token="room")
    await bob.call(Attic.sweep)
    await alice.until(lambda: alice.state(Room)["count"] == 10 and alice.state(Attic)["dust"] == 2)


async def test_mutable_defaults_belong_to_each_instance(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Room.add)
    assert alice.state(Room)["rows"] == [1]
    await bob.call(Room.add)
    assert bob.state(Room)["rows"] == [1]
    await alice.call(Room.join, token="a room")
    await alice.call(Room.add)
    assert alice.state(Room)["rows"] == [1]


def test_a_var_of_the_parent_is_not_declared_again():
    for body in (
        {"__annotations__": {"count": int}, "count": 5},
        {"count": 5},
        {"__annotations__": {"count": int}},
        {"count": sl.var(lambda self: 5)},
        {"count": lambda self: 5},
        {"label": "a base var"},
    ):
        with pytest.raises(sl.StateError, match="Room has a var of this name"):
            type(sl.State)("Cellar", (Room,), {"__module__": __name__, **body})


def test_a_state_has_one_parent():
    class Other(sl.State):
        x: int = 0

    with pytest.raises(sl.StateError, match="several states as bases"):

        class Both(Room, Other):
            pass


def same_name(value):
    class Twin(sl.State):
        x: int = value

    return Twin


async def test_two_states_of_one_module_and_name():
    with pytest.raises(sl.StateError, match="2 states that are all .*Twin"):
        await sl.App(states=[same_name(1), same_name(2)]).start(port=0)


async def test_two_states_of_one_name():
    class Holder:
        class Room(sl.State):
            x: int = 7

    async with AppHarness(sl.App(states=[Room, Holder.Room])) as harness:
        alice = await harness.connect()
        assert alice.state(Holder.Room) == {"x": 7}
        assert alice.state(Room)["count"] == 0
        names = harness.app.state_names
        assert names[Room] == f"{__name__}.Room" and names[Holder.Room].endswith("Holder.Room")
