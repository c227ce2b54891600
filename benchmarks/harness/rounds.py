"""Interleaving: the machine has fast and slow phases, so only neighbours in time are compared."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.harness.case import Case, Run
from benchmarks.harness.measures import values_of
from benchmarks.harness.suite import Block, Suite, Values


def order(cases: Sequence[Case], round_: int) -> list[Case]:
    """Another order each round: rotated, and backwards every second time."""
    turned = [*cases[round_ % len(cases) :], *cases[: round_ % len(cases)]]
    return turned[::-1] if round_ % 2 else turned


@contextlib.contextmanager
def holding(locks: Sequence[Path]) -> Iterator[None]:
    """Holds these file locks, taken in this order, so that nothing else runs meanwhile."""
    with contextlib.ExitStack() as stack:
        for path in locks:
            fcntl.flock(stack.enter_context(path.open("a")), fcntl.LOCK_EX)
        yield


def run_rounds(
    blocks: Sequence[Block],
    rounds: int,
    load: Callable[[Case, int], Run],
    locks: Sequence[Path] = (),
) -> list[Run]:
    """Every case once a round, those of a block one right after the other."""
    runs = []
    for round_ in range(rounds):
        for block in blocks:
            with holding(locks):
                runs += [load(case, round_) for case in order(block, round_)]
    return runs


def by_round(suite: Suite, runs: Sequence[Run], rounds: int) -> list[Values]:
    """The values of each round."""
    found: list[Values] = []
    for round_ in range(rounds):
        values: Values = {}
        for run in runs:
            if run.round == round_ and not run.failure:
                values |= values_of(run)
        found.append(values | suite.derive(values))
    return found


class Spread:
    """A median, with the least and the most that it is the middle of."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = list(values)
        self.median = median(values)
        self.low = min(values)
        self.high = max(values)


Key = tuple[str, str, str]


def spread_of(rounds: Sequence[Values], key: Key) -> Spread | None:
    """Of a value; None where no round has it."""
    values = [values[key] for values in rounds if key in values]
    return Spread(values) if values else None


def ratio_of(rounds: Sequence[Values], key: Key, over: Key) -> Spread | None:
    """Of the ratios within a round; None where no round has both."""
    pairs = [(values[key], values.get(over, 0.0)) for values in rounds if key in values]
    ratios = [a / b for a, b in pairs if b]
    return Spread(ratios) if ratios else None
