"""Measures what the command line asks for: python -m benchmarks.harness --help."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness import in_process, results, table
from benchmarks.harness.case import Case, Run
from benchmarks.harness.loading import load
from benchmarks.harness.options import SUITES, Options, parse
from benchmarks.harness.progress import Progress
from benchmarks.harness.rounds import holding, run_rounds
from benchmarks.harness.suite import Block, Suite

Json = dict[str, Any]


def _blocks(suite: Suite, options: Options) -> list[Block]:
    def is_wanted(case: Case) -> bool:
        return case.kind in options.peers[case.peer].kinds and options.only in case.name

    blocks = [[case for case in block if is_wanted(case)] for block in suite.blocks(options.plan)]
    return [block for block in blocks if block]


def _measure(suite: Suite, options: Options) -> Json:
    blocks = _blocks(suite, options)
    progress = Progress(options.rounds * sum(len(block) for block in blocks))

    def load_one(case: Case, round_: int) -> Run:
        name = f"{suite.name} {case.name}"
        progress.begins(name)
        run = load(options.peers[case.peer], case, round_)
        progress.ended(name, run.failure)
        return run

    runs = run_rounds(blocks, options.rounds, load_one, options.locks)
    progress.over()
    summary = results.summary(suite, runs, options.rounds)
    if options.plan.brief:
        summary["bars"] = summary["disturbed"] = []  # so short a time proves nothing
    return summary


def _plot(out: Path) -> None:
    try:
        plots = importlib.import_module("benchmarks.plots")
    except ImportError as failure:
        print(f"No plots: {failure}", file=sys.stderr)
        return
    plots.plot_all(out, out.parent / "plots")


def main() -> int:
    options = parse()
    found: Json = {
        "about": results.about(options.rounds, options.plan.brief),
        "suites": [],
        "in_process": {},
    }
    texts = [table.about_text(found["about"])]
    print(texts[0], flush=True)
    wrong = []
    for name in options.suites:
        if name in SUITES:
            suite: Suite = importlib.import_module(f"benchmarks.suites.{name}").SUITE
            summary = _measure(suite, options)
            found["suites"].append(summary)
            wrong += [*summary["failures"], *summary["counts"]]
            texts.append(table.suite_text(summary))
        else:
            try:
                with holding(options.locks):
                    rows = in_process.measure(
                        name, options.plan.brief, options.python, options.packages
                    )
            except in_process.InProcessFailed as failure:
                wrong.append(f"{name}: {failure}")
                texts.append(f"FAILED: {wrong[-1]}\n")
            else:
                found["in_process"][name] = rows
                texts.append(table.in_process_text(name, rows))
        print(texts[-1], flush=True)
    if options.out:
        results.write(options.out, found)
        options.out.with_suffix(".md").write_text("\n".join(texts))
        if not options.plan.brief:
            _plot(options.out)
    for text in wrong:
        print(f"WRONG: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
