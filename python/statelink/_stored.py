"""What browsers keep: which client-storage vars an app has, and what of them a client's browser has said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from statelink._core import StorageVar
from statelink._locks import wait_for_lock
from statelink.storage import is_text

if TYPE_CHECKING:
    from statelink._core import Runtime
    from statelink.state import State

__all__ = ["apply_stored", "storage_schema"]


def storage_schema(names: Mapping[type[State], str]) -> list[dict[str, Any]]:
    """What the browser must know of the client-storage vars of the served states, as it travels.

    Args:
        names: the state classes, and their names on the wire.
    """
    return [
        {
            "s": name,
            "v": var.name,
            "in": var.definition.kind,
            "key": var.definition.name or f"{name}.{var.name}",
            **var.definition.options,
        }
        for cls, name in names.items()
        for var in _storage_vars(cls)
    ]


async def apply_stored(
    runtime: Runtime,
    names: Mapping[type[State], str],
    client_token: str,
    values: Any,
    *,
    reset: bool,
) -> None:
    """Gives a client's client-storage vars what its browser has kept, in a turn of that client.

    States, vars and values that are none (an unknown name, a value that is no str) are ignored: a
    browser keeps what an older version of the page has left.

    Args:
        runtime: of the app.
        names: the served state classes, and their names on the wire.
        client_token: the client.
        values: by state name and var, as they came.
        reset: what is not among them gets its default (after a hello).

    Raises:
        KeyError: there is no such client.
    """
    given = values if isinstance(values, dict) else {}
    wanted = []
    for cls, name in names.items():
        of_state = given.get(name)
        for var in _storage_vars(cls):
            value = of_state.get(var.name) if isinstance(of_state, dict) else None
            if isinstance(value, str) and is_text(value):
                wanted.append((var, value))
            elif reset:
                wanted.append((var, str(var.definition)))
    if not wanted:
        return
    turn = runtime.open_turn(client_token, "client storage")
    try:
        for var, value in wanted:
            while (wait := var.store(turn, value)) is not None:
                await wait_for_lock(turn, wait)
    except BaseException as error:
        turn.close(error)
        raise
    turn.close(None)


def _storage_vars(cls: type[State]) -> Iterator[StorageVar]:
    return (var for var in vars(cls).values() if isinstance(var, StorageVar))
