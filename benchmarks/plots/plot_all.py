"""Draws every plot for which a results file has points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import itertools

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from benchmarks.plots.curves import PLOTS, Curve, Plot, curves_of

__all__ = ["plot_all"]

# Okabe and Ito's colours, which colour-blind people tell apart; markers say the same again.
STYLES = {
    "statelink": ("#0072B2", "o"),
    "limit": ("#000000", "D"),
    "limit-plain": ("#7F7F7F", "d"),
    "picows": ("#D55E00", "s"),
    "fastapi": ("#E69F00", "^"),
    "colyseus": ("#009E73", "v"),
    "yjs": ("#56B4E9", "P"),
    "reflex": ("#CC79A7", "X"),
}
NAMES = {
    "limit": "limit (coalescing)",
    "limit-plain": "limit (send per event)",
    "fastapi": "FastAPI + uvicorn",
    "colyseus": "Colyseus",
    "yjs": "pycrdt-websocket",
    "reflex": "Reflex",
}
OTHERS = ("#000000", "*")
OURS = "statelink"
SIZE = (8, 4.8)  # inches; 100 pixels each
SMALLEST_GAP = 0.055  # between labels, of the height


def _short(value: float, _: object = None) -> str:
    """A number as people say it: 20k, 1.5M, 0.05."""
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if value >= size and round(value / size, 1) * size == value:
            return f"{value / size:g}{sign}"
    return f"{value:g}"


def _draw(axes: Axes, curve: Curve) -> None:
    color, marker = STYLES.get(curve.peer, OTHERS)
    is_ours = curve.peer == OURS
    x = [point[0] for point in curve.points]
    y = [point[1] for point in curve.points]
    axes.fill_between(
        x, [p[2] for p in curve.points], [p[3] for p in curve.points], color=color, alpha=0.12, lw=0
    )
    axes.plot(
        x,
        y,
        color=color,
        marker=marker,
        markersize=7 if is_ours else 5,
        lw=3 if is_ours else 1.6,
        ls="--" if curve.peer.startswith("limit") else "-",
        zorder=3 if is_ours else 2,
    )


def _spread(heights: Sequence[float]) -> list[float]:
    """Heights from 0 to 1, moved apart as little as they overlap, in their order."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    moved = list(heights)
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + SMALLEST_GAP)
    above = max([0.0, *(height - 1 for height in moved)])
    if above:
        ceiling = 1.0
        for one in reversed(order):
            moved[one] = min(moved[one], ceiling)
            ceiling = moved[one] - SMALLEST_GAP
    return moved


def _label(axes: Axes, curves: Sequence[Curve]) -> None:
    """Names at the right ends of the curves, and a thin line where one had to move."""
    to_axes = axes.transAxes.inverted()
    ends = [to_axes.transform(axes.transData.transform(curve.points[-1][:2])) for curve in curves]
    for curve, end, height in zip(
        curves, ends, _spread([float(end[1]) for end in ends]), strict=True
    ):
        color = STYLES.get(curve.peer, OTHERS)[0]
        axes.annotate(
            NAMES.get(curve.peer, curve.peer),
            xy=(end[0], end[1]),
            xycoords="axes fraction",
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            color=color,
            fontsize=11,
            fontweight="bold" if curve.peer == OURS else "normal",
            arrowprops={"arrowstyle": "-", "color": color, "lw": 0.6, "alpha": 0.6},
        )


def _picture(plot: Plot, curves: Sequence[Curve], about: str, out: Path) -> list[Path]:
    figure, axes = plt.subplots(figsize=SIZE, dpi=100)
    figure.subplots_adjust(left=0.1, right=0.76, top=0.89, bottom=0.15)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for curve in curves:
        _draw(axes, curve)
    axes.set_xticks(sorted({point[0] for curve in curves for point in curve.points}))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_short))
        axis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_ylim()
    if high / low < 50:  # powers of ten alone would be too few
        axes.yaxis.set_minor_formatter(FuncFormatter(_short))
        axes.tick_params(axis="y", which="minor", labelsize=9)
    axes.grid(True, which="major", color="#dddddd", lw=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(plot.x, fontsize=11)
    axes.set_ylabel(plot.y, fontsize=11)
    axes.set_title(plot.title, loc="left", fontsize=13)
    figure.text(0.1, 0.015, about, fontsize=8, color="#666666")
    figure.canvas.draw()
    _label(axes, curves)
    made = [out / f"{plot.name}.{kind}" for kind in ("png", "svg")]
    for path in made:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
    return made


def plot_all(results_json: Path, out: Path) -> list[Path]:
    """Writes a PNG and an SVG for each plot of which the results have a curve.

    Args:
        results_json: what ``python -m benchmarks.harness --out`` has written.
        out: a folder, made where there is none.

    Returns:
        The files.
    """
    matplotlib.rcParams["svg.fonttype"] = "none"  # text that a browser can select
    matplotlib.rcParams["svg.hashsalt"] = "statelink"  # the same file from the same results
    results = json.loads(results_json.read_text())
    about = results["about"]
    note = (
        f"medians of {about['rounds']} round(s), bands from lowest to highest; server on one core; "
        f"{about['processor']}, Python {about['python']}, {about['date'][:10]}"
    )
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for plot in PLOTS:
        curves = [curve for curve in curves_of(results, plot) if len(curve.points) > 1]
        if curves:
            made += _picture(plot, curves, note, out)
    return made
