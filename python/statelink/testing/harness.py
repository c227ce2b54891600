"""A running app with clients, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from types import MappingProxyType, TracebackType
from typing import Self

from statelink.app import App
from statelink.testing.client import Client
from statelink.testing.conversation import Conversation, Identity

__all__ = ["AppHarness", "Clock", "ProtocolViolation"]

_HOST = "127.0.0.1"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ProtocolViolation(AssertionError):
    """The server did what docs/protocol.md rules out."""


class Clock:
    """The clock of an app under test: it stands still until it is told to go on.

    Attributes:
        now: seconds since the harness began.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self.now = 0.0
        app.set_clock(self.now)

    def advance(self, seconds: float) -> None:
        """Lets time pass: what is due then has been done when it returns, but for what suspends.

        Raises:
            ValueError: it would go back.
        """
        if seconds < 0:
            raise ValueError("a clock does not go back")
        self.now += seconds
        self._app.set_clock(self.now)


class AppHarness:
    """Serves an app on a free loopback port of the running asyncio loop.

    When it ends, its clients are disconnected, the app is stopped, and it raises ProtocolViolation if any client has
    seen the server break the protocol.

    Args:
        app: the app; pages are not needed.
        timeout: seconds that a call may take, and a connection.

    Attributes:
        clients: all that were connected, in order.
        clock: the app's; time stands still but for ``clock.advance(seconds)``. Sockets have their own.

    Example:
        >>> async with AppHarness(app) as harness:
        ...     alice = await harness.connect("/")
        ...     await alice.call(Counter.set_count, count=5)
        ...     assert alice.state(Counter)["count"] == 5
    """

    def __init__(self, app: App, *, timeout: float = 10) -> None:
        self.app = app
        self.timeout = timeout
        self.clients: list[Client] = []
        self.clock = Clock(app)
        self._port = 0

    @property
    def url(self) -> str:
        """Where the app is, as http://127.0.0.1:PORT."""
        return f"http://{_HOST}:{self._port}"

    @property
    def counts(self) -> dict[str, int]:
        """What the native side has counted; see App.counts."""
        return self.app.counts

    async def connect(
        self,
        path: str = "/",
        *,
        caps: Collection[str] = ("append", "storage"),
        identity: Identity | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        receive_buffer: int | None = None,
        stored: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> Client:
        """A new client.

        Args:
            path: of the page that it is on; there need not be one.
            caps: the capabilities that it offers.
            identity: to go on as this client, as a reloaded page does.
            headers: further HTTP headers of its handshake.
            receive_buffer: bytes that its socket buffers, for slow clients.
            stored: what its browser keeps for client-storage vars, by key; see `Client.storage`.
            wait: False returns when hello is said.

        Returns:
            The client, which is hydrated.

        Raises:
            ConnectionError: the server closed the socket before that.
        """
        conversation = Conversation(path, caps, identity, self.app.state_names.values(), stored)
        client = Client(
            self.url,
            conversation,
            self.app.state_names,
            headers=headers,
            receive_buffer=receive_buffer,
            timeout=self.timeout,
        )
        self.clients.append(client)
        await client.open(wait=wait)
        return client

    async def gone(self, client: Client) -> None:
        """Waits until the server knows that a client's socket is gone."""
        sockets = self.app.event_namespace.token_to_sid
        await client.until(lambda: client.client_token not in sockets, self.timeout)

    async def restart(self) -> None:
        """Stops the app and starts it again on the same port; clients can `reconnect`."""
        await self.app.stop()
        self._port = await self.app.start(_HOST, self._port)

    async def __aenter__(self) -> Self:
        self._port = await self.app.start(_HOST, 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await asyncio.gather(*(client.disconnect() for client in self.clients))
        finally:
            await self.app.stop()
        found = [
            f"{client!r}: {violation}" for client in self.clients for violation in client.violations
        ]
        if not found:
            return
        violation = ProtocolViolation("\n".join(found))
        if error is None:
            raise violation
        error.add_note(f"besides, the server broke the protocol: {violation}")
