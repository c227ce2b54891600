"""The guide on personal views: async computed vars of private states that read shared ones."""

from typing import Literal

import pytest

import statelink as sl
from guide.watching import Received, sees

RUNS: list[str] = []
Piece = Literal["X", "O"]


class SharedGameState(sl.SharedState):
    board: list[list[str]] = [[""] * 3 for _ in range(3)]
    _players: dict[str, Piece] = {}

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        free = [piece for piece in ("X", "O") if piece not in linked._players.values()]
        if free:
            linked._players[self.router.session.client_token] = free[0]

    @sl.event
    async def watch(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def make_move(self, x: int, y: int) -> None:
        piece = self._players.get(self.router.session.client_token)
        if piece is None:
            raise PermissionError("spectators do not move")
        self.board[y][x] = piece

    @sl.event
    def swap_pieces(self) -> None:
        for token, piece in self._players.items():
            self._players[token] = "O" if piece == "X" else "X"


class UserGameState(sl.State):
    clicks: int = 0

    @sl.event
    def click(self) -> None:
        self.clicks += 1

    @sl.var
    async def player_piece(self) -> str | None:
        RUNS.append(self.router.session.client_token)
        shared = await self.get_state(SharedGameState)
        return shared._players.get(self.router.session.client_token)


STATES = [SharedGameState, UserGameState]


@pytest.fixture(autouse=True)
def _fresh():
    RUNS.clear()


async def table(harness, token="1", spectators=3):
    clients = [await harness.connect() for _ in range(2 + spectators)]
    for client in clients[:2]:
        await client.call(SharedGameState.join, token=token)
    for client in clients[2:]:
        await client.call(SharedGameState.watch, token=token)
    return clients


def take_runs():
    """How often the var ran, by client, since the last look."""
    ran = {token: RUNS.count(token) for token in RUNS}
    RUNS.clear()
    return ran


async def test_each_user_has_a_view_of_its_own(harness):
    """Computed vars of private states give each user its own view of shared data."""
    x, o, *spectators = await table(harness)
    await sees(x, UserGameState, player_piece="X")
    await sees(o, UserGameState, player_piece="O")
    for spectator in spectators:
        await sees(spectator, UserGameState, player_piece=None)
    await x.call(SharedGameState.swap_pieces)
    await sees(x, UserGameState, player_piece="O")
    await sees(o, UserGameState, player_piece="X")


async def test_nothing_sensitive_is_shown_to_others(harness):
    """Without exposing sensitive information to other users: who has which piece, and the tokens."""
    clients = await table(harness)
    received = Received(*clients)
    await clients[0].call(SharedGameState.swap_pieces)
    for client in clients[2:]:
        assert await received.by(client) == []
    for client in clients:
        others = {other.client_token for other in clients} - {client.client_token}
        assert not [token for token in others if token in repr(client.frames)]
        assert "_players" not in repr(client.frames)


async def test_no_unrelated_data_is_sent(harness):
    """It reduces the unrelated data sent to each client: a player is sent its own piece."""
    x, o, *_ = await table(harness)
    received = Received(x, o)
    await x.call(SharedGameState.swap_pieces)
    for client, piece in ((x, "O"), (o, "X")):
        (frame,) = await received.by(client)
        assert frame["p"] == [{"op": "replace", "path": "/player_piece", "value": piece}]


async def test_views_are_cached_for_each_user(harness):
    """Each user's view is cached; it is computed again for exactly those whose inputs have changed."""
    first, second = await table(harness, "1"), await table(harness, "2")
    unlinked = await harness.connect()
    take_runs()
    await first[0].call(SharedGameState.make_move, x=1, y=1)  # the view does not read the board
    await unlinked.call(UserGameState.click)
    await first[1].call(UserGameState.click)
    assert take_runs() == {}
    await first[0].call(SharedGameState.swap_pieces)
    for client in first[:2]:
        await client.until(lambda: client.state(UserGameState)["player_piece"])  # noqa: B023
    assert take_runs() == {client.client_token: 1 for client in first}
    await unlinked.call(SharedGameState.watch, token="2")
    assert take_runs() == {unlinked.client_token: 1}
    assert second[0].state(UserGameState)["player_piece"] == "X"


async def test_async_computed_vars_read_shared_state_with_get_state(harness):
    """Async computed vars read the shared state through `get_state`: the linked one, when it is."""
    ann = await harness.connect()
    assert ann.state(UserGameState)["player_piece"] is None
    await ann.call(SharedGameState.join, token="1")
    assert ann.state(UserGameState)["player_piece"] == "X"
    await ann.call(SharedGameState.watch, token="2")
    assert ann.state(UserGameState)["player_piece"] is None


async def test_the_client_token_decides_who_moves(harness):
    """The game: a move has the piece of the client that sent it, whatever it claims."""
    x, o, spectator, *_ = await table(harness)
    await o.call(SharedGameState.make_move, x=0, y=0)
    await x.call(SharedGameState.make_move, x=1, y=0)
    with pytest.raises(sl.EventError, match="spectators do not move"):
        await spectator.call(SharedGameState.make_move, x=2, y=0)
    await sees(spectator, SharedGameState, board=[["O", "X", ""], [""] * 3, [""] * 3])
