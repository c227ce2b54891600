"""What a state reads of others: `get_state` and `get_var_value`."""

import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

SEEN = []


class Stock(sl.SharedState):
    count: int = 2
    _price: int = 5

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def set_count(self, count: int) -> None:
        self.count = count

    @sl.var
    def value(self) -> int:
        return self.count * self._price

    @sl.var
    async def slow_value(self) -> int:
        return self.count * 100


class Shop(sl.State):
    name: str = "shop"

    @sl.var
    async def mine(self) -> str:
        return f"{await self.get_var_value(Shop.name)} {await self.get_var_value(Stock.count)}"


class Counter(Shop):
    till: int = 0

    @sl.event
    async def look(self) -> None:
        SEEN.append(await self.get_var_value(Stock.count))
        SEEN.append(await self.get_var_value(Stock._price))
        SEEN.append(await self.get_var_value(Stock.value))
        SEEN.append(await self.get_var_value(Stock.slow_value))
        SEEN.append(await self.get_var_value(Counter.name))  # inherited
        SEEN.append(await self.get_var_value(Counter.till))
        SEEN.append(await self.get_var_value("no var"))
        SEEN.append(await self.get_var_value(7))

    @sl.event
    async def states(self) -> None:
        SEEN.append(await self.get_state(Counter) is self)
        shop = await self.get_state(Shop)
        shop.name = "renamed"
        SEEN.append(self.name)

    @sl.event(background=True)
    async def look_later(self) -> None:
        SEEN.append(await self.get_var_value(Stock.count))
        async with self:
            SEEN.append(await self.get_var_value(Stock.count))
            self.till = 1

    @sl.event
    async def wrong(self, what: str) -> None:
        await self.get_state({"unserved": Unserved, "root": sl.State, "text": "Stock"}[what])


class Unserved(sl.State):
    x: int = 0


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Stock, Counter])) as harness:
        yield harness


def test_class_access_knows_its_owner():
    assert Counter.name.owner is Shop and Counter.till.owner is Counter
    assert Stock.value.owner is Stock


async def test_get_var_value_in_a_handler(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Stock.join, token="room")
    await bob.call(Stock.set_count, count=3)
    await alice.call(Counter.look)
    assert SEEN == [3, 5, 15, 300, "shop", 0, "no var", 7]


async def test_get_var_value_in_a_computed_var_is_a_read(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Stock.join, token="room")
    assert alice.state(Shop)["mine"] == "shop 2"
    await bob.call(Stock.set_count, count=9)
    await alice.until(lambda: alice.state(Shop)["mine"] == "shop 9")


async def test_get_var_value_in_a_background_handler(harness):
    alice = await harness.connect()
    await alice.call(Counter.look_later)
    await alice.until(lambda: alice.state(Counter)["till"] == 1)
    assert SEEN == [2, 2]


async def test_get_state_of_the_own_class_and_of_a_parent(harness):
    alice = await harness.connect()
    await alice.call(Counter.states)
    assert SEEN == [True, "renamed"]
    assert alice.state(Shop)["name"] == "renamed"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("unserved", "not served by this app"),
        ("root", "has no vars"),
        ("text", "takes a state class"),
    ],
)
async def test_get_state_of_what_is_not_served(harness, what, message):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match=message):
        await alice.call(Counter.wrong, what=what)
