"""Debug mode finds at the next commit what tracking cannot see, and says where."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from values.store_harness import Room


@dataclasses.dataclass
class Card:
    title: str


@pytest.fixture
def debugged(core: Any) -> Iterator[Room]:
    core.set_debug(True)
    try:
        room = Room(core)
        room.rows = [[3, 1], {"k": [1]}, Card("a"), {1, 2}]
        room.commit()
        yield room
    finally:
        core.set_debug(False)


UNSEEN: list[tuple[str, Callable[[Room], Any]]] = [
    ("/rows/0/0", lambda room: heapq.heappush(room.rows[0], 0)),
    ("/rows/0/0", lambda room: heapq.heapify(room.rows[0])),
    ("/rows/0", lambda room: list.append(room.rows[0], 1)),
    ("/rows/0/0", lambda room: list.sort(room.rows[0])),
    ("/rows/1/k", lambda room: dict.__setitem__(room.rows[1], "k", 2)),
    ("/rows/1/z", lambda room: dict.update(room.rows[1], z=1)),
    ("/rows/2/title", lambda room: object.__setattr__(room.rows[2], "title", "b")),
    ("/rows/2/title", lambda room: vars(room.rows[2]).update(title="b")),
    ("/rows/3", lambda room: set.add(room.rows[3], 7)),
    ("/_hidden", lambda room: list.append(room._hidden, 1)),
]


@pytest.mark.parametrize(("path", "change"), UNSEEN)
@pytest.mark.parametrize("seen_too", [False, True])
def test_unseen_changes_are_found(
    debugged: Room, core: Any, path: str, change: Callable[[Room], Any], seen_too: bool
) -> None:
    room = debugged
    change(room)
    if seen_too:
        room.text = "seen"
    with pytest.raises(core.UnseenChangeError, match=f"^{path} was changed"):
        room.operations()
    room.log.rollback()
    assert room.operations() is None  # said once


def test_nothing_is_found_where_all_was_seen(debugged: Room) -> None:
    room = debugged
    room.rows[0].append(5)
    room.rows[1]["k"].append(2)
    room.rows[2].title = "b"
    room.rows[3].discard(1)
    room._hidden.append(object())
    room.text = "t"
    room.compute([1])
    room.commit()
    room.text = "tu"
    room.compute([2])
    room.rows.reverse()
    room.commit()
    room.rows.pop()
    room.log.rollback()
    room.commit()


def test_without_debug_mode_nobody_compares(room: Room) -> None:
    room.rows = [1]
    room.commit()
    list.append(room.rows, 2)
    assert room.operations() is None
