"""Many clients join one room at once, each join changes it: until all have seen the last join."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite

SIZES = (250, 1000)
PEERS = ("limit", "picows")


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str, clients: int) -> Case:
        ours = peer in plan.ours
        return Case(
            peer,
            f"{clients} joins",
            ("join",),
            clients,
            at_once=clients,
            joins_count=ours,  # a join of the others changes nothing that their clients see
            enter="Room.join",
        )

    return [[case(peer, n) for n in SIZES] for peer in plan.of(PEERS)]


def count(runs: list[Run]) -> list[str]:
    """A snapshot is encoded when the frames since the last one outweigh it, not for each join."""
    problems = []
    for run in runs:
        encodes, joins = run.counts.get("snapshots", 0), run.case.clients
        if encodes > joins // 10:
            problems.append(f"{encodes} snapshots were encoded for {joins} joins")
    return problems


SUITE = Suite(
    "joins",
    "All clients join one room at once",
    blocks,
    (m.JOINED, m.ALL_SAW),
    count=count,
)
