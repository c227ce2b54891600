"""Vars that the browser keeps: `LocalStorage`, `SessionStorage`, `Cookie`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

__all__ = ["ClientStorage", "Cookie", "LocalStorage", "SessionStorage", "is_text"]


class ClientStorage(str):
    """The default of a var that the client's browser keeps; use a subclass.

    Attributes:
        kind: where the browser keeps it, as "local".
        name: the key there; None for state and var, as "Room.nickname".
        options: further ones, as they travel.
    """

    kind: ClassVar[str]
    name: str | None
    options: dict[str, Any]

    @classmethod
    def _make(cls, default: str, name: str | None, **options: Any) -> Self:
        if not isinstance(default, str):
            raise TypeError(
                f"{cls.__name__}: what a browser keeps is a str, the default is a {type(default).__name__}"
            )
        if name is not None and (not isinstance(name, str) or not name):
            raise ValueError(
                f"{cls.__name__}: name is the key in the browser, a str that is not empty"
            )
        made = str.__new__(cls, default)
        made.name = name
        made.options = {key: value for key, value in options.items() if value is not None}
        return made


class LocalStorage(ClientStorage):
    """A var that the browser keeps in its localStorage: for all tabs, until it is cleared.

    It is a `str`, and private to the client: on a SharedState too, linked or not.

    Args:
        default: the value where the browser has none.
        name: the key in the browser; by default state and var, as "Room.nickname".
        sync: the client's other tabs take a change over at once.

    Example:
        >>> class Room(SharedState):
        ...     nickname: str = LocalStorage()
    """

    kind = "local"

    def __new__(cls, default: str = "", *, name: str | None = None, sync: bool = False) -> Self:
        """Makes the default; see the class."""
        return cls._make(default, name, sync=sync or None)


class SessionStorage(ClientStorage):
    """A var that the browser keeps in the tab's sessionStorage: over reloads, until the tab is closed.

    It is a `str`, and private to the client: on a SharedState too, linked or not.

    Args:
        default: the value where the browser has none.
        name: the key in the browser; by default state and var, as "Room.nickname".
    """

    kind = "session"

    def __new__(cls, default: str = "", *, name: str | None = None) -> Self:
        """Makes the default; see the class."""
        return cls._make(default, name)


class Cookie(ClientStorage):
    """A var that the browser keeps as a cookie, which the page's script writes.

    It is a `str`, and private to the client: on a SharedState too, linked or not.

    Args:
        default: the value where the browser has none.
        name: the cookie's name; by default state and var, as "Room.nickname".
        path: for which paths of the site the browser keeps it.
        max_age: seconds that it is kept; None until the browser is closed.
        domain: for which domain; None for the page's host.
        secure: over https only; None where the page is served so.
        same_site: "lax", "strict" or "none".
    """

    kind = "cookie"

    def __new__(
        cls,
        default: str = "",
        *,
        name: str | None = None,
        path: str = "/",
        max_age: int | None = None,
        domain: str | None = None,
        secure: bool | None = None,
        same_site: Literal["lax", "strict", "none"] = "lax",
    ) -> Self:
        """Makes the default; see the class."""
        if same_site not in ("lax", "strict", "none"):
            raise ValueError(f'Cookie: same_site is "lax", "strict" or "none", not {same_site!r}')
        return cls._make(
            default,
            name,
            path=path,
            max_age=max_age,
            domain=domain,
            secure=secure,
            same_site=same_site,
        )


def is_text(value: str) -> bool:
    """Whether a str can travel: it has no lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
