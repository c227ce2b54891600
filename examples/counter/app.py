"""The collaborative counter: tabs that press "Link" share one count, the others keep their own.

python examples/counter/app.py, or: statelink run examples/counter/app.py
"""

from __future__ import annotations

from pathlib import Path

import statelink as sl


class CollaborativeCounter(sl.SharedState):
    """A count: private to each tab until it links."""

    count: int = 0

    @sl.event
    async def toggle_link(self) -> None:
        """Joins everybody who is linked, or leaves them."""
        if self._linked_to:
            return await self._unlink()
        shared = await self._link_to("shared-global-counter")
        shared.count += 1  # each tab that joins counts

    @sl.event
    def set_count(self, count: int) -> None:
        """Sets the count, for everybody who is linked."""
        self.count = count

    @sl.var
    def is_linked(self) -> bool:
        """What the page shows on its button."""
        return bool(self._linked_to)


app = sl.App()
app.add_page(Path(__file__).parent / "index.html")

if __name__ == "__main__":
    app.run()
