"""Actions of the client's page that a handler returns or yields: ``redirect`` and ``emit``."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from statelink._core import encode

__all__ = ["Action", "emit", "redirect"]

_EXTERNAL_SCHEMES = frozenset({"http", "https"})


class Action:
    """Something that the page of the client does when the turn has committed.

    Made by `redirect` or `emit`, and returned or yielded by a handler. It reaches the page that
    is connected then, and is dropped where there is none.

    Attributes:
        frame: what the client is sent, as JSON text.
    """

    __slots__ = ("frame",)

    def __init__(self, frame: str) -> None:
        self.frame = frame

    def __repr__(self) -> str:
        return f"<Action {self.frame}>"


def redirect(path: str, *, external: bool = False, replace: bool = False) -> Action:
    """Sends the client's page to another one.

    Args:
        path: path of a page of this app, with its query if any.
        external: `path` is an http or https address outside of the app.
        replace: the page that is left is not kept in the browser's history.

    Raises:
        ValueError: no path that begins with one slash; or with `external`, no http or https address.

    Example:
        >>> redirect("/room/blue?from=lobby")
        <Action {"redirect":"/room/blue?from=lobby","external":false,"replace":false}>
    """
    if not isinstance(path, str):
        raise TypeError(f"redirect takes a str, not a {type(path).__name__}")
    if external:
        address = urlsplit(path)
        if address.scheme not in _EXTERNAL_SCHEMES or not address.netloc:
            raise ValueError(f"redirect({path!r}, external=True) needs an http or https address")
    elif not path.startswith("/") or path[1:2] in ("/", "\\"):
        # A second slash would make it a host: what a user has typed must not lead out of the app.
        raise ValueError(
            f"redirect({path!r}): a path of the app begins with one slash; other addresses need external=True"
        )
    fields = {"redirect": path, "external": bool(external), "replace": bool(replace)}
    return Action(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def emit(name: str, payload: Any = None) -> Action:
    """Tells the client's page something: it hears of it under this name.

    Args:
        name: any non-empty text.
        payload: anything that a var may hold; it is encoded now.

    Raises:
        EncodeError: the payload cannot be sent.

    Example:
        >>> emit("saved", {"rows": 3})
        <Action {"emit":"saved","d":{"rows":3}}>
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"emit takes a name, a non-empty str, not {name!r}")
    return Action(
        f'{{"emit":{json.dumps(name, ensure_ascii=False)},"d":{encode(payload).decode()}}}'
    )
