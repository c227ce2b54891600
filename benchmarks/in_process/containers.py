"""Reads and writes of tracked containers, in a handler that runs: against plain ones, and against Reflex's proxies.

Run by itself: ``python -m benchmarks.in_process.containers``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.in_process.container_cases import CASES, Case
from benchmarks.in_process.reflex_proxies import ReflexProxies
from benchmarks.in_process.socket_client import SocketClient
from benchmarks.in_process.timing import Loop, Row, best, make_loop, paired_ratio, row, show

import statelink as sl

__all__ = ["measure"]

BARE = 10  # statements in a round of a loop that is to cost nothing
AFTER_WAITING = ("list: append", "dict: x[k] =")

Seconds = Callable[[int, int, int, int], float]
"""The time of one statement: of a case, unrolled so often, of so many, the best of several runs."""


class Plain:
    """What a state is compared with."""

    box: Any = None


class Box(sl.State):
    """One var, in which each case puts its value."""

    box: Any = None

    @sl.event
    def fill(self, number: int) -> None:
        """What this puts is committed before it is measured: a new value would note less."""
        self.box = CASES[number].make()

    @sl.event
    def run(self, number: int, unrolled: int, count: int, repeats: int) -> None:
        _seconds.append(best(_loop_of(CASES[number], self, unrolled), count, repeats))

    @sl.event
    async def run_after_waiting(self, number: int, unrolled: int, count: int, repeats: int) -> None:
        await asyncio.sleep(0)
        _seconds.append(best(_loop_of(CASES[number], self, unrolled), count, repeats))


_seconds: list[float] = []


def _loop_of(case: Case, s: Any, unrolled: int) -> Loop:
    """The case's statement over `s.box`."""
    names = {"s": s, "x": s.box, "u": 1001, "v": 1002, "k": "key 7", "ten": list(range(10))}
    if unrolled == 1:
        return make_loop(case.statement, names)
    loop = make_loop(case.bare_pair, names, unrolled // 2)
    return lambda count: loop(count // 2) / 2


def _plain(number: int, unrolled: int, count: int, repeats: int) -> float:
    s = Plain()
    s.box = CASES[number].make_plain()
    return best(_loop_of(CASES[number], s, unrolled), count, repeats)


class Comparison:
    """Measures pairs: ours in handlers of a client's events."""

    def __init__(self, app: sl.App, client: SocketClient, brief: bool) -> None:
        self._app = app
        self._client = client
        self._pairs, self._repeats, self._effort = (4, 1, 1_000) if brief else (9, 9, 10_000)

    async def against(
        self,
        number: int,
        theirs: Seconds,
        what: str,
        *,
        unrolled: int = 1,
        handler: str = "run",
        suffix: str = "",
    ) -> Row:
        """Ours and theirs in turn; the bar counts where there is no suffix."""
        case = CASES[number]
        count = max(BARE, self._effort // (case.inner * (10 if case.peer else 1)) // BARE * BARE)
        size = {"unrolled": unrolled, "count": count, "repeats": self._repeats}
        ours, peers = [], []
        for _ in range(self._pairs):
            await self._client.run(self._app, "Box.fill", {"number": number})
            await self._client.run(self._app, f"Box.{handler}", {"number": number, **size})
            while not _seconds:
                await asyncio.sleep(0.0005)
            ours.append(_seconds.pop())
            peers.append(theirs(number, *size.values()))
        ratio = paired_ratio(peers, ours) if case.peer else paired_ratio(ours, peers)
        bar = case.bar if not suffix else None
        return row(case.name + suffix, min(ours) / case.inner * 1e9, "ns", ratio, what, bar)


async def _measure(brief: bool) -> list[Row]:
    rows = []
    numbers = [n for n, case in enumerate(CASES) if not case.peer]
    app, client = sl.App(states=[Box]), SocketClient()
    port = await app.start("127.0.0.1", 0)
    try:
        await client.open(port)
        comparison = Comparison(app, client, brief)
        for n in numbers:
            rows.append(await comparison.against(n, _plain, "plain"))
        for n in numbers:
            if CASES[n].name in AFTER_WAITING:
                suffix = ", in a handler that has waited"
                rows.append(
                    await comparison.against(
                        n, _plain, "plain", handler="run_after_waiting", suffix=suffix
                    )
                )
        for n in numbers:
            if CASES[n].inner == 1:
                rows.append(
                    await comparison.against(n, _plain, "plain", unrolled=BARE, suffix=" (no loop)")
                )
        with ReflexProxies() as proxies:
            if proxies.missing:
                print(proxies.missing, file=sys.stderr)
                return rows
            for n, case in enumerate(CASES):
                if case.peer:
                    rows.append(await comparison.against(n, proxies.seconds, "Reflex's proxy"))
    finally:
        client.close()
        await app.stop()
    return rows


def measure(brief: bool) -> list[Row]:
    """Every case; without Reflex's venv only those that need no peer."""
    return asyncio.run(_measure(brief))


if __name__ == "__main__":
    show(measure("--brief" in sys.argv))
