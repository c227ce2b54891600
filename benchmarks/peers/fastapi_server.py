"""A hand-written server of rooms on FastAPI and uvicorn: uvicorn fastapi_server:app

BENCH_ROWS   rows that a room holds
"""

from __future__ import annotations

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from rooms import Room, read_event

app = FastAPI()
rooms: dict[str, Room[WebSocket]] = {}


@app.websocket("/room/{name}")
async def serve(socket: WebSocket, name: str) -> None:
    await socket.accept()
    room = rooms.setdefault(name, Room())
    room.members.add(socket)
    await socket.send_text(room.snapshot().decode())
    try:
        while True:
            change = room.apply(read_event(await socket.receive_text())).decode()
            for member in list(room.members):
                await member.send_text(change)
    except WebSocketDisconnect:
        room.members.discard(socket)
