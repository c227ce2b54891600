"""statelink: server-authoritative shared state for Python web apps.

Usually ``import statelink as sl``. Start with `State` and `SharedState`, serve them with `App`;
docs/values.md says what a var may hold.
"""

from __future__ import annotations

from statelink._core import Config, set_debug
from statelink.app import App
from statelink.errors import DeadlockError, EncodeError, EventError, StateError, UnseenChangeError
from statelink.event import event
from statelink.serializer import serializer
from statelink.shared import SharedState
from statelink.state import State
from statelink.var import var

__all__ = [
    "App",
    "Config",
    "DeadlockError",
    "EncodeError",
    "EventError",
    "SharedState",
    "State",
    "StateError",
    "UnseenChangeError",
    "event",
    "serializer",
    "set_debug",
    "var",
]
