"""A client over a real WebSocket, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from statelink._follow_ups import wire_name
from statelink.errors import EventError
from statelink.event import EventHandler
from statelink.state import State, event_handlers
from statelink.testing.calls import Call
from statelink.testing.conversation import Conversation, Identity
from statelink.testing.frames import Frame
from statelink.testing.held import Instance

try:
    from websockets.asyncio.client import ClientConnection, connect
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol
except ImportError as error:
    raise ImportError(
        "statelink.testing needs the package websockets: pip install 'statelink[testing]'"
    ) from error

__all__ = ["Client", "event_name"]

T = TypeVar("T")

_LOOK_AGAIN = 0.01  # seconds at most between two looks at a condition
_DROPPED = 1006  # what a browser says of a connection that was lost
_LEAVES = 1001


class Client:
    """A client of an app; `AppHarness.connect` makes it.

    Attributes:
        frames: every frame received, parsed, over all connections.
        close_code: of the last connection, once it is closed.
        close_reason: likewise.
        timeout: seconds that a call may take, and a connection.
    """

    def __init__(
        self,
        url: str,
        conversation: Conversation,
        names: Mapping[type[State], str],
        *,
        headers: Mapping[str, str],
        receive_buffer: int | None,
        timeout: float,
    ) -> None:
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self.timeout = timeout
        self._url = url
        self._conversation = conversation
        self._names = names
        self._headers = headers
        self._receive_buffer = receive_buffer
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._heard: dict[str, int] = {}  # by name, how many emits were waited for

    # --- what it sees -------------------------------------------------------------------------------------------------

    def state(self, state: type[State] | str) -> dict[str, Any]:
        """The values of a state that this client holds; not to be changed.

        Raises:
            LookupError: the client holds none, or the app does not serve the state.
        """
        name = self._name(state)
        values = self._conversation.held.values(name)
        if values is None:
            raise LookupError(f"this client holds no values of {name}")
        return values

    def instance(self, state: type[State] | str) -> Instance:
        """The instance of a state that this client sees: its `number` and `revision`."""
        found = self._conversation.held.instance(self._name(state))
        if found is None:
            raise LookupError(f"this client holds no instance of {self._name(state)}")
        return found

    @property
    def client_token(self) -> str:
        """The identity that the server gave it, the newest if there were several."""
        return self._conversation.identities[-1]

    @property
    def identity(self) -> Identity | None:
        """With its secret; `AppHarness.connect(identity=...)` goes on with it, as a reloaded page does."""
        return self._conversation.identity

    @property
    def resumed(self) -> bool:
        """Whether the last connection went on with the client's identity, values and links."""
        return self._conversation.resumed

    @property
    def storage(self) -> dict[str, str]:
        """What its browser keeps, by key: the values of client-storage vars. See `store`."""
        return self._conversation.storage

    @property
    def hydrated(self) -> bool:
        """Whether everything that its page shows was introduced on this socket."""
        return self._conversation.hydrated

    @property
    def connected(self) -> bool:
        """Whether its socket is open."""
        return self._socket is not None

    @property
    def violations(self) -> list[str]:
        """Sentences about what the server did against docs/protocol.md; AppHarness raises on them when it ends."""
        return self._conversation.violations

    async def until(self, predicate: Callable[[], T], timeout: float = 2) -> T:
        """Waits for a condition; looks again after each frame, and at least every 10 ms.

        Args:
            predicate: the condition.
            timeout: seconds.

        Returns:
            What the predicate returned, which is true.

        Raises:
            TimeoutError: it did not come true; the message shows the client's values.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (found := predicate()):
            left = deadline - loop.time()
            if left <= 0:
                raise TimeoutError(f"waited {timeout:g} s in vain; {self._describe()}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, _LOOK_AGAIN))
        return found

    @property
    def emitted(self) -> list[tuple[str, Any]]:
        """What handlers emitted to the page (`statelink.emit`), as names and payloads, in order."""
        return self._conversation.emitted

    @property
    def redirects(self) -> list[Frame]:
        """The redirects that handlers sent, in order: `redirect`, `external`, `replace`."""
        return self._conversation.redirects

    @property
    def reported(self) -> list[EventError]:
        """Failures that answer no call: of follow-ups, of background handlers."""
        return self._conversation.reported

    async def next_emitted(self, name: str, timeout: float = 2) -> Any:
        """Waits for what is emitted under a name, each once, in order.

        Args:
            name: the name.
            timeout: seconds.

        Returns:
            The payload.

        Raises:
            TimeoutError: nothing more came.
        """
        seen = self._heard.get(name, 0)
        payloads = await self.until(
            lambda: [payload for n, payload in self.emitted if n == name][seen:], timeout
        )
        self._heard[name] = seen + 1
        return payloads[0]

    # --- what it does -------------------------------------------------------------------------------------------------

    async def call(
        self, handler: EventHandler[..., Any] | Callable[..., Any] | str, /, **arguments: Any
    ) -> None:
        """Calls an event handler; returns when it was acknowledged and what it changed is in the values.

        Args:
            handler: as `Counter.set_count`, or its name on the wire.
            arguments: by name; anything that JSON has.

        Raises:
            EventError: the server answered with an error, or closed the connection for good.
            TimeoutError: no answer came within `timeout` seconds.
            LookupError: the app serves no such handler.
        """
        answer = await self.send_event(handler, **arguments)
        try:
            await asyncio.wait_for(answer, self.timeout)
        except TimeoutError:
            name = event_name(self._names, handler)
            raise TimeoutError(
                f"{name} was not answered within {self.timeout:g} s; {self._describe()}"
            ) from None

    async def send_event(
        self, handler: EventHandler[..., Any] | Callable[..., Any] | str, /, **arguments: Any
    ) -> Awaitable[None]:
        """Like `call`, but returns when the event is sent, with a future of its answer."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(error: EventError | None) -> None:
            if answer.done():
                return  # the test waits no longer
            if error is None:
                answer.set_result(None)
            else:
                answer.set_exception(error)
                answer.exception()  # a test may look at the frames instead

        call = Call(event_name(self._names, handler), arguments, settle)
        await self.send_raw(*self._conversation.call(call))
        return answer

    async def send_raw(self, *texts: str) -> None:
        """Sends messages as they are; nothing where the socket is closed.

        Calls under way are then sent by `reconnect`.
        """
        if self._socket is None:
            return
        with contextlib.suppress(ConnectionClosed):
            for text in texts:
                await self._socket.send(text)

    async def navigate(self, path: str) -> None:
        """Goes to another page without a reload; returns when that has loaded: its on_load handlers have run.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
            ConnectionError: the socket was closed before.
        """
        await self.send_page(path)
        await self._until_hydrated()

    async def send_page(self, path: str) -> None:
        """Like `navigate`, but returns when it is said."""
        await self.send_raw(*self._conversation.navigate(path))

    async def store(self, key: str, value: str) -> None:
        """Another tab of its browser has changed what is kept: the server is told, where it wants to know."""
        await self.send_raw(*self._conversation.store(key, value))

    async def resync(self, state: type[State] | str) -> None:
        """Asks for a snapshot of a state, as a client that met a gap does; it comes later."""
        await self.send_raw(json.dumps({"resync": [self.instance(state).number]}))

    async def ping(self) -> float:
        """Sends a WebSocket ping; returns the seconds until its pong."""
        return await asyncio.wait_for(await self._open_socket().ping(), self.timeout)

    def pause_reading(self) -> None:
        """Leaves what arrives in the socket, as a client that is too slow does."""
        self._open_socket().transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads again."""
        self._open_socket().transport.resume_reading()

    async def disconnect(self) -> None:
        """Closes the socket, as a page that is left does. The server keeps the client for a while: see `reconnect`."""
        if self._socket is not None:
            self._socket.transport.resume_reading()
            await self._socket.close(_LEAVES)
        await self._wait_closed()

    async def drop(self) -> None:
        """Cuts the connection, as a network does: no goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()
        await self._wait_closed()

    async def reconnect(self) -> None:
        """Connects again and resumes: the same client, values and links, and once what it missed.

        Returns when hydrated. Calls that were not answered are answered now. `resumed` is false where the server
        forgot the client.
        """
        await self.drop()
        await self.open()

    async def open(self, *, wait: bool = True) -> None:
        """Connects; returns when hydrated.

        Args:
            wait: False returns when hello is said.

        Raises:
            ConnectionError: the server closed the socket before that; the message has the code and reason.
        """
        loop = asyncio.get_running_loop()
        host, _, port = self._url.removeprefix("http://").rpartition(":")
        endpoint = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            endpoint.setblocking(False)
            if self._receive_buffer is not None:
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
            await loop.sock_connect(endpoint, (host.strip("[]"), int(port)))
            self._socket = await connect(
                f"ws{self._url.removeprefix('http')}/_statelink/ws",
                sock=endpoint,  # which also keeps proxies out
                subprotocols=[Subprotocol("statelink.v1.json")],
                additional_headers=dict(self._headers),
                compression=None,
                ping_interval=None,
                max_size=None,
                max_queue=None,
                open_timeout=self.timeout,
            )
        except BaseException:
            endpoint.close()
            raise
        self.close_code, self.close_reason = None, ""
        hello = self._conversation.opened()
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.send_raw(*hello)
        if wait:
            await self._until_hydrated()

    async def _until_hydrated(self) -> None:
        await self.until(lambda: self._conversation.hydrated or not self.connected, self.timeout)
        if not self._conversation.hydrated:
            raise ConnectionError(
                f"the server closed the connection: {self.close_code} {self.close_reason}"
            )

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _read(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                frame, sends = self._conversation.received(await connection.recv())
                self.frames.append(frame)
                self._tell()
                for text in sends:
                    await connection.send(text)
        await connection.wait_closed()
        self._socket = None
        self.close_code = connection.close_code or _DROPPED
        self.close_reason = connection.close_reason or ""
        # The server only echoes the code of a client that leaves.
        sent_first = connection.protocol.close_rcvd_then_sent is False
        self._conversation.lost(_DROPPED if sent_first else self.close_code, self.close_reason)
        self._tell()

    async def _wait_closed(self) -> None:
        if self._reader is not None:
            await self._reader

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise ConnectionError(f"this client is not connected; {self._describe()}")
        return self._socket

    def _name(self, state: type[State] | str) -> str:
        if isinstance(state, str):
            return state
        if state not in self._names:
            raise LookupError(
                f"the app does not serve {state.__qualname__}: define it before the app starts"
            )
        return self._names[state]

    def _describe(self) -> str:
        values = json.dumps(self._conversation.held.all_values(), indent=2, ensure_ascii=False)
        where = (
            "is connected"
            if self.connected
            else f"is closed ({self.close_code} {self.close_reason})".rstrip()
        )
        wrong = "".join(f"\n  violation: {v}" for v in self.violations)
        return f"the client {where} and holds {values}{wrong}"

    def __repr__(self) -> str:
        tokens = self._conversation.identities
        return f"<Client {tokens[-1] if tokens else 'without identity'}, {len(self.frames)} frames>"


def event_name(
    names: Mapping[type[State], str],
    handler: EventHandler[..., Any] | Callable[..., Any] | str,
) -> str:
    """The name on the wire of an event handler.

    Args:
        names: the served state classes and their names.
        handler: a handler of one of them; or its name, which is returned as it is.

    Raises:
        LookupError: none of them has it as an event handler, or several inherit it.
    """
    if isinstance(handler, str):
        return handler
    function: object = handler
    if isinstance(handler, EventHandler):
        if handler.owner in names:
            return wire_name(names, handler)
        function = handler.function  # of a class that is no state: a mixin
    found = {
        f"{names[cls]}.{name}": name in vars(cls)
        for cls in names
        for name, known in event_handlers(cls).items()
        if known.function is function
    }
    defining = [name for name, own in found.items() if own] or list(found)
    if len(defining) == 1:
        return defining[0]
    if not found:
        raise LookupError(
            f"the app serves no state with the event handler {handler!r}: is it decorated with @event?"
        )
    raise LookupError(
        f"several states have this event handler: write one of {', '.join(map(repr, found))}"
    )
