"""What is done to lists, dicts, sets and objects, as lines of Python. The half in Reflex's venv reads it, too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

__all__ = ["CASES", "Case"]


@dataclasses.dataclass
class Point:
    """An object in a var."""

    x: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class PlainPoint:
    """One that is in none: a class whose objects are tracked notes writes to all of them."""

    x: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Case:
    """A statement that is timed in a loop, as a handler has it: ``for i in range(count): statement``.

    Attributes:
        name: for the table.
        make: the value that it is about, as a plain one.
        statement: uses `s`, what has the var `box`; `x`, the var's value; `i`, the loop's; `k`, a key; `ten`, a list.
        bar: of the ratio to plain values, or to Reflex where `peer`; None: for information.
        peer: whether it is compared with Reflex.
        bare: two statements, to be repeated without a loop, with `u` and `v` for `i`; None: `statement` twice.
        inner: how often the statement does it, where it is a loop.
        plain: what it is compared with, where that is not what `make` gives.
    """

    name: str
    make: Callable[[], Any]
    statement: str
    bar: str | None
    peer: bool = False
    bare: str | None = None
    inner: int = 1
    plain: Callable[[], Any] | None = None

    def make_plain(self) -> Any:
        """What the value is compared with."""
        return (self.plain or self.make)()

    @property
    def bare_pair(self) -> str:
        """Two of the statement, without a loop."""
        return self.bare or f"{self.statement}; {self.statement}"


def _numbers() -> list[int]:
    return list(range(1000))


def _set() -> set[int]:
    return set(range(1000))


def _rows() -> list[dict[str, Any]]:
    return [{"id": n, "name": f"row {n}", "v": 0} for n in range(100)]


def _table() -> dict[str, int]:
    return {f"key {n}": n for n in range(1000)}


def _nested() -> dict[str, dict[str, int]]:
    return {"a": {"b": 0}}


READ, WRITE = "<= 1.3", "<= 2.5"

CASES = [
    Case("list: x[7]", _numbers, "x[7]", READ),
    Case("list: x[7]['v'] of rows", _rows, "x[7]['v']", READ),
    Case("list: iterate", _numbers, "for y in x: pass", READ, inner=1000),
    Case("list: iterate rows, read a field", _rows, "for y in x: y['v']", READ, inner=100),
    Case("list: len", _numbers, "len(x)", READ),
    Case("list: in", lambda: list(range(20)), "15 in x", READ),
    Case("list: slice of 10", _numbers, "x[10:20]", READ),
    Case("dict: x[k]", _table, "x[k]", READ),
    Case("dict: get", _table, "x.get(k)", READ),
    Case("dict: in", _table, "k in x", READ),
    Case("dict: len", _table, "len(x)", READ),
    Case("dict: iterate items", _table, "for y in x.items(): pass", READ, inner=1000),
    Case("dict: x[a][b]", _nested, "x['a']['b']", READ),
    Case("set: in", _set, "500 in x", READ),
    Case("set: iterate", _set, "for y in x: pass", READ, inner=1000),
    Case("object: x.x", Point, "x.x", READ, plain=PlainPoint),
    Case("list: append", _numbers, "x.append(i)", WRITE, bare="x.append(u); x.append(v)"),
    Case("list: x[7] =", _numbers, "x[7] = i", WRITE, bare="x[7] = u; x[7] = v"),
    Case("list: insert at the head", lambda: list(range(100)), "x.insert(0, i)", WRITE),
    Case("list: append and pop", _numbers, "x.append(i); x.pop()", WRITE, inner=2),
    Case("list: += ten, each", _numbers, "x += ten", WRITE, inner=10),
    Case(
        "list: x[7][k] = of rows",
        _rows,
        "x[7]['v'] = i",
        WRITE,
        bare="x[7]['v'] = u; x[7]['v'] = v",
    ),
    Case("dict: x[k] =", _table, "x[k] = i", WRITE, bare="x[k] = u; x[k] = v"),
    Case(
        "dict: x[a][b] =",
        _nested,
        "x['a']['b'] = i",
        WRITE,
        bare="x['a']['b'] = u; x['a']['b'] = v",
    ),
    Case("dict: a key comes and goes", _table, "x['new'] = i; del x['new']", WRITE, inner=2),
    Case("set: add and discard", _set, "x.add(1001); x.discard(1001)", WRITE, inner=2),
    Case("object: x.x =", Point, "x.x = i", WRITE, bare="x.x = u; x.x = v", plain=PlainPoint),
    Case("list: s.box.append", list, "s.box.append(i)", ">= 80", peer=True),
    Case("dict: s.box[a][b] =", _nested, "s.box['a']['b'] = i", ">= 60", peer=True),
    Case("list: s.box[7][k] = of rows", _rows, "s.box[7]['v'] = i", ">= 60", peer=True),
    Case("list: s.box[7]['v'] of rows", _rows, "s.box[7]['v']", None, peer=True),
    Case(
        "list: iterate s.box, read a field", _rows, "for y in s.box: y['v']", None, True, inner=100
    ),
]
