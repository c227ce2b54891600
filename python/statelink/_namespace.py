"""Which clients have an open socket: ``app.event_namespace.token_to_sid``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statelink._core import Runtime

__all__ = ["EventNamespace"]


class _TokenToSid(Mapping[str, str]):
    """Client token -> session id; it is asked anew at each look."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __getitem__(self, client_token: str) -> str:
        found = self._runtime.session_id(client_token) if isinstance(client_token, str) else None
        if found is None:
            raise KeyError(client_token)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._runtime.connected())

    def __len__(self) -> int:
        return len(self._runtime.connected())

    def __repr__(self) -> str:
        return f"<token_to_sid {dict(self)}>"


class EventNamespace:
    """What a running app knows of its sockets.

    Attributes:
        token_to_sid: session id (``router.session.session_id``) of each client that has an open
            socket, by its client token. Read-only; it always shows what is so now.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.token_to_sid: Mapping[str, str] = _TokenToSid(runtime)
