"""Curves out of a results file: which measure of which suite, over what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["PLOTS", "Curve", "Plot", "curves_of"]


@dataclass(frozen=True)
class Curve:
    """What one peer has.

    Attributes:
        points: (x, median, low, high), by x.
    """

    peer: str
    points: list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Plot:
    """A picture: one curve for each peer.

    Attributes:
        name: of its files.
        suite: whose points it shows.
        measure: which of them.
        group: a pattern that a point's group fits; its one group of digits is x.
        title: a sentence.
        x: label of the axis.
        y: label of the axis.
    """

    name: str
    suite: str
    measure: str
    group: str
    title: str
    x: str
    y: str


CLIENTS, ROWS, WINDOW = "clients in the room", "rows in the list", "events in a window"

PLOTS = [
    Plot(
        "deliveries",
        "fanout",
        "deliveries/s",
        r"N=(\d+)",
        "One room, 64 events in flight",
        CLIENTS,
        "deliveries per second",
    ),
    Plot(
        "cpu",
        "fanout",
        "CPU ms per 1,000 deliveries",
        r"N=(\d+)",
        "Server CPU: one room, 64 events in flight",
        CLIENTS,
        "ms per 1,000 deliveries",
    ),
    Plot(
        "latency",
        "latency",
        "p50 ms, one in flight",
        r"N=(\d+)",
        "From an event to the last client that sees it, one in flight",
        CLIENTS,
        "median, ms",
    ),
    Plot(
        "rows_set",
        "rows",
        "p50 ms, one in flight",
        r"set (\d+) rows",
        "One field of one row is set, ten clients",
        ROWS,
        "median to the last client, ms",
    ),
    Plot(
        "rows_append",
        "rows",
        "p50 ms, one in flight",
        r"append (\d+) rows",
        "One row is appended, ten clients",
        ROWS,
        "median to the last client, ms",
    ),
    Plot(
        "window",
        "window",
        "events/s, fixed window",
        r"N=1 W=(\d+)",
        "One client, fixed windows: events that one wake-up handles",
        WINDOW,
        "events per second",
    ),
    Plot(
        "window_cpu",
        "window",
        "CPU us per event, fixed window",
        r"N=1 W=(\d+)",
        "Server CPU: one client, fixed windows",
        WINDOW,
        "us per event",
    ),
]


def curves_of(results: dict[str, Any], plot: Plot) -> list[Curve]:
    """The peers' curves, in the order in which they were measured."""
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for suite in results["suites"]:
        if suite["name"] != plot.suite:
            continue
        for point in suite["points"]:
            at = re.fullmatch(plot.group, point["group"])
            if at and point["measure"] == plot.measure and point["median"] > 0:
                values = (float(at[1]), point["median"], point["low"], point["high"])
                found.setdefault(point["peer"], []).append(values)
    return [Curve(peer, sorted(points)) for peer, points in found.items()]
