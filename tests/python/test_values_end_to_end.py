"""Exact patches over the wire, and values put back in the objects that they were in, by handlers of a running app."""

import logging
import math
from dataclasses import dataclass, field

import pytest

import statelink as sl
from statelink.testing import AppHarness


@dataclass
class Card:
    title: str = ""
    done: bool = False
    weight: int = field(default=0, compare=False)


class Deck(sl.SharedState):
    todo: list[dict] = [{"title": "one", "done": False}, {"title": "two", "done": False}]
    finished: list[dict] = []
    value: object = 1
    card: Card = Card("first")
    text: str = "abc"
    names: set[str] = {"a", "b"}
    by_name: dict[str, int] = {"a": 1}

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    def set_value(self, which: str) -> None:
        self.value = {"true": True, "float": 1.0, "one": 1, "nan": math.nan, "none": None}[which]

    @sl.event
    def pop_and_raise(self) -> None:
        card = self.todo.pop(0)
        card["done"] = True
        raise ValueError("no")

    @sl.event
    def move_and_raise(self) -> None:
        card = self.todo.pop()
        card["done"] = True
        self.finished.append(card)
        self.finished[0]["title"] = "moved"
        self.todo.clear()
        self.todo = [{"title": "new", "done": True}]
        self.card.title = "changed"
        self.card = Card("other")
        self.names.add("c")
        self.names.discard("a")
        self.by_name.clear()
        self.text += "def"
        raise ValueError("no")

    @sl.event
    def pop_and_change(self) -> None:
        card = self.todo.pop(0)
        card["done"] = True
        self.finished.append(card)

    @sl.event
    def weigh(self, weight: int) -> None:
        self.card.weight = weight

    @sl.event
    def weigh_anew(self, weight: int) -> None:
        self.card = Card(self.card.title, self.card.done, weight)

    @sl.event
    def append_text(self, more: str) -> None:
        self.text += more

    @sl.event
    def to_text(self) -> None:
        self.text = str(self.card.weight)

    @sl.event
    def spoil(self, where: str) -> None:
        if where == "row":
            self.todo[1]["title"] = object()
        elif where == "card":
            self.card.title = {1, object()}
        else:
            self.by_name["x"] = complex(1, 2)

    @sl.event
    def again(self) -> None:
        KEPT.append((self.todo, self.todo[0]))


KEPT: list[object] = []


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def clients():
    KEPT.clear()
    async with AppHarness(sl.App(states=[Deck])) as harness:
        pair = [await harness.connect(), await harness.connect()]
        for client in pair:
            await client.call(Deck.join, token="room")
        for client in pair:
            await client.call(Deck.nothing)
        yield pair


async def patches(clients, handler, **arguments):
    """The operations that one call sends; every client gets the same ones."""
    seen = [len(client.frames) for client in clients]
    await clients[0].call(handler, **arguments)
    for client in clients[1:]:
        await client.call(Deck.nothing)
    found = [
        [frame["p"] for frame in client.frames[since:] if "p" in frame]
        for client, since in zip(clients, seen, strict=True)
    ]
    assert all(ops == found[0] for ops in found)
    assert all(client.state(Deck) == clients[0].state(Deck) for client in clients)
    return found[0]


def replace(path, value):
    return [[{"op": "replace", "path": path, "value": value}]]


@pytest.mark.parametrize("handler", [Deck.pop_and_raise, Deck.move_and_raise])
async def test_a_handler_that_raises_is_undone_in_the_same_objects(clients, handler):
    await clients[0].call(Deck.again)
    before = clients[0].state(Deck)
    with pytest.raises(sl.EventError, match="no"):
        await patches(clients, handler)
    await clients[0].call(Deck.again)
    assert KEPT[0][0] is KEPT[1][0]
    assert KEPT[0][1] is KEPT[1][1]
    assert KEPT[1][0] == [{"title": "one", "done": False}, {"title": "two", "done": False}]
    assert clients[0].state(Deck) == clients[1].state(Deck) == before
    # What was popped and put back is part of the state again.
    assert await patches(clients, Deck.pop_and_change) == [
        [
            {"op": "remove", "path": "/todo/0"},
            {"op": "add", "path": "/finished/0", "value": {"title": "one", "done": True}},
        ]
    ]


async def test_values_that_are_equal_and_not_the_same(clients):
    assert await patches(clients, Deck.set_value, which="true") == replace("/value", True)
    assert await patches(clients, Deck.set_value, which="one") == replace("/value", 1)
    sent = await patches(clients, Deck.set_value, which="float")
    assert sent == replace("/value", 1.0)
    assert type(sent[0][0]["value"]) is float
    assert await patches(clients, Deck.set_value, which="nan") == replace("/value", None)


async def test_the_same_value_is_not_sent(clients):
    assert await patches(clients, Deck.set_value, which="one") == []
    await patches(clients, Deck.set_value, which="nan")
    assert await patches(clients, Deck.set_value, which="nan") == []


@pytest.mark.parametrize("handler", [Deck.weigh, Deck.weigh_anew])
async def test_a_field_that_equality_leaves_out_is_sent(clients, handler):
    assert await patches(clients, handler, weight=3) == replace("/card/weight", 3)
    assert await patches(clients, handler, weight=3) == []


async def test_text_that_grows_is_appended(clients):
    ops = await patches(clients, Deck.append_text, more="def")
    assert ops == [[{"op": "append", "path": "/text", "value": "def"}]]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("row", "todo/1/title.*object"),
        ("card", "card/title.*object"),
        ("map", "by_name/x.*complex"),
    ],
)
async def test_what_cannot_be_sent_is_told_with_path_and_type(clients, where, says):
    before = clients[0].state(Deck)
    with pytest.raises(sl.EventError, match=says) as caught:
        await patches(clients, Deck.spoil, where=where)
    assert caught.value.code == "unencodable"
    assert clients[0].state(Deck) == before
    assert await patches(clients, Deck.set_value, which="none") == replace("/value", None)
