"""The guide's beginning: what a SharedState is, private until linked, and changes that reach all."""

import asyncio
from dataclasses import dataclass

import pytest

import statelink as sl
from guide.watching import Received, sees, shown


@dataclass
class Card:
    text: str
    done: bool = False


class BoardVars:
    """The vars and handlers of a board, whatever kind of state it is."""

    title: str = "Board"
    cards: list[Card] = [Card("first")]
    votes: dict[str, int] = {"yes": 0}
    tags: set[str] = {"old"}
    _notes: list[str] = []

    @sl.var
    def notes(self) -> int:
        return len(self._notes)

    @sl.event
    def rename(self, title: str) -> None:
        self.title = title

    @sl.event
    def add_card(self, text: str = "second") -> None:
        self.cards.append(Card(text))

    @sl.event
    def check(self) -> None:
        self.cards[0].done = True

    @sl.event
    def vote(self) -> None:
        self.votes["yes"] += 1

    @sl.event
    def tag(self) -> None:
        self.tags.discard("old")
        self.tags.add("new")

    @sl.event
    def note(self) -> None:
        self._notes.append("only the server has this")

    @sl.event
    def drop_card(self) -> None:
        self.cards.pop()

    @sl.event
    def in_steps(self):
        self.title = "one"
        yield
        self.votes = {"no": 1}

    @sl.event(background=True)
    async def beside(self) -> None:
        async with self:
            self.title = "beside"

    @sl.event
    def fail(self) -> None:
        self.title = "never"
        raise ValueError("no")


class Board(BoardVars, sl.SharedState):
    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)


class OwnBoard(BoardVars, sl.State):
    """A normal state with the same body."""


class Twin(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)


STATES = [Board, OwnBoard, Twin]

# By handler: what is seen afterwards.
CHANGES = {
    "rename": {"title": "new"},
    "add_card": {"cards": [{"text": "first", "done": False}, {"text": "second", "done": False}]},
    "check": {"cards": [{"text": "first", "done": True}]},
    "vote": {"votes": {"yes": 1}},
    "tag": {"tags": ["new"]},
    "note": {"notes": 1},
    "drop_card": {"cards": []},
    "in_steps": {"title": "one", "votes": {"no": 1}},
    "beside": {"title": "beside"},
}
ARGUMENTS = {"rename": {"title": "new"}}


async def joined(harness, token="board"):
    client = await harness.connect()
    await client.call(Board.join, token=token)
    return client


async def test_it_may_be_shared_by_multiple_clients(harness):
    """A special type of state that several clients may share."""
    clients = [await joined(harness) for _ in range(3)]
    assert len({client.instance(Board).number for client in clients}) == 1


async def test_users_see_and_change_the_same_data_simultaneously(harness):
    """For applications in which several users interact with the same data at the same time."""
    clients = [await joined(harness) for _ in range(3)]
    await asyncio.gather(*(client.call(Board.vote) for client in clients for _ in range(20)))
    for client in clients:
        await sees(client, Board, votes={"yes": 60})


@pytest.mark.parametrize("handler", CHANGES)
async def test_it_behaves_like_a_normal_state(harness, handler):
    """Similar to a subclass of State: the same body does the same in both."""
    seen = []
    for state in (Board, OwnBoard):
        client = await harness.connect()
        assert shown(client, state, ["title", "notes"]) == {"title": "Board", "notes": 0}
        await client.call(getattr(state, handler), **ARGUMENTS.get(handler, {}))
        await sees(client, state, **CHANGES[handler])
        with pytest.raises(sl.EventError, match="ValueError: no"):
            await client.call(state.fail)
        seen.append(client.state(state))
    assert seen[0] == seen[1]


async def test_it_is_private_to_each_client_until_it_is_linked(harness):
    """Private to each client until it is linked explicitly."""
    ann, bob, carl = await harness.connect(), await harness.connect(), await joined(harness)
    received = Received(bob, carl)
    await ann.call(Board.rename, title="Ann's")
    await ann.call(Board.add_card)
    assert await received.by(bob) == await received.by(carl) == []
    assert bob.state(Board)["title"] == carl.state(Board)["title"] == "Board"
    await ann.call(Twin.join, token="board")  # a link of another class is none of this one
    assert ann.state(Board)["title"] == "Ann's"


@pytest.mark.parametrize("handler", CHANGES)
async def test_once_linked_any_change_reaches_all_other_clients(harness, handler):
    """Any changes made by one client are propagated to all that share its token."""
    clients = [await joined(harness) for _ in range(4)]
    elsewhere = await joined(harness, "another board")
    received = Received(elsewhere)
    await clients[1].call(getattr(Board, handler), **ARGUMENTS.get(handler, {}))
    for client in clients:
        await sees(client, Board, **CHANGES[handler])
    assert await received.by(elsewhere) == []
    late = await joined(harness)
    assert late.state(Board) == clients[0].state(Board)


async def test_a_change_from_outside_reaches_all_too(harness):
    """Any changes: also those that no client has made."""
    clients = [await joined(harness) for _ in range(3)]
    async with harness.app.modify_state(Board, "board") as board:
        board.cards[0].done = True
    for client in clients:
        await sees(client, Board, **CHANGES["check"])
