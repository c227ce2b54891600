"""``@statelink.var``: computed vars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["ComputedVarDefinition", "var"]

T = TypeVar("T")
S = TypeVar("S")


class ComputedVarDefinition(Generic[T]):
    """A computed var as written in a class body: a function of the state.

    When its class is complete, a native descriptor takes its place, which keeps the value and
    runs the function again when something that the last run read has changed.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> ComputedVarDefinition[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> ComputedVarDefinition[T] | T:
        if instance is None:
            return self
        raise TypeError(f"@var belongs into the body of a State, not of {owner.__name__}")


def var(function: Callable[[S], T]) -> ComputedVarDefinition[T]:
    """Makes a method a computed var: its value travels to clients like a base var's.

    The function reads other vars of the state; it runs again when one that it read has changed,
    and its value is sent only when it differs. It may be ``async``, and may read other states
    through ``await self.get_state(...)``. One that touches what only a client has (`router`,
    `get_state`) is personal: it runs for each client whose inputs changed, and only that client
    sees its value. All others run once for everybody who is linked.

    Example:
        >>> class Cart(State):
        ...     prices: list[int] = []
        ...
        ...     @var
        ...     def total(self) -> int:
        ...         return sum(self.prices)
    """
    return ComputedVarDefinition(function)
