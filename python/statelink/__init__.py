"""statelink: server-authoritative shared state for Python web apps.

Usually ``import statelink as sl``. Start with `State` and `SharedState`, serve them with `App`;
docs/values.md says what a var may hold.
"""

from __future__ import annotations

from statelink._core import Config, set_debug
from statelink.actions import emit, redirect
from statelink.app import App
from statelink.errors import DeadlockError, EncodeError, EventError, StateError, UnseenChangeError
from statelink.event import Event, EventHandler, event
from statelink.serializer import serializer
from statelink.shared import SharedState
from statelink.state import State
from statelink.storage import Cookie, LocalStorage, SessionStorage
from statelink.var import var

__all__ = [
    "App",
    "Config",
    "Cookie",
    "DeadlockError",
    "EncodeError",
    "Event",
    "EventError",
    "EventHandler",
    "LocalStorage",
    "SessionStorage",
    "SharedState",
    "State",
    "StateError",
    "UnseenChangeError",
    "emit",
    "event",
    "redirect",
    "serializer",
    "set_debug",
    "var",
]
