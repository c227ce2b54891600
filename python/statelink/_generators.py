"""Runs event handlers that are generators: each `yield` commits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from statelink.state import wait_for_lock

__all__ = ["run_generator"]


async def run_generator(
    turn: Any, generator: Generator[Any, None, Any] | AsyncGenerator[Any, None]
) -> None:
    """Runs a generator handler to its end.

    At each `yield` what it has changed so far is committed and sent, its locks are given back,
    and all that it held are taken again before it goes on.
    """
    if isinstance(generator, Generator):
        with closing(generator):
            while True:
                try:
                    yielded = next(generator)
                except StopIteration as stop:
                    _must_be_none(turn, "returned", stop.value)
                    return
                await _pause(turn, yielded)
    async with aclosing(generator):
        async for yielded in generator:
            await _pause(turn, yielded)


async def _pause(turn: Any, yielded: Any) -> None:
    _must_be_none(turn, "yielded", yielded)
    turn.pause()
    while (wait := turn.go_on()) is not None:
        await wait_for_lock(turn, wait)


def _must_be_none(turn: Any, verb: str, value: Any) -> None:
    if value is not None:
        raise TypeError(
            f"event handler {turn.handler} {verb} a {type(value).__name__}: it must be None"
        )
