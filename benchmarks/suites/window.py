"""Fixed windows: W events in one send, the next W when all are complete. One wake-up handles one
window, so CPU per window is a cost per wake-up and a cost per event.
"""

from __future__ import annotations

from benchmarks.harness import measures as m
from benchmarks.harness.case import Case, Run
from benchmarks.harness.suite import Block, Plan, Suite, Values

WINDOWS = (1, 8, 64, 512, 2048)
CLIENTS = (1, 100)
PEERS = ("limit", "picows")


def blocks(plan: Plan) -> list[Block]:
    def case(peer: str, clients: int, window: int) -> Case:
        load = f"window:{window}:100000000:{plan.seconds / 2}"
        return Case(peer, f"N={clients} W={window}", ("join", "one:20:1", load), clients)

    return [[case(p, n, w) for p in plan.of(PEERS)] for n in CLIENTS for w in WINDOWS]


def fit(values: Values) -> Values:
    """CPU per window = a + b W by least squares of the relative errors, at N=1."""
    found: Values = {}
    for peer in {peer for _, _, peer in values}:
        points = [
            (float(w), cpu)
            for w in WINDOWS
            if (cpu := values.get((m.CPU_PER_WINDOW, f"N=1 W={w}", peer)))
        ]
        if len(points) < 2:
            continue
        # Weights 1/cpu^2.
        s = sum(1 / c**2 for _, c in points)
        sx = sum(w / c**2 for w, c in points)
        sxx = sum(w * w / c**2 for w, c in points)
        sy = sum(1 / c for _, c in points)
        sxy = sum(w / c for w, c in points)
        slope = (s * sxy - sx * sy) / (s * sxx - sx * sx)
        found[m.EVENT_COST, "N=1 fit", peer] = slope
        found[m.WAKE_UP_COST, "N=1 fit", peer] = (sy - slope * sx) / s
    return found


def count(runs: list[Run]) -> list[str]:
    """A window that arrives in one piece wakes the loop thread once."""
    problems = []
    for run in runs:
        if not run.counts or not run.case.group.endswith("W=64"):
            continue
        pieces = 0.0
        for record in run.phases:
            sent = record.get("windows", record.get("events", 0))
            pieces += sent if isinstance(sent, int | float) else 0
        # A join is a hello and an event, which may come in two pieces.
        most = pieces + 2 * run.case.clients + 10
        if run.counts["wakes_of_loop"] > most:
            problems.append(
                f"{run.counts['wakes_of_loop']} wake-ups for {pieces:.0f} windows and "
                f"{run.case.clients} joins"
            )
    return problems


SUITE = Suite(
    "window",
    "Fixed windows: events per second and CPU at equal batch size",
    blocks,
    (
        m.WINDOW_EVENTS,
        m.WINDOW_CPU,
        m.WINDOW_CPU_DELIVERIES,
        m.WAKE_UP_COST,
        m.EVENT_COST,
        m.LOADER_BUSY,
        m.OTHERS_BUSY,
    ),
    fit,
    count,
)
