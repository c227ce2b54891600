"""Resident memory of the server per idle client, at 10,000; sockets in the kernel are not in it."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case
from benchmarks.harness.suite import Block, Plan, Suite

PEERS = ("limit", "picows")


def blocks(plan: Plan) -> list[Block]:
    clients = 1000 if plan.brief else 10_000
    idle = [
        Case(peer, "idle connection", ("join",), clients, at_once=64, enter="")
        for peer in plan.of(PEERS)
    ]
    linked = [
        Case(
            peer,
            "idle linked client",
            ("join",),
            clients,
            at_once=64,
            enter="Own.enter",
            states="private",
        )
        for peer in plan.of(())
    ]
    return [idle, linked]


SUITE = Suite(
    "memory",
    "Resident memory per idle client",
    blocks,
    (m.RSS_PER_CLIENT, m.JOINED),
)
