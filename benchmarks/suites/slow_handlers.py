"""Handlers that compute for 0.3 ms, one room of 100 clients: what else the server manages meanwhile."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case
from benchmarks.harness.suite import Block, Plan, Suite

CLIENTS, BURN = 100, 300
PEERS = ("picows",)


def blocks(plan: Plan) -> list[Block]:
    phases = ("join", "one:20:1", f"pipelined:64:100000000:{plan.seconds}")

    def case(peer: str, two_cores: bool) -> Case:
        group = "two cores" if two_cores else "one core"
        return Case(peer, group, phases, CLIENTS, burn=BURN, two_cores=two_cores)

    return [[case(peer, two) for peer in plan.of(PEERS)] for two in (False, True)]


SUITE = Suite(
    "slow_handlers",
    "Handlers that compute for 0.3 ms, N=100, 64 events in flight",
    blocks,
    (m.EVENTS, m.DELIVERIES, m.SERVER_BUSY),
)
