"""statelink as a peer in a fan-out benchmark: one SharedState with a counter and rows.

A client is linked to the room named in its path.

    python statelink_server.py PORT

BENCH_ROWS         rows that a room holds (default 0)
BENCH_HANDLER_US   time that the handler of one event burns, in microseconds (default 0)

The strings on the wire are in statelink_protocol.json: a client says hello, and calls Room.link
with its path as the token.
"""

import os
import sys
import time

import statelink as sl

ROWS = int(os.environ.get("BENCH_ROWS", "0"))
BURN = int(os.environ.get("BENCH_HANDLER_US", "0")) * 1e-6


def make_row(i: int) -> dict:
    return {"id": i, "name": f"user-{i:08d}", "x": 0, "done": False, "note": "n" * 36}


class Room(sl.SharedState):
    count: int = 0
    rows: list[dict] = []

    @sl.event
    async def link(self, token: str) -> None:
        room = await self._link_to(token)
        if ROWS and not room.rows:
            room.rows = [make_row(i) for i in range(ROWS)]

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


if __name__ == "__main__":
    sl.App().run(host="127.0.0.1", port=int(sys.argv[1]))
