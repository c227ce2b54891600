"""A started app: the native runtime on one asyncio loop, and what it asks of Python."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from asyncio import tasks
from collections.abc import Iterable
from typing import Any

from statelink._background import run_background_generator
from statelink._core import Background, Config, Runtime, Turn
from statelink._follow_ups import FollowUps
from statelink._generators import run_generator
from statelink._hooks import hook_of
from statelink._namespace import EventNamespace
from statelink._routes import Routes
from statelink._stored import apply_stored, storage_schema
from statelink._workers import Workers
from statelink.errors import DeadlockError, EncodeError, StateError
from statelink.event import describe_invalid, make_validator
from statelink.pages import HTML, Page, client_script
from statelink.registry import wire_names
from statelink.router import Router, make_router
from statelink.state import State, event_handlers

__all__ = ["Service"]

logger = logging.getLogger("statelink")

_LOOK_INTERVAL = 1.0  # seconds between looks at the clock
_MESSAGE_LENGTH = 1000  # characters of an error that a client is told


class Service:
    """The server of an app from its start to its stop."""

    def __init__(self, config: Config, states: Iterable[type[State]], routes: Routes) -> None:
        self.loop = asyncio.get_running_loop()
        self.config = config
        self.stopped = False
        self._context = contextvars.copy_context()  # no handler's
        self._workers = Workers(self.loop, self._context)
        self._pages: dict[int, Page] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.runtime = Runtime(config, self.loop, _Side(self))
        self.names = wire_names(states)
        self.event_namespace = EventNamespace(self.runtime)
        self.follow_ups = FollowUps(self.names)
        for state, name in self.names.items():
            handlers = [
                (
                    n,
                    h.function,
                    make_validator(h.function) if h.is_open else None,
                    h.is_open,
                    h.is_background,
                )
                for n, h in event_handlers(state).items()
            ]
            if state.__state_class__ is None:
                raise StateError(f"{state.__qualname__} is no state class to serve: subclass it")
            try:
                self.runtime.define(state.__state_class__, name, handlers)
            except BaseException as error:
                error.add_note(f"while the defaults of {state.__qualname__} were looked at")
                raise
            if state.__state_is_shared__:
                self.runtime.add_hooks(
                    state.__state_class__, hook_of(state, "on_join"), hook_of(state, "on_leave")
                )
        self.runtime.add_page_text(
            "/_statelink/client.js", "text/javascript; charset=utf-8", client_script()
        )
        self._storing: set[asyncio.Task[None]] = set()
        if schema := storage_schema(self.names):
            self.runtime.set_storage_vars(
                json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
            )
        for route in routes.all:
            if route.page is not None:
                self._pages[route.page.add_to(self.runtime)] = route.page
        self._routes = routes
        self._on_load = [
            self.follow_ups.events(f"on_load of route {route.path}", route.on_load)
            for route in routes.all
        ]

    def start(self, host: str, port: int) -> int:
        """Listens and serves; returns the port."""
        bound = int(self.runtime.listen(host, port))
        self.runtime.start()
        self.loop.add_reader(self.runtime.fileno(), self.runtime.drain)
        self._look()
        return bound

    async def stop(self) -> None:
        """Ends handlers and sessions."""
        self.stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self.runtime.wind_down()
        for task in self._storing:
            task.cancel()
        await self._workers.close()
        self.loop.remove_reader(self.runtime.fileno())
        retry = round(self.config.retry_delay * 1000)
        # Flushing to slow clients takes up to close_timeout: the loop goes on meanwhile.
        await self.loop.run_in_executor(None, self.runtime.stop, 1012, f"retry_ms={retry}")

    def counts(self) -> dict[str, int]:
        """See App.counts."""
        return dict(self.runtime.counts())

    def load_page(
        self,
        client_token: str,
        session_id: str,
        address: str,
        headers: dict[str, str],
        path: str,
    ) -> tuple[Router, list[tuple[str, dict[str, Any]]]]:
        """What handlers see as self.router of a client that said hello, and its page's on_load handlers."""
        number, page = self._routes.find(path)
        made = make_router(client_token, session_id, address, headers, page)
        return made, [] if number is None else self._on_load[number]

    def change_page(
        self, old: Router, path: str
    ) -> tuple[Router, list[tuple[str, dict[str, Any]]]]:
        """The same for a client that goes to another page."""
        number, page = self._routes.find(path)
        return old.at(page), [] if number is None else self._on_load[number]

    def apply_stored(
        self, client: int, wait: int, client_token: str, values: str, first: bool
    ) -> None:
        """Takes over what a browser keeps; then, where it is the first after a hello, lets its page load."""
        task = self.loop.create_task(
            self._apply_stored(client, wait, client_token, values, first), context=self._context
        )
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _apply_stored(
        self, client: int, wait: int, client_token: str, values: str, first: bool
    ) -> None:
        try:
            await apply_stored(
                self.runtime, self.names, client_token, json.loads(values), reset=first
            )
        except Exception:
            logger.exception("what the browser of client %s keeps was not taken over", client_token)
        finally:
            self.runtime.end_wait_for_stored(client, wait)

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

    def set_clock(self, seconds: float | None) -> None:
        """See App.set_clock."""
        self.runtime.set_clock(None if seconds is None else round(seconds * 1e9))

    def look_at_the_clock(self) -> None:
        """Does what is due: clients leave their rooms, clients and rooms end, slow locks are logged."""
        self._context.run(self.runtime.look_at_the_clock)

    def _look(self) -> None:
        self.look_at_the_clock()
        interval = min(_LOOK_INTERVAL, max(0.01, self.config.slow_lock / 4))
        self._timer = self.loop.call_later(interval, self._look)


class _Side:
    """What the native runtime calls; see python_side in cpp/bindings/runtime/runtime.hpp."""

    cancelled_error = asyncio.CancelledError
    deadlock_error = DeadlockError
    describe_invalid = staticmethod(describe_invalid)
    run_generator = staticmethod(run_generator)
    run_background_generator = staticmethod(run_background_generator)
    enter_task = staticmethod(tasks._enter_task)
    leave_task = staticmethod(tasks._leave_task)
    current_task = staticmethod(asyncio.current_task)

    def __init__(self, service: Service) -> None:
        self.take_worker = service._workers.take
        self.give_worker = service._workers.give
        self.carry_on = service._workers.carry_on
        self.make_page = service.make_page
        self.load_page = service.load_page
        self.change_page = service.change_page
        self.apply_stored = service.apply_stored
        self._service = service

    def read_follow_ups(
        self, turn: Turn | Background, value: Any
    ) -> list[tuple[str, dict[str, Any]] | str]:
        """What follows a handler that returned or yielded `value`."""
        return self._service.follow_ups.read(turn, value)

    def drain_soon(self) -> None:
        """Runs what has become ready, outside of whoever made it so."""
        service = self._service
        service.loop.call_soon(service.runtime.drain, context=service._context)

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
