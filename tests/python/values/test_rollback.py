"""A turn that fails leaves the old values in the same objects."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from values.edit_program import PAD
from values.store_harness import Room


@dataclasses.dataclass
class Card:
    title: str
    notes: list[Any] = dataclasses.field(default_factory=list)


def test_writes_to_what_was_popped(room: Room) -> None:
    room.rows = [{"done": False, "tags": [1]}, {"done": False}]
    room.commit()
    rows = room.rows
    card = rows.pop(0)
    card["done"] = True
    card["tags"].append(2)
    room.log.rollback()
    assert room.rows is rows and rows[0] is card
    assert rows == [{"done": False, "tags": [1]}, {"done": False}]
    card["done"] = True
    assert room.commit() == [{"op": "replace", "path": "/rows/0/done", "value": True}]


@pytest.mark.parametrize("commits_first", [False, True])
def test_a_commit_is_where_undoing_ends(room: Room, commits_first: bool) -> None:
    room.rows = [1]
    room.commit()
    room.rows.append(2)
    if commits_first:
        room.commit()
    room.rows.append(3)
    room.log.rollback()
    assert room.rows == ([1, 2] if commits_first else [1])


def test_what_was_popped_before_a_commit_is_free_after_it(room: Room) -> None:
    room.rows = [{"a": 1}]
    room.commit()
    row = room.rows.pop()
    room.commit()
    row["a"] = 2
    room.log.rollback()
    assert row == {"a": 2} and room.rows == []


def test_every_kind_of_value_comes_back(room: Room) -> None:
    card = Card("a", [[1]])
    room.rows = [card, {"k": {1, 2}}]
    room.text = "t"
    room._hidden = [{"x": 1}]
    room.commit()
    parts = (room.rows, room.rows[1], room.rows[1]["k"], card.notes, card.notes[0], room._hidden[0])
    text = room.snapshot()
    card.notes[0].append(2)
    card.title = "b"
    del card.notes
    room.rows[1]["k"].discard(1)
    room.rows[1]["k"] |= {7, 8}
    room.rows[1].clear()
    room.rows.reverse()
    room.text = "u"
    room._hidden[0]["x"] = 2
    room._hidden.clear()
    room.rows = [1, 2, 3]
    room.operations()
    room.log.rollback()
    assert room.snapshot() == text
    assert room._hidden == [{"x": 1}]
    now = (room.rows, room.rows[1], room.rows[1]["k"], card.notes, card.notes[0], room._hidden[0])
    assert all(a is b for a, b in zip(parts, now, strict=True))
    assert not room.changed and room.operations() is None


def test_an_old_list_that_was_replaced_keeps_its_items(room: Room) -> None:
    room.rows = [{"id": 1}, {"id": 2}, PAD]
    room.commit()
    old = room.rows
    room.rows = [{"id": 1}, {"id": 3}, PAD]
    assert old == [{"id": 1}, {"id": 2}, PAD] and room.rows == [{"id": 1}, {"id": 3}, PAD]
    room.rows.append({"id": 4})
    assert len(old) == 3
    room.log.rollback()
    assert room.rows is old
    old[0]["id"] = 9
    old[1]["id"] = 8
    assert len(room.commit()) == 2


def test_a_replaced_list_put_back(room: Room) -> None:
    room.rows = [{"id": 1}, {"id": 2}]
    room.commit()
    old = room.rows
    room.rows = [{"id": 1}]
    room.rows = old
    assert room.rows == [{"id": 1}, {"id": 2}]
    room.commit()
    room.rows[0]["id"] = 5
    room.commit()


def test_an_edit_that_fails_changes_nothing(room: Room) -> None:
    room.rows = [{"id": 1}, [2], PAD]
    room.table = {"a": {"b": 1}}
    room.commit()
    cycle: list[Any] = []
    cycle.append(cycle)
    rows, inner = room.rows, room.rows[1]
    for attempt in (
        lambda: room.rows.extend([[1], cycle]),
        lambda: room.rows.__setitem__(slice(0, 2), [[1], cycle]),
        lambda: room.rows.__setitem__(slice(None, None, 2), [[1], cycle]),
        lambda: room.rows.append(cycle),
        lambda: setattr(room, "rows", [{"id": 1}, [2, cycle], PAD]),
        lambda: setattr(room, "table", {"a": {"b": 1, "c": cycle}}),
        lambda: room.table.__setitem__("a", {"b": 2, "c": cycle}),
    ):
        with pytest.raises(ValueError, match="nested deeper"):
            attempt()
        assert room.rows is rows and rows == [{"id": 1}, [2], PAD] and rows[1] is inner
        assert room.table == {"a": {"b": 1}}
        assert room.operations() is None
    rows[0]["id"] = 2
    inner.append(3)
    room.table["a"]["b"] = 2
    assert {operation["path"] for operation in room.commit()} == {
        "/rows/0/id",
        "/rows/1/1",
        "/table/a/b",
    }


def test_a_value_that_cannot_be_encoded_fails_the_commit_and_names_its_path(
    room: Room, core: Any
) -> None:
    room.rows = [{"id": 1}]
    room.commit()
    room.rows[0]["when"] = object()
    with pytest.raises(
        core.EncodeError, match="^/rows/0/when: cannot encode a value of type object$"
    ):
        room.operations()
    room.log.rollback()
    assert room.rows == [{"id": 1}] and room.operations() is None
    room._hidden.append(object())  # never sent
    room.commit()
    room.text = "\ud800"
    with pytest.raises(core.EncodeError, match="^/text: .*surrogate"):
        room.operations()
    room.log.rollback()
    room.commit()


def test_several_stores_are_undone_together_also_after_one_has_told_its_operations(
    room: Room, core: Any
) -> None:
    other = Room(core, room.log)
    room.rows = [{"id": 1}]
    room.tags = {1, 2, 3}
    room.commit()
    texts = [room.snapshot(), other.snapshot()]
    other.rows.append(room.rows.pop())
    other.rows[0]["id"] = 2
    room.tags.discard(1)
    room.compute([1])
    assert room.operations() is not None and other.operations() is not None
    room.log.rollback()
    assert [room.snapshot(), other.snapshot()] == texts
    room.tags.add(9)
    room.commit()
    assert json.loads(room.snapshot())["rows"] == [{"id": 1}]
