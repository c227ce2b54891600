"""``App``: serves states and pages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

from statelink._core import Config
from statelink._service import Service
from statelink.pages import Page
from statelink.registry import defined_states, with_parents
from statelink.state import State

__all__ = ["App"]


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
        self._pages: list[Page] = []
        self._service: Service | None = None

    def add_page(self, page: str | os.PathLike[str] | Callable[[], str], route: str = "/") -> None:
        """Serves a page.

        Args:
            page: path to an HTML file or to a folder (its files, and its index.html), or a function that returns HTML.
            route: path at which it is served; `[name]` stands for any one segment.

        Raises:
            ValueError: the route does not begin with a slash.
            FileNotFoundError: there is no such file or folder.
        """
        self._pages.append(Page.make(page, route))

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
        service = Service(self.config, states, self._pages)
        bound = service.start(host, port)
        self._service = service
        return bound

    async def stop(self) -> None:
        """Stops to serve: handlers that run are cancelled, clients are told to reconnect (close code 1012)."""
        service, self._service = self._service, None
        if service is not None:
            await service.stop()

    @property
    def state_names(self) -> dict[type[State], str]:
        """The state classes that are served, and their names on the wire.

        Raises:
            RuntimeError: the app is not running.
        """
        if self._service is None:
            raise RuntimeError("this app is not running")
        return dict(self._service.names)

    @property
    def counts(self) -> dict[str, int]:
        """What the native side has counted: events, turns, sends, encodes; for tests and the operator.

        Raises:
            RuntimeError: the app is not running.
        """
        if self._service is None:
            raise RuntimeError("this app is not running")
        return self._service.counts()

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
        return f"<App, {len(self._pages)} pages, {running}>"
