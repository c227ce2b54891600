"""Linked clients share one instance; everybody else keeps their own."""

import asyncio

import pytest

import statelink as sl
from statelink.testing import AppHarness


class Board(sl.SharedState):
    count: int = 0
    name: str = "mine"
    seen: str = ""
    rows: list[int] = []
    _secret: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        assert linked is self
        linked.count += 1

    @sl.event
    async def look_in(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def leave(self) -> None:
        return await self._unlink()

    @sl.event
    async def hop(self, first: str, second: str) -> None:
        (await self._link_to(first)).name = "passed through"
        (await self._link_to(second)).name = "arrived"

    @sl.event
    async def leave_and_write(self, count: int) -> None:
        await self._unlink()
        self.count = count

    @sl.event
    async def there_and_back(self, token: str) -> None:
        self.name = "before"
        (await self._link_to(token)).name = "there"
        await self._unlink()

    @sl.event
    async def join_and_raise(self, token: str) -> None:
        (await self._link_to(token)).count = 99
        raise ValueError("not today")

    @sl.event
    async def forget_to_await(self) -> None:
        self.count = 99
        self._link_to("somewhere")

    @sl.event
    async def forget_to_await_unlink(self) -> None:
        self.count = 99
        self._unlink()

    @sl.event
    def set_count(self, count: int) -> None:
        self.count = count

    @sl.event
    def add_row(self, row: int) -> None:
        self.rows.append(row)

    @sl.event
    def who(self) -> None:
        self.seen = f"{self._linked_to}|{','.join(sorted(self._linked_from))}|{self.router.session.client_token}"

    @sl.event
    async def slowly_add(self, seconds: float) -> None:
        before = self.count
        await asyncio.sleep(seconds)
        self.count = before + 1

    @sl.var
    def is_linked(self) -> bool:
        return bool(self._linked_to)

    @sl.var
    def audience(self) -> int:
        return len(self._linked_from)


class Other(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        (await self._link_to(token)).count += 1


class Desk(sl.State):
    copied: int = -1
    linked_to: str = ""

    @sl.event
    async def copy(self) -> None:
        board = await self.get_state(Board)
        self.copied = board.count
        self.linked_to = board._linked_to

    @sl.event
    async def write(self, count: int) -> None:
        board = await self.get_state(Board)
        board.count = count

    @sl.event
    async def link_for(self, token: str) -> None:
        board = await self.get_state(Board)
        await board._link_to(token)


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Board, Other, Desk])) as harness:
        yield harness


async def connect(harness, number):
    return [await harness.connect() for _ in range(number)]


def board(client):
    return client.state(Board)


async def settle(*clients):
    """Everything that was sent before is here."""
    for client in clients:
        await client.call(Desk.copy)


async def test_private_until_linked(harness):
    alice, bob = await connect(harness, 2)
    assert board(alice) == {
        "count": 0, "name": "mine", "seen": "", "rows": [], "is_linked": False, "audience": 0
    }  # fmt: skip
    await alice.call(Board.set_count, count=5)
    assert board(alice)["count"] == 5
    await settle(bob)
    assert board(bob)["count"] == 0


async def test_linked_clients_share(harness):
    alice, bob, carol = await connect(harness, 3)
    await alice.call(Board.join, token="room")
    await bob.call(Board.join, token="room")
    assert board(bob)["count"] == 2
    assert board(bob)["is_linked"]
    assert alice.instance(Board).number == bob.instance(Board).number
    await alice.call(Board.set_count, count=5)
    await bob.until(lambda: board(bob)["count"] == 5)
    await bob.call(Board.add_row, row=7)
    await alice.until(lambda: board(alice)["rows"] == [7])
    await settle(carol)
    assert board(carol)["count"] == 0
    assert not board(carol)["is_linked"]


async def test_unlinking_brings_the_private_values_back(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.set_count, count=41)
    await alice.call(Board.add_row, row=1)
    await alice.call(Board.join, token="room")
    await bob.call(Board.join, token="room")
    assert board(bob) | {"count": 2, "rows": []} == board(bob)
    await alice.call(Board.leave)
    assert board(alice) | {"count": 41, "rows": [1], "is_linked": False, "audience": 0} == board(
        alice
    )
    await bob.call(Board.set_count, count=9)
    await settle(alice)
    assert board(alice)["count"] == 41
    await alice.call(Board.set_count, count=42)
    await settle(bob)
    assert board(bob)["count"] == 9
    assert board(bob)["audience"] == 1


async def test_a_late_joiner_gets_what_is_current(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.join, token="room")
    await alice.call(Board.set_count, count=10)
    await bob.call(Board.look_in, token="room")
    assert board(bob)["count"] == 10


async def test_a_room_outlives_its_audience(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.join, token="room")
    await alice.call(Board.set_count, count=10)
    await alice.call(Board.leave)
    await bob.call(Board.look_in, token="room")
    assert board(bob)["count"] == 10


async def test_relinking_moves_on(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.join, token="first")
    await bob.call(Board.join, token="first")
    await alice.call(Board.join, token="second")
    assert board(alice)["count"] == 1
    await bob.until(lambda: board(bob)["audience"] == 1)
    await bob.call(Board.set_count, count=50)
    await settle(alice)
    assert board(alice)["count"] == 1
    await alice.call(Board.leave)
    assert board(alice)["count"] == 0


async def test_several_links_in_one_turn(harness):
    alice, bob, carol = await connect(harness, 3)
    await bob.call(Board.look_in, token="first")
    await carol.call(Board.look_in, token="second")
    await alice.call(Board.hop, first="first", second="second")
    assert board(alice)["name"] == "arrived"
    await bob.until(lambda: board(bob)["name"] == "passed through")
    await carol.until(lambda: board(carol)["name"] == "arrived")
    assert board(carol)["audience"] == 2
    await alice.call(Board.there_and_back, token="first")
    assert board(alice) | {"name": "mine", "is_linked": False} == board(alice)
    await bob.until(lambda: board(bob)["name"] == "there")


async def test_there_and_back_in_one_turn_keeps_private_changes(harness):
    (alice,) = await connect(harness, 1)
    await alice.call(Board.there_and_back, token="room")
    assert board(alice) | {"name": "before", "is_linked": False} == board(alice)


async def test_unlink_and_write_in_one_turn(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token="room")
    await alice.call(Board.leave_and_write, count=7)
    assert board(alice)["count"] == 7
    await settle(bob)
    assert board(bob)["count"] == 2


async def test_linking_again_to_the_same_token(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob, alice, alice):
        await client.call(Board.join, token="room")
    await bob.until(lambda: board(bob)["count"] == 4)
    assert board(bob)["audience"] == 2


async def test_every_class_has_its_own_links(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.join, token="room")
    await bob.call(Other.join, token="room")
    assert board(alice)["count"] == 1
    assert bob.state(Other)["count"] == 1
    assert board(bob)["count"] == 0
    assert alice.state(Other)["count"] == 0


async def test_linked_to_and_linked_from(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.who)
    assert board(alice)["seen"] == f"||{alice.client_token}"
    await alice.call(Board.look_in, token="room")
    await bob.call(Board.look_in, token="room")
    await bob.call(Board.who)
    everybody = ",".join(sorted([alice.client_token, bob.client_token]))
    assert board(bob)["seen"] == f"room|{everybody}|{bob.client_token}"
    await alice.call(Board.leave)
    await bob.call(Board.who)
    assert board(bob)["seen"] == f"room|{bob.client_token}|{bob.client_token}"
    await alice.call(Board.who)
    assert board(alice)["seen"] == f"||{alice.client_token}"


async def test_computed_vars_follow_the_links(harness):
    alice, bob, carol = await connect(harness, 3)
    for number, client in enumerate([alice, bob, carol], start=1):
        await client.call(Board.look_in, token="room")
        assert board(client)["audience"] == number
    await alice.until(lambda: board(alice)["audience"] == 3)
    await bob.call(Board.leave)
    await alice.until(lambda: board(alice)["audience"] == 2)


async def test_linking_to_the_token_of_another_client(harness):
    alice, bob, carol = await connect(harness, 3)
    await alice.call(Board.set_count, count=5)
    await bob.call(Board.look_in, token=alice.client_token)
    assert board(bob)["count"] == 5
    await bob.call(Board.set_count, count=6)
    await alice.until(lambda: board(alice)["count"] == 6)
    await alice.call(Board.who)  # its own token while others are linked
    assert board(alice)["seen"] == f"{alice.client_token}|{bob.client_token}|{alice.client_token}"
    await alice.call(Board.set_count, count=7)
    await bob.until(lambda: board(bob)["count"] == 7)
    # The owner goes elsewhere and comes back; the others stay.
    await alice.call(Board.join, token="room")
    await bob.call(Board.set_count, count=8)
    await settle(alice)
    assert board(alice)["count"] == 1
    await alice.call(Board.leave)
    assert board(alice)["count"] == 8
    await bob.call(Board.leave)
    assert board(bob)["count"] == 0
    await alice.call(Board.who)
    assert board(alice)["seen"] == f"||{alice.client_token}"
    await carol.call(Board.look_in, token=alice.client_token)
    assert board(carol)["count"] == 8


async def test_the_token_of_a_client_that_has_done_nothing(harness):
    alice, bob = await connect(harness, 2)
    await bob.call(Board.join, token=alice.client_token)
    await alice.until(lambda: board(alice)["count"] == 1)
    await alice.call(Board.set_count, count=2)
    await bob.until(lambda: board(bob)["count"] == 2)


@pytest.mark.parametrize("token", ["", "x" * 513, "ä" * 257])
async def test_bad_tokens(harness, token):
    (alice,) = await connect(harness, 1)
    with pytest.raises(sl.EventError, match="ValueError"):
        await alice.call(Board.look_in, token=token)
    assert not board(alice)["is_linked"]


async def test_the_longest_token(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token="ä" * 256)
    assert board(bob)["count"] == 2


@pytest.mark.parametrize("token", ["a_b", "with space", "emoji 🙂", '"quoted"\n', "a/b~c"])
async def test_any_text_is_a_token(harness, token):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token=token)
    assert board(bob)["count"] == 2
    await bob.call(Board.who)
    assert board(bob)["seen"].startswith(token + "|")


async def test_its_own_token_is_refused(harness):
    (alice,) = await connect(harness, 1)
    with pytest.raises(sl.EventError, match="ValueError"):
        await alice.call(Board.look_in, token=alice.client_token)


async def test_unlinking_without_a_link(harness):
    (alice,) = await connect(harness, 1)
    with pytest.raises(sl.EventError, match="RuntimeError"):
        await alice.call(Board.leave)


async def test_a_handler_that_raises_is_not_linked(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Board.set_count, count=3)
    await bob.call(Board.look_in, token="room")
    with pytest.raises(sl.EventError, match="ValueError: not today"):
        await alice.call(Board.join_and_raise, token="room")
    assert board(alice) | {"count": 3, "is_linked": False} == board(alice)
    await settle(bob)
    assert board(bob) | {"count": 0, "audience": 1} == board(bob)


@pytest.mark.parametrize("handler", [Board.forget_to_await, Board.forget_to_await_unlink])
async def test_a_link_that_is_not_awaited_is_an_error(harness, handler):
    (alice,) = await connect(harness, 1)
    await alice.call(Board.join, token="room")
    with pytest.raises(sl.EventError, match="await"):
        await alice.call(handler)
    assert board(alice) | {"count": 1, "is_linked": True} == board(alice)


async def test_get_state_leads_to_what_the_client_sees(harness):
    alice, bob = await connect(harness, 2)
    await alice.call(Desk.copy)
    assert alice.state(Desk) == {"copied": 0, "linked_to": ""}
    await alice.call(Board.join, token="room")
    await bob.call(Board.join, token="room")
    await alice.call(Desk.copy)
    assert alice.state(Desk) == {"copied": 2, "linked_to": "room"}
    await alice.call(Desk.write, count=30)
    await bob.until(lambda: board(bob)["count"] == 30)
    assert board(alice)["count"] == 30


async def test_a_private_handler_links_another_state(harness):
    alice, bob = await connect(harness, 2)
    await bob.call(Board.join, token="room")
    await alice.call(Desk.link_for, token="room")
    assert board(alice)["is_linked"]
    await bob.call(Board.set_count, count=30)
    await alice.until(lambda: board(alice)["count"] == 30)


async def test_a_reconnect_misses_nothing_and_repeats_nothing(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token="room")
    token, instance = alice.client_token, alice.instance(Board)
    held, seen = (instance.number, instance.revision), len(alice.frames)
    await alice.drop()
    for row in range(5):
        await bob.call(Board.add_row, row=row)
    await alice.reconnect()
    assert (alice.resumed, alice.client_token) == (True, token)
    assert board(alice)["rows"] == [0, 1, 2, 3, 4]
    since = alice.frames[seen:]
    missed = [frame["r"] for frame in since if "p" in frame and frame["i"] == held[0]]
    assert missed == list(range(held[1] + 1, held[1] + 6))
    assert not [frame for frame in since if "s" in frame]
    await alice.call(Board.set_count, count=9)
    await bob.until(lambda: board(bob)["count"] == 9)


async def test_a_disconnected_client_stays_linked(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token="room")
    await alice.disconnect()
    await bob.call(Board.who)
    assert alice.client_token in board(bob)["seen"]
    await alice.reconnect()
    assert board(alice)["is_linked"]


async def test_answers_that_were_lost_come_after_a_reconnect(harness):
    alice, bob = await connect(harness, 2)
    for client in (alice, bob):
        await client.call(Board.join, token="room")
    alice.pause_reading()
    answers = [await alice.send_event(Board.add_row, row=row) for row in range(3)]
    await bob.until(lambda: len(board(bob)["rows"]) == 3)
    await alice.drop()
    answers.append(await alice.send_event(Board.add_row, row=3))
    await alice.reconnect()
    await asyncio.wait_for(asyncio.gather(*answers), 5)
    assert board(alice)["rows"] == [0, 1, 2, 3]
    await settle(bob)
    assert board(bob)["rows"] == [0, 1, 2, 3]


async def test_one_handler_at_a_time_changes_a_room(harness):
    clients = await connect(harness, 5)
    for client in clients:
        await client.call(Board.look_in, token="room")
    async with asyncio.timeout(10):
        await asyncio.gather(*(client.call(Board.slowly_add, seconds=0.01) for client in clients))
    for client in clients:
        await client.until(lambda: board(client)["count"] == 5)  # noqa: B023


async def test_nobody_waits_for_a_room_that_they_do_not_see(harness):
    alice, bob, carol = await connect(harness, 3)
    await alice.call(Board.look_in, token="room")
    await bob.call(Board.look_in, token="other room")
    slow = await alice.send_event(Board.slowly_add, seconds=60)
    await bob.call(Board.set_count, count=1)
    await carol.call(Board.set_count, count=1)
    assert not slow.done()
