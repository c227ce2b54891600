"""A hand-written server of rooms on picows and uvloop: a dict of rooms, bytes sent to every member.

    python picows_server.py PORT

BENCH_ROWS         rows that a room holds
BENCH_HANDLER_US   time that the handler of one event burns, in microseconds
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import uvloop
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server
from rooms import Room, read_event

BURN = int(os.environ.get("BENCH_HANDLER_US", "0")) * 1e-6
rooms: dict[str, Room[WSTransport]] = {}


def burn() -> None:
    end = time.perf_counter() + BURN
    while time.perf_counter() < end:
        pass


class Client(WSListener):
    def __init__(self, room: Room[WSTransport]) -> None:
        self.room = room

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.room.members.add(transport)
        transport.send(WSMsgType.TEXT, self.room.snapshot())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        if BURN:
            burn()
        change = self.room.apply(read_event(frame.get_payload_as_bytes()))
        for member in self.room.members:
            member.send(WSMsgType.TEXT, change)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.room.members.discard(transport)


async def main() -> None:
    server = await ws_create_server(
        lambda request: Client(rooms.setdefault(request.path, Room())),
        "127.0.0.1",
        int(sys.argv[1]),
        enable_auto_ping=False,
    )
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
