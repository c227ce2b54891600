"""A client that is a bare socket: sends events in one call, reads whatever comes and looks at nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import statelink as sl

__all__ = ["SocketClient", "frame"]


def frame(text: str) -> bytes:
    """A masked text frame; the mask is zero."""
    payload = text.encode()
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return b"\x81" + length + bytes(4) + payload


class SocketClient:
    """Connects and says hello; the app's loop must run meanwhile."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._last_event = 0

    async def open(self, port: int) -> None:
        """Returns when the server has said that the client is hydrated."""
        loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        await loop.sock_connect(self._socket, ("127.0.0.1", port))
        upgrade = (
            f"GET /_statelink/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await loop.sock_sendall(self._socket, upgrade.encode())
        await self._read_until(b"\r\n\r\n")
        await loop.sock_sendall(self._socket, frame('{"hello":{"path":"/"}}'))
        await self._read_until(b'{"hydrated":true}')

    async def _read_until(self, end: bytes) -> None:
        got = b""
        while end not in got:
            more = await asyncio.get_running_loop().sock_recv(self._socket, 1 << 16)
            if not more:
                raise ConnectionError(f"the server closed the socket after {got[-300:]!r}")
            got += more

    def send(self, handler: str, count: int, arguments: dict[str, object] | None = None) -> None:
        """Sends so many events of one handler."""
        frames = []
        end = "}" if arguments is None else f',"a":{json.dumps(arguments)}}}'
        for _ in range(count):
            self._last_event += 1
            frames.append(frame(f'{{"e":{self._last_event},"h":"{handler}"{end}'))
        self._socket.setblocking(True)
        self._socket.sendall(b"".join(frames))
        self._socket.setblocking(False)

    async def run(self, app: sl.App, handler: str, arguments: dict[str, object]) -> None:
        """Sends an event and returns when its turn has begun; then a sync handler is over, too."""
        turns = app.counts["turns"]
        self.send(handler, 1, arguments)
        while app.counts["turns"] == turns:
            await asyncio.sleep(0.0005)
        self.skip()

    def skip(self) -> None:
        """Reads what has come."""
        try:
            while self._socket.recv(1 << 20):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Ends the socket."""
        self._socket.close()
