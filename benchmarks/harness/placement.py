"""Which process runs where: the server on the first core, the loader on the second."""

from __future__ import annotations

import os
import shutil

PRIORITY = -15


def _can_outrank() -> bool:
    return os.geteuid() == 0


def on_cores(cores: str, words: list[str]) -> list[str]:
    """The command, on these cores ("0", "0,1"), before background work where we may do that."""
    placed = list(words)
    if shutil.which("taskset") and (os.cpu_count() or 1) > 1:
        placed = ["taskset", "-c", cores, *placed]
    if _can_outrank() and shutil.which("nice"):
        placed = ["nice", "-n", str(PRIORITY), *placed]
    return placed


SERVER_CORE = "0"
LOADER_CORE = "1"
BOTH_CORES = "0,1"
