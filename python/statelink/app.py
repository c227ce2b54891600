"""``App``: serves states and pages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from statelink._core import Config
from statelink._namespace import EventNamespace
from statelink._outside import Modification
from statelink._routes import OnLoad, Routes
from statelink._service import Service
from statelink.pages import Page
from statelink.registry import defined_states, with_parents
from statelink.state import State

__all__ = ["App"]

S = TypeVar("S", bound=State)


class App:
    """An app: the states and pages that one server serves.

    It serves every State subclass that is defined when it starts, or just `states` and those that they inherit from.
    Several apps may live one after another in a process.

    Args:
        states: the state classes to serve; None for all that are defined.
        config: limits and times; docs/configuration.md.

    Example:
        >>> app = App()
        >>> app.add_page(lambda: "<h1>Hello</h1>", route="/")
    """

    def __init__(
        self, *, states: Iterable[type[State]] | None = None, config: Config | None = None
    ) -> None:
        self.config = config or Config()
        self._states = None if states is None else list(states)
        self._routes = Routes()
        self._service: Service | None = None
        self._clock: float | None = None

    def add_page(
        self,
        page: str | os.PathLike[str] | Callable[[], str],
        route: str = "/",
        *,
        on_load: OnLoad = None,
    ) -> None:
        """Serves a page.

        `route` is a path. `[name]` stands for one segment, `[[name]]` at the end for one or none, `[...name]` at the
        end for one or more, `[[...name]]` at the end for any number. Where several routes fit a path, the most literal
        one counts. What a path has for a name is an attribute of every state: on pages of "/room/[room_id]" handlers
        read ``self.room_id``.

        Args:
            page: path to an HTML file or to a folder (its files, and its index.html), or a function that returns HTML.
            route: path at which it is served.
            on_load: an event handler, or a list of them, that run when a client loads or navigates to the page, before
                it is told that everything is there. A public method of a state; it needs no `@event`, and clients
                cannot call it then. May have arguments, as in ``Room.enter("lobby")``.

        Raises:
            ValueError: the route is malformed, or fits the same paths as another one.
            TypeError: `page` or `on_load` is something else.
            FileNotFoundError: there is no such file or folder.
            RuntimeError: the app is running.

        Example:
            >>> app = App()
            >>> app.add_page(lambda: "<h1>Room</h1>", route="/room/[room_id]")
        """
        if self._service is not None:
            raise RuntimeError("pages are added before the app starts")
        self._routes.add(Page.make(page, route), route, on_load)

    def add_route(
        self,
        page: str | os.PathLike[str] | Callable[[], str] | None,
        path: str,
        *,
        on_load: OnLoad = None,
    ) -> None:
        """The same as `add_page`; the slash at the beginning of the path may be left out.

        Args:
            page: None: the page is served elsewhere, and this route is for its `on_load` and its arguments.
            path: see `add_page`.
            on_load: see `add_page`.
        """
        route = path if path.startswith("/") else f"/{path}"
        if page is not None:
            return self.add_page(page, route, on_load=on_load)
        if self._service is not None:
            raise RuntimeError("routes are added before the app starts")
        self._routes.add(None, route, on_load)

    async def start(self, host: str = "127.0.0.1", port: int = 8000) -> int:
        """Starts to serve on the running asyncio loop.

        Args:
            host: address or name to listen on.
            port: 0 takes a free one.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be listened on.
            RuntimeError: the app is running.
        """
        if self._service is not None:
            raise RuntimeError("this app is running already")
        states = defined_states() if self._states is None else with_parents(self._states)
        self._routes.show(states)
        try:
            service = Service(self.config, states, self._routes)
            service.set_clock(self._clock)
            bound = service.start(host, port)
        except BaseException:
            self._routes.hide()
            raise
        self._service = service
        return bound

    async def stop(self) -> None:
        """Stops to serve: handlers that run are cancelled, clients are told to reconnect (close code 1012)."""
        service, self._service = self._service, None
        if service is not None:
            try:
                await service.stop()
            finally:
                self._routes.hide()

    def modify_state(self, state: type[S], token: str) -> AbstractAsyncContextManager[S]:
        """Changes a room with no client involved: from an API route, a cron job.

        ``async with app.modify_state(Room, "lobby") as room:`` waits for the room's lock; at its end
        what has changed is committed and reaches every linked client, where it raises it is undone.
        The room is made where there is none. A client's token means that client's own instance, also
        of a plain State. There is no router here, no `get_state` and no link.

        Args:
            state: a state class of this app.
            token: link token, or client token.

        Raises:
            RuntimeError: the app is not running; another loop than the app's; the handler that runs
                here has the lock itself.
            LookupError: the app does not serve the state; a plain State, and no client has the token.
            ValueError: an empty or too long token.
            DeadlockError: waiting for the lock would close a cycle.
        """
        return Modification(self._running(), state, token)

    @property
    def event_namespace(self) -> EventNamespace:
        """The app's open sockets: ``app.event_namespace.token_to_sid``.

        Raises:
            RuntimeError: the app is not running.
        """
        return self._running().event_namespace

    def set_clock(self, seconds: float | None) -> None:
        """Sets the clock of all that is decided by time, and does what is due by it.

        Expiry, leaving after `link_grace`, slow locks and the intervals of computed vars go by it.
        For tests: `statelink.testing.AppHarness` does it.

        Args:
            seconds: any number that does not go back; None for the steady clock that an app has
                else.
        """
        self._clock = seconds
        if self._service is not None:
            self._service.set_clock(seconds)
            self._service.look_at_the_clock()

    def _running(self) -> Service:
        if self._service is None:
            raise RuntimeError("this app is not running")
        return self._service

    @property
    def state_names(self) -> dict[type[State], str]:
        """The state classes that are served, and their names on the wire.

        Raises:
            RuntimeError: the app is not running.
        """
        return dict(self._running().names)

    @property
    def counts(self) -> dict[str, int]:
        """What the native side has counted: events, turns, sends, encodes; for tests and the operator.

        Raises:
            RuntimeError: the app is not running.
        """
        return self._running().counts()

    def run(self, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Serves until interrupted (Ctrl-C, SIGTERM).

        Args:
            host: address or name to listen on.
            port: 0 takes a free one.
        """
        asyncio.run(self._run(host, port))

    async def _run(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        interrupted = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(name, interrupted.set)
        bound = await self.start(host, port)
        shown = f"[{host}]" if ":" in host else host
        print(f"statelink serves http://{shown}:{bound} (Ctrl-C ends)", flush=True)
        try:
            await interrupted.wait()
        finally:
            await self.stop()
            print("statelink has stopped", file=sys.stderr, flush=True)

    def __repr__(self) -> str:
        running: Any = "running" if self._service else "not running"
        return f"<App, {len(self._routes.all)} pages, {running}>"
