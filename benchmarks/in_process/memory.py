"""Where the memory of idle linked clients goes: counted inside a server, with its clients in another process.

Each client has a private state and is linked to a shared one. What grows is told apart: resident memory, what malloc
has given out, Python's own blocks, and the objects that the cyclic garbage collector looks at.
Run by itself: ``python -m benchmarks.in_process.memory``.
"""

from __future__ import annotations

import asyncio
import collections
import ctypes
import gc
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.in_process.socket_client import SocketClient
from benchmarks.in_process.timing import Row, row, show

import statelink as sl

__all__ = ["measure"]

IN_A_ROOM = 10
AT_ONCE = 50  # clients that connect at a time


class Own(sl.State):
    """What each client has to itself."""

    name: str = ""
    drafts: list[str] = []


class Table(sl.SharedState):
    """What ten clients share."""

    count: int = 0
    seats: dict[str, str] = {}

    @sl.event
    async def sit(self, room: int) -> None:
        own = await self.get_state(Own)
        own.name = f"player {room}"
        linked = await self._link_to(f"table {room}")
        linked.count += 1


class _Malloc(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            [
                "arena",
                "ordblks",
                "smblks",
                "hblks",
                "hblkhd",
                "usmblks",
                "fsmblks",
                "uordblks",
                "fordblks",
                "keepcost",
            ]
        )
    ]


def _malloc_in_use() -> int:
    """Bytes that malloc has given out and not got back; None of CPython's small objects."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Malloc
    found: Any = mallinfo2()
    return int(found.uordblks + found.hblkhd)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


class _Now:
    """What there is at a moment."""

    def __init__(self) -> None:
        start = time.perf_counter()
        gc.collect()
        self.collection = time.perf_counter() - start
        found = gc.get_objects()
        self.tracked = len(found)
        self.kinds = collections.Counter(type(one).__qualname__ for one in found)
        self.sizes: collections.Counter[str] = collections.Counter()
        for one in found:
            self.sizes[type(one).__qualname__] += sys.getsizeof(one, 0)
        del found
        self.blocks = sys.getallocatedblocks()
        self.malloc = _malloc_in_use()
        self.resident = _resident()


async def _clients(port: int, count: int) -> None:
    """The other process: connects, joins, says so, waits to be ended."""
    clients = [SocketClient() for _ in range(count)]
    for first in range(0, count, AT_ONCE):
        await asyncio.gather(*(c.open(port) for c in clients[first : first + AT_ONCE]))
    for n, client in enumerate(clients):
        client.send("Table.sit", 1, {"room": n // IN_A_ROOM})
        client.skip()
        if n % AT_ONCE == 0:
            await asyncio.sleep(0.01)
    print("joined", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def _with_clients(app: sl.App, port: int, count: int) -> _Now:
    words = ("-m", "benchmarks.in_process.memory", "clients", str(port), str(count))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe)
    assert process.stdout and process.stdin
    turns = app.counts["turns"]
    if await process.stdout.readline() != b"joined\n":
        raise RuntimeError("the clients have failed")
    while app.counts["turns"] < turns + count:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # what was sent is taken
    now = _Now()
    process.stdin.write(b"\n")
    await process.wait()
    return now


async def _measure(brief: bool, details: bool) -> list[Row]:
    few, many = (20, 200) if brief else (200, 10_200)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, many + 1000)), hard))
    app = sl.App(states=[Own, Table])
    port = await app.start("127.0.0.1", 0)
    try:
        await _with_clients(app, port, few)  # what the first ones need stays
        before = _Now()
        after = await _with_clients(app, port, many)
    finally:
        await app.stop()
    count = many
    if details:
        for kind, more in (after.sizes - before.sizes).most_common(12):
            objects = after.kinds[kind] - before.kinds[kind]
            print(f"{kind:28} {objects / count:6.2f} of {more / count:8.1f} bytes for a client")
    return [
        row(
            "resident memory of a linked client",
            (after.resident - before.resident) / count,
            "bytes",
        ),
        row("of it, from malloc", (after.malloc - before.malloc) / count, "bytes"),
        row("blocks of Python", (after.blocks - before.blocks) / count, "blocks"),
        row("objects for the collector", (after.tracked - before.tracked) / count, "objects"),
        row(f"a collection with {many:,} clients", after.collection * 1e3, "ms"),
    ]


def measure(brief: bool) -> list[Row]:
    """Bytes and objects of one client more."""
    return asyncio.run(_measure(brief, False))


if __name__ == "__main__":
    if sys.argv[1:2] == ["clients"]:
        asyncio.run(_clients(int(sys.argv[2]), int(sys.argv[3])))
    else:
        show(asyncio.run(_measure("--brief" in sys.argv, True)))
