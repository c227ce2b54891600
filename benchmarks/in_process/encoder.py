"""Python values to JSON text: a megabyte of each kind, against orjson.

Run by itself: ``python -m benchmarks.in_process.encoder``.
"""

from __future__ import annotations

import dataclasses
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
from benchmarks.in_process.timing import Row, paired_ratio, row, show

from statelink import _core

__all__ = ["measure"]

MEGABYTE = 1_000_000
WORDS = ["alpha", "beta", "gämma", "δέλτα", "line\nbreak", 'a "quote"', "日本語", "plain text here"]


@dataclasses.dataclass
class Record:
    """A row as an object."""

    id: int
    name: str
    price: float
    active: bool


def _record(n: int) -> dict[str, Any]:
    """Numbers, texts with escapes and non-ASCII ones, nesting, as an app's values have them."""
    r = random.Random(n)
    return {
        "id": n,
        "name": f"{r.choice(WORDS)} {n}",
        "text": " ".join(r.choices(WORDS, k=8)),
        "price": round(r.random() * 1000, 2),
        "active": n % 3 == 0,
        "tags": r.sample(WORDS, 3),
        "at": {"x": r.randrange(-500, 500), "y": r.random(), "z": None},
    }


def _sized(make: Callable[[int], Any]) -> list[Any]:
    """As many items as fill a megabyte."""
    sample = len(orjson.dumps([make(n) for n in range(100)])) / 100
    return [make(n) for n in range(int(MEGABYTE / sample))]


def _tracked(value: Any) -> Any:
    """The value as a var has it."""
    values: Any = vars(_core)["_values"]
    store = values.store(values.layout([("box", True, False, None)]))
    values.set(store, 0, value)
    return values.get(store, 0)


def _values() -> dict[str, tuple[Any, str | None]]:
    """What is encoded, and its bar."""
    random_numbers = random.Random(1)
    rows = _sized(lambda n: {"id": n, "name": f"row number {n}", "v": n * 7, "done": n % 2 == 0})
    return {
        "mixed": (_sized(_record), ">= 0.5"),
        "integers": (_sized(lambda n: random_numbers.randrange(10 ** (1 + n % 9))), ">= 0.5"),
        "small integers": (_sized(lambda n: n % 100), None),
        "strings": (_sized(lambda n: f"some plain text, number {n}"), ">= 0.5"),
        "short strings": (_sized(lambda n: f"key {n % 100}"), None),
        "long strings": (_sized(lambda n: f"{n} some plain text of a paragraph " * 30), None),
        "non-ASCII strings": (_sized(lambda n: f"{WORDS[2 + n % 2]} 日本 {n}"), None),
        "floats": (_sized(lambda n: random_numbers.random() * 1000), ">= 0.5"),
        "rows": (rows, ">= 0.5"),
        "rows, tracked": (_tracked(rows), ">= 0.5"),
        "objects": (_sized(lambda n: Record(n, f"row number {n}", n / 4, n % 2 == 0)), None),
    }


def _seconds(encode: Callable[[Any], bytes], value: Any, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        encode(value)
        times.append(time.perf_counter() - start)
    return min(times)


def measure(brief: bool) -> list[Row]:
    """Megabytes a second of each kind; the ratio is of speeds."""
    pairs, repeats = (4, 1) if brief else (9, 5)
    rows = []
    for name, (value, bar) in _values().items():
        peer_value = [dict(item) for item in value] if name == "rows, tracked" else value
        if orjson.loads(_core.encode(value)) != orjson.loads(orjson.dumps(peer_value)):
            raise AssertionError(f"{name}: the encodings differ")
        ours, theirs = [], []
        for _ in range(pairs):
            ours.append(_seconds(_core.encode, value, repeats))
            theirs.append(_seconds(orjson.dumps, peer_value, repeats))
        speed = len(_core.encode(value)) / min(ours) / 1e6
        rows.append(
            row(f"1 MB of {name}", speed, "MB/s", paired_ratio(theirs, ours), "orjson", bar)
        )
    return rows


if __name__ == "__main__":
    show(measure("--brief" in sys.argv))
