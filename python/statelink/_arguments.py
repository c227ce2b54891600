"""Binds the arguments of an event at the call that makes it."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

from statelink._core import View

__all__ = ["bind_arguments"]


def bind_arguments(
    label: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments by name. Containers are copied: what becomes of them later does not matter.

    Args:
        label: of the handler, for messages.
        function: the method, whose first parameter is not among the arguments.
        args: positional arguments.
        kwargs: the others.

    Raises:
        TypeError: they do not fit the signature, or one of them is a view of a state.
    """
    signature = _signature(function)
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{label}(): {error}") from None
    named: dict[str, Any] = {}
    for name, value in bound.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
            raise TypeError(f"{label}(): an event has its arguments by name, which {name} has not")
        else:
            named[name] = value
    return {name: _copied(label, name, value) for name, value in named.items()}


@functools.lru_cache(maxsize=1024)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    whole = inspect.signature(function)
    return whole.replace(parameters=list(whole.parameters.values())[1:])


def _copied(label: str, name: str, value: Any) -> Any:
    """A value that no store owns: plain containers, values of dataclasses and pydantic models anew."""
    if isinstance(value, View):
        raise TypeError(
            f"{label}(): {name} has a view of {type(value).__qualname__}: a view is good for its own turn "
            "only; the handler can `await self.get_state(...)`"
        )
    if isinstance(value, list):
        return [_copied(label, name, one) for one in value]
    if isinstance(value, dict):
        items = ((key, _copied(label, name, one)) for key, one in value.items())
        return dict(items) if type(value).__module__ == "statelink._core" else _like(value, items)
    if isinstance(value, (set, frozenset)):
        return frozenset(value) if isinstance(value, frozenset) else set(value)
    if type(value) is tuple:
        return tuple(_copied(label, name, one) for one in value)
    if hasattr(type(value), "__pydantic_fields__") or (
        dataclasses.is_dataclass(value) and not isinstance(value, type)
    ):
        return copy.deepcopy(value)
    return value


def _like(value: dict[Any, Any], items: Any) -> dict[Any, Any]:
    """A dict of the same class where that is possible: a defaultdict, an OrderedDict."""
    made = copy.copy(value)
    made.update(items)
    return made
