"""Runs event handlers that are generators: each `yield` commits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

from statelink._locks import wait_for_lock

if TYPE_CHECKING:
    from statelink._core import Turn

__all__ = ["run_generator"]


async def run_generator(
    turn: Turn, generator: Generator[Any, None, Any] | AsyncGenerator[Any, None]
) -> Any:
    """Runs a generator handler to its end, and returns what it returned.

    At each `yield` what it has changed so far is committed and sent, what it yielded is put behind
    the client's events, its locks are given back, and all that it held are taken again before it
    goes on.
    """
    if isinstance(generator, Generator):
        with closing(generator):
            while True:
                try:
                    yielded = next(generator)
                except StopIteration as stop:
                    return stop.value
                await _pause(turn, yielded)
    async with aclosing(generator):
        async for yielded in generator:
            await _pause(turn, yielded)
    return None


async def _pause(turn: Turn, yielded: Any) -> None:
    if yielded is not None:
        turn.follow_up(yielded)
    turn.pause()
    while (wait := turn.go_on()) is not None:
        await wait_for_lock(turn, wait)
