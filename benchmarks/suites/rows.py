"""A list of rows, ten clients: one field of one row is set, or a row is appended, by each event."""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case
from benchmarks.harness.suite import Block, Plan, Suite
from benchmarks.suites.fanout import PREPARED

CLIENTS = 10
ROWS = (10, 1000, 10_000)
PEERS = ("picows", "fastapi", "colyseus", "yjs", "reflex")
KINDS = {"set": "set_field", "append": "append"}


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str, name: str, rows: int) -> Case:
        # Appending must not make the list another size class, nor outrun prepared updates.
        most = {"set": PREPARED // 4 if peer == "yjs" else 100_000_000, "append": 2000}[name]
        if peer == "reflex" and name == "append":
            most = 200
        phases = (
            "join",
            "one:20:10",  # the first one brings y.js its rows
            f"one:{min(most, 1000)}:{plan.seconds}",
            f"pipelined:16:{most}:{plan.seconds}",
        )
        group = f"{name} {rows} rows"
        return Case(peer, group, phases, CLIENTS, kind=KINDS[name], rows=rows)

    # Sizes are compared with each other, so they are neighbours.
    return [[case(peer, name, rows) for rows in ROWS] for name in KINDS for peer in plan.of(PEERS)]


SUITE = Suite(
    "rows",
    "Changes in a list of rows, N=10",
    blocks,
    (m.P50, m.DELIVERIES, m.CPU, m.BYTES),
)
