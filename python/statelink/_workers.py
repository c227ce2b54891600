"""Carries on handlers that suspend, as asyncio tasks.

The native side runs a coroutine's first step by hand, as the current task and in the context of a
worker that waits. Most handlers end in that step; then the worker waits for the next one, and no
task was made. One that suspends is carried on by its worker.
"""

from __future__ import annotations

import asyncio
import contextvars
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from statelink._core import Reading

__all__ = ["Worker", "Workers"]


@types.coroutine
def _go_on(
    send: Callable[[Any], Any],
    throw: Callable[[BaseException], Any],
    yielded: Any,
    error: BaseException | None,
) -> Generator[Any, Any, Any]:
    """Runs a coroutine that has yielded `yielded` to its end; `error` was thrown at it meanwhile."""
    while True:
        try:
            if error is not None:
                raise error
            sent = yield yielded
        except BaseException as thrown:
            error = None
            try:
                yielded = throw(thrown)
            except StopIteration as stop:
                return stop.value
        else:
            try:
                yielded = send(sent)
            except StopIteration as stop:
                return stop.value


class Worker:
    """A task that waits for a handler to carry on.

    Attributes:
        task: the asyncio task.
        context: the context in which it runs, and in which the first step is run for it.
    """

    __slots__ = ("_work", "_wake", "context", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.context = contextvars.copy_context()
        self._wake: asyncio.Future[None] = loop.create_future()
        self._work: tuple[Any, Coroutine[Any, Any, Any], Any] | None = None
        self.task = loop.create_task(self._main(), context=self.context)

    def carry_on(self, owner: Any, coroutine: Coroutine[Any, Any, Any], yielded: Any) -> None:
        """Goes on with a coroutine in the task's own steps."""
        self._work = (owner, coroutine, yielded)
        if not self._wake.done():
            self._wake.set_result(None)

    async def _main(self) -> None:
        error: BaseException | None = None
        try:
            await self._wake
        except asyncio.CancelledError as cancelled:
            if self._work is None:
                raise
            error = cancelled  # meant for the handler: it was cancelled between its first step and this one
        assert self._work is not None
        owner, coroutine, yielded = self._work
        send, throw = coroutine.send, coroutine.throw
        if isinstance(owner, Reading):  # each step looks whether what it has read still holds
            send, throw = partial(owner.send, coroutine), partial(owner.throw, coroutine)
        try:
            result = await _go_on(send, throw, yielded, error)
        except (KeyboardInterrupt, SystemExit) as stop:
            owner.finish(None, stop)
            raise
        except BaseException as raised:
            owner.finish(None, raised)
        else:
            owner.finish(result, None)


class Workers:
    """The workers of an app: those that wait, and those that carry on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._idle: Worker | None = None
        self._busy: set[asyncio.Task[None]] = set()

    def take(self) -> Worker:
        """A worker for a first step."""
        worker, self._idle = self._idle, None
        return worker or Worker(self._loop)

    def give(self, worker: Worker) -> None:
        """Takes a worker back that was not needed."""
        self._idle = worker

    def carry_on(
        self, worker: Worker, owner: Any, coroutine: Coroutine[Any, Any, Any], yielded: Any
    ) -> None:
        """Lets a worker carry on with a handler (its Turn) or a computed var (its Reading)."""
        self._busy.add(worker.task)
        worker.task.add_done_callback(self._busy.discard)
        worker.carry_on(owner, coroutine, yielded)

    async def close(self) -> None:
        """Cancels every handler that is carried on, and waits for it."""
        tasks = list(self._busy)
        if self._idle is not None:
            tasks.append(self._idle.task)
            self._idle = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
