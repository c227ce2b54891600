"""Loops that are timed, and what is made of their times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Loop", "Row", "best", "make_loop", "paired_ratio", "row", "show"]

Row = dict[str, Any]
"""What `measure` of these modules gives: case, value, unit, ratio, against, bar."""

Loop = Callable[[int], float]
"""Runs something so many times; returns the seconds of one."""


def make_loop(statement: str, names: Mapping[str, object], unrolled: int = 1) -> Loop:
    """A loop over a statement.

    Args:
        statement: one line of Python, perhaps several statements with semicolons; `i` counts the rounds.
        names: its local variables.
        unrolled: how often a round has it; 10 makes what the loop itself costs small.
    """
    lines = [
        f"def run(count, clock, {', '.join(names)}):",
        f"    rounds = range(count // {unrolled})",
        "    start = clock()",
        "    for i in rounds:",
        *[f"        {statement}"] * unrolled,
        f"    return (clock() - start) / (len(rounds) * {unrolled})",
    ]
    scope: dict[str, Any] = {}
    exec("\n".join(lines), {}, scope)
    run = scope["run"]
    return lambda count: float(run(count, time.perf_counter, *names.values()))


def best(loop: Loop, count: int, repeats: int) -> float:
    """The quickest of several runs."""
    return min(loop(count) for _ in range(repeats))


def paired_ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of times measured one after the other, theirs in ours."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def row(
    case: str,
    value: float,
    unit: str,
    ratio: float | None = None,
    against: str | None = None,
    bar: str | None = None,
) -> Row:
    """One line of a result; `bar` is about the ratio where there is one, as in "<= 1.3"."""
    return {
        "case": case,
        "value": value,
        "unit": unit,
        "ratio": ratio,
        "against": against,
        "bar": bar,
    }


def show(rows: list[Row]) -> None:
    """Prints rows, for a module that is run by itself."""
    width = max(len(r["case"]) for r in rows)
    for r in rows:
        ratio = "" if r["ratio"] is None else f"{r['ratio']:8.2f}x {r['against']}"
        bar = "" if r["bar"] is None else f"  (bar {r['bar']})"
        print(f"{r['case']:{width}}  {r['value']:10.4g} {r['unit']:9}{ratio}{bar}")
