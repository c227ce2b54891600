"""One room of N clients, events in flight: how many deliveries a second."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite

SIZES = (1, 10, 100, 1000)
PEERS = ("limit", "limit-plain", "picows", "fastapi", "colyseus", "yjs", "reflex")
PREPARED = 20_000  # updates that there are for the y.js peer


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str, clients: int) -> Case:
        most = PREPARED // 2 if peer == "yjs" else 100_000_000
        load = f"pipelined:64:{most}:{plan.seconds}"
        phases = ("join", f"one:20:{plan.seconds}", load)
        return Case(peer, f"N={clients}", phases, clients)

    # 1,000 clients of Reflex take more than ten minutes to join one room.
    return [[case(p, n) for p in plan.of(PEERS) if not (p == "reflex" and n > 100)] for n in SIZES]


def count(runs: list[Run]) -> list[str]:
    """A change is encoded once, however many see it; a hand-over is at most one send per client."""
    problems = []
    for run in runs:
        if not run.counts:
            continue
        counts, clients = run.counts, run.case.clients
        if counts["patches"] > counts["commits"]:
            problems.append(f"{counts['patches']} encodes for {counts['commits']} commits")
        # Joining takes a few sends of its own.
        if counts["sends"] > clients * (counts["hand_overs"] + 4):
            problems.append(
                f"{counts['sends']} sends for {counts['hand_overs']} hand-overs to {clients} clients"
            )
    return problems


SUITE = Suite(
    "fanout",
    "Deliveries per second, one room, 64 events in flight",
    blocks,
    (m.DELIVERIES, m.CPU, m.BYTES, m.SERVER_BUSY, m.LOADER_BUSY, m.OTHERS_BUSY),
    count=count,
)
