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

    __slots__ = ("_loop", "_tasks", "_wake", "_work", "context", "task")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context,
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self.context = context
        self._loop = loop
        self._tasks = tasks
        self._wake: asyncio.Future[None] = loop.create_future()
        self._work: tuple[Any, Coroutine[Any, Any, Any], Any] | None = None
        self._run(self._main())

    @property
    def is_good(self) -> bool:
        """Whether it can still carry on: nobody has cancelled it."""
        return not (self._wake.done() or self.task.cancelling())

    def carry_on(self, owner: Any, coroutine: Coroutine[Any, Any, Any], yielded: Any) -> None:
        """Goes on with a coroutine in the task's own steps."""
        self._work = (owner, coroutine, yielded)
        self.task.add_done_callback(self._throw_late)
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
        await self._carry_on(error)

    async def _carry_on(self, error: BaseException | None) -> None:
        assert self._work is not None
        (owner, coroutine, yielded), self._work = self._work, None
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

    def _throw_late(self, task: asyncio.Task[None]) -> None:
        """A task that is cancelled before its own first step ends without any: the handler hears of it here."""
        if self._work is not None:
            self._run(self._carry_on(asyncio.CancelledError()))

    def _run(self, main: Coroutine[Any, Any, None]) -> None:
        self.task = self._loop.create_task(main, context=self.context)
        self._tasks.add(self.task)
        self.task.add_done_callback(self._tasks.discard)


class Workers:
    """The workers of an app: those that wait, and those that carry on.

    Args:
        loop: the app's.
        context: what context variables are in each handler when it begins.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self._loop = loop
        self._context = context
        self._idle: Worker | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self) -> Worker:
        """A worker for a first step."""
        worker, self._idle = self._idle, None
        if worker is None or not worker.is_good:
            worker = Worker(self._loop, self._context.copy(), self._tasks)
        return worker

    def give(self, worker: Worker, is_clean: bool) -> None:
        """Takes a worker back that was not needed; only one with a clean context is for the next."""
        if is_clean and worker.is_good and self._idle is None:
            self._idle = worker
        else:
            worker.task.cancel()

    def carry_on(
        self, worker: Worker, owner: Any, coroutine: Coroutine[Any, Any, Any], yielded: Any
    ) -> None:
        """Lets a worker carry on with a handler (its Turn) or a computed var (its Reading)."""
        worker.carry_on(owner, coroutine, yielded)

    async def close(self) -> None:
        """Cancels every handler that is carried on, and waits for it."""
        self._idle = None
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
