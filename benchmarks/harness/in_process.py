"""The suites without sockets, benchmarks/in_process: each runs in a process of the Python that is measured."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.harness import paths

SUITES = ("containers", "encoder", "bridge")

CALL = """
import contextlib, importlib, json, sys
name, brief = sys.argv[1:]
with contextlib.redirect_stdout(sys.stderr):
    found = importlib.import_module("benchmarks.in_process." + name).measure(brief == "brief")
print(json.dumps(found))
"""


class InProcessFailed(Exception):
    """A module failed; what it said last is the message."""


def measure(
    name: str, brief: bool, python: Path, packages: Path | None = None
) -> list[dict[str, Any]]:
    """The rows of one module: case, value, unit, ratio, against, bar.

    Args:
        name: one of SUITES.
        brief: see that it works; no times to be compared.
        python: which has statelink and orjson.
        packages: a folder with another build of statelink.
    """
    folders = [str(paths.ROOT)] if packages is None else [str(packages), str(paths.ROOT)]
    run = subprocess.run(
        [str(python), "-c", CALL, name, "brief" if brief else "whole"],
        cwd=paths.ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise InProcessFailed((run.stderr.strip().splitlines() or ["it said nothing"])[-1])
    rows: list[dict[str, Any]] = json.loads(run.stdout)
    return rows
