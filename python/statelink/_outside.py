"""Changes from outside of handlers: ``app.modify_state``."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Generic, TypeVar, cast

from statelink._core import Turn, View
from statelink._locks import wait_for_lock
from statelink._service import Service
from statelink.state import State

__all__ = ["Modification"]

S = TypeVar("S", bound=State)


class Modification(Generic[S]):
    """An ``async with`` block that holds a room, or a client's own instance, with no client involved."""

    def __init__(self, service: Service, state: type[S], token: str) -> None:
        if not isinstance(token, str):
            raise TypeError(f"modify_state takes a token as str, not a {type(token).__name__}")
        if not token:
            raise ValueError("modify_state: the token is empty")
        size = len(token.encode("utf-8", "surrogatepass"))
        if size > service.config.link_token_bytes:
            raise ValueError(
                f"modify_state: the token is longer than {service.config.link_token_bytes} bytes"
            )
        if state not in service.names:
            raise LookupError(
                f"{state!r} is not served by this app: define the state class before the app starts"
            )
        self._service = service
        self._state = state
        self._token = token
        self._turn: Turn | None = None

    async def __aenter__(self) -> S:
        service = self._service
        if asyncio.get_running_loop() is not service.loop:
            raise RuntimeError(
                "modify_state works on the app's asyncio loop; from another thread: "
                "asyncio.run_coroutine_threadsafe"
            )
        if self._turn is not None:
            raise RuntimeError("this modify_state block was entered already: make another one")
        turn = service.runtime.open_turn(
            None, f"modify_state({self._state.__qualname__}, {self._token!r})"
        )
        self._turn = turn
        try:
            while True:
                if service.stopped:
                    raise RuntimeError("this app has stopped")
                view = turn.enter_room(self._state, self._token)
                if isinstance(view, View):
                    return cast("S", view)
                await wait_for_lock(turn, view)
        except BaseException as error:
            turn.close(error)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._turn is not None
        self._turn.close(error)
