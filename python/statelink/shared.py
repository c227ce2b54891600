"""``SharedState``: a state that several clients can be linked to."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from statelink._core import View
from statelink._hooks import check_hooks, run_hook
from statelink._locks import wait_for_lock
from statelink.state import State

__all__ = ["SharedState"]

T = TypeVar("T")
S = TypeVar("S", bound="SharedState")


class LinkRequest(Generic[T]):
    """What `_link_to` and `_unlink` return: does its work when awaited, and must be."""

    __slots__ = ("_args", "_turn", "_verb")

    def __init__(self, turn: Any, verb: str, *args: Any) -> None:
        self._turn = turn
        self._verb = verb
        self._args = args
        turn.requested()

    def __await__(self) -> Generator[Any, None, T]:
        self._turn.awaited()
        return self._do().__await__()

    async def _do(self) -> T:
        turn, cls = self._turn, self._args[0]
        if not cls.__has_hooks__:
            return cast("T", await self._ask(self._verb))
        turn.begin_hooks(cls)
        try:
            # All locks first: nobody comes between the hooks and the link.
            changes = await self._ask(f"may_{self._verb}")
            if changes and turn.is_joined(cls):
                await run_hook(turn, turn.view(cls), "on_leave")
            done = await self._ask(self._verb)
            if changes and self._verb == "link":
                await run_hook(turn, done, "on_join")
        finally:
            turn.end_hooks(cls)
        return cast("T", done)

    async def _ask(self, verb: str) -> Any:
        # Each answer that is no result is a lock to wait for; then what it means to link is looked at afresh.
        ask = getattr(self._turn, verb)
        while not isinstance(done := ask(*self._args), View | bool | None):
            await wait_for_lock(self._turn, done)
        return done


class SharedState(State, _shared_root=True):
    """A state that is private to each client until a handler awaits ``self._link_to(token)``.

    From then on the client sees and changes the one instance of that token, together with every
    other client that is linked to it; each change reaches all of them. Its own values stay as
    they are and come back when it unlinks.

    Two methods may be defined, plain or ``async``, that run as the client and under the lock of
    what it joins or leaves: ``on_join`` after a link, ``on_leave`` before it ends. Where one raises,
    the event fails and the link is as it was. A client whose socket has been gone for
    ``Config.link_grace`` leaves, too, and joins again when it comes back.

    Example:
        >>> class Counter(SharedState):
        ...     count: int = 0
        ...
        ...     @event
        ...     async def join(self) -> None:
        ...         shared = await self._link_to("lobby")
        ...         shared.count += 1
    """

    __slots__ = ()
    __has_hooks__: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        check_hooks(cls)
        cls.__has_hooks__ = hasattr(cls, "on_join") or hasattr(cls, "on_leave")
        super().__init_subclass__(**options)

    if TYPE_CHECKING:

        @property
        def _linked_to(self) -> str:
            """The token that this state is linked to, or an empty string."""

        @property
        def _linked_from(self) -> set[str]:
            """The tokens of the clients that are linked to this instance now and are not away."""

    def _link_to(self: S, token: str) -> LinkRequest[S]:
        """Links the client's state to the instance of a token. To be awaited.

        A client that is linked elsewhere leaves there first. Waits for the instance's lock.

        Args:
            token: any non-empty text of at most 512 bytes as UTF-8.

        Returns:
            The linked view, which is also what `self` is from now on.

        Raises:
            ValueError: an empty or too long token, or the client's own.
            DeadlockError: the wait for the instance's lock would close a cycle.
        """
        if not isinstance(token, str):
            raise TypeError(f"_link_to takes a str, not a {type(token).__name__}")
        return LinkRequest(self._turn, "link", type(self), token)

    def _unlink(self) -> LinkRequest[None]:
        """Unlinks the client's state: its own values are back. To be awaited; its result may be returned.

        Raises:
            RuntimeError: the state is not linked.
        """
        return LinkRequest(self._turn, "unlink", type(self))
