"""What must hold, as data: a measure of ours, what it is divided by, and the bound.

A bar never moves; where one is not met, it is said what limits it.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.harness import measures as m

OURS = "statelink"


@dataclass(frozen=True)
class Bar:
    """A bound on a measure of ours, or on its ratio to another value of the same round.

    Attributes:
        over: peer of the other value; "" for none, then the measure itself is bounded.
        over_group: group of the other value; "" for the same.
    """

    suite: str
    measure: str
    group: str
    over: str = ""
    at_least: float | None = None
    at_most: float | None = None
    over_group: str = ""

    @property
    def divides(self) -> bool:
        return bool(self.over or self.over_group)

    def holds(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return above and below

    @property
    def bound(self) -> str:
        sign, bound = ("<=", self.at_most) if self.at_least is None else (">=", self.at_least)
        text = f"{bound:,.0f}" if bound is not None and bound >= 1000 else f"{bound:.3g}"
        return f"{sign} {text}{'x' if self.divides else ''}"

    @property
    def what(self) -> str:
        against = f" / {self.over or self.over_group}" if self.divides else ""
        return f"{self.measure}, {self.group}{against}"


BARS = [
    Bar("fanout", m.DELIVERIES, "N=1", "limit", at_least=0.9),
    Bar("fanout", m.DELIVERIES, "N=10", "limit", at_least=0.85),
    Bar("fanout", m.DELIVERIES, "N=100", "limit", at_least=0.8),
    Bar("fanout", m.DELIVERIES, "N=1000", "limit", at_least=0.7),
    Bar("fanout", m.DELIVERIES, "N=10", "picows", at_least=5),
    Bar("fanout", m.DELIVERIES, "N=100", "picows", at_least=10),
    Bar("fanout", m.DELIVERIES, "N=1000", "picows", at_least=10),
    Bar("fanout", m.DELIVERIES, "N=100", "reflex", at_least=1500),
    Bar("fanout", m.BYTES, "N=100", at_most=96),
    Bar("rooms", m.DELIVERIES, "200x5", "limit", at_least=0.85),
    Bar("rooms", m.DELIVERIES, "200x5", "picows", at_least=1.25),
    Bar("latency", m.P50, "N=1", "picows", at_most=1.35),
    Bar("latency", m.P50, "N=10", "limit", at_most=1.2),
    Bar("latency", m.P50, "N=100", "limit", at_most=1.15),
    Bar("latency", m.P50, "N=1000", "limit", at_most=1.15),
    Bar("window", m.WINDOW_EVENTS, "N=1 W=64", at_least=500_000),
    Bar("window", m.WINDOW_EVENTS, "N=1 W=512", at_least=1_000_000),
    Bar("window", m.EVENT_COST, "N=1 fit", at_most=0.5),
    Bar("window", m.WAKE_UP_COST, "N=1 fit", at_most=45),
    Bar("window", m.WINDOW_CPU_DELIVERIES, "N=100 W=64", at_most=0.12),
    Bar("slow_handlers", m.EVENTS, "one core", "picows", at_least=1.5),
    Bar("slow_handlers", m.EVENTS, "two cores", "picows", at_least=1.7),
    Bar("stalled", m.DELIVERIES, "one stalled", at_least=0.95, over_group="none stalled"),
    Bar("stalled", m.SEND_QUEUE, "one stalled", at_most=1024 + 256),
    Bar("stalled", m.SNAPSHOTS, "one stalled", at_most=1),
    Bar("memory", m.RSS_PER_CLIENT, "idle connection", at_most=8),
    Bar("memory", m.RSS_PER_CLIENT, "idle linked client", at_most=12),
    Bar("rows", m.P50, "set 10000 rows", at_most=1.2, over_group="set 10 rows"),
    Bar("rows", m.P50, "append 10000 rows", at_most=1.2, over_group="append 10 rows"),
    Bar("rows", m.DELIVERIES, "set 10000 rows", at_least=1 / 1.2, over_group="set 10 rows"),
    Bar("rows", m.DELIVERIES, "append 10000 rows", at_least=1 / 1.2, over_group="append 10 rows"),
    Bar("rows", m.BYTES, "set 10000 rows", at_most=150),
    Bar("rows", m.BYTES, "append 10000 rows", at_most=150),
    Bar("personal", m.DELIVERIES, "N=100", "reflex", at_least=30),
    Bar("joins", m.ALL_SAW, "1000 joins", at_most=1),
    Bar("joins", m.ALL_SAW, "1000 joins", at_most=5, over_group="250 joins"),
    Bar("reconnects", m.RECONNECTED, "1000 clients", at_most=0.5),
]
