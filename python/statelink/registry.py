"""The state classes that are defined, and their names on the wire."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from statelink.errors import StateError

if TYPE_CHECKING:
    from statelink.state import State

__all__ = ["defined_states", "register", "wire_names", "with_parents"]

# By module and qualified name: a class that is defined again (a reload, a notebook cell) takes
# the place of the old one.
_states: weakref.WeakValueDictionary[tuple[str, str], type[State]] = weakref.WeakValueDictionary()


def register(cls: type[State]) -> None:
    """Remembers a state class as long as somebody else holds it."""
    _states[cls.__module__, cls.__qualname__] = cls


def defined_states() -> list[type[State]]:
    """Every state class that is alive, parents before children, else in the order of their names."""
    return with_parents(_states.values())


def with_parents(classes: Iterable[type[State]]) -> list[type[State]]:
    """Some state classes and those that they inherit from: parents first, else by name.

    Raises:
        StateError: one of them cannot be served: a mixin, or `State` itself.
    """
    classes = list(classes)
    for cls in classes:
        if getattr(cls, "__state_class__", None) is None:
            kind = "a mixin" if getattr(cls, "__state_is_mixin__", False) else "no state of its own"
            raise StateError(f"{cls!r} is {kind} and cannot be served: serve a subclass of it")
    every = {
        base
        for cls in classes
        for base in cls.__mro__
        if getattr(base, "__state_class__", None) is not None
    }
    return sorted(every, key=lambda c: (len(c.__mro__), c.__module__, c.__qualname__))


def wire_names(classes: Iterable[type[State]]) -> dict[type[State], str]:
    """The classes' names on the wire: the bare name where it is the only one, else with module and qualified name.

    Raises:
        StateError: two of them have one module and qualified name.
    """
    classes = list(classes)
    bare = Counter(c.__name__ for c in classes)
    qualified = {c: f"{c.__module__}.{c.__qualname__}" for c in classes}
    for name, number in Counter(qualified.values()).items():
        if number > 1:
            raise StateError(f"an app cannot serve {number} states that are all {name}: rename one")
    return {c: c.__name__ if bare[c.__name__] == 1 else qualified[c] for c in classes}
