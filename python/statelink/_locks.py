"""Waits for a lock of a turn."""

from __future__ import annotations

from typing import Any

__all__ = ["wait_for_lock"]


async def wait_for_lock(turn: Any, future: Any) -> None:
    """Waits for a lock of a turn; a cancelled wait leaves the queue."""
    try:
        await future
    except BaseException:
        turn.stop_waiting(future)
        raise
