"""Edits leave nothing behind, and values whose links were broken behind our back do no harm."""

from __future__ import annotations

import dataclasses
import gc
import random
import sys
import tracemalloc
import weakref
from typing import Any

from values.edit_program import Program
from values.store_harness import Log, Room


@dataclasses.dataclass
class Card:
    title: str
    notes: list[Any] = dataclasses.field(default_factory=list)


def test_references_stay_flat_over_many_edits(room: Room) -> None:
    marker = object()
    key = "a key of its own " + str(id(marker))
    room._hidden = [marker]
    room.rows = [{"a": 1}]
    room.commit()
    gc.collect()
    counts = (sys.getrefcount(marker), sys.getrefcount(key), sys.getrefcount(None))

    def edit(step: int) -> None:
        room._hidden.append(marker)
        room._hidden.append({key: marker})
        room._hidden[-1][key] = [marker]
        room._hidden.insert(0, marker)
        room._hidden[1:2] = [marker, marker]
        room._hidden.sort(key=id)
        room.rows.append({"n": step})
        room.rows[0]["a"] = step
        room.rows = [dict(row) for row in room.rows]
        room.rows[0] = room.rows[0]
        room.tags.add(step)
        room.tags.discard(step)

    for step in range(10_000):
        edit(step)
        if step % 2:
            room.log.rollback()
        else:
            room._hidden = [marker]
            room.rows = [{"a": 1}]
            room.operations()
            room.log.discard()
    gc.collect()
    now = (sys.getrefcount(marker), sys.getrefcount(key), sys.getrefcount(None))
    assert now[:2] == counts[:2]
    assert abs(now[2] - counts[2]) < 100


def test_memory_stays_flat_over_random_programs(core: Any) -> None:
    def programs(start: int) -> None:
        for seed in range(start, start + 150):
            log = Log(core)
            rooms = [Room(core, log), Room(core, log)]
            program = Program(random.Random(seed).randbytes(150), rooms)
            while not program.is_over:
                program.run(5)
                for room in rooms:
                    room.operations()
                if program.byte() % 2:
                    log.rollback()
                else:
                    log.discard()
            for room in rooms:
                room.values.leave(log.handle, room.store)
        gc.collect()

    programs(0)
    tracemalloc.start()
    try:
        programs(1000)
        before = tracemalloc.get_traced_memory()[0]
        programs(1000)
        programs(1000)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 50_000


def test_a_store_takes_its_values_with_it(core: Any) -> None:
    room = Room(core)
    card = Card("a", [Card("b")])
    inner = card.notes[0]
    room.rows = [card, {"k": card}]
    room.commit()
    gone = [weakref.ref(card), weakref.ref(inner), weakref.ref(room.rows[1]["k"])]
    room.values.leave(room.log.handle, room.store)
    del room, card, inner
    gc.collect()
    assert all(reference() is None for reference in gone)


def test_garbage_that_holds_itself_through_an_untracked_object_is_collected(core: Any) -> None:
    class Holder:
        pass

    room = Room(core)
    holder = Holder()
    card = Card("a")
    card.notes.append(holder)
    holder.store = room.store  # type: ignore[attr-defined]
    room._hidden = [card]
    room.log.discard()
    reference = weakref.ref(holder)
    room.values.leave(room.log.handle, room.store)
    del room, holder, card
    gc.collect()
    assert reference() is None


def test_items_taken_out_behind_our_back_do_no_harm(room: Room) -> None:
    room.rows = [[1], {"a": [2]}, Card("a")]
    room.commit()
    stolen = [list.pop(room.rows) for _ in range(3)]
    room.rows = []
    room.log.discard()
    gc.collect()
    stolen[0].title = "b"
    stolen[1]["a"].append(3)
    stolen[2].append(4)
    room.rows = stolen
    room.log.discard()
    assert room.rows == [Card("b"), {"a": [2, 3]}, [1, 4]]


def test_deep_nesting_is_freed_without_a_deep_stack(room: Room) -> None:
    value: Any = []
    for _ in range(250):
        value = [value]
    room.anything = value
    room.anything = None
    room.commit()
    gc.collect()
