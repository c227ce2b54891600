"""What a handler knows of the client whose event it runs: ``self.router``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl

__all__ = ["Page", "Router", "Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """The client's identity and its socket.

    Attributes:
        client_token: identity of the client, issued by the server; the only one to trust.
        session_id: name of the live socket; another one after a reconnect.
        client_ip: address of the peer, as text.
    """

    client_token: str
    session_id: str
    client_ip: str


@dataclass(frozen=True, slots=True)
class Page:
    """The page on which the client is.

    Attributes:
        path: path of the page, without its query.
        raw_path: path with the query, as the browser has it.
        params: the query's parameters; the last of several with one name.
    """

    path: str
    raw_path: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Router:
    """The triggering client's session, headers and page.

    Attributes:
        session: identity and socket.
        headers: HTTP headers of the WebSocket's handshake; names in lower case.
        page: the page.
    """

    session: Session
    headers: Mapping[str, str]
    page: Page


def make_router(
    client_token: str, session_id: str, address: str, headers: dict[str, str], path: str
) -> Router:
    """The router of a client that said hello; `path` with its query."""
    bare, _, query = path.partition("?")
    params = MappingProxyType(dict(parse_qsl(query, keep_blank_values=True)))
    return Router(
        Session(client_token, session_id, address),
        MappingProxyType(headers),
        Page(bare, path, params),
    )
