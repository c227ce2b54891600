"""Rooms of pycrdt-websocket on uvicorn, nothing kept: uvicorn yjs_server:app"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from pycrdt.websocket import ASGIServer, WebsocketServer

server = WebsocketServer(auto_clean_rooms=False)
serve = ASGIServer(server)
running = AsyncExitStack()

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        return await serve(scope, receive, send)
    await receive()
    await running.enter_async_context(server)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await running.aclose()
    await send({"type": "lifespan.shutdown.complete"})
