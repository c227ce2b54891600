"""A room on Reflex's SharedState, the same as benchmarks/server/app.py.

BENCH_ROWS     rows that a room holds
BENCH_STATES   "personal": a private async computed var for each client
"""

# No postponed annotations: Reflex reads them.
import os
from typing import Any

import reflex as rx

ROWS = int(os.environ.get("BENCH_ROWS", "0"))
PERSONAL = os.environ.get("BENCH_STATES") == "personal"


def make_row(i: int) -> dict[str, Any]:
    return {"id": i, "name": f"user-{i:08d}", "x": 0, "done": False, "note": "n" * 36}


class Room(rx.SharedState):
    count: int = 0
    rows: list[dict[str, Any]] = []

    @rx.event
    async def link(self, token: str):
        room = await self._link_to(token)
        if ROWS and not room.rows:
            room.rows = [make_row(i) for i in range(ROWS)]

    @rx.event
    def inc(self):
        self.count += 1

    @rx.event
    def set_field(self, i: int, v: int):
        self.rows[i]["x"] = v
        self.count += 1

    @rx.event
    def append(self, v: int):
        self.rows.append(make_row(v))
        self.count += 1

    @rx.var
    def is_linked(self) -> bool:
        return bool(self._linked_to)


if PERSONAL:

    class Mine(rx.State):
        factor: int = 1

        @rx.var
        async def view(self) -> int:
            room = await self.get_state(Room)
            return room.count * self.factor


def index() -> rx.Component:
    shown = [rx.text(Room.count), rx.text(Room.is_linked)]
    shown.append(rx.foreach(Room.rows, lambda row: rx.text(row["name"])))
    if PERSONAL:
        shown.append(rx.text(Mine.view))
    return rx.vstack(*shown)


app = rx.App()
app.add_page(index)
