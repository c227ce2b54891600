"""What the model has found, each as short as it goes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

import statelink as sl
from statelink.testing import AppHarness


@dataclass
class Card:
    title: str = ""
    marks: list[int] = field(default_factory=list)


class Desk(sl.State):
    card: Card = Card()
    number: int = 0

    @sl.event
    def detach_and_fail(self) -> None:
        card = self.card
        self.card = Card()
        card.title = "detached"
        card.marks.append(1)
        raise ValueError("undone")

    @sl.event
    def write_and_fail(self) -> None:
        self.card.title = "written"
        self.card.marks.append(1)
        self.card = Card()
        raise ValueError("undone")

    @sl.event
    def mark(self) -> None:
        self.card.marks.append(2)


class Room(sl.SharedState):
    count: int = 0

    @sl.var
    def linked(self) -> str:
        return self._linked_to

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def steps(self) -> Iterator[sl.Event | None]:
        yield Room.beside()
        self.count += 1
        yield
        self.count += 1

    @sl.event(background=True)
    async def beside(self) -> None:
        for _ in range(3):
            async with self:
                self.count += 10


@pytest.fixture
async def harness() -> AsyncIterator[AppHarness]:
    async with AppHarness(sl.App(states=[Desk, Room])) as harness:
        yield harness


@pytest.mark.parametrize("handler", [Desk.detach_and_fail, Desk.write_and_fail])
async def test_the_first_turn_at_an_object_is_undone(
    harness: AppHarness, handler: sl.EventHandler[..., None]
) -> None:
    ann = await harness.connect()
    with contextlib.suppress(sl.EventError):
        await ann.call(handler)
    await ann.call(Desk.mark)
    assert ann.state(Desk)["card"] == {"title": "", "marks": [2]}


async def test_an_owner_hears_that_its_guest_has_ended(harness: AppHarness) -> None:
    owner, guest = await harness.connect(), await harness.connect()
    await guest.call(Room.join, token=owner.client_token)
    await owner.until(lambda: owner.state(Room)["linked"] == owner.client_token)
    await guest.drop()
    await harness.gone(guest)
    harness.clock.advance(harness.app.config.client_expiry)
    await owner.until(lambda: owner.state(Room)["linked"] == "")


async def test_a_room_outlives_its_last_client(harness: AppHarness) -> None:
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.join, token="green")
    await ann.call(Room.add)
    await ann.drop()
    await harness.gone(ann)
    harness.clock.advance(harness.app.config.link_grace)
    harness.clock.advance(harness.app.config.client_expiry)
    harness.clock.advance(harness.app.config.room_expiry - 1)
    await bob.call(Room.join, token="green")
    assert bob.state(Room)["count"] == 1


@pytest.mark.parametrize("linked", [False, True])
async def test_a_client_does_not_wait_for_itself(harness: AppHarness, linked: bool) -> None:
    ann = await harness.connect()
    if linked:
        await ann.call(Room.join, token="green")
    for rounds in range(1, 11):
        await ann.call(Room.steps)
        await ann.until(lambda now=32 * rounds: ann.state(Room)["count"] == now)
    assert ann.reported == []
