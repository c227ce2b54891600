"""`@sl.serializer`: values of users' types travel as what it returns."""

import pytest

import statelink as sl
from statelink.testing import AppHarness


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

    __hash__ = None


class Tip(Money):
    pass


@sl.serializer
def money(value: Money) -> dict[str, int]:
    return {"cents": value.cents}


class Bill(sl.State):
    total: Money = Money(0)
    parts: list[Money] = []

    @sl.event
    def add(self, cents: int) -> None:
        self.parts.append(Tip(cents) if cents < 100 else Money(cents))
        self.total = Money(self.total.cents + cents)


async def test_values_of_the_type_and_its_subclasses_travel_as_what_it_returns():
    async with AppHarness(sl.App(states=[Bill])) as harness:
        alice = await harness.connect()
        assert alice.state(Bill) == {"total": {"cents": 0}, "parts": []}
        await alice.call(Bill.add, cents=500)
        await alice.call(Bill.add, cents=50)
        assert alice.state(Bill) == {
            "total": {"cents": 550},
            "parts": [{"cents": 500}, {"cents": 50}],
        }


@pytest.mark.parametrize("function", [lambda value: 1, lambda: 1, lambda a, b: 1])
def test_it_must_say_of_which_type_it_is(function):
    with pytest.raises(sl.StateError, match="one parameter, annotated with the class"):
        sl.serializer(function)
