"""The native half of statelink; use the package statelink."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

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
        computed_vars: list[tuple[str, bool, bool, Callable[[Any], Any], dict[str, Any]]],
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
    def may_link(self, state: type, token: str, /) -> Any:
        """Takes the locks that `link` needs; whether it would change anything, or a future."""
    def may_unlink(self, state: type, /) -> Any:
        """The same for `unlink`."""
    def is_joined(self, state: type, /) -> bool:
        """Whether the client is linked and not away."""
    def begin_hooks(self, state: type, /) -> None:
        """Nobody else in this turn links the state until `end_hooks`. Raises RuntimeError where somebody does."""
    def end_hooks(self, state: type, /) -> None: ...
    def hook_failed(self, error: BaseException, /) -> None:
        """The turn cannot succeed any more."""
    def enter_room(self, state: type, token: str, /) -> Any:
        """The view of a token's room, which has no client; or a future to await before asking again."""
    def stop_waiting(self, future: Any, /) -> None:
        """The wait for a lock was cancelled."""
    def pause(self) -> None:
        """Commits, and gives the locks back until `go_on` (a `yield`)."""
    def go_on(self) -> Any:
        """None when the turn has its locks again, else a future to await before asking again."""
    def follow_up(self, value: Any, /) -> None:
        """What the handler yielded: it follows when the turn has committed."""
    def enter(self, state: type, /) -> Any:
        """The view of a state, under the client's lock and its own; or a future to await before asking again."""
    def close(self, error: BaseException | None, /) -> None:
        """Ends a turn that no event began: commits it, or undoes it where there is an error."""
    def requested(self) -> None:
        """A link or unlink was asked for and must be awaited."""
    def awaited(self) -> None:
        """It was."""
    def finish(self, result: Any, error: BaseException | None, /) -> None:
        """A handler that had suspended is over."""

class Background:
    """One run of a background handler."""

    @property
    def handler(self) -> str:
        """The event handler, as state and name."""
    def open(self) -> Turn:
        """Begins a block: a turn that has no locks yet."""
    def close(self, error: BaseException | None, /) -> None:
        """Ends the block: commits it, or undoes it where there is an error."""
    def view(self, state: type, /) -> Any:
        """The client's view of a state, for outside of blocks and for a block of its own."""
    def follow_up(self, value: Any, /) -> None:
        """What the handler yielded: it follows at once, within a block when that has committed."""
    def requested(self) -> NoReturn:
        """Raises: links are changed inside of a block."""
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
    def _background(self) -> Background:
        """Of a background handler. Raises elsewhere."""
    @property
    def _linked_to(self) -> str: ...
    @property
    def _linked_from(self) -> set[str]: ...

class BaseVar:
    """Descriptor of a base var."""

    def __init__(
        self,
        name: str,
        types: tuple[type, ...] | None,
        annotation: str,
        owner: type,
        depth: int,
        slot: int,
        /,
    ) -> None: ...
    def __get__(self, view: Any, owner: type | None = None, /) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> type[Any]:
        """The state class whose var it is."""
    @property
    def annotation(self) -> str: ...
    def reset(self, view: View, /) -> None:
        """Gives it a fresh copy of the default."""

class ComputedVar:
    """Descriptor of a computed var."""

    def __init__(
        self, name: str, definition: Any, owner: type, depth: int, index: int, /
    ) -> None: ...
    def __get__(self, view: Any, owner: type | None = None, /) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> type[Any]:
        """The state class whose var it is."""
    @property
    def definition(self) -> Any: ...

class StorageVar:
    """Descriptor of a client-storage var: its value is in the client's own instance."""

    def __init__(
        self, name: str, definition: Any, owner: type, depth: int, slot: int, /
    ) -> None: ...
    def __get__(self, view: Any, owner: type | None = None, /) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> type[Any]:
        """The state class whose var it is."""
    @property
    def definition(self) -> Any: ...
    def reset(self, view: View, /) -> None:
        """Gives it the default; nothing where the view has no client."""
    def store(self, turn: Turn, value: str, /) -> Any:
        """Sets it for the turn's client; None, or a future to await before asking again."""

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
    link_grace: float
    room_expiry: float
    slow_lock: float
    hand_over_interval: float
    retry_delay: float
    def __init__(self) -> None: ...

class PageTable:
    """Which route a path means; a page's number is what was given with its route."""

    def __init__(self) -> None: ...
    def add(self, route: str, page: int, prefix: bool) -> None:
        """Raises ValueError where the route is malformed, or fits the same paths as another."""
    def find(self, path: str) -> tuple[int, dict[str, str | list[str]]] | None:
        """The page of a path, and the arguments that the path has for its route."""

class Runtime:
    """The native half of a started app."""

    def __init__(self, config: Config, loop: Any, side: Any) -> None: ...
    def define(
        self,
        cls: StateClass,
        name: str,
        handlers: list[
            tuple[str, Callable[..., Any], Callable[[bytes], dict[str, Any]] | None, bool, bool]
        ],
    ) -> None: ...
    def open_turn(self, client_token: str | None, handler: str) -> Turn:
        """Begins a turn that no event began. Raises KeyError where there is no such client."""
    def add_page_text(self, route: str, content_type: str, body: str) -> int: ...
    def add_page_file(self, route: str, path: Path) -> int: ...
    def add_page_function(self, route: str) -> int: ...
    def set_storage_vars(self, json: str) -> None: ...
    def end_wait_for_stored(self, client: int, wait: int) -> None: ...
    def listen(self, host: str, port: int) -> int: ...
    def start(self) -> None: ...
    def fileno(self) -> int: ...
    def drain(self) -> None: ...
    def look_at_the_clock(self) -> None:
        """Does what is due: clients leave, clients and rooms end, slow locks are logged."""
    def set_clock(self, nanoseconds: int | None) -> None:
        """Sets the clock of all that is decided by time; None: a steady one."""
    def add_hooks(
        self,
        cls: StateClass,
        on_join: Callable[[Any], Any] | None,
        on_leave: Callable[[Any], Any] | None,
    ) -> None: ...
    def session_id(self, client_token: str) -> str | None:
        """Of the client's open socket."""
    def connected(self) -> list[str]:
        """The client tokens of those that have an open socket."""
    def report_slow_locks(self) -> None: ...
    def wind_down(self) -> None: ...
    def stop(self, code: int, reason: str) -> None: ...
    def counts(self) -> dict[str, int]: ...
