"""The arguments of routes as attributes of states: ``self.room_id`` on pages at ``/room/[room_id]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NoReturn

from statelink.state import State

__all__ = ["RouteArg", "hide_route_args", "show_route_args"]


class RouteArg:
    """A read-only attribute that `State` has while an app with such a route runs.

    A str, or a list where the segment has dots; empty on pages whose route does not have it. It is
    read from the router, so a computed var that reads it is personal.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, owner: type) -> Any:
        if view is None:
            return self
        try:
            value = view.router.page.args[self.name]
        except KeyError:  # it is of another app in this process
            raise AttributeError(
                f"{owner.__qualname__} has no var {self.name!r}: declare it in the class body, as in "
                f"`{self.name}: int = 0`",
                name=self.name,
                obj=view,
            ) from None
        return list(value) if isinstance(value, list) else value

    def __set__(self, view: Any, value: object) -> NoReturn:
        raise AttributeError(
            f"{type(view).__qualname__}.{self.name} comes from the route of the page and cannot be changed: "
            "`return sl.redirect(path)` takes the client to another page"
        )

    def __repr__(self) -> str:
        return f"<route argument {self.name}>"


# How many running apps have each; State is one for all of them.
_shown: Counter[str] = Counter()


def show_route_args(names: Iterable[str]) -> None:
    """Gives every state these attributes."""
    for name in names:
        _shown[name] += 1
        if _shown[name] == 1:
            setattr(State, name, RouteArg(name))


def hide_route_args(names: Iterable[str]) -> None:
    """Takes them away, where no other running app has them."""
    for name in names:
        _shown[name] -= 1
        if not _shown[name]:
            delattr(State, name)
