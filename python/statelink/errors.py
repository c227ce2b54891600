"""The errors of statelink."""

from __future__ import annotations

from statelink._core import EncodeError, UnseenChangeError

__all__ = ["DeadlockError", "EncodeError", "EventError", "StateError", "UnseenChangeError"]


class StateError(TypeError):
    """A state class is not well formed; the message says what to write instead."""


class DeadlockError(RuntimeError):
    """Waiting for a lock would have closed a cycle of waits; names the handlers. The turn that gets it is undone."""


class EventError(Exception):
    """An event was answered by an error.

    Attributes:
        code: one of the codes of docs/protocol.md, as "handler_error".
        message: the server's sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"
