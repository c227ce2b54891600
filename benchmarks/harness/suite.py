"""What a suite is, and the options of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.harness.case import Case, Run

Block = list[Case]
"""Cases that are compared with each other: they run one right after the other."""

Values = dict[tuple[str, str, str], float]
"""What one round has given, by measure, group and peer."""


@dataclass(frozen=True)
class Plan:
    """How long, and with whom.

    Attributes:
        brief: everything short: to see that it works and to count, not to compare times.
        peers: those that may be used; a suite takes of them what makes sense in it.
        ours: names of statelink as it is and of other builds of it, to be compared with it.
    """

    brief: bool = False
    peers: frozenset[str] = frozenset()
    ours: tuple[str, ...] = ("statelink",)

    @property
    def seconds(self) -> float:
        """Of one phase."""
        return 0.15 if self.brief else 2.0

    def of(self, names: Iterable[str]) -> list[str]:
        """Ours, and those of these peers that may be used."""
        return [*self.ours, *(name for name in names if name in self.peers)]


def nothing_more(values: Values) -> Values:
    """Most suites say nothing beyond what their phases report."""
    return {}


@dataclass(frozen=True)
class Suite:
    """A question, the cases that answer it, and what to show.

    Attributes:
        blocks: the cases.
        shown: the measures that the table has.
        derive: further values of one round, from all of its values.
        count: problems with what the servers have counted, as sentences; never about time.
    """

    name: str
    title: str
    blocks: Callable[[Plan], list[Block]]
    shown: tuple[str, ...]
    derive: Callable[[Values], Values] = nothing_more
    count: Callable[[list[Run]], list[str]] = field(default=lambda runs: [])
