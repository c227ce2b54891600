"""``@statelink.event``: event handlers, and the events that name one of them with its arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, Concatenate, Generic, NotRequired, ParamSpec, TypeVar, get_type_hints
from typing import overload as _overload

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from statelink._arguments import bind_arguments
from statelink._core import View
from statelink.errors import StateError

__all__ = ["Event", "EventHandler", "event", "is_event", "make_validator", "wrap_handlers"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

_MOST_PROBLEMS = 10  # of arguments that are named one by one

# Public methods that statelink itself calls: plain functions, never events.
_HOOKS = frozenset({"on_join", "on_leave"})


class Event:
    """An event handler with the arguments that it is to get; a handler returns or yields it.

    Made by a call through the class, as in ``Room.join("Ada")``.

    Attributes:
        handler: the event handler.
        arguments: by name, as they were at the call; those that were left out are not among them.
    """

    __slots__ = ("arguments", "handler")

    def __init__(self, handler: EventHandler[Any, Any], arguments: Mapping[str, Any]) -> None:
        self.handler = handler
        self.arguments = dict(arguments)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"<Event {self.handler.label}({arguments})>"


class EventHandler(Generic[P, R]):
    """A public method of a state, as its class shows it.

    Called with arguments, it gives an `Event`; an instance shows the method itself. Called with a
    view first, as in ``Base.rename(self, "Ada")``, it is a plain call of the method.

    Attributes:
        function: the method as it was written.
        name: its name in the class.
        owner: the class through which it was reached; None before it is in one.
        is_open: decorated with ``@event``: clients may call it.
        is_background: runs beside the client's other events, and takes locks only in its blocks.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        is_open: bool = False,
        is_background: bool = False,
        owner: type | None = None,
        name: str | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.is_open = is_open
        self.is_background = is_background
        self.owner = owner
        self.name = function.__name__ if name is None else name
        self._is_named = name is not None

    @property
    def label(self) -> str:
        """Class and name, for messages."""
        return f"{self.owner.__qualname__}.{self.name}" if self.owner else self.name

    def __set_name__(self, owner: type, name: str) -> None:
        if not self._is_named:
            self.name, self._is_named = name, True

    @_overload
    def __get__(self, instance: None, owner: type) -> EventHandler[P, R]: ...
    @_overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[P, R]: ...
    def __get__(
        self, instance: object | None, owner: type | None = None
    ) -> EventHandler[P, R] | Callable[P, R]:
        if instance is not None:
            return MethodType(self.function, instance)
        return EventHandler(
            self.function,
            is_open=self.is_open,
            is_background=self.is_background,
            owner=owner,
            name=self.name,
        )

    @_overload
    def __call__(self, view: View, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @_overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Event: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]  # a view comes first
        """The event with these arguments; with a view first, a plain call of the method."""
        if args and isinstance(args[0], View):
            if self.owner is not None and not isinstance(args[0], self.owner):
                raise TypeError(
                    f"{self.label}() got a view of {type(args[0]).__qualname__}: a view is good for its "
                    "own turn only, so it cannot be an argument"
                )
            return self.function(*args, **kwargs)
        return Event(self, bind_arguments(self.label, self.function, args, kwargs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventHandler):
            return NotImplemented
        return self.function is other.function and self.owner is other.owner

    def __hash__(self) -> int:
        return hash((self.function, self.owner))

    def __repr__(self) -> str:
        return f"<event handler {self.label}>"


@_overload
def event(function: Callable[Concatenate[S, P], R], /) -> EventHandler[P, R]: ...
@_overload
def event(
    *, background: bool = False
) -> Callable[[Callable[Concatenate[S, P], R]], EventHandler[P, R]]: ...
def event(function: Callable[..., Any] | None = None, /, *, background: bool = False) -> Any:
    """Makes a method an event handler that clients may call by name.

    Its arguments are validated against the annotations before it runs. A plain or ``async``
    method, or a generator of either kind. What it changes reaches every linked client when it
    ends, and at each ``yield``; if it raises, nothing has changed since, and the caller gets the
    error. It returns or yields None, or what is to follow: events (``Room.join("Ada")``), actions
    of the client's page (`redirect`, `emit`), or lists of them.

    Args:
        function: the method.
        background: it runs beside the client's other events and holds no lock but in blocks of
            ``async with self:``, each of which sees the values of then and commits its changes.

    Example:
        >>> class Counter(State):
        ...     count: int = 0
        ...
        ...     @event
        ...     def add(self, amount: int = 1) -> None:
        ...         self.count += amount
        ...
        ...     @event(background=True)
        ...     async def add_later(self) -> None:
        ...         await asyncio.sleep(1)
        ...         async with self:
        ...             self.count += 1
    """

    def decorate(of: Callable[..., Any]) -> EventHandler[Any, Any]:
        if not inspect.isfunction(of):
            raise StateError(f"@event is for functions, not for {of!r}")
        if background and not (inspect.iscoroutinefunction(of) or inspect.isasyncgenfunction(of)):
            raise StateError(
                f"{of.__qualname__}: a background handler must be async, for it waits in `async with self:`"
            )
        return EventHandler(of, is_open=True, is_background=background)

    return decorate if function is None else decorate(function)


def is_event(value: object) -> bool:
    """Whether a value of a class body is an event handler that clients may call."""
    return isinstance(value, EventHandler) and value.is_open


def wrap_handlers(body: dict[str, Any]) -> None:
    """Makes the public functions of a state's body event handlers; without ``@event`` no client may call them."""
    for name, value in body.items():
        if not inspect.isfunction(value) or name in _HOOKS:
            continue
        if is_event(getattr(value, "__wrapped__", None)):
            raise StateError(f"{value.__qualname__}: @event must be above its other decorators")
        if not name.startswith("_"):
            body[name] = EventHandler(value)


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
    if error.error_count() > _MOST_PROBLEMS:  # a message can hold tens of thousands
        return f"{error.error_count()} arguments do not fit"
    problems = []
    for e in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in e["loc"])
        problems.append(f"{where}: {e['msg']}" if where else e["msg"])
    return "; ".join(problems)
