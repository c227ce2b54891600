"""One client of a room of 100 stops reading: what the others lose, what it costs, how it comes back."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite

CLIENTS = 100
PEERS = ("limit", "picows")
ENOUGH = 20_000
ONE, NONE = "one stalled", "none stalled"


def blocks(plan: Plan) -> list[Block]:
    # So many events that a client which does not read them falls off the ring of its room.
    amount = f"{ENOUGH}:30" if plan.brief else f"100000000:{plan.seconds}"
    load = ("join", "one:20:1", f"pipelined:64:{amount}")

    def case(peer: str, stalled: int) -> Case:
        # A peer's clients read everything that was kept for them; ours are brought up to date.
        recovers = ("recover",) if peer in plan.ours else ()
        phases = (*load, "stalled", *recovers) if stalled else load
        return Case(peer, ONE if stalled else NONE, phases, CLIENTS, stalled=stalled)

    return [[case(peer, stalled) for stalled in (0, 1)] for peer in plan.of(PEERS)]


def count(runs: list[Run]) -> list[str]:
    """One snapshot brings a client up to date, whatever it has missed."""
    problems = []
    for run in runs:
        for record in run.phases:
            if record["phase"] == "recover" and record["snapshots"] != 1:
                problems.append(f"{record['snapshots']} snapshots for one stalled client, not 1")
    return problems


SUITE = Suite(
    "stalled",
    "One of 101 clients stops reading",
    blocks,
    (m.DELIVERIES, m.SEND_QUEUE, m.STALLED_OPEN, m.RSS, m.SNAPSHOTS, m.RECOVERED),
    count=count,
)
