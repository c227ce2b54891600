"""Tic-tac-toe: two players, any number of spectators. Which piece is whose, only its player is told.

python examples/game/app.py, or: statelink run examples/game/app.py
Open http://127.0.0.1:8000 in two tabs, and in a third to watch; /?table=2 is another table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import statelink as sl

Piece = Literal["X", "O"]

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


class SharedGame(sl.SharedState):
    """One table."""

    board: list[str] = [""] * 9
    next_piece: Piece = "X"
    _players: dict[str, Piece] = {}  # by client token

    @sl.var
    def winner(self) -> str:
        """The piece with three in a row, "draw", or nothing yet."""
        for a, b, c in LINES:
            if self.board[a] and self.board[a] == self.board[b] == self.board[c]:
                return self.board[a]
        return "draw" if all(self.board) else ""

    @sl.var
    def players(self) -> int:
        """How many of the two places are taken."""
        return len(self._players)

    @sl.var
    def spectators(self) -> int:
        """How many only watch."""
        return len(self._linked_from - self._players.keys())

    async def on_load(self) -> None:
        """Takes a place at the table that the page's address names, before the page is shown."""
        await self._link_to(self.router.page.params.get("table") or "1")

    def on_join(self) -> None:
        """The first two get a piece."""
        self.sit()

    @sl.event
    def sit(self) -> None:
        """Takes a place that is free: a player has gone."""
        if self.router.session.client_token in self._players:
            return
        free = [piece for piece in ("X", "O") if piece not in self._players.values()]
        if free:
            self._players[self.router.session.client_token] = free[0]

    def on_leave(self) -> None:
        """Frees the place."""
        self._players.pop(self.router.session.client_token, None)

    @sl.event
    def make_move(self, cell: int) -> None:
        """Puts the piece of the client that sends this event, if it is its turn."""
        piece = self._players.get(self.router.session.client_token)
        if piece is None:
            raise PermissionError("you are a spectator")
        if self.winner:
            raise ValueError("this game is over")
        if piece != self.next_piece:
            raise ValueError("it is the other player's turn")
        if not 0 <= cell < 9 or self.board[cell]:
            raise ValueError("this cell is taken")
        self.board[cell] = piece
        self.next_piece = "O" if piece == "X" else "X"

    @sl.event
    def restart(self) -> None:
        """Begins a new game, when a player asks for one."""
        if self.router.session.client_token not in self._players:
            raise PermissionError("you are a spectator")
        self.board = [""] * 9
        self.next_piece = "X"


class Player(sl.State):
    """What one tab sees of itself."""

    @sl.var
    async def piece(self) -> str | None:
        """Its piece at the table; none for a spectator."""
        game = await self.get_state(SharedGame)
        return game._players.get(self.router.session.client_token)


HERE = Path(__file__).parent

app = sl.App()
app.add_page(HERE.parent / "look.css", route="/look.css")
app.add_page(HERE / "index.html", on_load=SharedGame.on_load)

if __name__ == "__main__":
    app.run()
