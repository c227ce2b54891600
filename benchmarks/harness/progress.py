"""How far a run is: a bar where a person waits, a line for each case in a pipe."""

from __future__ import annotations

import sys
import time

WIDTH = 30


class Progress:
    """Counts cases up to a total."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def begins(self, name: str) -> None:
        """A case begins."""
        if not self._live:
            return
        filled = WIDTH * self._done // max(self._total, 1)
        bar = "#" * filled + "." * (WIDTH - filled)
        self._show(f"[{bar}] {self._done}/{self._total}{self._left()}  {name}")

    def ended(self, name: str, failure: str) -> None:
        """It has ended."""
        self._done += 1
        outcome = f"FAILED: {failure}" if failure else "done"
        if not self._live:
            print(f"[{self._done}/{self._total}] {name}: {outcome}", file=sys.stderr, flush=True)
        elif failure:
            self._show(f"{name}: {outcome}\n")

    def over(self) -> None:
        """Nothing more comes: the bar goes away."""
        if self._live:
            self._show("")

    def _left(self) -> str:
        if self._done < 3:
            return ""
        seconds = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        return f", {seconds:.0f} s left"

    def _show(self, text: str) -> None:
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
