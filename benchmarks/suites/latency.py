"""One room of N clients, one event in flight: from its sending to the last client that sees it."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case
from benchmarks.harness.suite import Block, Plan, Suite
from benchmarks.suites.fanout import PREPARED, SIZES

PEERS = ("limit", "picows", "fastapi", "colyseus", "yjs", "reflex")


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str, clients: int) -> Case:
        most = PREPARED // 2 if peer == "yjs" else 1_000_000
        phases = ("join", f"one:20:{plan.seconds}", f"one:{most}:{plan.seconds}")
        return Case(peer, f"N={clients}", phases, clients)

    return [[case(p, n) for p in plan.of(PEERS) if not (p == "reflex" and n > 100)] for n in SIZES]


SUITE = Suite(
    "latency",
    "Latency to the last client, one event in flight",
    blocks,
    (m.P50, m.P99),
)
