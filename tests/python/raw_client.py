"""A client of plain sockets: it writes any bytes, right or wrong, and tells what came back."""

import asyncio
import contextlib
import json
import socket
import struct
from dataclasses import dataclass
from typing import Self

PATIENCE = 10  # seconds after which a test fails that waits in vain
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x12\x34\x56\x78"

GOOD_UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def request(
    method="GET", target="/_statelink/ws", version="HTTP/1.1", headers=GOOD_UPGRADE, **changed
):
    """An HTTP request; `changed` headers have _ for -, and None for one that is left out."""
    fields = {**headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {target} {version}", *lines, "", ""]).encode("latin-1")


def frame(opcode, payload=b"", *, fin=True, masked=True, reserved=0, claimed=None):
    """A WebSocket frame; `claimed` is the length in its header where that is not the payload's."""
    if isinstance(payload, str):
        payload = payload.encode()
    size = len(payload) if claimed is None else claimed
    first = fin << 7 | reserved << 4 | opcode
    short = size if size < 126 else 126 if size < 1 << 16 else 127
    header = bytes([first, masked << 7 | short])
    if short > 125:
        header += size.to_bytes(2 if short == 126 else 8, "big")
    if not masked:
        return header + payload
    key = int.from_bytes((MASK * (len(payload) // 4 + 1))[: len(payload)], "big")
    return header + MASK + (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


def text(message, **options):
    """A text frame of a string or bytes, or of anything else as JSON."""
    if not isinstance(message, (str, bytes)):
        message = json.dumps(message)
    return frame(TEXT, message, **options)


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


@dataclass
class Ending:
    """How the server ended a session: its close frame, if there was one, and the messages before it."""

    closed: bool
    code: int | None
    reason: str
    messages: list


class RawClient:
    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._said_all = False

    @classmethod
    async def open(cls, port) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_):
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def send(self, *parts):
        """Sends bytes, as long as either side has not ended the stream."""
        if self._said_all:
            return
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self._writer.write(part)
                await self._writer.drain()

    def end_of_stream(self):
        self._said_all = True
        self._writer.write_eof()

    def reset(self):
        """Ends the connection as a crashed machine does, without an end of stream."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    # --- what comes back

    async def reply(self):
        """The next HTTP reply: its status and its headers, names in lower case; its body is skipped."""
        async with asyncio.timeout(PATIENCE):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.splitlines()
            fields = dict(line.split(": ", 1) for line in lines if line)
            headers = {name.lower(): value for name, value in fields.items()}
            await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers

    async def receive(self):
        """The next frame: opcode and payload."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self._reader.readexactly(2)
            assert first & 0x70 == 0 and first & 0x80 and size < 128
            if size > 125:
                size = int.from_bytes(
                    await self._reader.readexactly(2 if size == 126 else 8), "big"
                )
            return first & 0x0F, await self._reader.readexactly(size)

    async def message(self):
        """The next text message, as what its JSON says; pings are answered before it."""
        while True:
            opcode, payload = await self.receive()
            if opcode == TEXT:
                return json.loads(payload)
            assert opcode == PING, (opcode, payload)
            await self.send(frame(PONG, payload))

    async def messages_until(self, is_last):
        """Messages up to and with the first that `is_last` holds for."""
        messages = [await self.message()]
        while not is_last(messages[-1]):
            messages.append(await self.message())
        return messages

    async def ending(self) -> Ending:
        """All that the server says up to its close frame, which is answered, and to its end of the stream."""
        messages = []
        while True:
            try:
                opcode, payload = await self.receive()
            except (ConnectionResetError, asyncio.IncompleteReadError) as error:
                if getattr(error, "partial", b""):
                    raise  # half a frame
                return Ending(False, None, "", messages)
            if opcode == CLOSE:
                break
            if opcode == TEXT:
                messages.append(json.loads(payload))
        await self.send(frame(CLOSE, payload[:2]))
        assert await self.rest() == b"", "bytes after a close frame"
        code = int.from_bytes(payload[:2], "big") if payload else None
        return Ending(True, code, payload[2:].decode(), messages)

    async def rest(self):
        """Bytes until the server ends the stream."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""


class RawSession(RawClient):
    """A client after its upgrade."""

    _last_id = 0

    @classmethod
    async def upgraded(cls, port, **headers) -> Self:
        client = await cls.open(port)
        await client.send(request(**headers))
        assert (await client.reply())[0] == 101
        return client

    async def hello(self, **fields):
        """Says hello; returns the server's messages up to `hydrated`."""
        await self.send(text({"hello": fields}))
        return await self.messages_until(lambda m: m == {"hydrated": True})

    def event(self, handler, /, **arguments):
        """The frame of the next event."""
        self._last_id += 1
        return text({"e": self._last_id, "h": handler, "a": arguments})

    async def answer(self):
        """Messages up to the answer of the last event."""

        def is_answer(message):
            answered = message.get("a", message.get("x"))
            return self._last_id == (answered[-1] if isinstance(answered, list) else answered)

        return await self.messages_until(is_answer)

    async def call(self, handler, /, **arguments):
        await self.send(self.event(handler, **arguments))
        return await self.answer()
