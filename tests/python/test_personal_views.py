"""What each client sees of a room for itself: recomputed for exactly the clients whose inputs changed."""

import pytest

import statelink as sl
from statelink.testing import AppHarness

MANY = 20
RUNS: dict[str, list[str]] = {"user_in_room": [], "player_piece": []}


class Room(sl.SharedState):
    _users: dict[str, str] = {}
    topic: str = ""

    @sl.var
    def user_list(self) -> str:
        return ", ".join(self._users.values())

    @sl.event
    async def join(self, token: str, name: str) -> None:
        linked = await self._link_to(token)
        linked._users[self.router.session.client_token] = name

    @sl.event
    async def leave(self) -> None:
        del self._users[self.router.session.client_token]
        await self._unlink()

    @sl.event
    def set_topic(self, topic: str) -> None:
        self.topic = topic


class Mine(sl.State):
    @sl.var
    async def user_in_room(self) -> bool:
        RUNS["user_in_room"].append(self.router.session.client_token)
        shared = await self.get_state(Room)
        return self.router.session.client_token in shared._users


class Game(sl.SharedState):
    board: list[str] = [""] * 9
    _players: dict[str, str] = {}

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        if len(linked._players) < 2:
            linked._players[self.router.session.client_token] = "XO"[len(linked._players)]

    @sl.event
    def move(self, at: int) -> None:
        self.board[at] = self._players[self.router.session.client_token]


class MyGame(sl.State):
    @sl.var
    async def player_piece(self) -> str | None:
        RUNS["player_piece"].append(self.router.session.client_token)
        shared = await self.get_state(Game)
        return shared._players.get(self.router.session.client_token)


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Room, Mine, Game, MyGame])) as harness:
        yield harness


def take_runs(name):
    """Whose var ran how often since the last look."""
    ran, RUNS[name] = RUNS[name], []
    return {token: ran.count(token) for token in ran}


def once(clients):
    return {client.client_token: 1 for client in clients}


async def test_user_in_room(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.join, token="a", name="Ann")
    assert ann.state(Mine)["user_in_room"] is True
    assert bob.state(Mine)["user_in_room"] is False
    await bob.call(Room.join, token="b", name="Bob")
    assert bob.state(Mine)["user_in_room"] is True
    await ann.call(Room.leave)
    assert ann.state(Mine)["user_in_room"] is False
    assert bob.state(Mine)["user_in_room"] is True


async def test_a_join_among_many_recomputes_those_of_the_room(harness):
    room = [await harness.connect() for _ in range(MANY)]
    elsewhere = [await harness.connect() for _ in range(MANY)]
    nowhere = [await harness.connect() for _ in range(MANY)]
    for n, client in enumerate(room):
        await client.call(Room.join, token="a", name=str(n))
    for n, client in enumerate(elsewhere):
        await client.call(Room.join, token="b", name=str(n))
    take_runs("user_in_room")
    take_runs("player_piece")
    commits, patches = harness.counts["commits"], harness.counts["patches"]
    await nowhere[0].call(Room.join, token="a", name="new")
    assert take_runs("user_in_room") == once([*room, nowhere[0]])
    assert take_runs("player_piece") == {}
    # The room's commit and the joiner's overlay: for the others the value is what it was.
    assert harness.counts["commits"] == commits + 2
    assert harness.counts["patches"] <= patches + 2
    assert nowhere[0].state(Mine)["user_in_room"] is True


async def test_what_it_does_not_read_recomputes_nobody(harness):
    room = [await harness.connect() for _ in range(MANY)]
    for n, client in enumerate(room):
        await client.call(Room.join, token="a", name=str(n))
    take_runs("user_in_room")
    await room[0].call(Room.set_topic, topic="new")
    assert take_runs("user_in_room") == {}


async def test_a_leave_recomputes_those_of_the_room_and_the_leaver(harness):
    room = [await harness.connect() for _ in range(MANY)]
    for n, client in enumerate(room):
        await client.call(Room.join, token="a", name=str(n))
    take_runs("user_in_room")
    await room[3].call(Room.leave)
    assert take_runs("user_in_room") == once(room)
    assert room[3].state(Mine)["user_in_room"] is False


async def test_player_piece(harness):
    players = [await harness.connect() for _ in range(2)]
    spectators = [await harness.connect() for _ in range(MANY)]
    for client in [*players, *spectators]:
        await client.call(Game.join, token="game")
    assert [client.state(MyGame)["player_piece"] for client in players] == ["X", "O"]
    assert {client.state(MyGame)["player_piece"] for client in spectators} == {None}
    take_runs("player_piece")
    await players[0].call(Game.move, at=4)
    assert take_runs("player_piece") == {}
    late = await harness.connect()
    take_runs("player_piece")
    await late.call(Game.join, token="game")  # only looks on: no player changed
    assert take_runs("player_piece") == once([late])
    assert late.state(MyGame)["player_piece"] is None


async def test_a_change_from_outside_recomputes_those_of_the_room(harness):
    room = [await harness.connect() for _ in range(MANY)]
    other = await harness.connect()
    await other.call(Room.join, token="b", name="other")
    for n, client in enumerate(room):
        await client.call(Room.join, token="a", name=str(n))
    take_runs("user_in_room")
    async with harness.app.modify_state(Room, "a") as shared:
        shared._users.pop(room[5].client_token)
    await room[5].until(lambda: room[5].state(Mine)["user_in_room"] is False)
    assert take_runs("user_in_room") == once(room)
