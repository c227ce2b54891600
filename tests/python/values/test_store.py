"""Slots, defaults, versions, computed values and the guard of writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from values.store_harness import Room


def test_each_store_has_defaults_of_its_own(core: Any) -> None:
    default = {"rows": [{"a": {1, 2, 3}}]}
    first = Room(core, extra=[("table", default)])
    second = Room(core, first.log, extra=[("table", default)])
    first.table["rows"][0]["a"].add(4)
    assert second.table == {"rows": [{"a": {1, 2, 3}}]} == default


def test_an_untouched_default_costs_no_change_and_is_in_the_snapshot(room: Room) -> None:
    assert json.loads(room.snapshot()) == {
        "rows": [],
        "table": {},
        "tags": [],
        "anything": None,
        "text": "",
        "count": 0,
    }
    assert room.rows == [] and room.operations() is None and not room.changed
    room.rows.append(1)
    assert room.commit() == [{"op": "add", "path": "/rows/0", "value": 1}]


def test_a_default_set_keeps_its_order_when_it_is_used(core: Any) -> None:
    names = {f"name{i}" for i in range(50)}
    room = Room(core, extra=[("tags", names)])
    before = json.loads(room.snapshot())["tags"]
    room.tags.add("new")
    vars(room)["committed"] = json.dumps({**json.loads(room.snapshot()), "tags": before}).encode()
    room.commit()


def test_backend_only_slots_are_tracked_but_never_told(room: Room) -> None:
    room._hidden.append({"secret": 1})
    assert room.changed == ["_hidden"]
    assert room.operations() is None
    assert b"secret" not in room.snapshot()
    room.log.discard()
    room._hidden[0]["secret"] = 2
    room.log.rollback()
    assert room._hidden == [{"secret": 1}]


def test_reset(room: Room) -> None:
    room.rows = [1, 2, 3]
    room.commit()
    room.values.reset(room.store, room.slots["rows"])
    assert room.rows == []
    room.commit()
    room.rows.append(1)
    room.values.reset(room.store, room.slots["rows"])
    assert room.rows == []


def test_changed_slots_and_versions(room: Room) -> None:
    room.rows = [{"a": 1}]
    room.text = "t"
    assert room.changed == ["rows", "text"]
    room.commit()
    assert room.changed == []
    seen = {room.version("rows")}
    row = room.rows[0]
    row["a"] = 2
    assert room.changed == ["rows"]
    for step in (
        lambda: row.update(a=3),
        room.log.rollback,
        lambda: row.update(a=4),
        room.commit,
        lambda: row.update(a=2),
    ):
        before = room.version("rows")
        step()
        if step not in (room.commit,):
            assert room.version("rows") not in seen
        seen.add(before)
        seen.add(room.version("rows"))
    text = room.version("text")
    room.text = "t"
    assert room.version("text") == text


def test_computed_values(room: Room, core: Any) -> None:
    assert room.compute([1, 2])
    assert room.commit() == [{"op": "add", "path": "/total", "value": [1, 2]}]
    assert json.loads(room.snapshot())["total"] == [1, 2]
    assert not room.compute([1, 2])
    assert not room.changed
    for value in ((1, 2), [1, 2], [1.0, 2], [True, 2], "text", "text and more"):
        assert room.compute(value), value
        room.commit()
    assert room.compute("text and more!")
    assert room.commit() == [{"op": "append", "path": "/total", "value": "!"}]
    room.compute(5)
    room.log.rollback()
    assert room.total == "text and more!"
    assert not room.compute("text and more!")
    with pytest.raises(core.EncodeError, match="^/total: cannot encode a value of type object$"):
        room.compute(object())
    assert room.total == "text and more!"
    room.compute("other")
    room.compute("text and more!")
    assert room.operations() is None


def test_a_first_computed_value_undone_is_unset(room: Room) -> None:
    room.compute(1)
    room.log.rollback()
    assert b"total" not in room.snapshot()
    assert room.compute(1)
    assert room.commit() == [{"op": "add", "path": "/total", "value": 1}]


class Forbidden(Exception):
    pass


@pytest.fixture
def forbid(room: Room) -> Iterator[None]:
    room.rows = [{"a": [1]}, {1, 2}]
    room.commit()
    parts = (room.rows, room.rows[0], room.rows[0]["a"], room.rows[1])

    def refuse(store: Any) -> None:
        assert store is room.store
        raise Forbidden

    room.values.set_may_write(refuse)
    try:
        yield
    finally:
        room.values.set_may_write(None)
        assert all(
            a is b
            for a, b in zip(
                parts, (room.rows, room.rows[0], room.rows[0]["a"], room.rows[1]), strict=True
            )
        )
        assert room.rows == [{"a": [1]}, {1, 2}] and room.operations() is None


@pytest.mark.usefixtures("forbid")
def test_every_mutator_asks_first(room: Room) -> None:
    rows, row, inner, tags = room.rows, room.rows[0], room.rows[0]["a"], room.rows[1]
    for write in (
        lambda: setattr(room, "rows", []),
        lambda: rows.append(1),
        lambda: rows.extend([1]),
        lambda: rows.insert(0, 1),
        lambda: rows.pop(),
        lambda: rows.remove(row),
        lambda: rows.clear(),
        lambda: rows.reverse(),
        lambda: rows.sort(key=str),
        lambda: rows.__init__(),
        lambda: rows.__setitem__(0, 1),
        lambda: rows.__delitem__(0),
        lambda: rows.__iadd__([1]),
        lambda: rows.__imul__(2),
        lambda: rows.__setitem__(slice(0, 1), []),
        lambda: rows.__delitem__(slice(None, None, 2)),
        lambda: row.pop("a"),
        lambda: row.popitem(),
        lambda: row.setdefault("z"),
        lambda: row.update(a=1),
        lambda: row.clear(),
        lambda: row.__setitem__("a", 1),
        lambda: row.__delitem__("a"),
        lambda: row.__ior__({"b": 1}),
        lambda: row.__init__(a=1),
        lambda: inner.append(1),
        lambda: tags.add(9),
        lambda: tags.discard(1),
        lambda: tags.remove(1),
        lambda: tags.pop(),
        lambda: tags.clear(),
        lambda: tags.update([9]),
        lambda: tags.difference_update([1]),
        lambda: tags.intersection_update([1]),
        lambda: tags.symmetric_difference_update([1]),
        lambda: tags.__ior__({9}),
        lambda: tags.__iand__({1}),
        lambda: tags.__isub__({1}),
        lambda: tags.__ixor__({1}),
        lambda: tags.__init__(),
    ):
        with pytest.raises(Forbidden):
            write()


def test_stores_without_a_turn_keep_a_log_of_their_own(core: Any) -> None:
    room = Room(core)
    room.values.leave(room.log.handle, room.store)
    room.rows.append(1)
    assert json.loads(room.operations() or b"") == [{"op": "add", "path": "/rows/0", "value": 1}]
