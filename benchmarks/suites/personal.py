"""A private async computed var per client, on a shared value: each event recomputes it for all."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite

CLIENTS = 100
PEERS = ("reflex",)


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str) -> Case:
        phases = (
            "join",
            f"one:1000:{plan.seconds}",
            f"pipelined:8:100000000:{plan.seconds}",
        )
        return Case(peer, "N=100", phases, CLIENTS, counter="view", states="personal")

    return [[case(peer) for peer in plan.of(PEERS)]]


def count(runs: list[Run]) -> list[str]:
    """Each change of the shared value recomputes the var of each client once, and no more."""
    problems = []
    for run in runs:
        if not run.counts:
            continue
        commits = run.counts["commits"]
        most = CLIENTS * (commits + 2)  # two: the first page, and the link
        if run.counts["recomputes"] > most:
            problems.append(
                f"{run.counts['recomputes']} recomputes after {commits} commits for {CLIENTS} clients"
            )
    return problems


SUITE = Suite(
    "personal",
    "A private async computed var per client on a shared value, N=100, 8 events in flight",
    blocks,
    (m.P50, m.DELIVERIES, m.CPU),
    count=count,
)
