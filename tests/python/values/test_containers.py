"""Tracked containers do what list, dict and set do, and are taken for them wherever these are."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from values.store_harness import Room

LIST_CALLS: list[Callable[[list[Any]], Any]] = [
    lambda x: x.append(9),
    lambda x: x.extend([7, 8]),
    lambda x: x.extend(i for i in range(2)),
    lambda x: x.extend(x),
    lambda x: x.insert(0, 1),
    lambda x: x.insert(-1, 1),
    lambda x: x.insert(100, 1),
    lambda x: x.insert(-100, 1),
    lambda x: x.pop(),
    lambda x: x.pop(0),
    lambda x: x.pop(-2),
    lambda x: x.pop(50),
    lambda x: x.remove(2),
    lambda x: x.remove("none"),
    lambda x: x.clear(),
    lambda x: x.reverse(),
    lambda x: x.sort(),
    lambda x: x.sort(reverse=True),
    lambda x: x.sort(key=lambda i: -i),
    lambda x: x.sort(key=lambda i: i / 0),
    lambda x: x.__init__([5, 6]),  # type: ignore[misc]
    lambda x: x.__init__(),  # type: ignore[misc]
    lambda x: x.__setitem__(0, 10),
    lambda x: x.__setitem__(-1, 10),
    lambda x: x.__setitem__(99, 10),
    lambda x: x.__setitem__("a", 10),  # type: ignore[call-overload]
    lambda x: x.__delitem__(1),
    lambda x: x.__delitem__(99),
    lambda x: x.__setitem__(slice(1, 3), [7, 8, 9]),
    lambda x: x.__setitem__(slice(1, 3), []),
    lambda x: x.__setitem__(slice(3, 1), [7]),
    lambda x: x.__setitem__(slice(None), range(4)),
    lambda x: x.__setitem__(slice(None, None, 2), [7, 8]),
    lambda x: x.__setitem__(slice(None, None, 2), [7]),
    lambda x: x.__setitem__(slice(None, None, -1), [1, 2, 3, 4]),
    lambda x: x.__setitem__(slice(1, 3), 5),
    lambda x: x.__delitem__(slice(1, 3)),
    lambda x: x.__delitem__(slice(None, None, 2)),
    lambda x: x.__delitem__(slice(None, None, -3)),
    lambda x: x.__iadd__([1]),
    lambda x: x.__iadd__("ab"),
    lambda x: x.__imul__(2),
    lambda x: x.__imul__(0),
    lambda x: x.__imul__(1),
    lambda x: random.Random(1).shuffle(x),
]

DICT_CALLS: list[Callable[[dict[Any, Any]], Any]] = [
    lambda x: x.__setitem__("a", 9),
    lambda x: x.__setitem__("z", 9),
    lambda x: x.__setitem__([], 9),  # type: ignore[index]
    lambda x: x.__delitem__("a"),
    lambda x: x.__delitem__("none"),
    lambda x: x.pop("a"),
    lambda x: x.pop("none"),
    lambda x: x.pop("none", 5),
    lambda x: x.pop((1, 2)),
    lambda x: x.popitem(),
    lambda x: x.setdefault("a", 9),
    lambda x: x.setdefault("z"),
    lambda x: x.update({"a": 5, "y": 6}),
    lambda x: x.update([("a", 5), ("y", 6)]),
    lambda x: x.update(a=1, q=2),
    lambda x: x.update({"a": 1}, q=2),
    lambda x: x.update(x),
    lambda x: x.update(5),  # type: ignore[arg-type]
    lambda x: x.clear(),
    lambda x: x.__init__(a=7),  # type: ignore[misc]
    lambda x: x.__ior__({"a": 7, "k": 1}),
    lambda x: x.__ior__([("k", 1)]),
]

SET_CALLS: list[Callable[[set[Any]], Any]] = [
    lambda x: x.add(9),
    lambda x: x.add(1),
    lambda x: x.add([]),
    lambda x: x.discard(1),
    lambda x: x.discard(9),
    lambda x: x.discard({1}),
    lambda x: x.remove(1),
    lambda x: x.remove(9),
    lambda x: x.remove({1, 2}),
    lambda x: x.clear(),
    lambda x: x.update([7], (8,)),
    lambda x: x.update(x),
    lambda x: x.difference_update([1], [2]),
    lambda x: x.intersection_update([1, 2]),
    lambda x: x.symmetric_difference_update([1, 7]),
    lambda x: x.symmetric_difference_update(x),
    lambda x: x.__init__([5]),  # type: ignore[misc]
    lambda x: x.__ior__({7}),
    lambda x: x.__iand__({1, 2}),
    lambda x: x.__isub__({1}),
    lambda x: x.__isub__(x),
    lambda x: x.__ixor__({1, 7}),
    lambda x: x.__ior__([7]),  # type: ignore[operator]
]


def outcome(call: Callable[[Any], Any], value: Any) -> Any:
    try:
        result = call(value)
    except Exception as error:
        return type(error), getattr(error, "args", None) if isinstance(error, KeyError) else None
    return value if result is value else result


def check(room: Room, name: str, plain: Any, call: Callable[[Any], Any]) -> None:
    setattr(room, name, plain)
    room.commit()
    room.commit()
    tracked = getattr(room, name)
    before = copy.deepcopy(tracked)
    expected = outcome(call, plain)
    assert outcome(call, tracked) == expected
    assert tracked == plain
    if isinstance(plain, dict):
        assert list(tracked) == list(plain)
    room.operations()
    room.log.rollback()
    assert getattr(room, name) is tracked
    assert tracked == before
    outcome(call, tracked)
    room.commit()


@pytest.mark.parametrize("call", LIST_CALLS)
def test_list_methods_do_what_the_builtin_does(room: Room, call: Callable[[Any], Any]) -> None:
    check(room, "rows", [3, 1, 2, 2], call)


@pytest.mark.parametrize("call", DICT_CALLS)
def test_dict_methods_do_what_the_builtin_does(room: Room, call: Callable[[Any], Any]) -> None:
    check(room, "table", {"a": 1, "b": 2, "c": 3}, call)


@pytest.mark.parametrize("call", SET_CALLS)
def test_set_methods_do_what_the_builtin_does(room: Room, call: Callable[[Any], Any]) -> None:
    check(room, "tags", {1, 2, 3, 4}, call)


def test_a_list_that_is_changed_while_it_is_sorted(room: Room) -> None:
    room.rows = [3, 1, 2]
    room.commit()
    with pytest.raises(ValueError, match="modified during sort"):
        room.rows.sort(key=lambda i: room.rows.append(i) or i)
    assert sorted(room.rows) == [1, 2, 3]
    room.commit()


def test_every_mutating_method_is_tracked(core: Any) -> None:
    """Names that the tracked types must define themselves: those of the built-in that change it."""
    changing = {
        "TrackedList": (
            "append extend insert pop remove clear reverse sort"
            " __init__ __setitem__ __delitem__ __iadd__ __imul__"
        ),
        "TrackedDict": "pop popitem setdefault update clear __init__ __setitem__ __delitem__ __ior__",
        "TrackedSet": (
            "add discard remove pop clear update difference_update intersection_update symmetric_difference_update"
            " __init__ __ior__ __iand__ __isub__ __ixor__"
        ),
    }
    for type_name, names in changing.items():
        assert set(names.split()) <= set(vars(getattr(core, type_name)))


def test_they_are_taken_for_the_builtins(room: Room) -> None:
    room.rows = [{"a": 1}, 2, [3]]
    room.table = {"k": [1], "t": {"u": 2}}
    room.tags = {1, 2}
    rows, table, tags = room.rows, room.table, room.tags
    assert isinstance(rows, list) and isinstance(table, dict) and isinstance(tags, set)
    assert rows == [{"a": 1}, 2, [3]] and rows == [{"a": 1}, 2, [3]]
    assert (
        repr(rows) == "[{'a': 1}, 2, [3]]"
        and repr(table) == "{'k': [1], 't': {'u': 2}}"
        and repr(tags) == "{1, 2}"
    )
    assert json.loads(json.dumps([rows, table])) == [rows, table]
    assert json.loads(orjson.dumps([rows, table])) == [rows, table]
    assert sorted([3, *room.rows[1:2]]) == [2, 3]
    match rows:
        case [{"a": 1}, two, [*_]]:
            assert two == 2
        case _:
            pytest.fail("not matched as a sequence")
    match table:
        case {"t": {"u": 2}, **rest}:
            assert rest == {"k": [1]}
        case _:
            pytest.fail("not matched as a mapping")
    with pytest.raises(TypeError):
        hash(rows)
    assert (
        type(type(rows)([1])) is list
        and type(type(table)(a=1)) is dict
        and type(type(tags)([1])) is set
    )

    class Holder(BaseModel):
        rows: list[Any]
        table: dict[str, Any]
        tags: set[int]

    held = Holder(rows=rows, table=table, tags=tags)
    assert held.rows == rows and held.tags == tags


def plain_types(value: Any) -> bool:
    if isinstance(value, dict):
        return type(value) is dict and all(plain_types(item) for item in value.values())
    if isinstance(value, list):
        return type(value) is list and all(plain_types(item) for item in value)
    return not isinstance(value, set) or type(value) is set


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_plain_all_through(room: Room, duplicate: Callable[[Any], Any]) -> None:
    room.table = {"rows": [{"a": {1, 2}}], "tags": {1}}
    made = duplicate(room.table)
    assert made == room.table and plain_types(made)


def test_shallow_copies_and_results_are_plain_outside(room: Room) -> None:
    room.rows = [[1], 2]
    room.table = {"a": [1]}
    room.tags = {1, 2}
    for value in (
        copy.copy(room.rows),
        room.rows.copy(),
        room.rows[:1],
        room.rows + [1],
        [1] + room.rows,
        room.rows * 2,
    ):
        assert type(value) is list
    for value in (
        copy.copy(room.table),
        room.table.copy(),
        room.table | {"b": 1},
        {"b": 1} | room.table,
    ):
        assert type(value) is dict
    tags = room.tags
    for value in (
        copy.copy(tags),
        tags.copy(),
        tags | {3},
        {3} | tags,
        tags & {1},
        {1} & tags,
        tags - {1},
        {1, 5} - tags,
        tags ^ {1},
        {1} ^ tags,
        tags | tags,
        tags.union([4]),
        tags.difference([1]),
        tags.intersection([1]),
        tags.symmetric_difference([1]),
    ):
        assert type(value) is set
    assert tags | {3} == {1, 2, 3} and {1, 5} - tags == {5} and tags.union([4]) == {1, 2, 4}
    assert room.rows[0] is copy.copy(room.rows)[0]


def test_a_plain_container_is_copied_at_assignment(room: Room) -> None:
    rows: list[Any] = []
    room.rows = rows
    rows.append(1)
    assert room.rows == []
    inner: list[int] = []
    room.rows.append(inner)
    inner.append(1)
    assert room.rows == [[]]


def test_put_elsewhere_while_owned_a_copy_goes_in(room: Room) -> None:
    room.rows = [{"a": [1]}]
    room.anything = room.rows[0]
    assert room.anything == room.rows[0] and room.anything is not room.rows[0]
    room.anything["a"].append(2)
    assert room.rows == [{"a": [1]}]
    room.table["row"] = room.rows[0]
    room.table["row"]["a"] = 5
    assert room.rows == [{"a": [1]}]
    room.commit()


def test_a_detached_node_is_adopted_as_it_is_also_by_another_store(room: Room, core: Any) -> None:
    other = Room(core, room.log)
    room.rows = [{"a": [1]}, {"b": 2}]
    room.commit()
    row = room.rows.pop(0)
    other.rows.append(row)
    assert other.rows[0] is row
    row["a"].append(2)
    other.commit()
    row["a"].append(3)
    assert other.commit() == [{"op": "add", "path": "/rows/0/a/2", "value": 3}]
    assert room.operations() is None


def test_two_places_in_one_list_are_one_row_until_the_commit(room: Room) -> None:
    room.rows = [{"id": 1}, {"id": 2}]
    room.commit()
    first = room.rows[0]
    room.rows[0], room.rows[1] = room.rows[1], room.rows[0]
    assert room.rows[1] is first
    room.rows.append(first)
    first["id"] = 5
    room.commit()
    assert room.rows == [{"id": 2}, {"id": 5}, {"id": 5}]
    assert room.rows[1] is not room.rows[2]
    room.rows[2]["id"] = 6
    room.commit()
    assert room.rows[1] == {"id": 5}


@pytest.mark.parametrize("commits", [False, True])
def test_a_row_placed_twice_and_taken_out_once_goes_on_telling(room: Room, commits: bool) -> None:
    room.rows = [{"id": 1}, {"id": 2}]
    room.commit()
    row = room.rows[0]
    row["id"] = 3
    room.rows.append(row)
    del room.rows[-1]
    row["more"] = 4
    room.commit()
    row["id"] = 5
    room.commit()


def test_cycles_raise(room: Room) -> None:
    room.table = {"a": {"b": {}}}
    with pytest.raises(ValueError, match="hold itself"):
        room.table["a"]["b"]["c"] = room.table
    with pytest.raises(ValueError, match="hold itself"):
        room.table["a"]["a"] = room.table["a"]
    inner = room.table.pop("a")
    with pytest.raises(ValueError, match="hold itself"):
        inner["b"]["x"] = [1, {"y": inner}]
    room.table["a"] = inner
    plain: list[Any] = []
    plain.append(plain)
    with pytest.raises(ValueError, match="nested deeper"):
        room.rows = plain
    assert room.rows == []
    room.commit()


def test_keys_that_are_the_same_in_json_raise_at_the_line(room: Room) -> None:
    room.table = {1: "a"}
    with pytest.raises(ValueError, match="same in JSON"):
        room.table["1"] = "b"
    assert room.table == {1: "a"}
    del room.table[1]
    room.table["1"] = "b"
    with pytest.raises(ValueError, match="same in JSON"):
        room.table[1] = "c"
    with pytest.raises(ValueError, match="same in JSON"):
        room.anything = {"true": 1, True: 2}
    assert room.anything is None
    room._hidden = [{1: 1, "1": 2, (1, 2): 3}]  # never sent
    room.commit()


def test_a_set_is_an_array_in_an_order_that_operations_keep(room: Room) -> None:
    room.tags = {"a", "b", "c", "d"}
    room.commit()
    order = json.loads(room.snapshot())["tags"]
    room.tags.discard(order[1])
    assert room.commit(append=False) == [
        {"op": "replace", "path": "/tags/1", "value": order[3]},
        {"op": "remove", "path": "/tags/3"},
    ] or json.loads(room.snapshot())["tags"] == [order[0], order[3], order[2]]
    room.tags.add("e")
    assert json.loads(room.snapshot())["tags"] == [order[0], order[3], order[2], "e"]


def test_a_text_that_grew_is_told_by_its_end(room: Room) -> None:
    room.text = "some words"
    room.table = {"t": "x" * 50}
    room.rows = ["y" * 50]
    room.commit()
    room.text = room.text + " more"
    room.text = room.text + " and more"
    room.table["t"] += "1"
    room.rows[0] += "é"
    assert room.commit() == [
        {"op": "append", "path": "/rows/0", "value": "é"},
        {"op": "append", "path": "/table/t", "value": "1"},
        {"op": "append", "path": "/text", "value": " more and more"},
    ]
    room.text = room.text + "!"
    assert room.commit(append=False) == [
        {"op": "replace", "path": "/text", "value": "some words more and more!"}
    ]
    room.text = "other"
    assert room.commit() == [{"op": "replace", "path": "/text", "value": "other"}]


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, True), (True, 1), (1, 1.0), (0.0, -0.0), (0, False), ("1", 1), (None, False)],
)
def test_equal_values_of_another_type_are_changes(room: Room, old: Any, new: Any) -> None:
    room.count = old
    room.rows = [old]
    room.table = {"k": old}
    room.commit()
    room.count = new
    room.rows[0] = new
    room.table["k"] = new
    assert {operation["path"] for operation in room.commit()} == {"/count", "/rows/0", "/table/k"}
    room.rows = [old]
    assert [operation["op"] for operation in room.commit()] == ["replace"]


def test_putting_the_same_value_changes_nothing(room: Room) -> None:
    room.count = 10**6
    room.text = "text"
    room.rows = [float("nan"), [1], {"a": {1, 2}}]
    room.commit()
    room.count = 10**6
    room.text = "".join(["te", "xt"])
    room.rows = room.rows
    room.rows = [room.rows[0], [1], {"a": {2, 1}}]
    room.rows[1] = [1]
    room.rows[1] = room.rows[1]
    room.table = {}
    assert room.operations() is None
    room.count = 5
    room.count = 10**6
    assert room.operations() is None


def test_nan_is_null_and_no_change_while_it_stays(room: Room) -> None:
    nan = float("nan")
    room.count = nan
    room.commit()
    assert json.loads(room.snapshot())["count"] is None
    room.count = float("nan")
    assert room.operations() is None
    room.count = float("inf")
    room.commit()


def test_what_cannot_be_seen_into_counts_as_changed_when_put_again(room: Room, core: Any) -> None:
    class Deck:
        def __init__(self) -> None:
            self.cards = [1]

    core.register_serializer(Deck, lambda deck: deck.cards)
    deck = Deck()
    room.anything = deck
    room.table = {"deck": deck}
    room.commit()
    deck.cards.append(2)
    assert not room.changed
    room.anything = room.anything
    room.table["deck"] = deck
    assert room.commit() == [
        {"op": "replace", "path": "/table/deck", "value": [1, 2]},
        {"op": "replace", "path": "/anything", "value": [1, 2]},
    ]
    other = Deck()
    room.rows = [other]
    room.commit()
    other.cards.append(3)
    room.rows = [other]
    assert room.commit() == [{"op": "replace", "path": "/rows/0", "value": [1, 3]}]


def test_many_operations_become_one_replace(room: Room) -> None:
    room.rows = list(range(20))
    room.commit()
    for index in range(20):
        room.rows[index] = index + 1
    assert room.commit() == [{"op": "replace", "path": "/rows", "value": list(range(1, 21))}]
    random.Random(3).shuffle(room.rows)
    assert len(room.commit()) == 1
    room.rows.clear()
    assert room.commit() == [{"op": "replace", "path": "/rows", "value": []}]


def test_a_long_turn_does_not_collect_operations_without_bound(room: Room, core: Any) -> None:
    room.rows = [1, 2, 3]
    room.commit()
    for index in range(5000):
        room.rows[index % 3] = index
    assert room.commit() == [{"op": "replace", "path": "/rows", "value": [4998, 4999, 4997]}]
    for index in range(5000):
        room.rows[index % 3] = index + 1
    room.log.rollback()
    assert room.rows == [4998, 4999, 4997]
