"""``on_join`` and ``on_leave``: what a SharedState does when a client joins or leaves a room."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from statelink._core import Turn, View
from statelink.errors import StateError

__all__ = ["check_hooks", "hook_of", "run_hook"]

_NAMES = ("on_join", "on_leave")


def check_hooks(cls: type) -> None:
    """Raises StateError where a class body has a hook that cannot be run."""
    for name in _NAMES:
        if name not in vars(cls):
            continue
        function, where = vars(cls)[name], f"{cls.__qualname__}.{name}"
        if not inspect.isfunction(function):
            raise StateError(f"{where} is a hook: a plain or async method, without @event")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise StateError(f"{where} is a hook: it runs within a link, so it cannot yield")
        parameters = list(inspect.signature(function).parameters.values())
        if len(parameters) != 1 or parameters[0].kind not in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        ):
            raise StateError(f"{where} is a hook: it takes no arguments but self")


def hook_of(cls: type, name: str) -> Callable[[Any], Any] | None:
    """A class's hook, as a function of the view that raises where it returns anything."""
    function = getattr(cls, name, None)
    if function is None:
        return None
    label = f"{cls.__qualname__}.{name}"
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def hook(view: View) -> None:
            _must_be_none(label, await function(view))

        return hook

    @functools.wraps(function)
    def sync_hook(view: View) -> None:
        _must_be_none(label, function(view))

    return sync_hook


async def run_hook(turn: Turn, view: View, name: str) -> None:
    """Runs a hook of a view's class within the turn that links; where it raises, the turn cannot succeed."""
    hook = hook_of(type(view), name)
    if hook is None:
        return
    try:
        waits = hook(view)
        if waits is not None:
            await waits
    except BaseException as error:
        turn.hook_failed(error)
        raise


def _must_be_none(label: str, value: object) -> None:
    if value is not None:
        if inspect.iscoroutine(value):
            value.close()
        raise TypeError(f"{label} returned a {type(value).__name__}: it must return None")
