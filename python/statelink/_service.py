"""A started app: the native runtime on one asyncio loop, and what it asks of Python."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from asyncio import tasks
from collections.abc import Iterable, Sequence

from statelink._core import Config, Runtime
from statelink._generators import run_generator
from statelink._workers import Workers
from statelink.errors import DeadlockError, EncodeError, StateError
from statelink.event import describe_invalid, make_validator
from statelink.pages import HTML, Page, client_script
from statelink.registry import wire_names
from statelink.router import make_router
from statelink.state import State, event_handlers

__all__ = ["Service"]

logger = logging.getLogger("statelink")

_EXPIRY_INTERVAL = 10.0  # seconds between looks for clients that have been away for too long
_MESSAGE_LENGTH = 1000  # characters of an error that a client is told


class Service:
    """The server of an app from its start to its stop."""

    def __init__(
        self, config: Config, states: Iterable[type[State]], pages: Sequence[Page]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._context = contextvars.copy_context()  # no handler's
        self._workers = Workers(self._loop, self._context)
        self._pages: dict[int, Page] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.runtime = Runtime(config, self._loop, _Side(self))
        self.names = wire_names(states)
        for state, name in self.names.items():
            handlers = [(n, f, make_validator(f)) for n, f in event_handlers(state).items()]
            if state.__state_class__ is None:
                raise StateError(f"{state.__qualname__} is no state class to serve: subclass it")
            try:
                self.runtime.define(state.__state_class__, name, handlers)
            except BaseException as error:
                error.add_note(f"while the defaults of {state.__qualname__} were looked at")
                raise
        self.runtime.add_page_text(
            "/_statelink/client.js", "text/javascript; charset=utf-8", client_script()
        )
        for page in pages:
            self._pages[page.add_to(self.runtime)] = page

    def start(self, host: str, port: int) -> int:
        """Listens and serves; returns the port."""
        bound = int(self.runtime.listen(host, port))
        self.runtime.start()
        self._loop.add_reader(self.runtime.fileno(), self.runtime.drain)
        self._expire()
        self._watch_locks()
        return bound

    async def stop(self) -> None:
        """Ends handlers and sessions."""
        for timer in self._timers.values():
            timer.cancel()
        self.runtime.wind_down()
        await self._workers.close()
        self._loop.remove_reader(self.runtime.fileno())
        retry = round(self._config.retry_delay * 1000)
        # Flushing to slow clients takes up to close_timeout: the loop goes on meanwhile.
        await self._loop.run_in_executor(None, self.runtime.stop, 1012, f"retry_ms={retry}")

    def counts(self) -> dict[str, int]:
        """See App.counts."""
        return dict(self.runtime.counts())

    def make_page(self, number: int, path: str) -> tuple[int, bytes, bytes]:
        """Answers a GET of a page that is a function."""
        content = self._pages[number].content
        assert callable(content)
        body = content()
        if not isinstance(body, str):
            raise TypeError(
                f"the page {self._pages[number].route} returned a {type(body).__name__}, not HTML as a str"
            )
        return 200, HTML.encode(), body.encode()

    def _expire(self) -> None:
        self.runtime.expire()
        self._timers["expiry"] = self._loop.call_later(_EXPIRY_INTERVAL, self._expire)

    def _watch_locks(self) -> None:
        self.runtime.report_slow_locks()
        self._timers["locks"] = self._loop.call_later(
            max(0.01, self._config.slow_lock / 4), self._watch_locks
        )


class _Side:
    """What the native runtime calls; see python_side in cpp/bindings/runtime/runtime.hpp."""

    cancelled_error = asyncio.CancelledError
    deadlock_error = DeadlockError
    make_router = staticmethod(make_router)
    describe_invalid = staticmethod(describe_invalid)
    run_generator = staticmethod(run_generator)
    enter_task = staticmethod(tasks._enter_task)
    leave_task = staticmethod(tasks._leave_task)
    current_task = staticmethod(asyncio.current_task)

    def __init__(self, service: Service) -> None:
        self.take_worker = service._workers.take
        self.give_worker = service._workers.give
        self.carry_on = service._workers.carry_on
        self.make_page = service.make_page
        self._service = service

    def drain_soon(self) -> None:
        """Runs what has become ready, outside of whoever made it so."""
        service = self._service
        service._loop.call_soon(service.runtime.drain, context=service._context)

    @staticmethod
    def describe(error: BaseException) -> tuple[str, str]:
        """Code and sentence for the client whose handler raised."""
        if isinstance(error, asyncio.CancelledError):
            return "cancelled", "the handler was cancelled"
        text = f"{type(error).__name__}: {error}"[:_MESSAGE_LENGTH]
        if isinstance(error, DeadlockError):
            return "deadlock", text
        if isinstance(error, EncodeError):
            return "unencodable", text
        return "handler_error", text

    @staticmethod
    def report(handler: str, error: BaseException) -> None:
        """Logs what a handler raised."""
        if isinstance(error, asyncio.CancelledError):
            logger.info("event handler %s was cancelled", handler)
        else:
            logger.error("event handler %s raised", handler, exc_info=error)

    @staticmethod
    def report_computed(var: str, error: BaseException) -> None:
        """Logs what a personal computed var raised; it keeps its last value."""
        logger.error("computed var %s raised; it keeps its last value", var, exc_info=error)

    @staticmethod
    def report_lock(handler: str, holder: str, seconds: float, held: bool) -> None:
        """Logs a lock that was held or awaited for long."""
        if held:
            logger.warning("event handler %s has held its lock for %.1f s", handler, seconds)
        else:
            logger.warning(
                "event handler %s has waited %.1f s for a lock of %s", handler, seconds, holder
            )
