"""200 rooms of 5 clients, 64 events in flight over all of them."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case
from benchmarks.harness.suite import Block, Plan, Suite

ROOMS, CLIENTS = 200, 5
PEERS = ("limit", "limit-plain", "picows", "fastapi", "colyseus", "yjs", "reflex")


def blocks(plan: Plan) -> list[Block]:
    phases = ("join", f"pipelined:64:100000000:{plan.seconds}")
    return [[Case(p, "200x5", phases, CLIENTS, rooms=ROOMS) for p in plan.of(PEERS)]]


SUITE = Suite(
    "rooms",
    "Deliveries per second, 200 rooms of 5 clients, 64 events in flight",
    blocks,
    (m.DELIVERIES, m.CPU, m.BYTES, m.RSS_PER_CLIENT, m.SERVER_BUSY, m.LOADER_BUSY, m.OTHERS_BUSY),
)
