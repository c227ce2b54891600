"""Many clients lose their sockets, miss a change and come back at once, by a resume."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite

CLIENTS = 1000


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str) -> Case:
        phases = ("join", "one:20:1", "reconnect", "reconnect")
        return Case(peer, "1000 clients", phases, CLIENTS + 1, at_once=CLIENTS)

    return [[case(peer) for peer in plan.of(())]]


def count(runs: list[Run]) -> list[str]:
    """Who resumes goes on where it was: it needs no snapshot."""
    return [
        f"{record['snapshots']} snapshots were sent to clients that resumed"
        for run in runs
        for record in run.phases
        if record["phase"] == "reconnect" and record["snapshots"] != 0
    ]


SUITE = Suite(
    "reconnects",
    "All clients of a room reconnect at once",
    blocks,
    (m.RECONNECTED, m.SNAPSHOTS),
    count=count,
)
