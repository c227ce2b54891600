"""Dataclass and pydantic instances keep their class and what it does, and are tracked in place."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from values.store_harness import Room


@dataclasses.dataclass(order=True)
class Card:
    title: str
    done: bool = False
    notes: list[Any] = dataclasses.field(default_factory=list)
    hidden: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(slots=True)
class Point:
    x: int
    y: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    name: str
    parts: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Special(Card):
    colour: str = "red"


@dataclasses.dataclass
class Checking:
    size: int

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "size" and value < 0:
            raise ValueError("negative")
        super().__setattr__(name, value)
        if name == "size":
            super().__setattr__("double", value * 2)

    double: int = 0


@dataclasses.dataclass
class Celsius:
    degrees: float = 0.0

    @property
    def fahrenheit(self) -> float:
        return self.degrees * 9 / 5 + 32

    @fahrenheit.setter
    def fahrenheit(self, value: float) -> None:
        self.degrees = (value - 32) * 5 / 9


class User(BaseModel):
    name: str
    roles: list[str] = []
    secret: str = Field("s", exclude=True)
    _log: list[str] = PrivateAttr(default_factory=list)


class Strict(BaseModel):
    model_config = ConfigDict(validate_assignment=True)
    low: int = 0
    high: int = 10
    steps: list[int] = []

    @field_validator("low")
    @classmethod
    def not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("negative")
        return value

    @model_validator(mode="after")
    def keep_order(self) -> Strict:
        if self.high < self.low:
            object.__setattr__(self, "high", self.low)
        return self


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 1


class FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)
    a: int = 1
    items: list[int] = []


@pydantic_dataclass
class Checked:
    size: int
    names: list[str] = dataclasses.field(default_factory=list)


def put(room: Room, value: Any) -> None:
    room.anything = value
    room.commit()
    room.commit()


def test_an_instance_is_adopted_in_place(room: Room) -> None:
    card = Card("a")
    put(room, card)
    assert room.anything is card and type(card) is Card
    card.done = True
    assert room.commit() == [{"op": "replace", "path": "/anything/done", "value": True}]
    card.notes.append("n")
    assert room.commit() == [{"op": "add", "path": "/anything/notes/0", "value": "n"}]
    card.notes = ["n", "m"]
    assert room.commit() == [{"op": "add", "path": "/anything/notes/1", "value": "m"}]
    card.hidden = 5
    assert room.commit() == [{"op": "replace", "path": "/anything/hidden", "value": 5}]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Card("a", notes=[1]),
        lambda: Special("a", colour="blue"),
        lambda: Point(1, tags=["t"]),
        lambda: Key("k", [1]),
        lambda: User(name="n", roles=["r"]),
        lambda: Strict(steps=[1]),
        lambda: FrozenModel(items=[1]),
        lambda: Checked(1, ["n"]),
    ],
)
def test_it_goes_on_being_what_it_was(room: Room, make: Any) -> None:
    plain, tracked = make(), make()
    put(room, tracked)
    assert tracked == plain and plain == tracked and repr(tracked) == repr(plain)
    assert tracked in [plain]
    assert isinstance(tracked, type(plain)) and type(tracked) is type(plain)
    for duplicate in (
        copy.copy(tracked),
        copy.deepcopy(tracked),
        pickle.loads(pickle.dumps(tracked)),
    ):
        assert duplicate == plain and type(duplicate) is type(plain)
    if isinstance(plain, BaseModel):
        assert tracked.model_dump() == plain.model_dump()
        assert tracked.model_dump_json() == plain.model_dump_json()
        assert tracked.model_copy() == plain and tracked.model_copy(deep=True) == plain
        assert type(plain).model_validate(tracked) == plain
    else:
        assert dataclasses.asdict(tracked) == dataclasses.asdict(plain)
        assert dataclasses.replace(tracked) == plain
    assert room.operations() is None


def test_order_hash_and_match(room: Room) -> None:
    first, second = Card("a"), Card("b")
    room.rows = [second, first]
    assert sorted(room.rows) == [first, second] and first < second
    room.rows.sort()
    assert room.rows[0] is first
    with pytest.raises(TypeError):
        hash(first)
    match first:
        case Card(title="a", done=False):
            pass
        case _:
            pytest.fail("not matched")
    frozen = dataclasses.make_dataclass("Frozen", [("a", int)], frozen=True)(1)
    room.anything = frozen
    assert hash(frozen) == hash(type(frozen)(1))


def test_slots_frozen_and_inheritance(room: Room) -> None:
    room.rows = [Point(1), Key("k", [1]), Special("s")]
    room.commit()
    room.commit()
    point, key, special = room.rows
    point.x = 5
    point.tags.append("t")
    key.parts.append(2)
    special.title = "t"
    special.colour = "blue"
    with pytest.raises(dataclasses.FrozenInstanceError):
        key.name = "other"
    with pytest.raises(AttributeError):
        point.other = 1
    assert len(room.commit()) >= 1
    assert json.loads(room.snapshot())["rows"][:2] == [
        {"x": 5, "y": 0, "tags": ["t"]},
        {"name": "k", "parts": [1, 2]},
    ]
    del point.y
    assert {"op": "remove", "path": "/rows/0/y"} in room.commit()
    room.log.rollback()


def test_a_class_with_its_own_setattr(room: Room) -> None:
    value = Checking(1)
    put(room, value)
    value.size = 4
    assert value.double == 8
    room.commit()
    with pytest.raises(ValueError, match="negative"):
        value.size = -1
    assert room.operations() is None
    value.size = 5
    room.log.rollback()
    assert (value.size, value.double) == (4, 8)


def test_a_property_with_a_setter(room: Room) -> None:
    value = Celsius()
    put(room, value)
    value.fahrenheit = 212
    assert room.commit() == [{"op": "replace", "path": "/anything/degrees", "value": 100.0}]
    value.fahrenheit = 32
    room.log.rollback()
    assert value.degrees == 100.0


def test_pydantic_fields_private_and_excluded(room: Room) -> None:
    user = User(name="n")
    put(room, user)
    user.name = "m"
    user.roles.append("r")
    room.commit()
    assert json.loads(room.snapshot())["anything"] == {"name": "m", "roles": ["r"]}
    user.secret = "other"
    user._log.append("private")
    assert room.operations() is None
    fields_set = set(user.model_fields_set)
    user.roles = ["x"]
    room.log.rollback()
    assert (user.secret, user._log, user.roles) == ("s", [], ["r"])
    assert user.model_fields_set == fields_set - {"secret"}


def test_validators_run_and_what_they_change_is_seen(room: Room) -> None:
    value = Strict()
    put(room, value)
    with pytest.raises(ValidationError):
        value.low = -1
    with pytest.raises(ValidationError):
        value.steps = "no"  # type: ignore[assignment]
    assert room.operations() is None
    value.low = 20
    assert value.high == 20
    assert {operation["path"] for operation in room.commit()} <= {
        "/anything/low",
        "/anything/high",
        "/anything",
    }
    value.steps = ["1", 2]  # type: ignore[list-item]
    assert value.steps == [1, 2]
    value.steps.append(3)
    room.commit()
    value.low = 1
    value.steps.clear()
    room.log.rollback()
    assert (value.low, value.high, value.steps) == (20, 20, [1, 2, 3])
    room.commit()


def test_extras(room: Room) -> None:
    value = Open(b=[1], pad="x" * 200)  # type: ignore[call-arg]
    put(room, value)
    value.b.append(2)  # type: ignore[attr-defined]
    value.c = {"x": 1}  # type: ignore[attr-defined]
    room.commit()
    value.c["x"] = 2  # type: ignore[attr-defined]
    del value.b  # type: ignore[attr-defined]
    assert {operation["path"] for operation in room.commit()} == {"/anything/c/x", "/anything/b"}
    value.c = 5  # type: ignore[attr-defined]
    value.d = 6  # type: ignore[attr-defined]
    room.log.rollback()
    assert value.model_extra == {"c": {"x": 2}, "pad": "x" * 200}


def test_frozen_models_stay_frozen_but_their_lists_do_not(room: Room) -> None:
    value = FrozenModel()
    put(room, value)
    with pytest.raises(ValidationError):
        value.a = 2
    value.items.append(1)
    assert room.commit() == [{"op": "add", "path": "/anything/items/0", "value": 1}]


def test_replace_and_model_copy_send_the_difference(room: Room) -> None:
    room.rows = [Card("a" * 100, notes=[1]), User(name="n" * 100, roles=["r"])]
    room.commit()
    room.rows[0] = dataclasses.replace(room.rows[0], done=True)
    room.rows[1] = room.rows[1].model_copy(update={"roles": ["r", "s"]})
    assert room.commit() == [
        {"op": "replace", "path": "/rows/0/done", "value": True},
        {"op": "replace", "path": "/rows/1/roles", "value": ["r", "s"]},
    ]
    room.rows[0].notes.append(2)
    room.rows[1].roles.append("t")
    assert len(room.commit()) == 2


def test_new_equal_instances_go_in_and_are_tracked(room: Room) -> None:
    room.rows = [Card("a"), Card("b")]
    room.commit()
    mine = [Card("a"), Card("b")]
    room.rows = mine
    assert room.operations() is None
    assert room.rows[1] is mine[1]
    mine[1].done = True
    assert room.commit() == [{"op": "replace", "path": "/rows/1/done", "value": True}]


def test_an_instance_owned_elsewhere_is_copied(room: Room) -> None:
    card = Card("a", notes=[[1]])
    put(room, card)
    room.rows = [card]
    assert room.rows[0] == card and room.rows[0] is not card
    room.rows[0].notes[0].append(2)
    assert card.notes == [[1]]
    room.commit()


def test_a_cycle_of_instances_raises(room: Room) -> None:
    card = Card("a")
    card.notes.append(card)
    with pytest.raises((ValueError, RecursionError)):
        room.anything = card
    assert room.anything is None
    other = Card("b")
    put(room, other)
    with pytest.raises(ValueError, match="hold itself"):
        other.notes = [other]
    assert room.operations() is None


def test_instances_that_left_are_no_longer_tracked(room: Room) -> None:
    card = Card("a")
    put(room, [card])
    room.anything.pop()
    card.done = True
    room.log.rollback()
    assert not card.done and room.anything[0] is card
    room.anything.pop()
    room.commit()
    card.done = True
    assert room.operations() is None
    room.log.rollback()
    assert card.done
    room.anything.append(card)
    room.commit()
    card.done = False
    assert room.commit() == [{"op": "replace", "path": "/anything/0/done", "value": False}]


def test_instances_that_are_not_in_a_store_are_left_alone(room: Room) -> None:
    put(room, Card("a"))
    other = Card("b")
    other.title = "c"
    other.notes.append(1)
    assert type(other.notes) is list
    assert Card.__setattr__.__name__ == "__setattr__"
    with pytest.raises(AttributeError):
        del other.nothing  # type: ignore[attr-defined]


def test_the_default_of_a_deleted_field_is_what_clients_get(room: Room) -> None:
    card = Card("a", done=True)
    put(room, card)
    del card.done
    room.commit()
    assert json.loads(room.snapshot())["anything"]["done"] is False
    card.done = True
    room.commit()


def test_objects_nested_in_containers_of_objects(room: Room) -> None:
    put(room, {"cards": [Card("a", notes=[Card("b")])]})
    inner = room.anything["cards"][0].notes[0]
    inner.title = "c"
    assert room.commit() == [
        {"op": "replace", "path": "/anything/cards/0/notes/0/title", "value": "c"}
    ]
    room.anything["cards"].insert(0, Card("first"))
    inner.title = "d"
    room.commit()


def test_what_a_replaced_instance_shares_moves_over_and_comes_back(room: Room) -> None:
    room.rows = [Card("a" * 100, notes=[{"deep": Card("b", notes=[{str(n) for n in range(30)}])}])]
    room.commit()
    old = room.rows[0]
    notes = old.notes
    room.rows[0] = dataclasses.replace(old, done=True)
    assert room.rows[0].notes is notes
    assert room.commit() == [{"op": "replace", "path": "/rows/0/done", "value": True}]
    current = room.rows[0]
    room.rows[0] = dataclasses.replace(current, done=False)
    room.rows[0].notes.append(1)
    room.log.rollback()
    assert room.rows[0] is current and current.notes is notes
    notes[0]["deep"].notes[0].discard("7")
    room.commit()
    room.rows[0] = dataclasses.replace(current, notes=[notes[0]])
    room.commit()
