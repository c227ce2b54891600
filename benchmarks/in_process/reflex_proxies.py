"""Reflex's mutable proxies, timed in a process of Reflex's venv that answers one question a line.

Run in that venv it is that process; imported it is the other end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["ReflexProxies"]

ROOT = Path(__file__).resolve().parents[2]
VENVS = [ROOT / "build/benchmarks/venv-reflex", Path(os.environ.get("STATELINK_REFLEX_VENV", "-"))]


class ReflexProxies:
    """The process, from `with` to its end.

    Attributes:
        missing: why there is none; None where there is one.
    """

    def __init__(self) -> None:
        pythons = [venv / "bin/python" for venv in VENVS]
        self._python = next((p for p in pythons if p.exists()), None)
        self.missing = (
            None
            if self._python
            else f"Reflex is not installed in {VENVS[0]}: its rows are left out"
        )
        self._process: subprocess.Popen[str] | None = None

    def seconds(self, number: int, unrolled: int, count: int, repeats: int) -> float:
        """The time of one statement of a case, in a loop that is not unrolled."""
        assert unrolled == 1
        assert self._process is not None and self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([number, count, repeats]) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self) -> Self:
        if self._python is not None:
            self._process = subprocess.Popen(
                [self._python, "-m", "benchmarks.in_process.reflex_proxies"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "REFLEX_TELEMETRY_ENABLED": "false"},
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate()


def answer() -> None:
    """Measures what is asked on standard input, until it ends."""
    import reflex as rx
    from benchmarks.in_process.container_cases import CASES
    from benchmarks.in_process.timing import best, make_loop

    class Box(rx.State):  # type: ignore[misc]
        box: list[Any] | dict[str, Any] = []

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Reflex prints is no answer
    for line in sys.stdin:
        number, count, repeats = json.loads(line)
        state = Box(_reflex_internal_init=True)
        state.box = CASES[number].make_plain()
        state._clean()
        loop = make_loop(CASES[number].statement, {"s": state})
        print(best(loop, count, repeats), file=answers, flush=True)


if __name__ == "__main__":
    answer()
