"""statelink as a server to be measured: a room with a counter and rows.

    python app.py PORT

BENCH_ROWS         rows that a room holds (default 0)
BENCH_HANDLER_US   time that the handler of one event burns, in microseconds (default 0)
BENCH_STATES       "personal": a private async computed var for each client;
                   "private": a private state that a client's own handler has written

What the app has counted is served at /counts, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import statelink as sl

ROWS = int(os.environ.get("BENCH_ROWS", "0"))
BURN = int(os.environ.get("BENCH_HANDLER_US", "0")) * 1e-6
STATES = os.environ.get("BENCH_STATES", "")

recomputes = 0


def make_row(i: int) -> dict[str, Any]:
    return {"id": i, "name": f"user-{i:08d}", "x": 0, "done": False, "note": "n" * 36}


class Room(sl.SharedState):
    count: int = 0
    rows: list[dict[str, Any]] = []

    @sl.event
    async def link(self, token: str) -> None:
        room = await self._link_to(token)
        if ROWS and not room.rows:
            room.rows = [make_row(i) for i in range(ROWS)]

    @sl.event
    async def join(self, token: str) -> None:
        """A link that everybody is to see."""
        room = await self._link_to(token)
        room.count += 1

    if BURN:

        @sl.event
        def inc(self) -> None:
            end = time.perf_counter() + BURN
            while time.perf_counter() < end:
                pass
            self.count += 1

    else:

        @sl.event
        def inc(self) -> None:
            self.count += 1

    @sl.event
    def set_field(self, i: int, v: int) -> None:
        self.rows[i]["x"] = v
        self.count += 1

    @sl.event
    def append(self, v: int) -> None:
        self.rows.append(make_row(v))
        self.count += 1


if STATES == "personal":

    class Mine(sl.State):
        factor: int = 1

        @sl.var
        async def view(self) -> int:
            global recomputes
            recomputes += 1
            room = await self.get_state(Room)
            return room.count * self.factor


if STATES == "private":

    class Own(sl.State):
        name: str = ""

        @sl.event
        async def enter(self, token: str) -> None:
            self.name = "a name"
            room = await self.get_state(Room)
            await room._link_to(token)


app = sl.App()


def counts() -> str:
    return json.dumps(app.counts | {"recomputes": recomputes})


app.add_page(counts, "/counts")

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
