"""Reads what a handler returned or yielded: the events that follow it, and actions of the client's page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any

from statelink._core import View
from statelink.actions import Action
from statelink.event import Event, EventHandler
from statelink.state import State, event_handlers

if TYPE_CHECKING:
    from statelink._core import Background, Turn

__all__ = ["FollowUps", "wire_name"]


def wire_name(names: Mapping[type[State], str], handler: EventHandler[Any, Any]) -> str:
    """The name on the wire of a handler that was reached through a state.

    Args:
        names: the served state classes and their names.
        handler: the handler.

    Raises:
        LookupError: the app does not serve that state.
    """
    if handler.owner is not None and issubclass(handler.owner, State) and handler.owner in names:
        return f"{names[handler.owner]}.{handler.name}"
    raise LookupError(
        f"the app serves no state with the event handler {handler.label}: define the state before the app starts"
    )


class FollowUps:
    """Reads follow-ups for one app.

    Args:
        names: the served state classes and their names on the wire.
    """

    def __init__(self, names: Mapping[type[State], str]) -> None:
        self._names = names
        self._by_function: dict[Callable[..., Any], list[EventHandler[Any, Any]]] = {}
        for state in names:
            for name, handler in event_handlers(state).items():
                reached = getattr(state, name)
                if name == handler.name:
                    self._by_function.setdefault(handler.function, []).append(reached)

    def read(self, turn: Turn | Background, value: Any) -> list[tuple[str, dict[str, Any]] | str]:
        """What follows, in order.

        Args:
            turn: of the handler.
            value: what it returned or yielded.

        Returns:
            For each event the handler's name on the wire and its arguments; each action as a frame's text.

        Raises:
            TypeError: it is nothing that can follow a handler.
            LookupError: the app does not serve the state of an event.
        """
        return list(self._read(turn.handler, value))

    def events(self, origin: str, handlers: Iterable[Any]) -> list[tuple[str, dict[str, Any]]]:
        """Event handlers, or events, as `read` gives them.

        Args:
            origin: who names them, for messages.
            handlers: what names them.

        Raises:
            TypeError: one of them is none.
            LookupError: the app does not serve the state of one.
        """
        found = []
        for handler in handlers:
            for one in self._read(origin, handler):
                if isinstance(one, str):
                    raise TypeError(f"{origin} takes event handlers, not {handler!r}")
                found.append(one)
        return found

    def _read(self, origin: str, value: Any) -> Iterator[tuple[str, dict[str, Any]] | str]:
        if value is None:
            return
        if isinstance(value, (list, tuple)):
            for one in value:
                yield from self._read(origin, one)
        elif isinstance(value, Action):
            yield value.frame
        elif isinstance(value, Event):
            yield wire_name(self._names, value.handler), value.arguments
        elif isinstance(value, EventHandler):
            made: Event = value()  # raises where it needs arguments
            yield wire_name(self._names, value), made.arguments
        elif isinstance(value, MethodType) and isinstance(value.__self__, View):
            yield from self._read(
                origin, getattr(type(value.__self__), value.__name__, value.__func__)
            )
        elif inspect.isfunction(value) and (found := self._by_function.get(value)):
            yield from self._read(origin, self._defining(value, found))
        else:
            raise TypeError(
                f"event handler {origin} returned or yielded a {type(value).__name__}: it must be None, "
                "an event as in Room.join(name), sl.redirect(path), sl.emit(name), or a list of these"
            )

    @staticmethod
    def _defining(
        function: Callable[..., Any], found: list[EventHandler[Any, Any]]
    ) -> EventHandler[Any, Any]:
        defining = [h for h in found if h.owner and h.name in vars(h.owner)] or found
        if len(defining) == 1:
            return defining[0]
        labels = ", ".join(h.label for h in defining)
        raise TypeError(
            f"several states have the event handler {function.__qualname__}: return one of {labels}"
        )
