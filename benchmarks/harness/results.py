"""What a run has found: medians, ratios, bars; as data for JSON, the table and the plots."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bars import BARS, OURS, Bar
from benchmarks.harness import measures as m
from benchmarks.harness import paths
from benchmarks.harness.case import Run
from benchmarks.harness.rounds import Spread, by_round, ratio_of, spread_of
from benchmarks.harness.suite import Suite, Values

Json = dict[str, Any]


def _of_case(runs: Sequence[Run]) -> dict[tuple[str, str], Json]:
    return {
        (run.case.group, run.case.peer): {
            "clients": run.case.clients,
            "rooms": run.case.rooms,
            "rows": run.case.rows,
        }
        for run in runs
    }


def _spread(spread: Spread) -> Json:
    return {"median": spread.median, "low": spread.low, "high": spread.high}


def _keys(rounds: Sequence[Values]) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys(key for values in rounds for key in values))


def _points(rounds: Sequence[Values], cases: dict[tuple[str, str], Json]) -> list[Json]:
    points = []
    for key in _keys(rounds):
        measure, group, peer = key
        spread = spread_of(rounds, key)
        if spread:
            point = {"measure": measure, "group": group, "peer": peer}
            points.append(point | cases.get((group, peer), {}) | _spread(spread))
    return points


def _ratios(rounds: Sequence[Values]) -> list[Json]:
    """Of ours over every other peer, in the same group."""
    ratios = []
    for key in _keys(rounds):
        measure, group, peer = key
        if peer == OURS:
            continue
        spread = ratio_of(rounds, (measure, group, OURS), key)
        if spread:
            ratios.append({"measure": measure, "group": group, "over": peer} | _spread(spread))
    return ratios


def _judge(bar: Bar, rounds: Sequence[Values]) -> Json | None:
    key = (bar.measure, bar.group, OURS)
    over = (bar.measure, bar.over_group or bar.group, bar.over or OURS)
    spread = ratio_of(rounds, key, over) if bar.divides else spread_of(rounds, key)
    if spread is None:
        return None
    verdict = {"suite": bar.suite, "what": bar.what, "bound": bar.bound}
    return verdict | _spread(spread) | {"met": bar.holds(spread.median)}


def _was_disturbed(run: Run) -> bool:
    """Whether something else took much of the machine meanwhile."""
    shares = [record.get("others_busy", 0.0) for record in run.phases if record["phase"] != "join"]
    return any(isinstance(share, float) and share > m.QUIET for share in shares)


def summary(suite: Suite, runs: Sequence[Run], rounds: int) -> Json:
    """All of a suite."""
    values = by_round(suite, runs, rounds)
    judged = [_judge(bar, values) for bar in BARS if bar.suite == suite.name]
    return {
        "name": suite.name,
        "title": suite.title,
        "shown": list(suite.shown),
        "peers": list(dict.fromkeys(run.case.peer for run in runs)),
        "points": _points(values, _of_case(runs)),
        "ratios": _ratios(values),
        "bars": [bar for bar in judged if bar],
        "disturbed": sorted({run.case.name for run in runs if _was_disturbed(run)}),
        "failures": [f"{run.case.name}: {run.failure}" for run in runs if run.failure],
        "counts": suite.count(list(runs)),
    }


def _commit() -> str:
    words = ["git", "-C", str(paths.ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def about(rounds: int, brief: bool) -> Json:
    """What a reader of numbers wants to know first."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "rounds": rounds,
        "brief": brief,
    }


def write(path: Path, results: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
