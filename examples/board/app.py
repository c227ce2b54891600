"""A board of cards that several people add, edit, move and delete. Each change travels as a small patch.

python examples/board/app.py, or: statelink run examples/board/app.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import statelink as sl


@dataclass
class Card:
    """One card."""

    key: str
    text: str
    done: bool = False


class Board(sl.SharedState):
    """The board of everybody who opens the page."""

    cards: list[Card] = [
        Card("a", "Open this page in a second tab"),
        Card("b", "Edit one: only its text travels"),
        Card("c", "Move one, delete one"),
    ]

    async def on_load(self) -> None:
        """Everybody is at the same board."""
        await self._link_to("board")

    @sl.var
    def open_cards(self) -> int:
        """How many are not done."""
        return sum(not card.done for card in self.cards)

    def _place(self, key: str) -> int:
        # By key, not by place: somebody else may have moved it since the page was drawn.
        for place, card in enumerate(self.cards):
            if card.key == key:
                return place
        raise LookupError("this card has been deleted")

    @sl.event
    def add(self, text: str) -> None:
        """Adds a card at the end."""
        self.cards.append(Card(uuid4().hex[:8], text))

    @sl.event
    def edit(self, key: str, text: str) -> None:
        """Changes a card's text."""
        self.cards[self._place(key)].text = text

    @sl.event
    def check(self, key: str, done: bool) -> None:
        """Marks a card as done, or not."""
        self.cards[self._place(key)].done = done

    @sl.event
    def move(self, key: str, by: int) -> None:
        """Moves a card up (negative) or down."""
        place = self._place(key)
        goal = min(max(place + by, 0), len(self.cards) - 1)
        self.cards.insert(goal, self.cards.pop(place))

    @sl.event
    def delete(self, key: str) -> None:
        """Takes a card away."""
        del self.cards[self._place(key)]


HERE = Path(__file__).parent

app = sl.App()
app.add_page(HERE.parent / "look.css", route="/look.css")
app.add_page(HERE / "index.html", on_load=Board.on_load)

if __name__ == "__main__":
    app.run()
