"""A change costs what the change is, however large the value is: counted, not timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from values.store_harness import Room


@dataclasses.dataclass
class Row:
    id: int
    name: str
    price: float
    tags: list[str] = dataclasses.field(default_factory=list)


def dict_row(number: int) -> Any:
    return {"id": number, "name": f"row {number}", "price": number / 4, "tags": ["a", "b"]}


def object_row(number: int) -> Any:
    return Row(number, f"row {number}", number / 4, ["a", "b"])


def one_by_index(room: Room, make: Callable[[int], Any]) -> None:
    write(room.rows[len(room.rows) // 2])


def one_by_iteration(room: Room, make: Callable[[int], Any]) -> None:
    for number, row in enumerate(room.rows):
        if number == len(room.rows) // 2:
            write(row)


def write(row: Any) -> None:
    if isinstance(row, Row):
        row.price = 99.5
    else:
        row["price"] = 99.5


def append(room: Room, make: Callable[[int], Any]) -> None:
    room.rows.append(make(7))


def insert_at_head(room: Room, make: Callable[[int], Any]) -> None:
    room.rows.insert(0, make(7))


def remove_one(room: Room, make: Callable[[int], Any]) -> None:
    del room.rows[len(room.rows) // 2]


def insert_and_write_the_last(room: Room, make: Callable[[int], Any]) -> None:
    room.rows.insert(0, make(7))
    write(room.rows[-1])


def reassign_fresh(room: Room, make: Callable[[int], Any]) -> None:
    rows = [make(number) for number in range(len(room.rows))]
    write(rows[len(rows) // 2])
    room.rows = rows


def reassign_shared(room: Room, make: Callable[[int], Any]) -> None:
    rows = list(room.rows)
    changed = make(len(rows) // 2)
    write(changed)
    rows[len(rows) // 2] = changed
    room.rows = rows


def reassign_filtered(room: Room, make: Callable[[int], Any]) -> None:
    room.rows = [row for number, row in enumerate(room.rows) if number != len(room.rows) // 2]


def reassign_window(room: Room, make: Callable[[int], Any]) -> None:
    room.rows = [make(number) for number in range(1, len(room.rows) + 1)]


CHANGES = [one_by_index, one_by_iteration, append, insert_at_head, remove_one]
REASSIGNMENTS = [reassign_fresh, reassign_shared, reassign_filtered]


def cost(
    core: Any, size: int, make: Callable[[int], Any], change: Callable[..., None]
) -> dict[str, int]:
    room = Room(core)
    room.rows = [make(number) for number in range(size)]
    room.log.discard()
    change(room, make)
    before = core.counters()
    operations = room.operations()
    after = core.counters()
    room.log.discard()
    assert operations is not None
    vars(room)["committed"] = None
    return {"bytes": len(operations)} | {name: after[name] - before[name] for name in before}


@pytest.mark.parametrize("make", [dict_row, object_row])
@pytest.mark.parametrize("change", [*CHANGES, *REASSIGNMENTS])
def test_one_change_among_ten_thousand_is_told_like_one_among_ten(
    core: Any, make: Callable[[int], Any], change: Callable[..., None]
) -> None:
    few, many = cost(core, 10, make, change), cost(core, 10_000, make, change)
    assert many["bytes"] <= 150
    assert many["bytes"] <= few["bytes"] + 20  # the index and the row's own number have more digits
    assert many["ops_emitted"] <= few["ops_emitted"]
    assert many["bytes_encoded"] <= few["bytes_encoded"] + 20
    if change is not reassign_fresh or make is dict_row:
        assert many["slots_visited"] <= few["slots_visited"] + 2


@pytest.mark.parametrize("make", [dict_row, object_row])
def test_a_sliding_window_sends_its_ends(core: Any, make: Callable[[int], Any]) -> None:
    spent = cost(core, 10_000, make, reassign_window)
    assert spent["ops_emitted"] == 2 and spent["bytes"] <= 150


def test_a_row_behind_a_head_insertion_is_found_at_once(core: Any) -> None:
    spent = cost(core, 10_000, dict_row, insert_and_write_the_last)
    assert spent["slots_visited"] <= 20 and spent["bytes"] <= 250


def slots_of(core: Any, work: Callable[[], Any]) -> int:
    before = core.counters()["slots_visited"]
    work()
    return core.counters()["slots_visited"] - before


@pytest.mark.parametrize("change", CHANGES)
def test_a_mutation_itself_visits_nothing(core: Any, change: Callable[..., None]) -> None:
    room = Room(core)
    room.rows = [dict_row(number) for number in range(1000)]
    room.log.discard()
    assert slots_of(core, lambda: change(room, dict_row)) == 0


def test_a_reassignment_makes_one_pass(core: Any) -> None:
    room = Room(core)
    room.rows = [dict_row(number) for number in range(1000)]
    room.log.discard()
    assert slots_of(core, lambda: reassign_fresh(room, dict_row)) <= 1100


def test_a_text_costs_its_new_characters(core: Any) -> None:
    room = Room(core)
    room.text = "x" * 100_000
    room.log.discard()
    for _ in range(10):
        room.text = room.text + " more"
        assert room.commit_size() <= 60


def test_a_turn_that_changes_nothing_encodes_nothing(core: Any) -> None:
    room = Room(core)
    room.rows = [dict_row(1)]
    room.log.discard()
    before = core.counters()
    room.rows[0]["id"] = 1
    assert room.operations() is None
    assert core.counters() == before
