"""``@statelink.var``: computed vars."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar, overload

from statelink.errors import StateError

__all__ = ["ComputedVarDefinition", "var"]

T = TypeVar("T")
S = TypeVar("S")

_NO_VALUE: Any = object()


class ComputedVarDefinition(Generic[T]):
    """A computed var as written in a class body: a function of the state, and its options.

    When its class is complete, a native descriptor takes its place, which keeps the value and
    runs the function again when something that the last run read has changed.
    """

    def __init__(
        self,
        function: Callable[[Any], T],
        *,
        cache: bool = True,
        interval: float | None = None,
        initial_value: Any = _NO_VALUE,
        deps: Sequence[Any] = (),
        auto_deps: bool = True,
        backend: bool = False,
    ) -> None:
        self.function = function
        self.cache = cache
        self.interval = interval
        self.initial_value = initial_value
        self.deps = deps
        self.auto_deps = auto_deps
        self.backend = backend
        self.__doc__ = function.__doc__

    @property
    def is_async(self) -> bool:
        """Whether its function is a coroutine's."""
        return inspect.iscoroutinefunction(self.function)

    def options(self, deps: list[str]) -> dict[str, Any]:
        """What the native side must know; `deps` by name."""
        options = {
            "cache": self.cache,
            "interval": self.interval,
            "deps": deps,
            "auto_deps": self.auto_deps,
        }
        if self.initial_value is not _NO_VALUE:
            options["initial_value"] = self.initial_value
        return options

    @overload
    def __get__(self, instance: None, owner: type) -> ComputedVarDefinition[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> ComputedVarDefinition[T] | T:
        if instance is None:
            return self
        raise TypeError(f"@var belongs into the body of a State, not of {owner.__name__}")


@overload
def var(function: Callable[[S], T], /) -> ComputedVarDefinition[T]: ...
@overload
def var(
    *,
    cache: bool = True,
    interval: float | timedelta | None = None,
    initial_value: Any = ...,
    deps: Sequence[Any] | None = None,
    auto_deps: bool = True,
    backend: bool = False,
) -> Callable[[Callable[[S], T]], ComputedVarDefinition[T]]: ...
def var(
    function: Callable[..., Any] | None = None,
    /,
    *,
    cache: bool = True,
    interval: float | timedelta | None = None,
    initial_value: Any = _NO_VALUE,
    deps: Sequence[Any] | None = None,
    auto_deps: bool = True,
    backend: bool = False,
) -> Any:
    """Makes a method a computed var: its value travels to clients like a base var's.

    The function reads other vars of the state; it runs again when one that it read has changed,
    and its value is sent only when it differs. It may be ``async``, and may read other states
    through ``await self.get_state(...)``. One that touches what only a client has (`router`,
    `get_state`, a client-storage var) is personal: it runs for each client whose inputs changed,
    and only that client sees its value. All others run once for everybody who is linked.

    Args:
        function: the method.
        cache: False runs it for every commit of an event that was at its instance, and each time a
            handler reads it; of a personal one, also for every commit of its client's events.
        interval: seconds, or a timedelta: a value older than that counts as out of date at the next
            such commit or read. There is no timer.
        initial_value: what clients see until it has first been computed.
        deps: vars of the state or of its parents, by name or as ``Parent.count``, whose change makes
            it run.
        auto_deps: False leaves what it reads alone: only `deps` make it run.
        backend: keeps it off the wire, as a leading underscore does.

    Raises:
        ValueError: options that do not go together.

    Example:
        >>> class Cart(State):
        ...     prices: list[int] = []
        ...
        ...     @var
        ...     def total(self) -> int:
        ...         return sum(self.prices)
    """
    seconds = interval.total_seconds() if isinstance(interval, timedelta) else interval
    if seconds is not None and seconds <= 0:
        raise ValueError(f"@var: interval is a time above zero, not {interval!r}")
    if not cache and seconds is not None:
        raise ValueError("@var: with cache=False it always runs again: leave interval out")
    if not cache and deps is not None:
        raise ValueError("@var: with cache=False it always runs again: leave deps out")
    if isinstance(deps, str):
        raise ValueError(f'@var: deps is a list of vars: write deps=["{deps}"]')

    def decorate(of: Callable[..., Any]) -> ComputedVarDefinition[Any]:
        if not inspect.isfunction(of):
            raise StateError(f"@var is for functions, not for {of!r}")
        return ComputedVarDefinition(
            of,
            cache=cache,
            interval=seconds,
            initial_value=initial_value,
            deps=tuple(deps or ()),
            auto_deps=auto_deps,
            backend=backend,
        )

    return decorate if function is None else decorate(function)
