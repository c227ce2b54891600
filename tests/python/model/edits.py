"""Edits of a room's values: the same lines run on the tracked values of the app and on the plain ones of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BULK = 3000  # repetitions of a text that sockets do not swallow
MOST_ROWS = 6


@dataclass
class Card:
    title: str = ""
    marks: list[int] = field(default_factory=list)


def edit(room: Any, op: Sequence[Any]) -> int:
    """Does one edit; returns how many values it has detached and then written to."""
    rows = room.rows
    at = op[1] % len(rows) if rows and len(op) > 1 and isinstance(op[1], int) else 0
    match op:
        case ("number", number):
            room.number = number
        case ("add", number):
            room.number += number
        case ("hide", number):
            room._hidden = number
        case ("text", number):
            room.text = f"{number} " * BULK
        case ("type", number):
            room.text += str(number)
        case ("append", number) if len(rows) < MOST_ROWS:
            rows.append({"name": number, "tags": []})
        case ("insert", _, number) if len(rows) < MOST_ROWS:
            rows.insert(at, {"name": number, "tags": [number]})
        case ("pop", _) if rows:
            rows.pop(at)
        case ("move", _, to) if rows:
            rows.insert(to % len(rows), rows.pop(at))
        case ("swap", _, to) if rows:
            to %= len(rows)
            rows[at], rows[to] = rows[to], rows[at]
        case ("tag", _, number) if rows:
            rows[at]["tags"].append(number)
            del rows[at]["tags"][:-4]
        case ("sort",):
            rows.sort(key=lambda row: row["name"])
        case ("assign", number):
            room.rows = [{"name": number, "tags": []}, *rows[1:]]
        case ("cell", key, number):
            room.cells.setdefault(key, {})[str(number % 3)] = number
        case ("drop_cell", key):
            room.cells.pop(key, None)
        case ("title", number):
            room.card.title = str(number)
        case ("mark", number):
            room.card.marks = [*room.card.marks[-3:], number]
        case ("card", number):
            room.card = Card(str(number), [number])
        case ("detach", number) if rows:
            row, card = rows.pop(), room.card
            room.card = Card()
            row["tags"].append(number)
            row["name"] = card.title = str(number)
            card.marks.append(number)
            return 2
        case ("put_back", _, number) if rows:
            row = rows.pop(at)
            row["tags"].append(number)
            rows.insert(0, row)
        case ("reset",):
            room.reset()
    return 0
