"""The results as text, also good Markdown."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def number(value: float) -> str:
    """Three digits that count."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _row(cells: list[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "| " + " | ".join([first, *rest]) + " |"


def _grid(head: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [_row(head, widths), rule, *(_row(row, widths) for row in rows)]


def _measure_grid(suite: Json, measure: str) -> list[str]:
    points = {(p["group"], p["peer"]): p for p in suite["points"] if p["measure"] == measure}
    ratios = {(r["group"], r["over"]): r for r in suite["ratios"] if r["measure"] == measure}
    groups = list(dict.fromkeys(group for group, _ in points))
    known = {peer for _, peer in points}
    peers = [*(peer for peer in suite["peers"] if peer in known)]

    def cell(group: str, peer: str) -> str:
        point, ratio = points.get((group, peer)), ratios.get((group, peer))
        if point is None:
            return "-"
        text = number(point["median"])
        return f"{text} ({number(ratio['median'])}x)" if ratio else text

    rows = [[group, *(cell(group, peer) for peer in peers)] for group in groups]
    return _grid([measure, *peers], rows)


def _bars(suite: Json) -> list[str]:
    rows = [
        [
            bar["what"],
            bar["bound"],
            number(bar["median"]),
            f"{number(bar['low'])} - {number(bar['high'])}",
            "met" if bar["met"] else "NOT MET",
        ]
        for bar in suite["bars"]
    ]
    return _grid(["bar", "bound", "median", "range", ""], rows) if rows else []


def about_text(about: Json) -> str:
    """What was run, and where."""
    brief = ", brief: its times mean nothing" if about["brief"] else ""
    return (
        f"{about['date']}, {about['commit']}: {about['processor']}, {about['cores']} cores, "
        f"Linux {about['kernel']}, Python {about['python']}; medians of {about['rounds']} rounds{brief}.\n"
        "In brackets: statelink over this one, the median of the ratios within a round.\n"
    )


def suite_text(suite: Json) -> str:
    """A grid for each measure, then the bars."""
    lines = [f"## {suite['name']}: {suite['title']}", ""]
    measured = {point["measure"] for point in suite["points"]}
    for measure in suite["shown"]:
        if measure in measured:
            lines += [*_measure_grid(suite, measure), ""]
    bars = _bars(suite)
    lines += [*bars, ""] if bars else []
    if suite["disturbed"]:
        lines += [f"Other processes took CPU during: {', '.join(suite['disturbed'])}.", ""]
    lines += [f"FAILED: {failure}" for failure in suite["failures"]]
    lines += [f"WRONG COUNT: {problem}" for problem in suite["counts"]]
    return "\n".join(lines)


def in_process_text(name: str, found: list[Json]) -> str:
    rows = [
        [
            str(f["case"]),
            f"{number(f['value'])} {f['unit']}",
            f"{number(f['ratio'])}x {f.get('against') or ''}" if f.get("ratio") else "-",
            str(f.get("bar") or ""),
        ]
        for f in found
    ]
    return "\n".join([f"## {name}", "", *_grid(["case", "value", "ratio", "bar"], rows), ""])
