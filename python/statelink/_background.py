"""Blocks of background handlers: ``async with self:``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from statelink._core import View
from statelink._locks import wait_for_lock

if TYPE_CHECKING:
    from statelink._core import Background

__all__ = ["enter_block", "run_background_generator"]


async def enter_block(background: Background, state: type) -> None:
    """Begins a block: takes the locks of what the client sees of a state."""
    turn = background.open()
    try:
        while not isinstance(wait := turn.enter(state), View):
            await wait_for_lock(turn, wait)
    except BaseException as error:
        turn.close(error)
        raise


async def run_background_generator(
    background: Background, generator: AsyncGenerator[Any, None]
) -> None:
    """Runs a background handler that yields: what it yields follows at once, within a block when that has committed."""
    async with aclosing(generator):
        async for yielded in generator:
            if yielded is not None:
                background.follow_up(yielded)
