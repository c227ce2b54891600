"""What a handler knows of the client whose event it runs: ``self.router``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["Page", "Router", "Session", "make_page", "make_router"]


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
        path: path of the page, without its query, as the browser has it.
        raw_path: path with the query.
        params: the query's parameters, the last of several with one name; and the arguments of the
            page's route, which win. An argument is a str, or a list where its segment has dots.
        route: the route of the page, as "/room/[room_id]"; empty where the app has none for it.
        args: every argument of the app's routes; empty where this page does not have it.
    """

    path: str
    raw_path: str
    params: Mapping[str, Any]
    route: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


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

    def at(self, page: Page) -> Router:
        """The same client on another page."""
        return replace(self, page=page)


def make_page(path: str, route: str, args: Mapping[str, Any], absent: Mapping[str, Any]) -> Page:
    """A page.

    Args:
        path: with its query.
        route: the route that it has.
        args: the arguments that the path has for it.
        absent: the arguments of all routes, as they are where a page does not have them.
    """
    raw, _, _ = path.partition("#")
    bare, _, query = raw.partition("?")
    params = {**dict(parse_qsl(query, keep_blank_values=True)), **args}
    every = MappingProxyType({**absent, **args})
    return Page(bare, raw, MappingProxyType(params), route, every)


def make_router(
    client_token: str, session_id: str, address: str, headers: Mapping[str, str], page: Page
) -> Router:
    """The router of a client that said hello."""
    session = Session(client_token, session_id, address)
    return Router(session, MappingProxyType(dict(headers)), page)
