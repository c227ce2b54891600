"""The native half of statelink; use the package statelink."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from statelink.router import Router

class EncodeError(ValueError):
    """A value cannot be sent: the message has its path and type."""

class UnseenChangeError(RuntimeError):
    """Debug mode found a change that tracking could not see: the message has its path."""

class NeedsClient(BaseException):
    """A shared computed var touched what only a client has."""

class TrackedList(list[Any]):
    """A list in a var: notes its changes."""

class TrackedDict(dict[Any, Any]):
    """A dict in a var: notes its changes."""

class TrackedSet(set[Any]):
    """A set in a var: notes its changes."""

def encode(value: object) -> bytes:
    """The JSON text of a value, as it travels. Raises EncodeError."""

def register_serializer(type: type, function: Callable[[Any], Any]) -> None:
    """Encodes instances of a type, and of its subclasses, as what the function returns."""

def set_debug(on: bool) -> None:
    """Compares at each commit with what tracking saw; a difference raises UnseenChangeError. Slow."""

class StateClass:
    """What the native side knows of a state class."""

    def __init__(
        self,
        type: type,
        name: str,
        shared: bool,
        parent: StateClass | None,
        base_vars: list[tuple[str, bool, Any]],
        computed_vars: list[tuple[str, bool, bool, Callable[[Any], Any]]],
    ) -> None: ...
    @property
    def depth(self) -> int:
        """Place of its store in a view."""
    @property
    def name(self) -> str:
        """The class's qualified name."""

class Turn:
    """One handler run, from its locks to its commit."""

    @property
    def handler(self) -> str:
        """The event handler, as state and name."""
    @property
    def over(self) -> bool:
        """Whether it has ended."""
    def view(self, state: type, /) -> Any:
        """The view of a state, or a future to await before asking again."""
    def link(self, state: type, token: str, /) -> Any:
        """Links; the view, or a future to await before asking again."""
    def unlink(self, state: type, /) -> Any:
        """Unlinks; None, or a future to await before asking again."""
    def stop_waiting(self, future: Any, /) -> None:
        """The wait for a lock was cancelled."""
    def pause(self) -> None:
        """Commits, and gives the locks back until `go_on` (a `yield`)."""
    def go_on(self) -> Any:
        """None when the turn has its locks again, else a future to await before asking again."""
    def requested(self) -> None:
        """A link or unlink was asked for and must be awaited."""
    def awaited(self) -> None:
        """It was."""
    def finish(self, result: Any, error: BaseException | None, /) -> None:
        """A handler that had suspended is over."""

class ReadLater(BaseException):
    """What a computed var reads is being changed: it runs again afterwards."""

class Reading:
    """One run of a personal computed var."""

    def view(self, state: type, /) -> Any:
        """The client's view of a state, with committed values."""
    def send(self, coroutine: Coroutine[Any, Any, Any], value: Any, /) -> Any:
        """A later step of a run that had suspended."""
    def throw(self, coroutine: Coroutine[Any, Any, Any], error: BaseException, /) -> Any:
        """The same with an exception."""
    def finish(self, result: Any, error: BaseException | None, /) -> None:
        """A run that had suspended is over."""
    def stop_waiting(self, future: Any, /) -> None:
        """It waits for nothing."""

class View:
    """What a handler calls self: a client, a state class, a turn."""

    @property
    def router(self) -> Router:
        """The triggering client."""
    @property
    def _turn(self) -> Turn: ...
    @property
    def _linked_to(self) -> str: ...
    @property
    def _linked_from(self) -> set[str]: ...

class BaseVar:
    """Descriptor of a base var."""

    def __init__(
        self, name: str, types: tuple[type, ...] | None, annotation: str, depth: int, slot: int, /
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def annotation(self) -> str: ...

class ComputedVar:
    """Descriptor of a computed var."""

    def __init__(self, name: str, definition: Any, depth: int, index: int, /) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def definition(self) -> Any: ...

class Config:
    """Limits and times of a server; docs/configuration.md. Times in seconds, sizes in bytes."""

    ring_frames: int
    ring_bytes: int
    send_bytes: int
    sends_per_slice: int
    kernel_unsent_bytes: int
    outbox_bytes: int
    message_bytes: int
    message_depth: int
    queued_events: int
    events_per_second: int
    connections: int
    http_head_bytes: int
    allowed_origins: list[str]
    kept_errors: int
    link_token_bytes: int
    http_timeout: float
    hello_timeout: float
    ping_interval: float
    ping_timeout: float
    close_timeout: float
    client_expiry: float
    slow_lock: float
    hand_over_interval: float
    retry_delay: float
    def __init__(self) -> None: ...

class Runtime:
    """The native half of a started app."""

    def __init__(self, config: Config, loop: Any, side: Any) -> None: ...
    def define(
        self,
        cls: StateClass,
        name: str,
        handlers: list[tuple[str, Callable[..., Any], Callable[[bytes], dict[str, Any]] | None]],
    ) -> None: ...
    def add_page_text(self, route: str, content_type: str, body: str) -> int: ...
    def add_page_file(self, route: str, path: Path) -> int: ...
    def add_page_function(self, route: str) -> int: ...
    def listen(self, host: str, port: int) -> int: ...
    def start(self) -> None: ...
    def fileno(self) -> int: ...
    def drain(self) -> None: ...
    def expire(self) -> None: ...
    def report_slow_locks(self) -> None: ...
    def wind_down(self) -> None: ...
    def stop(self, code: int, reason: str) -> None: ...
    def counts(self) -> dict[str, int]: ...
