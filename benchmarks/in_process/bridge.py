"""What the loop thread spends on an event, from the batch that the I/O thread hands over to the one that it gets back.

A batch of events is sent, the I/O thread parses it, and then one call of the runtime's `drain` runs it while nothing
else does: no system call of a socket is in that time. Also the reads and writes of vars that a handler makes.
Run by itself: ``python -m benchmarks.in_process.bridge``.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import Any

from benchmarks.in_process.socket_client import SocketClient
from benchmarks.in_process.timing import Row, best, make_loop, paired_ratio, row, show

import statelink as sl
from statelink.event import make_validator

__all__ = ["measure"]

BATCH = 200  # events; the runtime gives the loop back after 256 turns


class Desk(sl.SharedState):
    """The handlers that are timed."""

    count: int = 0
    name: str = ""

    @sl.event
    def nothing(self) -> None:
        pass

    @sl.event
    async def nothing_async(self) -> None:
        pass

    @sl.event
    def increment(self) -> None:
        self.count += 1

    @sl.event
    def add(self, amount: int) -> None:
        self.count += amount

    @sl.event
    def rename(self, name: str, count: int, tags: list[str]) -> None:
        self.name = name
        self.count = count

    @sl.event
    async def join(self) -> None:
        await self._link_to("desk")

    @sl.event
    def vars(self, statement: str, count: int, repeats: int) -> None:
        _seconds.append(best(make_loop(statement, {"s": self}, 10), count, repeats))


class Plain:
    """What a view is compared with."""

    count = 0
    name = ""


_seconds: list[float] = []

EVENTS: list[tuple[str, str, dict[str, object] | None]] = [
    ("an event whose handler does nothing", "nothing", None),
    ("the same, async def", "nothing_async", None),
    ("a counter event with its commit", "increment", None),
    ("the same with an argument", "add", {"amount": 1}),
    ("three arguments, two vars", "rename", {"name": "Ada", "count": 3, "tags": ["a", "b"]}),
]

VARS = [
    ("get of a var", "s.count", 1),
    ("set of a var", "s.count = 1001; s.count = 1002", 2),
    ("s.count += 1", "s.count += 1", 1),
    ("set of a text var", "s.name = 'Ada'; s.name = 'Bob'", 2),
]


async def _batch(app: sl.App, client: SocketClient, name: str, arguments: Any) -> float:
    """Seconds of one event in a batch."""
    service = app._service
    assert service is not None
    runtime, loop = service.runtime, asyncio.get_running_loop()
    loop.remove_reader(runtime.fileno())
    try:
        before = app.counts
        client.send(f"Desk.{name}", BATCH, arguments)
        while app.counts["events"] < before["events"] + BATCH:
            time.sleep(0.0002)
        start = time.perf_counter()
        runtime.drain()
        spent = time.perf_counter() - start
        while app.counts["turns"] < before["turns"] + BATCH:
            runtime.drain()  # the last ones came a little later
    finally:
        loop.add_reader(runtime.fileno(), runtime.drain)
    await asyncio.sleep(0)
    client.skip()
    return spent / BATCH


async def _events(brief: bool, is_linked: bool) -> list[Row]:
    rounds = 6 if brief else 150
    app = sl.App(states=[Desk])
    port = await app.start("127.0.0.1", 0)
    client = SocketClient()
    try:
        await client.open(port)
        if is_linked:
            turns = app.counts["turns"]
            client.send("Desk.join", 1)
            while app.counts["turns"] == turns:
                await asyncio.sleep(0.001)
        seconds: dict[str, list[float]] = {case: [] for case, *_ in EVENTS}
        for _ in range(rounds):
            for case, name, arguments in EVENTS:
                seconds[case].append(await _batch(app, client, name, arguments))
    finally:
        client.close()
        await app.stop()
    where = " (in a room)" if is_linked else " (private)"
    return [
        row(case + where, statistics.median(times) * 1e9, "ns/event")
        for case, times in seconds.items()
    ]


def _validation(brief: bool) -> list[Row]:
    texts = {
        "add": b'{"amount":1}',
        "rename": b'{"name":"Ada","count":3,"tags":["a","b"]}',
    }
    rows = []
    for name, text in texts.items():
        validate = make_validator(getattr(Desk, name).function)
        loop = make_loop("f(t)", {"f": validate, "t": text}, 10)
        seconds = best(loop, 1_000 if brief else 50_000, 5)
        rows.append(row(f"validation of {text.decode()}", seconds * 1e9, "ns"))
    return rows


async def _vars(brief: bool) -> list[Row]:
    count, repeats, pairs = (1_000, 1, 4) if brief else (20_000, 5, 7)
    rows = []
    app, client = sl.App(states=[Desk]), SocketClient()
    port = await app.start("127.0.0.1", 0)
    try:
        await client.open(port)
        for case, statement, inner in VARS:
            ours, theirs = [], []
            for _ in range(pairs):
                size: dict[str, object] = {"count": count, "repeats": repeats}
                await client.run(app, "Desk.vars", {"statement": statement, **size})
                ours.append(_seconds.pop())
                plain = make_loop(statement, {"s": Plain()}, 10)
                theirs.append(best(plain, count, repeats))
            rows.append(
                row(
                    case,
                    min(ours) / inner * 1e9,
                    "ns",
                    paired_ratio(ours, theirs),
                    "plain attribute",
                )
            )
    finally:
        client.close()
        await app.stop()
    return rows


def measure(brief: bool) -> list[Row]:
    """Nanoseconds of loop thread for each kind of event, and of vars."""
    rows = asyncio.run(_events(brief, False)) + asyncio.run(_events(brief, True))
    return rows + _validation(brief) + asyncio.run(_vars(brief))


if __name__ == "__main__":
    show(measure("--brief" in sys.argv))
