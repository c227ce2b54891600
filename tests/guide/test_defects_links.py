"""The reference's defects of links, locks and lifetimes."""

import asyncio

import pytest

import statelink as sl
from gates import Gate
from guide.watching import Received, sees, shown

GATE: Gate
SEEN: list[object] = []
PATIENCE = 5


class First(sl.SharedState):
    count: int = 0
    kept: str = sl.LocalStorage("nothing")

    @sl.event
    async def join(self, token: str = "first") -> None:
        await self._link_to(token)

    @sl.event
    async def join_both(self, other_first: bool) -> None:
        if other_first:
            await (await self.get_state(Second))._link_to("second")
        await self._link_to("first")
        if not other_first:
            await (await self.get_state(Second))._link_to("second")

    @sl.event
    async def leave(self):
        return await self._unlink()

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def add_to_both(self) -> None:
        self.count += 1
        await GATE.passing()
        second = await self.get_state(Second)
        second.count += 1

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()

    @sl.event(background=True)
    async def join_beside(self, token: str) -> None:
        async with self:
            linked = await self._link_to(token)
            linked.count += 1
        async with self:
            SEEN.append((self._linked_to, self.count))
            self.count += 1

    @sl.event
    async def join_bad(self, token: str) -> None:
        self.count += 1
        await self._link_to(token)

    @sl.event
    def clear(self) -> None:
        self.reset()

    @sl.event
    def look(self) -> None:
        SEEN.append((self._linked_to, set(self._linked_from), self.count))

    @sl.event
    def keep(self, text: str) -> None:
        self.kept = text

    @sl.var
    def mine(self) -> str:
        return f"{self.router.page.path} {self.count}"

    @sl.var
    async def both(self) -> int:
        second = await self.get_state(Second)
        return self.count + second.count


class Second(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str = "second") -> None:
        await self._link_to(token)

    @sl.event
    async def add_to_both(self) -> None:
        self.count += 1
        await GATE.passing()
        first = await self.get_state(First)
        first.count += 1


class Private(sl.State):
    count: int = 0

    @sl.event
    def add(self) -> None:
        self.count += 1


STATES = [First, Second, Private]


@pytest.fixture(autouse=True)
def _fresh():
    global GATE
    GATE = Gate()
    SEEN.clear()
    yield
    GATE.open()


async def joined(harness, token="first", **options):
    client = await harness.connect(**options)
    await client.call(First.join, token=token)
    return client


async def look(client):
    await client.call(First.look)
    return SEEN[-1]


async def test_b3_deadlock_of_plain_events(harness):
    """B3: two clients linked to two states in opposite order stopped for ever at private events."""
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(First.join_both, other_first=False)
    await bob.call(First.join_both, other_first=True)
    calls = [client.call(Private.add) for client in (ann, bob) for _ in range(20)]
    calls += [client.call(First.add) for client in (ann, bob) for _ in range(20)]
    await asyncio.wait_for(asyncio.gather(*calls), PATIENCE)
    for client in (ann, bob):
        await sees(client, First, count=40, both=40)
        await sees(client, Private, count=20)


async def test_b3_deadlock_of_two_handlers(harness):
    """B3: handlers that wait for each other: one is told and undone, the other goes on."""
    ann, bob = await harness.connect(), await harness.connect()
    for client in (ann, bob):
        await client.call(First.join_both, other_first=False)
    answers = [
        await ann.send_event(First.add_to_both),
        await bob.send_event(Second.add_to_both),
    ]
    await GATE.arrived(2)
    GATE.open()
    results = await asyncio.wait_for(asyncio.gather(*answers, return_exceptions=True), PATIENCE)
    failed = [result for result in results if result is not None]
    assert [error.code for error in failed] == ["deadlock"]
    for client in (ann, bob):
        await sees(client, First, count=1, both=2)


async def test_b4_a_link_to_the_own_token(harness):
    """B4: it hung the client for ever."""
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="own token"):
        await ann.call(First.join, token=ann.client_token)
    await ann.call(First.add)
    assert await look(ann) == ("", set(), 1)


async def test_b4_links_to_each_other_s_token(harness):
    """B4: two clients that link to each other's private token."""
    ann, bob = await harness.connect(), await harness.connect()
    links = [
        ann.call(First.join, token=bob.client_token),
        bob.call(First.join, token=ann.client_token),
    ]
    await asyncio.wait_for(asyncio.gather(*links), PATIENCE)
    adds = [client.call(First.add) for client in (ann, bob) for _ in range(5)]
    await asyncio.wait_for(asyncio.gather(*adds), PATIENCE)
    assert ann.state(First)["count"] == bob.state(First)["count"] == 5
    assert (await look(ann))[:2] == (bob.client_token, {ann.client_token})


@pytest.mark.parametrize("kept", [{}, {"First.kept": "Bob's"}])
async def test_b8_client_storage_is_nobody_else_s(harness, kept):
    """B8: a peer whose browser kept nothing, or something else, overwrote the var for the room."""
    ann, bob = await joined(harness), await joined(harness, stored=kept)
    await ann.call(First.keep, text="Ann's")
    await bob.disconnect()
    again = await harness.connect(identity=bob.identity, stored=kept)  # a reload
    assert again.resumed
    assert again.state(First)["kept"] == kept.get("First.kept", "nothing")
    await again.call(First.add)
    await sees(ann, First, count=1, kept="Ann's")
    assert ann.storage["First.kept"] == "Ann's"


async def test_b9_a_link_in_a_background_handler(harness):
    """B9: it failed, also inside a block, and left half a link."""
    ann, bob = await harness.connect(), await joined(harness)
    await ann.call(First.join_beside, token="first")
    for client in (ann, bob):
        await sees(client, First, count=2)
    assert SEEN == [("first", 1)]
    await ann.call(First.join, token="first")
    await bob.call(First.add)
    await sees(ann, First, count=3)


@pytest.mark.parametrize("token", ["", "x" * 513])
async def test_b10_a_relink_that_fails(harness, token):
    """B10: a client whose relink failed was linked, but missed what others changed."""
    ann, bob = await joined(harness), await joined(harness)
    with pytest.raises(sl.EventError, match="cannot link First"):
        await ann.call(First.join_bad, token=token)
    await bob.call(First.add)
    await sees(ann, First, count=1)
    both = {ann.client_token, bob.client_token}
    assert await look(ann) == ("first", both, 1)


async def test_b11_a_reset_of_a_linked_state(harness):
    """B11: it emptied `_linked_from`, and peers were told nothing any more."""
    ann, bob = await joined(harness), await joined(harness)
    await bob.call(First.add)
    await ann.call(First.clear)
    await sees(bob, First, count=0)
    both = {ann.client_token, bob.client_token}
    assert await look(ann) == ("first", both, 0)
    await ann.call(First.add)
    await sees(bob, First, count=1)


async def test_b14_head_of_line_blocking(harness):
    """B14: a slow handler of a room held up every linked client's unrelated events."""
    ann, bob, carl = await joined(harness), await joined(harness), await harness.connect()
    held = await ann.send_event(First.hold)
    await GATE.arrived()
    for client in (bob, carl):
        await client.call(Private.add)
        await client.call(Second.join)
        assert client.state(Private)["count"] == 1
    GATE.open()
    await held


async def test_b19_who_is_gone_costs_nothing(harness):
    """B19: `_linked_from` never shrank, and departed clients went on costing."""
    ann, *guests = [await joined(harness) for _ in range(6)]
    for guest in guests:
        await guest.disconnect()
        await harness.gone(guest)
    harness.clock.advance(harness.app.config.link_grace)
    assert (await look(ann))[1] == {ann.client_token}
    before = harness.counts
    received = Received(ann)
    await ann.call(First.add)
    # The room's patch, and what is Ann's own of it: nothing is made for the others.
    assert len(await received.by(ann)) == 2
    assert harness.counts["patches"] - before["patches"] == 2


async def test_b21_a_client_that_only_reads_keeps_its_link_and_room(harness):
    """B21: events that write nothing did not renew what expires: values and link were lost while in use."""
    ann = await joined(harness)
    await ann.call(First.add)
    config = harness.app.config
    for _ in range(3):
        await ann.disconnect()
        await harness.gone(ann)
        harness.clock.advance(min(config.room_expiry, config.client_expiry) - 1)
        await ann.reconnect()
        assert await look(ann) == ("first", {ann.client_token}, 1)
    assert shown(ann, First, ["count"]) == {"count": 1}


async def test_b21_a_room_that_is_only_read_stays(harness):
    """B21: nobody is linked, and a job reads the room now and then."""
    ann = await joined(harness)
    await ann.call(First.add)
    await ann.call(First.leave)
    for _ in range(3):
        harness.clock.advance(harness.app.config.room_expiry - 1)
        async with harness.app.modify_state(First, "first") as room:
            assert room.count == 1
    await ann.call(First.join, token="first")
    assert ann.state(First)["count"] == 1
