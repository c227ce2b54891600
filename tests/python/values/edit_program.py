"""Random edits of tracked values, read from a string of bytes: hypothesis shrinks bytes well, and one draw is cheap."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from values.store_harness import Room


@dataclasses.dataclass
class Card:
    title: str
    done: bool = False
    notes: list[Any] = dataclasses.field(default_factory=list)
    secret: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(slots=True)
class Point:
    x: float
    parts: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Frozen:
    key: str
    items: list[Any] = dataclasses.field(default_factory=list)


class Model(BaseModel):
    name: str = "m"
    parts: list[Any] = []
    level: int | float | bool = 0


class Checked(BaseModel):
    model_config = ConfigDict(validate_assignment=True, extra="allow")
    size: int = 0
    inner: Model | None = None


WORDS = ["a", "b", "k/1", "~", "long text", "é", "😀", ""]
# So long that telling a few edits is shorter than telling the value again.
PAD = "pad " * 60
OBJECTS = (Card, Point, Frozen, Model, Checked)


class Program:
    """Interprets bytes as edits of some rooms.

    Errors that an edit raises are what Python raises: caught and forgotten.
    """

    def __init__(self, code: bytes, rooms: list[Room]) -> None:
        self.code = code
        self.at = 0
        self.rooms = rooms
        self.held: list[Any] = []

    def byte(self) -> int:
        if self.at >= len(self.code):
            return 0
        self.at += 1
        return self.code[self.at - 1]

    def below(self, limit: int) -> int:
        return self.byte() % limit if limit > 0 else 0

    @property
    def is_over(self) -> bool:
        return self.at >= len(self.code)

    def run(self, edits: int) -> None:
        for _ in range(edits):
            if self.is_over:
                return
            try:
                self.edit()
            except (ValueError, TypeError, IndexError, KeyError, AttributeError):
                pass

    # ---- where

    def children(self, value: Any) -> list[Any]:
        if isinstance(value, dict):
            return list(value.values())
        if isinstance(value, list):
            return value
        if isinstance(value, OBJECTS):
            return [getattr(value, name) for name in self.fields(value)]
        return []

    def fields(self, value: Any) -> list[str]:
        if isinstance(value, BaseModel):
            return [*type(value).model_fields, *(value.model_extra or {})]
        return [field.name for field in dataclasses.fields(value)]

    def room(self) -> Room:
        return self.rooms[self.below(len(self.rooms))]

    def pick(self) -> Any:
        """A container or object somewhere, or one that was held on to."""
        choice = self.byte()
        if choice >= 200 and self.held:
            value = self.held[choice % len(self.held)]
        else:
            names = ("rows", "table", "tags", "anything", "_hidden")
            value = getattr(self.rooms[choice % len(self.rooms)], names[(choice >> 2) % len(names)])
        for _ in range(12):  # what was held on to may hold itself
            inner = [c for c in self.children(value) if isinstance(c, (list, dict, set, *OBJECTS))]
            step = self.byte()
            if not inner or step >= 170:
                return value
            value = inner[step % len(inner)]
        return value

    # ---- what

    def scalar(self) -> Any:
        choice = self.byte()
        if choice < 100:
            return choice % 4
        values = (
            None,
            True,
            False,
            1,
            1.0,
            0,
            0.0,
            -2.5,
            float("nan"),
            10**20,
            "x",
            "xy",
            "text",
            b"b",
            (1, "t"),
            PAD,
            PAD,
            PAD,
        )
        return values[choice % len(values)]

    def value(self, depth: int = 0) -> Any:
        choice = self.byte()
        if choice < 90 or depth > 2:
            return self.scalar()
        match choice % 11:
            case 0:
                return [self.value(depth + 1) for _ in range(self.below(4))]
            case 1:
                return {self.word(): self.value(depth + 1) for _ in range(self.below(4))}
            case 2:
                return {self.below(6) for _ in range(self.below(4))}
            case 3:
                return Card(self.word(), notes=[self.value(depth + 1)])
            case 4:
                return Point(float(self.below(3)), {"p": self.value(depth + 1)})
            case 5:
                return Frozen(self.word(), [self.value(depth + 1)])
            case 6:
                return Model(name=self.word(), parts=[self.value(depth + 1)])
            case 7:
                return Checked(size=self.below(9), inner=Model())
            case 8 | 9:
                return self.pick()
            case _:
                return self.held[self.below(len(self.held))] if self.held else []

    def word(self) -> str:
        return WORDS[self.below(len(WORDS))]

    def hold(self, value: Any) -> None:
        if isinstance(value, (list, dict, set, *OBJECTS)):
            self.held.append(value)

    # ---- edits

    def edit(self) -> None:
        if self.byte() < 40:
            self.edit_room(self.room())
            return
        target = self.pick()
        if isinstance(target, list):
            LIST_EDITS[self.below(len(LIST_EDITS))](self, target)
        elif isinstance(target, dict):
            DICT_EDITS[self.below(len(DICT_EDITS))](self, target)
        elif isinstance(target, set):
            SET_EDITS[self.below(len(SET_EDITS))](self, target)
        elif isinstance(target, OBJECTS):
            self.edit_object(target)

    def edit_room(self, room: Room) -> None:
        match self.below(9):
            case 0:
                room.text = room.text + self.word()
            case 1:
                room.count = self.scalar()
            case 2:
                room.rows = self.variant(room.rows)
            case 3:
                room.table = self.variant(room.table)
            case 4:
                room.tags = self.variant(room.tags)
            case 5:
                self.hold(room.anything)
                room.anything = self.value()
            case 6:
                room.rows = [self.value() for _ in range(self.below(5))]
            case 7:
                other = self.room()
                room.anything, other.anything = other.anything, room.anything
            case _:
                room.anything = self.variant(room.anything)

    def variant(self, value: Any) -> Any:
        """A new value that has much in common with the old one."""
        if isinstance(value, list):
            items = [plain(item) if self.byte() < 120 else item for item in value]
            for _ in range(self.below(4)):
                match self.below(4):
                    case 0:
                        items.insert(self.below(len(items) + 1), self.value())
                    case 1 if items:
                        items.pop(self.below(len(items)))
                    case 2 if items:
                        index = self.below(len(items))
                        items[index] = self.variant(items[index])
                    case _:
                        random.Random(self.byte()).shuffle(items)
            return items
        if isinstance(value, dict):
            items_by_key = {
                key: plain(item) if self.byte() < 120 else item for key, item in value.items()
            }
            for _ in range(self.below(3)):
                if items_by_key and self.byte() < 90:
                    items_by_key.pop(next(iter(items_by_key)))
                else:
                    items_by_key[self.word()] = self.value()
            return items_by_key
        if isinstance(value, set):
            return set(value) ^ {self.below(6)}
        if isinstance(value, Model):
            return value.model_copy(update={"name": self.word()})
        if isinstance(value, OBJECTS) and not isinstance(value, BaseModel):
            name = self.fields(value)[0]
            return dataclasses.replace(value, **{name: self.scalar()})
        return self.value()

    def edit_object(self, target: Any) -> None:
        names = self.fields(target)
        name = names[self.below(len(names))]
        old = getattr(target, name)
        self.hold(old)
        if self.byte() < 80:
            setattr(target, name, self.variant(old))
        elif isinstance(target, Checked) and self.byte() < 60:
            setattr(target, "extra" + str(self.below(2)), self.value())
        else:
            setattr(target, name, self.value())


def plain(value: Any) -> Any:
    """An equal value that shares nothing with the old one."""
    import copy

    return copy.deepcopy(value)


def list_pop(p: Program, x: list[Any]) -> None:
    item = x.pop(p.below(len(x)))
    p.hold(item)
    if isinstance(item, dict):
        item["done"] = p.scalar()
    elif isinstance(item, list):
        item.append(p.scalar())
    elif isinstance(item, Card):
        item.done = True


def list_swap(p: Program, x: list[Any]) -> None:
    i, k = p.below(len(x)), p.below(len(x))
    x[i], x[k] = x[k], x[i]


def list_slice(p: Program, x: list[Any]) -> None:
    start = p.below(len(x) + 1)
    x[start : start + p.below(4)] = [p.value() for _ in range(p.below(4))]


def list_step(p: Program, x: list[Any]) -> None:
    step = (2, 3, -1, -2)[p.below(4)]
    x[::step] = [p.value() for _ in range(len(x[::step]))]


def list_move(p: Program, x: list[Any]) -> None:
    item = x.pop(p.below(len(x)))
    x.insert(p.below(len(x) + 1), item)


def list_grow_text(p: Program, x: list[Any]) -> None:
    for index, item in enumerate(x):
        if isinstance(item, str):
            x[index] += p.word()
            break


def delete_slice(p: Program, x: list[Any]) -> None:
    start = p.below(len(x) + 1)
    if p.byte() < 128:
        del x[start : start + p.below(4)]
    else:
        del x[start::2]


def in_place_add(p: Program, x: list[Any]) -> None:
    x += [p.value() for _ in range(p.below(3))]


def in_place_times(p: Program, x: list[Any]) -> None:
    if len(x) < 6:
        x *= p.below(3)


def nested_write(p: Program, x: list[Any]) -> None:
    for item in x:
        if isinstance(item, dict):
            item["id"] = p.scalar()
        elif isinstance(item, Card):
            item.title += "+"


LIST_EDITS: list[Callable[[Program, list[Any]], None]] = [
    lambda p, x: x.append(p.value()),
    lambda p, x: x.append(p.value()),
    lambda p, x: x.insert(p.below(len(x) + 2), p.value()),
    lambda p, x: x.insert(0, p.value()),
    list_pop,
    list_pop,
    lambda p, x: x.__setitem__(p.below(len(x)), p.value()),
    lambda p, x: x.__setitem__(p.below(len(x)), p.variant(x[p.below(len(x))])),
    lambda p, x: x.__delitem__(p.below(len(x))),
    list_swap,
    list_swap,
    list_slice,
    list_step,
    list_move,
    list_grow_text,
    delete_slice,
    in_place_add,
    in_place_times,
    nested_write,
    lambda p, x: x.extend(p.value() for _ in range(p.below(4))),
    lambda p, x: x.remove(x[p.below(len(x))]),
    lambda p, x: x.reverse(),
    lambda p, x: x.sort(key=repr, reverse=p.byte() < 128),
    lambda p, x: random.Random(p.byte()).shuffle(x),
    lambda p, x: x.clear() if p.byte() < 60 else x.append(x[p.below(len(x))]),
    lambda p, x: x.__init__(p.variant(x)),  # type: ignore[misc]
    lambda p, x: p.hold(x),
    lambda p, x: x.__setitem__(slice(None), p.variant(x)),
]


def dict_pop(p: Program, x: dict[Any, Any]) -> None:
    item = x.pop(dict_key(p, x))
    p.hold(item)
    if isinstance(item, list):
        item.append(p.scalar())


def dict_key(p: Program, x: dict[Any, Any]) -> Any:
    keys = list(x) or ["a"]
    return keys[p.below(len(keys))]


def dict_swap(p: Program, x: dict[Any, Any]) -> None:
    i, k = dict_key(p, x), dict_key(p, x)
    x[i], x[k] = x[k], x[i]


def dict_or(p: Program, x: dict[Any, Any]) -> None:
    x |= {p.word(): p.value()}


def dict_rename(p: Program, x: dict[Any, Any]) -> None:
    x[p.word()] = x.pop(dict_key(p, x))


DICT_EDITS: list[Callable[[Program, dict[Any, Any]], None]] = [
    lambda p, x: x.__setitem__(p.word(), p.value()),
    lambda p, x: x.__setitem__(p.word(), p.value()),
    lambda p, x: x.__setitem__(p.below(3), p.value()),
    lambda p, x: x.__setitem__(dict_key(p, x), p.variant(x[dict_key(p, x)])),
    lambda p, x: x.__delitem__(dict_key(p, x)),
    dict_pop,
    dict_pop,
    dict_swap,
    dict_or,
    dict_rename,
    lambda p, x: p.hold(x.popitem()[1]),
    lambda p, x: x.setdefault(p.word(), p.value()),
    lambda p, x: x.update({p.word(): p.value(), p.word(): p.value()}),
    lambda p, x: x.update(a=p.value()),
    lambda p, x: x.clear() if p.byte() < 60 else None,
    lambda p, x: x.__setitem__("text", str(x.get("text", "t")) + p.word()),
]


def set_or(p: Program, x: set[Any]) -> None:
    x |= {p.below(7), p.below(7)}


def set_and(p: Program, x: set[Any]) -> None:
    x &= {p.below(7), p.below(7), p.below(7)}


def set_sub(p: Program, x: set[Any]) -> None:
    x -= {p.below(7)}


def set_xor(p: Program, x: set[Any]) -> None:
    x ^= {p.below(7), p.below(7)}


SET_EDITS: list[Callable[[Program, set[Any]], None]] = [
    lambda p, x: x.add(p.below(9)),
    lambda p, x: x.add(p.word()),
    lambda p, x: x.discard(p.below(9)),
    lambda p, x: x.remove(p.below(9)),
    lambda p, x: x.pop(),
    set_or,
    set_and,
    set_sub,
    set_xor,
    lambda p, x: x.update({p.below(9)}, [p.word()]),
    lambda p, x: x.difference_update({p.below(9)}),
    lambda p, x: x.intersection_update(set(range(p.below(9)))),
    lambda p, x: x.symmetric_difference_update({p.below(9)}),
    lambda p, x: x.clear() if p.byte() < 60 else None,
]
