"""Pages: what the server answers to a GET."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Page", "client_script"]

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Page:
    """What is served at a route.

    Attributes:
        route: path, as "/" or "/room/[room_id]".
        content: an HTML file, a folder, or a function that returns HTML.
    """

    route: str
    content: Path | Callable[[], str]

    @classmethod
    def make(cls, content: str | os.PathLike[str] | Callable[[], str], route: str) -> Page:
        """Checks what was given to `App.add_page`.

        Raises:
            FileNotFoundError: there is no such file or folder.
            TypeError: neither a path nor a function.
        """
        if callable(content):
            return cls(route, content)
        if not isinstance(content, (str, os.PathLike)):
            raise TypeError(
                "a page is a path to an HTML file or a folder, or a function that returns HTML, "
                f"not a {type(content).__name__}"
            )
        path = Path(content).absolute()
        if not path.exists():
            raise FileNotFoundError(
                f"the page {path} does not exist (a relative path starts at {Path.cwd()})"
            )
        return cls(route, path)

    @property
    def is_folder(self) -> bool:
        """Whether everything below its route is served, too."""
        return isinstance(self.content, Path) and self.content.is_dir()

    def add_to(self, runtime: Any) -> int:
        """Gives the page to the server; returns its number."""
        if isinstance(self.content, Path):
            return int(runtime.add_page_file(self.route, self.content))
        return int(runtime.add_page_function(self.route))


def client_script() -> str:
    """The built browser client, as JavaScript.

    Raises:
        FileNotFoundError: this package was not built; the message says how.
    """
    packaged = Path(__file__).parent / "_client" / "client.js"
    in_checkout = Path(__file__).parents[2] / "client" / "dist" / "client.js"
    for path in (packaged, in_checkout):
        if path.exists():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(
        "statelink's browser client is missing: install the package with `pip install .`"
    )
