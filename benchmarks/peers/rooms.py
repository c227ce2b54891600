"""What the hand-written servers do with an event: change a dict, make the change's JSON once."""

from __future__ import annotations

import os
from typing import Any, Generic, TypeVar

import orjson

ROWS = int(os.environ.get("BENCH_ROWS", "0"))
Member = TypeVar("Member")

read_event = orjson.loads


def make_row(i: int) -> dict[str, Any]:
    return {"id": i, "name": f"user-{i:08d}", "x": 0, "done": False, "note": "n" * 36}


class Room(Generic[Member]):
    def __init__(self) -> None:
        self.values: dict[str, Any] = {"c": 0, "rows": [make_row(i) for i in range(ROWS)]}
        self.members: set[Member] = set()

    def snapshot(self) -> bytes:
        return orjson.dumps(self.values)

    def apply(self, event: dict[str, Any]) -> bytes:
        values = self.values
        values["c"] += 1
        change = {"c": values["c"]}
        kind = event["e"]
        if kind == "set":
            values["rows"][event["i"]]["x"] = event["v"]
            change["set"] = [event["i"], "x", event["v"]]
        elif kind == "app":
            row = make_row(event["v"])
            values["rows"].append(row)
            change["app"] = row
        return orjson.dumps(change)
