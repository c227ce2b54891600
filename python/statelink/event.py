"""``@statelink.event``: the methods that a client may call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NotRequired, TypeVar, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from statelink.errors import StateError

__all__ = ["event", "is_event", "make_validator"]

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__statelink_event__"


def event(function: F) -> F:
    """Makes a method an event handler: clients may call it by name.

    Its arguments are validated against the annotations before it runs. A plain or ``async``
    method, or a generator of either kind; it returns and yields None. What it changes reaches every
    linked client when it ends, and at each ``yield``; if it raises, nothing has changed since, and
    the caller gets the error.

    Example:
        >>> class Counter(State):
        ...     count: int = 0
        ...
        ...     @event
        ...     def add(self, amount: int = 1) -> None:
        ...         self.count += amount
    """
    if not inspect.isfunction(function):
        raise StateError(f"@event is for functions, not for {function!r}")
    setattr(function, _MARK, True)
    return function


def is_event(value: object) -> bool:
    """Whether a value of a class body is an event handler."""
    return inspect.isfunction(value) and getattr(value, _MARK, False)


def make_validator(function: Callable[..., Any]) -> Callable[[bytes], dict[str, Any]] | None:
    """Precompiles the validation of a handler's arguments.

    Returns:
        A function from the JSON text of the arguments object to keyword arguments, which raises
        pydantic.ValidationError; None where the handler takes no arguments.

    Raises:
        StateError: an annotation cannot be resolved or validated.
    """
    where = f"{function.__module__}.{function.__qualname__}"
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if not parameters:
        return None
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise StateError(
            f"{where}: {error}. Import what its annotations name at run time, not only under TYPE_CHECKING"
        ) from error
    fields: dict[str, Any] = {}
    extra = "forbid"
    for p in parameters:
        hint = hints.get(p.name, Any)
        if p.kind is p.VAR_KEYWORD:
            extra = "allow"
        elif p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.KEYWORD_ONLY:
            fields[p.name] = hint if p.default is p.empty else NotRequired[hint]
        else:
            raise StateError(f"{where}: clients name the arguments, so {p} cannot be a parameter")
    arguments = TypedDict("arguments", fields)  # type: ignore[misc]
    arguments.__pydantic_config__ = ConfigDict(extra=extra)  # type: ignore[attr-defined, typeddict-item]
    try:
        return TypeAdapter(arguments).validator.validate_json
    except Exception as error:  # pydantic has several ways to refuse a type
        raise StateError(f"{where}: its arguments cannot be validated: {error}") from error


def describe_invalid(error: BaseException) -> str:
    """A sentence for the client about arguments that do not fit."""
    if not isinstance(error, ValidationError):
        return str(error)
    problems = []
    for e in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in e["loc"])
        problems.append(f"{where}: {e['msg']}" if where else e["msg"])
    return "; ".join(problems)
