"""A room with names: who is in it, and what they say. Tabs that name the same room share it.

python examples/room/app.py, or: statelink run examples/room/app.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import statelink as sl

KEPT_LINES = 100


@dataclass
class Line:
    """What somebody said."""

    name: str
    text: str


class SharedRoom(sl.SharedState):
    """A room: everybody who is linked to its name sees the same."""

    room: str = sl.LocalStorage()  # the browser keeps it, each tab has its own
    lines: list[Line] = []
    _users: dict[str, str] = {}  # names by client token: the tokens stay on the server

    @sl.var
    def user_list(self) -> list[str]:
        """The names of those who are here."""
        return sorted(self._users.values())

    @sl.event
    async def join(self, room: str) -> None:
        """Enters a room; its hooks do the rest."""
        self.room = room
        await self._link_to(room)

    async def on_join(self) -> None:
        """Runs for each client that links, and for one that was away and is back."""
        visitor = await self.get_state(Visitor)
        self._users[self.router.session.client_token] = visitor.name

    def on_leave(self) -> None:
        """Runs for each client that unlinks or is gone: nobody has to sweep."""
        self._users.pop(self.router.session.client_token, None)

    @sl.event
    def say(self, text: str) -> None:
        """Adds a line. Who says it is never an argument: a client could claim to be another."""
        name = self._users.get(self.router.session.client_token)
        if name is None:
            raise PermissionError("join the room before you speak in it")
        self.lines.append(Line(name, text))
        del self.lines[:-KEPT_LINES]

    @sl.event
    async def leave(self) -> None:
        """Leaves the room; the tab has its own values again."""
        if self._linked_to:
            await self._unlink()


class Visitor(sl.State):
    """What one tab knows of itself."""

    name: str = sl.LocalStorage()

    @sl.event
    def enter(self, form_data: dict[str, str]) -> sl.Event:
        """The form: a name and a room."""
        self.name = form_data["username"].strip() or "somebody"
        return SharedRoom.join(form_data["room"].strip() or "lobby")

    @sl.var
    async def user_in_room(self) -> bool:
        """Whether this tab is in a room: a view of shared values that is its own."""
        shared = await self.get_state(SharedRoom)
        return self.router.session.client_token in shared._users


HERE = Path(__file__).parent

app = sl.App()
app.add_page(HERE.parent / "look.css", route="/look.css")
app.add_page(HERE / "index.html")

if __name__ == "__main__":
    app.run()
