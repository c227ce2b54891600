"""``@statelink.serializer``: how values of a type of yours travel."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from statelink._core import register_serializer
from statelink.errors import StateError

__all__ = ["serializer"]

T = TypeVar("T")


def serializer(function: Callable[[T], Any]) -> Callable[[T], Any]:
    """Makes a function the serializer of the type of its parameter, and of its subclasses.

    Values of that type travel as what the function returns, which is itself encoded: a str, a
    dict, anything that a var may hold. docs/values.md has the types that need none.

    Raises:
        StateError: the function has not exactly one parameter that is annotated with a class.

    Example:
        >>> class Celsius:
        ...     def __init__(self, degrees: float) -> None:
        ...         self.degrees = degrees
        >>> @serializer
        ... def celsius(value: Celsius) -> float:
        ...     return value.degrees
    """
    parameters = list(inspect.signature(function).parameters)
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise StateError(f"{function.__qualname__}: {error}") from error
    type_ = hints.get(parameters[0]) if len(parameters) == 1 else None
    if not isinstance(type_, type):
        raise StateError(
            f"{function.__qualname__}: a serializer has one parameter, annotated with the class whose values it takes, "
            "as in `def money(value: Money) -> str`"
        )
    register_serializer(type_, function)
    return function
