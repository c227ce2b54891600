"""Linking, sentence by sentence: tokens, relinks, several states, other clients' tokens, failures."""

import asyncio

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate
SEEN: list[object] = []


class Room(sl.SharedState):
    count: int = 0
    names: list[str] = []

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        assert linked is self

    @sl.event
    async def leave(self) -> None:
        return await self._unlink()

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def look(self) -> None:
        SEEN.append((self._linked_to, set(self._linked_from)))

    @sl.event
    async def change_and_link(self, token: str) -> None:
        self.count += 1  # of its own
        linked = await self._link_to(token)
        linked.count += 10
        self.names.append("me")

    @sl.event
    async def change_and_unlink(self) -> None:
        self.count += 100
        await self._unlink()
        self.count += 1

    @sl.event
    async def through(self, tokens: list[str]) -> None:
        for token in tokens:
            await self._link_to(token)
            self.count += 1

    @sl.event
    async def link_and_raise(self, token: str) -> None:
        self.count += 5
        await self._link_to(token)
        self.count += 5
        raise ValueError("no")

    @sl.event
    async def try_to_link(self, token: str) -> None:
        self.count += 5
        await self._link_to(token)

    @sl.event
    async def link_slowly(self, first: str, second: str) -> None:
        await self._link_to(first)
        await GATE.passing()
        await (await self.get_state(Table))._link_to(second)

    @sl.event
    def link_and_forget(self) -> None:
        self._link_to("x")

    @sl.event
    def unlink_and_forget(self) -> None:
        self._unlink()

    @sl.event
    async def link_with(self, token: object) -> None:
        await self._link_to(token)

    @sl.var
    def linked_to(self) -> str:
        return self._linked_to

    @sl.var
    def linked_from(self) -> list[str]:
        return sorted(self._linked_from)


class Table(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def both(self, token: str) -> None:
        await self._link_to(token)
        self.count += 1
        room = await self.get_state(Room)
        await room._link_to(token)
        room.count += 1

    @sl.event
    async def link_slowly(self, first: str, second: str) -> None:
        await self._link_to(first)
        await GATE.passing()
        await (await self.get_state(Room))._link_to(second)

    @sl.var
    def linked_to(self) -> str:
        return self._linked_to


class Plain(sl.State):
    count: int = 0

    @sl.event
    async def link(self) -> None:
        await self._link_to("x")


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    SEEN.clear()
    async with AppHarness(sl.App(states=[Room, Table, Plain])) as harness:
        yield harness
        GATE.open()


async def linked(harness, token="room"):
    client = await harness.connect()
    await client.call(Room.join, token=token)
    return client


@pytest.mark.parametrize(
    "token",
    [
        "a",
        "_",
        "with_underscores_",
        "a b\n\t",
        "ä 漢字 🎉",
        "a/b?c=1#d",
        '"quoted\\"',
        "x" * 512,
        "ä" * 256,
        "\0",
    ],
    ids=range(10),
)
async def test_any_token_up_to_the_limit(harness, token):
    ann, bob = await linked(harness, token), await linked(harness, token)
    await ann.call(Room.add)
    await bob.until(lambda: bob.state(Room)["count"] == 1)
    assert bob.state(Room)["linked_to"] == token
    assert bob.state(Room)["linked_from"] == sorted([ann.client_token, bob.client_token])


@pytest.mark.parametrize(
    "token", ["", "x" * 513, "ä" * 257], ids=["empty", "long", "long as UTF-8"]
)
async def test_tokens_that_are_refused(harness, token):
    ann = await linked(harness)
    with pytest.raises(sl.EventError, match=r"ValueError: cannot link Room"):
        await ann.call(Room.try_to_link, token=token)
    assert ann.state(Room) | {"count": 0, "linked_to": "room"} == ann.state(Room)


async def test_tokens_are_text(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="TypeError: _link_to takes a str"):
        await ann.call(Room.link_with, token=5)


async def test_a_relink_while_linked(harness):
    ann, bob, carl = (
        await linked(harness, "a"),
        await linked(harness, "a"),
        await linked(harness, "b"),
    )
    await carl.call(Room.add)
    await ann.call(Room.join, token="b")
    assert ann.state(Room)["count"] == 1
    for client, there in ((ann, [ann, carl]), (bob, [bob]), (carl, [ann, carl])):
        tokens = sorted(c.client_token for c in there)
        await client.until(lambda: client.state(Room)["linked_from"] == tokens)  # noqa: B023
    await bob.call(Room.add)
    await bob.call(Room.add)
    await ann.call(Room.add)
    assert ann.state(Room)["count"] == 2
    await ann.call(Room.leave)
    assert ann.state(Room) | {"count": 0, "linked_to": "", "linked_from": []} == ann.state(Room)


async def test_several_links_in_one_event(harness):
    ann, a, b, c = await harness.connect(), *[await linked(harness, t) for t in "abc"]
    await ann.call(Room.through, tokens=["a", "b", "c", "a"])
    assert ann.state(Room)["linked_to"] == "a"
    for client, count in ((a, 2), (b, 1), (c, 1)):
        await client.until(lambda: client.state(Room)["count"] == count)  # noqa: B023
    assert b.state(Room)["linked_from"] == [b.client_token]


async def test_a_link_and_a_change_in_one_event(harness):
    ann, bob = await harness.connect(), await linked(harness)
    await ann.call(Room.change_and_link, token="room")
    for client in (ann, bob):
        await client.until(lambda: client.state(Room)["count"] == 10)  # noqa: B023
        assert client.state(Room)["names"] == ["me"]
    await ann.call(Room.change_and_unlink)
    assert ann.state(Room) | {"count": 2, "names": []} == ann.state(Room)
    await bob.until(lambda: bob.state(Room)["count"] == 110)


async def test_several_states_linked_to_the_same_and_to_different_tokens(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Table.both, token="same")
    await bob.call(Table.join, token="same")
    assert bob.state(Table)["count"] == 1
    assert bob.state(Room)["count"] == 0
    await bob.call(Room.join, token="different")
    await bob.call(Room.add)
    await ann.call(Room.look)
    assert ann.state(Room) | {"count": 1, "linked_to": "same"} == ann.state(Room)
    assert bob.state(Room) | {"count": 1, "linked_to": "different"} == bob.state(Room)
    assert bob.state(Table)["linked_to"] == "same"


async def test_another_clients_token(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.add)
    await ann.call(Room.look)
    assert SEEN[-1] == ("", set())
    await bob.call(Room.join, token=ann.client_token)
    assert bob.state(Room)["count"] == 1
    await ann.call(Room.look)
    assert SEEN[-1] == (ann.client_token, {bob.client_token})
    await bob.call(Room.look)
    assert SEEN[-1] == (ann.client_token, {bob.client_token})
    await ann.until(lambda: ann.state(Room)["linked_to"] == ann.client_token)
    await bob.call(Room.add)
    await ann.until(lambda: ann.state(Room)["count"] == 2)
    await ann.call(Room.add)
    await bob.until(lambda: bob.state(Room)["count"] == 3)
    await bob.call(Room.leave)
    assert bob.state(Room)["count"] == 0
    await ann.call(Room.look)
    assert SEEN[-1] == ("", set())
    await ann.until(lambda: ann.state(Room)["linked_to"] == "")
    await ann.call(Room.add)
    assert ann.state(Room)["count"] == 4


async def test_another_clients_token_while_that_one_is_linked_elsewhere(harness):
    ann, bob = await linked(harness), await harness.connect()
    await ann.call(Room.add)
    await bob.call(Room.join, token=ann.client_token)
    assert bob.state(Room)["count"] == 0  # Ann's own, not the room
    await bob.call(Room.add)
    await bob.call(Room.add)
    assert ann.state(Room)["count"] == 1
    await ann.call(Room.leave)
    assert ann.state(Room) | {"count": 2, "linked_to": ann.client_token} == ann.state(Room)


async def test_ones_own_token(harness):
    ann = await linked(harness)
    with pytest.raises(
        sl.EventError, match=r"ValueError: cannot link Room to the client's own token"
    ):
        await ann.call(Room.try_to_link, token=ann.client_token)
    assert ann.state(Room) | {"count": 0, "linked_to": "room"} == ann.state(Room)


@pytest.mark.parametrize("handler", [Room.link_and_forget, Room.unlink_and_forget])
async def test_a_link_that_is_not_awaited(harness, handler):
    ann = await linked(harness)
    with pytest.raises(
        sl.EventError, match=rf"Room.{handler.name} called _link_to or _unlink without await"
    ):
        await ann.call(handler)
    assert ann.state(Room)["linked_to"] == "room"


async def test_an_unlink_of_what_is_not_linked(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="Room is not linked"):
        await ann.call(Room.leave)


async def test_a_plain_state_has_no_links(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match=r"AttributeError: .*_link_to"):
        await ann.call(Plain.link)
    assert not hasattr(Plain, "_link_to")


async def test_a_failed_relink_leaves_everything(harness):
    ann, bob = await linked(harness, "a"), await linked(harness, "b")
    await ann.call(Room.add)
    before = dict(ann.state(Room)), ann.instance(Room)
    commits = harness.counts["commits"]
    with pytest.raises(sl.EventError, match="no"):
        await ann.call(Room.link_and_raise, token="b")
    assert (dict(ann.state(Room)), ann.instance(Room)) == before
    assert harness.counts["commits"] == commits
    await ann.call(Room.add)
    assert ann.state(Room)["count"] == 2
    await bob.call(Room.look)
    assert SEEN[-1] == ("b", {bob.client_token})
    await ann.call(Room.look)
    assert SEEN[-1] == ("a", {ann.client_token})


async def test_two_links_in_opposite_order(harness):
    ann, bob = await harness.connect(), await harness.connect()
    answers = [
        await ann.send_event(Room.link_slowly, first="x", second="y"),
        await bob.send_event(Table.link_slowly, first="y", second="x"),
    ]
    await GATE.arrived(2)
    GATE.open()
    results = await asyncio.wait_for(asyncio.gather(*answers, return_exceptions=True), 5)
    failed = [r for r in results if r is not None]
    assert [r.code for r in failed] == ["deadlock"]
    assert "Room.link_slowly" in str(failed[0])
    assert "Table.link_slowly" in str(failed[0])
    loser, winner = (ann, bob) if results[0] else (bob, ann)
    assert loser.state(Room)["linked_to"] == loser.state(Table)["linked_to"] == ""
    assert winner.state(Room)["linked_to"] == "x"
    assert winner.state(Table)["linked_to"] == "y"
    for client in (ann, bob):
        await client.call(Room.add)


async def test_a_leaver_hears_nothing_wrong_of_the_room(harness):
    # What the room commits after it left may still be on its way to it: the harness's client checks
    # that no patch of the room comes after the snapshot that replaces it, and values are its own.
    ann, bob = await linked(harness), await linked(harness)
    for _ in range(20):
        answers = [await bob.send_event(Room.add) for _ in range(5)]
        leaves = await ann.send_event(Room.leave)
        answers += [await bob.send_event(Room.add) for _ in range(5)]
        await leaves
        assert ann.state(Room) | {"count": 0, "linked_to": ""} == ann.state(Room)
        await asyncio.gather(*answers)
        await ann.call(Room.join, token="room")
        assert ann.state(Room)["count"] == bob.state(Room)["count"]
