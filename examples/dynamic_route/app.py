"""Rooms by address: whoever opens /room/NAME is in room NAME, from the first paint on.

python examples/dynamic_route/app.py, or: statelink run examples/dynamic_route/app.py
"""

from __future__ import annotations

from pathlib import Path

import statelink as sl


class NoteRoom(sl.SharedState):
    """A note that everybody in the room may write."""

    note: str = "Nothing is written here yet."
    edits: int = 0

    async def on_load(self) -> None:
        """Runs before the page is shown, and again when it goes to another room."""
        # `room_id` is there because the route has it; on the page "/" it is empty.
        await self._link_to(self.room_id or "lobby")

    @sl.var
    def here(self) -> int:
        """How many tabs are in the room."""
        return len(self._linked_from)

    @sl.var
    def room(self) -> str:
        """The room's name."""
        return self._linked_to

    @sl.event
    def write(self, note: str) -> None:
        """Replaces the note."""
        self.note = note
        self.edits += 1


HERE = Path(__file__).parent

app = sl.App()
app.add_page(HERE.parent / "look.css", route="/look.css")
for route in ("/", "/room/[room_id]"):
    app.add_page(HERE / "index.html", route=route, on_load=NoteRoom.on_load)

if __name__ == "__main__":
    app.run()
