"""Runs the Python tests with the extension module of the build folder build/coverage, and reports
which lines of C++ and Python the tests reached: those of ctest, run before, count as well.

Prints the totals and the files with the most lines missed; build/coverage/index.html has every line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BUILD = Path("build/coverage")
STAGE = BUILD / "python"
SHOWN = 15
Row = tuple[str, int, int]  # file, lines, lines missed


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def stage_package() -> None:
    """Makes STAGE: the package of this tree, with the module whose lines are counted."""
    package = STAGE / "statelink"
    package.mkdir(parents=True, exist_ok=True)
    for file in Path("python/statelink").iterdir():
        link = package / file.name
        if not link.exists() and file.suffix != ".so":
            link.symlink_to(file.resolve())
    run("cmake", "--install", BUILD, "--component", "python", "--prefix", STAGE)


def python_rows() -> list[Row]:
    os.environ["PYTHONPATH"] = str(STAGE.resolve())
    os.environ["COVERAGE_FILE"] = str((BUILD / "py.data").resolve())
    coverage = (sys.executable, "-m", "coverage")
    run(*coverage, "erase")
    # test_gil.py says how long others may wait, and counted code takes longer; flat/ looks at memory,
    # and counting takes some.
    without = ("--deselect", "tests/python/test_gil.py", "--ignore", "tests/python/flat")
    run(*coverage, "run", "-m", "pytest", "tests/python", "-q", "-p", "no:cacheprovider", *without)
    run(*coverage, "combine", "--quiet")
    run(*coverage, "html", "--quiet", "--directory", BUILD / "html-python")
    run(*coverage, "json", "--quiet", "-o", BUILD / "python.json")
    files = json.loads((BUILD / "python.json").read_bytes())["files"]
    totals = {name: file["summary"] for name, file in files.items()}
    return [(name, t["num_statements"], t["missing_lines"]) for name, t in totals.items()]


def cpp_rows() -> list[Row]:
    pages = BUILD / "html-cpp"
    pages.mkdir(exist_ok=True)
    run(
        *("gcovr", "--root", ".", "--filter", "cpp/", "--object-directory", BUILD, BUILD),
        *("-j", str(os.cpu_count()), "--merge-mode-functions", "merge-use-line-min"),
        *("--json-summary", BUILD / "cpp.json", "--html-details", pages / "index.html"),
    )
    files = json.loads((BUILD / "cpp.json").read_bytes())["files"]
    return [(f["filename"], f["line_total"], f["line_total"] - f["line_covered"]) for f in files]


def report(language: str, rows: list[Row]) -> str:
    """Prints the table of a language; returns the sentence of its total."""
    lines, missed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    total = f"{language}: {100 * (lines - missed) / lines:.1f} % of {lines} lines"
    print(f"\n{total}; most are missed in")
    for name, of, without in sorted(rows, key=lambda row: -row[2])[:SHOWN]:
        if without:
            print(f"  {without:4} of {of:4}  {name}")
    return total


def main() -> None:
    stage_package()
    python = report("Python", python_rows())
    cpp = report("C++", cpp_rows())
    index = BUILD / "index.html"
    index.write_text(
        "<!doctype html><title>statelink: coverage</title>"
        f'<p><a href="html-cpp/index.html">{cpp}</a>'
        f'<p><a href="html-python/index.html">{python}</a>'
    )
    print(f"\nEvery line: {index}")


if __name__ == "__main__":
    main()
