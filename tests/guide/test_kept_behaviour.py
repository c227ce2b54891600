"""What programs for the reference rely on and find here: rules of its states that are kept, by number.

The others that are kept have their tests in tests/python, file by file as docs/differences.md names them.
"""

import asyncio
import bisect
import copy
import enum
import json
import pickle
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pydantic
import pytest

import statelink as sl
from gates import Gate
from guide.watching import Received, sees, shown

GATE: Gate
SEEN: list[object] = []


@dataclass
class Card:
    text: str = ""
    tags: list[str] = field(default_factory=list)

    def rename(self, text: str) -> None:
        self.text = text


class Model(pydantic.BaseModel):
    text: str = ""
    tags: list[str] = []


class Colour(enum.Enum):
    RED = "red"


class Desk(sl.State):
    count: int = 0
    other: int = 0
    rows: list[list[int]] = [[1], [2], [3]]
    numbers: list[int] = [3, 1, 2]
    by_name: dict[str, list[int]] = {"a": [1]}
    tally: dict[str, int] = {}
    card: Card = Card("empty")
    model: Model = Model()
    _hidden: list[int] = []

    @sl.event
    def do(self, what: str) -> None:
        MUTATIONS[what][0](self)

    @sl.event
    def plain(self) -> None:
        self.count += 1

    @sl.event
    async def waiting(self) -> None:
        await asyncio.sleep(0)
        self.count += 1

    @sl.event
    def steps(self):
        self.count += 1
        yield
        self.other += 1

    @sl.event
    async def async_steps(self):
        self.count += 1
        yield
        await asyncio.sleep(0)
        self.other += 1

    @sl.event
    def step_and_event(self):
        self.count += 1
        yield Desk.look
        self.other += 1

    @sl.event
    def look(self) -> None:
        SEEN.append((self.count, self.other))

    @sl.event
    def undeclared(self) -> None:
        self.numbr = 1

    @sl.event
    def take(
        self,
        number: int = 0,
        ratio: float = 0,
        card: Card | None = None,
        model: Model | None = None,
        names: set[str] | None = None,
        pair: tuple[int, str] = (0, ""),
        colour: Colour | None = None,
    ) -> None:
        SEEN.append([number, ratio, card, model, names, pair, colour])

    @sl.event
    def copies(self) -> None:
        SEEN.extend([copy.deepcopy(self.rows), pickle.loads(pickle.dumps(self.rows))])
        SEEN.append(json.loads(json.dumps(self.by_name)))

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()
        self.count += 1

    @sl.event
    def clear(self) -> None:
        self.reset()


class Slow(sl.State):
    start: bool = False

    @sl.event
    def go(self) -> None:
        self.start = True

    @sl.var
    async def first(self) -> bool:
        return await self._wait()

    @sl.var
    async def second(self) -> bool:
        return await self._wait()

    async def _wait(self) -> bool:
        if self.start:
            await GATE.passing()
        return self.start


class Room(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str = "room") -> None:
        linked = await self._link_to(token)
        SEEN.append(linked is self)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def look(self) -> None:
        SEEN.append(self._linked_to)


STATES = [Desk, Slow, Room]


def _shuffle(desk):
    random.Random(1).shuffle(desk.numbers)
    desk.numbers.sort(reverse=True)


def _count(desk):
    desk.tally = Counter(a=1)
    desk.tally["a"] += 1


def _default(desk):
    desk.by_name = defaultdict(list, a=[1])
    desk.by_name["a"].append(2)


# By what it does: a change that the reference sees, and what is seen then.
MUTATIONS = {
    "slice": (lambda d: d.rows[1:][0].append(5), "rows", [[1], [2, 5], [3]]),
    "iteration": (lambda d: [row.append(5) for row in d.rows], "rows", [[1, 5], [2, 5], [3, 5]]),
    "sorted()": (lambda d: sorted(d.rows)[0].append(5), "rows", [[1, 5], [2], [3]]),
    "list()": (lambda d: list(d.rows)[-1].clear(), "rows", [[1], [2], []]),
    "get": (lambda d: d.by_name.get("a").append(5), "by_name", {"a": [1, 5]}),
    "values()": (lambda d: [v.append(5) for v in d.by_name.values()], "by_name", {"a": [1, 5]}),
    "items()": (lambda d: [v.append(5) for _, v in d.by_name.items()], "by_name", {"a": [1, 5]}),
    "setdefault": (
        lambda d: d.by_name.setdefault("b", []).append(5),
        "by_name",
        {"a": [1], "b": [5]},
    ),
    "defaultdict": (_default, "by_name", {"a": [1, 2]}),
    "Counter": (_count, "tally", {"a": 2}),
    "bisect.insort": (lambda d: bisect.insort(d.rows, [2, 0]), "rows", [[1], [2], [2, 0], [3]]),
    "random.shuffle": (_shuffle, "numbers", [3, 2, 1]),
    "slice assignment": (lambda d: d.numbers.__setitem__(slice(0, 2), [9]), "numbers", [9, 2]),
    "+=": (lambda d: d.numbers.__iadd__([4]), "numbers", [3, 1, 2, 4]),
    "a dataclass's attribute": (
        lambda d: setattr(d.card, "text", "x"),
        "card",
        {"text": "x", "tags": []},
    ),
    "a dataclass's list": (
        lambda d: d.card.tags.append("x"),
        "card",
        {"text": "empty", "tags": ["x"]},
    ),
    "a dataclass's method": (lambda d: d.card.rename("y"), "card", {"text": "y", "tags": []}),
    "a model's attribute": (
        lambda d: setattr(d.model, "text", "x"),
        "model",
        {"text": "x", "tags": []},
    ),
    "a model's list": (lambda d: d.model.tags.append("x"), "model", {"text": "", "tags": ["x"]}),
}


@pytest.fixture(autouse=True)
def _fresh():
    global GATE
    GATE = Gate()
    SEEN.clear()
    yield
    GATE.open()


@pytest.mark.parametrize("state", [Desk, Room])
def test_rule_2_only_the_framework_makes_instances(state):
    with pytest.raises(TypeError):
        state()


async def test_rule_5_mutable_defaults_are_each_instance_s(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Desk.do, what="iteration")
    assert bob.state(Desk)["rows"] == [[1], [2], [3]]


async def test_rule_7_an_undeclared_attribute_cannot_be_set(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="AttributeError.*numbr"):
        await ann.call(Desk.undeclared)


async def test_rule_17_async_computed_vars_run_at_the_same_time(harness):
    ann = await harness.connect()
    answer = await ann.send_event(Slow.go)
    await GATE.arrived(2)  # both are at it, and neither has ended
    GATE.open()
    await answer
    await sees(ann, Slow, first=True, second=True)


@pytest.mark.parametrize("what", MUTATIONS)
async def test_rule_26_what_is_tracked(harness, what):
    _, var, value = MUTATIONS[what]
    ann = await harness.connect()
    await ann.call(Desk.do, what=what)
    assert ann.state(Desk)[var] == value


async def test_rule_30_copies_are_plain(harness):
    ann = await harness.connect()
    await ann.call(Desk.copies)
    assert SEEN == [[[1], [2], [3]], [[1], [2], [3]], {"a": [1]}]
    assert type(SEEN[0]) is type(SEEN[1]) is list


@pytest.mark.parametrize("handler", [Desk.plain, Desk.waiting, Desk.steps, Desk.async_steps])
async def test_rule_31_kinds_of_handlers(harness, handler):
    ann = await harness.connect()
    await ann.call(handler)
    assert ann.state(Desk)["count"] == 1


@pytest.mark.parametrize("handler", [Desk.steps, Desk.async_steps, Desk.step_and_event])
async def test_rule_32_each_yield_sends_what_has_changed_so_far(harness, handler):
    ann = await harness.connect()
    await ann.call(Desk.plain)  # from here on its values are its own, and changes are patches
    received = Received(ann)
    await ann.call(handler)
    paths = [[op["path"] for op in frame["p"]] for frame in await received.by(ann)]
    assert paths == [["/count"], ["/other"]]
    if handler == Desk.step_and_event:
        assert SEEN == [(2, 1)]


async def test_rule_36_events_of_one_client_run_in_order_those_of_others_at_once(harness):
    ann, bob = await harness.connect(), await harness.connect()
    held = await ann.send_event(Desk.hold)
    waiting = [await ann.send_event(Desk.look), await ann.send_event(Desk.plain)]
    await GATE.arrived()
    await bob.call(Desk.look)
    assert SEEN == [(0, 0)]
    GATE.open()
    await asyncio.gather(held, *waiting)
    assert SEEN == [(0, 0), (1, 0)]
    assert ann.state(Desk)["count"] == 2


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        ({"number": "3", "ratio": "0.5"}, {0: 3, 1: 0.5}),
        ({"card": {"text": "x", "tags": ["y"]}}, {2: Card("x", ["y"])}),
        ({"model": {"text": "x"}}, {3: Model(text="x")}),
        ({"names": ["x", "y"], "pair": [1, "z"]}, {4: {"x", "y"}, 5: (1, "z")}),
        ({"colour": "red"}, {6: Colour.RED}),
    ],
    ids=["numbers", "dataclass", "model", "set and tuple", "enum"],
)
async def test_rule_41_arguments_become_what_the_annotations_say(harness, arguments, taken):
    ann = await harness.connect()
    await ann.call(Desk.take, **arguments)
    (given,) = SEEN
    assert {index: given[index] for index in taken} == taken


async def test_rule_45_events_wait_while_the_socket_is_gone(harness):
    ann = await harness.connect()
    await ann.drop()
    answers = [await ann.send_event(handler) for handler in (Desk.plain, Desk.look, Desk.plain)]
    assert SEEN == []
    await ann.reconnect()
    await asyncio.gather(*answers)
    assert SEEN == [(1, 0)]
    assert ann.state(Desk)["count"] == 2


async def test_rule_57_who_was_away_finds_what_is_current(harness):
    ann, bob = await harness.connect(), await harness.connect()
    for client in (ann, bob):
        await client.call(Room.join)
    await bob.disconnect()
    await ann.call(Room.add)
    await bob.reconnect()
    assert bob.state(Room)["count"] == 1


async def test_rule_58_a_room_expires_and_is_found_with_defaults(harness):
    ann = await harness.connect()
    await ann.call(Room.join)
    await ann.call(Room.add)
    await ann.call(Room.join, token="elsewhere")
    harness.clock.advance(harness.app.config.room_expiry)
    await ann.call(Room.join)
    assert ann.state(Room)["count"] == 0


async def test_rule_61_linking_again_to_the_same_token_changes_nothing(harness):
    ann, bob = await harness.connect(), await harness.connect()
    for client in (ann, bob):
        await client.call(Room.join)
    await ann.call(Room.add)
    await sees(bob, Room, count=1)
    received, commits = Received(ann, bob), harness.counts["commits"]
    await ann.call(Room.join)
    assert await received.by(ann) == await received.by(bob) == []
    assert harness.counts["commits"] == commits


async def test_rule_69_links_survive_reconnects_and_resets_of_other_states(harness):
    ann, bob = await harness.connect(), await harness.connect()
    for client in (ann, bob):
        await client.call(Room.join)
    SEEN.clear()
    await ann.call(Room.look)
    await ann.call(Desk.clear)
    await ann.call(Room.look)
    await ann.reconnect()
    again = await harness.connect(identity=ann.identity)
    await again.call(Room.look)
    assert SEEN == ["room"] * 3
    await again.call(Room.add)
    await sees(bob, Room, count=1)


async def test_rule_71_who_knows_a_token_may_link_to_it(harness):
    ann, stranger = await harness.connect(), await harness.connect()
    await ann.call(Room.join, token="secret")
    await ann.call(Room.add)
    await stranger.call(Room.join, token="secret")
    assert shown(stranger, Room, ["count"]) == {"count": 1}
