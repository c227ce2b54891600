"""The routes of an app: which page a path means, its arguments, and what runs when it is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from statelink import router
from statelink._core import PageTable
from statelink._route_args import RouteArg, hide_route_args, show_route_args
from statelink.errors import StateError
from statelink.event import Event, EventHandler
from statelink.pages import Page
from statelink.state import State

__all__ = ["OnLoad", "Route", "Routes"]

OnLoad = (
    EventHandler[Any, Any]
    | Event
    | Callable[..., Any]
    | list["EventHandler[Any, Any] | Event | Callable[..., Any]"]
    | tuple["EventHandler[Any, Any] | Event | Callable[..., Any]", ...]
    | None
)


@dataclass(frozen=True)
class Route:
    """A route of an app.

    Attributes:
        path: as "/room/[room_id]".
        page: what is served there; None: it is served elsewhere.
        on_load: event handlers that run when a client loads it, in order.
    """

    path: str
    page: Page | None
    on_load: tuple[Any, ...]


class Routes:
    """The routes of one app."""

    def __init__(self) -> None:
        self.all: list[Route] = []
        self._table = PageTable()
        self._empty: dict[str, str | list[str]] = {}
        self._shown = False

    def add(self, page: Page | None, path: str, on_load: OnLoad) -> None:
        """Adds a route.

        Raises:
            ValueError: the route is malformed, fits the same paths as another one, or has an argument that cannot be
                an attribute of states.
            TypeError: `on_load` is no event handler, nor a list of them.
        """
        handlers = tuple(on_load) if isinstance(on_load, (list, tuple)) else (on_load,)
        if on_load is None:
            handlers = ()
        for handler in handlers:
            if not isinstance(handler, (EventHandler, Event)) and not inspect.isfunction(handler):
                raise TypeError(
                    f"route {path}: on_load= takes an event handler of a state, as in Room.enter or "
                    f"Room.enter(5), or a list of them, not a {type(handler).__name__}"
                )
            if isinstance(handler, EventHandler):
                handler()  # raises where it needs arguments
        arguments = _arguments(path)
        for name, empty in arguments.items():
            _check_name(path, name)
            if type(self._empty.get(name, empty)) is not type(empty):
                raise ValueError(
                    f"route {path}: {name} is one segment in one route and several in another: choose two names"
                )
        self._table.add(path, len(self.all), page is not None and page.is_folder)
        self._empty |= arguments
        self.all.append(Route(path, page, handlers))

    def find(self, path: str) -> tuple[int | None, router.Page]:
        """The number of a path's route, None where there is none, and the page as handlers see it.

        Args:
            path: with its query, if any.
        """
        number, arguments = self._table.find(path) or (None, {})
        route = "" if number is None else self.all[number].path
        return number, router.make_page(path, route, arguments, self._empty)

    def show(self, states: Collection[type[State]]) -> None:
        """Makes the arguments attributes of all states, until `hide`.

        Raises:
            StateError: one of these states has such an attribute of its own.
        """
        for state in states:
            for base in state.__mro__:
                taken = self._empty.keys() & vars(base).keys() | (
                    self._empty.keys() & vars(base).get("__annotations__", {}).keys()
                )
                for name in sorted(taken):
                    if isinstance(vars(base).get(name), RouteArg):
                        continue
                    route = next(r.path for r in self.all if name in _arguments(r.path))
                    raise StateError(
                        f"{state.__qualname__}.{name}: the route {route} makes {name} an attribute of every state; "
                        "rename one of them"
                    )
        show_route_args(self._empty)
        self._shown = True

    def hide(self) -> None:
        """Takes them away again."""
        if self._shown:
            self._shown = False
            hide_route_args(self._empty)


def _arguments(route: str) -> dict[str, str | list[str]]:
    """The arguments of a route, each with what it is where a page does not have it."""
    found: dict[str, str | list[str]] = {}
    for segment in route.split("/"):
        if segment.startswith("["):
            name = segment.strip("[]")
            found[name.removeprefix("...")] = [] if name.startswith("...") else ""
    return found


def _check_name(route: str, name: str) -> None:
    if name.startswith("_"):
        raise ValueError(f"route {route}: the argument {name} cannot begin with an underscore")
    if hasattr(State, name) and not isinstance(vars(State).get(name), RouteArg):
        raise ValueError(
            f"route {route}: every state has a {name} already; choose another name for the argument"
        )
