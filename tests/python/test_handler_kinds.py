"""Which functions of a state are event handlers, and what the class and an instance show of them."""

import dataclasses
import logging

import pytest

import statelink as sl
from statelink.event import Event, EventHandler
from statelink.testing import AppHarness

SEEN: list[object] = []


@dataclasses.dataclass
class Card:
    text: str
    tags: list[str] = dataclasses.field(default_factory=list)


class Desk(sl.State):
    number: int = 0
    rows: list[list[int]] = []
    names: dict[str, int] = {}
    marks: set[str] = set()
    card: Card = Card("empty")

    @sl.event
    def add(self, amount: int = 1) -> None:
        """Adds."""
        self.number += amount

    def undecorated(self, amount: int = 1) -> None:
        self.number += amount

    @sl.event
    def calls_others(self) -> None:
        self.add(2)
        self.undecorated(amount=3)
        Desk.add(self, 4)
        self._hidden()

    def _hidden(self) -> None:
        self.number += 100

    @sl.event
    def follow_undecorated(self):
        return Desk.undecorated(5)

    @sl.event
    def take(self, value: object) -> None:
        SEEN.append(value)

    @sl.event
    def give_containers(self):
        self.rows = [[1], [2]]
        self.names = {"a": 1}
        self.marks = {"x"}
        self.card = Card("full", ["t"])
        first = Desk.take([self.rows, self.names, self.marks, self.card])
        self.rows[0].append(7)
        self.card.tags.append("later")
        return first

    @sl.event
    def give_self(self):
        return Desk.take(self)

    @sl.event
    def give_self_by_name(self):
        return Desk.take(value=[{"deep": self}])

    @sl.event
    def call_of_a_stranger(self):
        return Other.go(self)

    @staticmethod
    def static(value: int) -> int:
        return value + 1

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @property
    def doubled(self) -> int:
        return self.number * 2


class Child(Desk):
    extra: int = 0

    @sl.event
    def add(self, amount: int = 1) -> None:
        super().add(amount * 10)


class Sibling(Desk):
    pass


class Other(sl.State):
    @sl.event
    def go(self) -> None: ...


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()


def app():
    return sl.App(states=[Desk, Child, Sibling, Other])


def test_the_class_shows_a_handler_and_a_call_of_it_an_event():
    assert isinstance(Desk.add, EventHandler)
    assert Desk.add.name == "add"
    assert Desk.add.__doc__ == "Adds."
    made = Desk.add(5)
    assert isinstance(made, Event)
    assert (made.handler, made.arguments) == (Desk.add, {"amount": 5})
    assert repr(made) == "<Event Desk.add(amount=5)>"
    assert Desk.add().arguments == {}  # the default is the function's matter
    assert Desk.add(amount=2).arguments == {"amount": 2}


def test_an_inherited_handler_is_the_subclass_s():
    assert Sibling.add.label == "Sibling.add"
    assert Sibling.add != Desk.add
    assert Sibling.add == Sibling.add
    assert hash(Sibling.add) == hash(Sibling.add)
    assert Child.add.label == "Child.add"


@pytest.mark.parametrize(
    "call",
    [
        lambda: Desk.add(1, 2),
        lambda: Desk.add(number=1),
        lambda: Desk.take(),
        lambda: Other.go(1),
    ],
)
def test_arguments_that_do_not_fit_raise_at_the_call(call):
    with pytest.raises(TypeError, match=r"(Desk\.add|Desk\.take|Other\.go)\(\)"):
        call()


def test_what_is_no_handler_is_left_as_it_is():
    assert Desk.static(1) == 2
    assert Desk.of_class() == "Desk"
    assert isinstance(vars(Desk)["doubled"], property)
    assert not isinstance(vars(Desk)["_hidden"], EventHandler)
    assert isinstance(Desk.undecorated, EventHandler)
    assert not isinstance(vars(sl.State)["get_state"], EventHandler)

    class Hooked(sl.SharedState):
        def on_join(self) -> None: ...

        async def on_leave(self) -> None: ...

    assert not isinstance(vars(Hooked)["on_join"], EventHandler)
    assert not isinstance(vars(Hooked)["on_leave"], EventHandler)


def test_the_decorator_in_the_wrong_place():
    import functools

    def logged(function):
        @functools.wraps(function)
        def wrapper(self):
            function(self)

        return wrapper

    with pytest.raises(sl.StateError, match="above its other decorators"):

        class Wrong(sl.State):
            @logged
            @sl.event
            def go(self) -> None: ...

    with pytest.raises(sl.StateError, match="for functions"):
        sl.event(5)


async def test_calls_between_methods_are_plain_calls_in_the_same_turn():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        turns = harness.counts["turns"]
        await client.call(Desk.calls_others)
        assert client.state(Desk)["number"] == 2 + 3 + 4 + 100
        assert harness.counts["turns"] == turns + 1
        await client.call(Child.add, amount=1)
        assert client.state(Desk)["number"] == 119  # super() is a plain call, too


async def test_only_decorated_functions_can_be_called_from_the_network():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        for name in ("Desk.undecorated", "Desk._hidden", "Desk.static", "Desk.get_state", "Desk.x"):
            with pytest.raises(sl.EventError) as caught:
                await client.call(name)
            assert caught.value.code == "unknown_event"
        await client.call(Desk.follow_undecorated)
        await client.until(lambda: client.state(Desk)["number"] == 5)


async def test_an_override_without_the_decorator_cannot_be_called():
    class Closed(Desk):
        def add(self, amount: int = 1) -> None:
            super().add(amount)

    async with AppHarness(sl.App(states=[Closed])) as harness:
        client = await harness.connect()
        with pytest.raises(sl.EventError) as caught:
            await client.call(Closed.add)
        assert caught.value.code == "unknown_event"
        await client.call(Desk.add)


async def test_containers_are_copied_at_the_call():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        await client.call(Desk.give_containers)
        await client.until(lambda: SEEN)
        rows, names, marks, card = SEEN[0]
        assert (rows, names, marks, card) == ([[1], [2]], {"a": 1}, {"x"}, Card("full", ["t"]))
        assert {type(rows), type(rows[0])} == {list}
        assert (type(names), type(marks), type(card.tags)) == (dict, set, list)
        rows.append([9])  # nobody owns them


@pytest.mark.parametrize("handler", [Desk.give_self_by_name, Desk.call_of_a_stranger])
async def test_views_are_refused(handler):
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        with pytest.raises(sl.EventError, match="a view of Desk.*a view is good for its own turn"):
            await client.call(handler)


async def test_a_view_first_is_a_plain_call_that_must_fit():
    async with AppHarness(app()) as harness:
        client = await harness.connect()
        with pytest.raises(sl.EventError, match="missing 1 required positional argument"):
            await client.call(Desk.give_self)


async def test_a_plain_mixin_brings_handlers():
    class Mixin:
        __slots__ = ()

        @sl.event
        def both(self) -> None:
            SEEN.append(type(self).__name__)

    class One(Mixin, sl.State): ...

    class Two(Mixin, sl.State): ...

    async with AppHarness(sl.App(states=[One, Two])) as harness:
        client = await harness.connect()
        await client.call(One.both)
        await client.call(Two.both)
        assert SEEN == ["One", "Two"]


def test_a_background_handler_must_be_async():
    for function in (lambda self: None, lambda self: (yield)):
        with pytest.raises(sl.StateError, match="must be async"):
            sl.event(background=True)(function)
