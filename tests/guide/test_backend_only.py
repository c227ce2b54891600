"""The guide's advice: small shared states, backend-only vars, computed vars for what may be seen."""

import asyncio

import statelink as sl
from gates import Gate
from guide.watching import Received, sees

ROWS = 10_000
GATE: Gate
SECRET = "a card that nobody may see"


class Table(sl.SharedState):
    turn: int = 0
    _deck: list[str] = []

    @sl.event
    async def join(self) -> None:
        await self._link_to("table")

    @sl.event
    def fill(self) -> None:
        self._deck = [SECRET] * 3

    @sl.event
    def draw(self) -> None:
        self._deck.pop()

    @sl.event
    def shuffle(self) -> None:
        self._deck.reverse()

    @sl.var
    def cards_left(self) -> int:
        return len(self._deck)

    @sl.var
    def _top(self) -> str:
        return self._deck[-1] if self._deck else ""


class Archive(sl.SharedState):
    rows: list[str] = [f"row {n}" for n in range(ROWS)]
    _rows: list[str] = ["x" * 100] * ROWS

    @sl.event
    async def join(self) -> None:
        await self._link_to("archive")

    @sl.event
    def change(self) -> None:
        self.rows[ROWS // 2] = "changed"

    @sl.event
    def change_hidden(self) -> None:
        self._rows[0] = "changed"

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()


class Private(sl.State):
    count: int = 0

    @sl.event
    def add(self) -> None:
        self.count += 1


STATES = [Table, Archive, Private]


async def joined(harness, state):
    client = await harness.connect()
    await client.call(state.join)
    return client


async def test_backend_only_vars_hold_shared_data(harness):
    """A shared state can keep its data in vars with an underscore: linked clients share them."""
    ann, bob = await joined(harness, Table), await joined(harness, Table)
    await ann.call(Table.fill)
    await bob.call(Table.draw)
    for client in (ann, bob):
        await sees(client, Table, cards_left=2)


async def test_backend_only_vars_are_seen_by_no_client(harness):
    """Not all users need to see all data: backend-only data is in no client's frames."""
    ann, bob = await joined(harness, Table), await joined(harness, Table)
    await ann.call(Table.fill)
    await bob.call(Table.draw)
    await ann.reconnect()
    await joined(harness, Table)
    for client in harness.clients:
        assert SECRET not in repr(client.frames)
        assert "_deck" not in repr(client.frames) and "_top" not in repr(client.frames)


async def test_computed_vars_give_sanitized_access(harness):
    """Computed vars show what is needed of it, and only when that has changed."""
    ann, bob = await joined(harness, Table), await joined(harness, Table)
    await ann.call(Table.fill)
    await sees(bob, Table, cards_left=3)
    received = Received(bob)
    await ann.call(Table.draw)
    await sees(bob, Table, cards_left=2)
    (frame,) = await received.by(bob)
    assert frame["p"] == [{"op": "replace", "path": "/cards_left", "value": 2}]
    received = Received(bob)
    await ann.call(Table.shuffle)
    assert await received.by(bob) == []


async def test_a_large_shared_state_costs_what_changes(harness):
    """Large states take longer where all of them is loaded and sent; here it is what has changed."""
    ann, bob = await joined(harness, Archive), await joined(harness, Archive)
    received = Received(bob)
    before = harness.counts["snapshots"]
    await ann.call(Archive.change)
    await ann.call(Archive.change_hidden)
    (frame,) = await received.by(bob)
    assert frame["p"] == [{"op": "replace", "path": f"/rows/{ROWS // 2}", "value": "changed"}]
    assert harness.counts["snapshots"] == before


async def test_a_linked_client_takes_a_room_s_lock_only_to_use_the_room(harness):
    """Linked states mean lock contention; events on other states do not have it here."""
    global GATE
    GATE = Gate()
    ann, bob = await joined(harness, Archive), await joined(harness, Archive)
    held = await ann.send_event(Archive.hold)
    await GATE.arrived()
    await bob.call(Private.add)
    assert bob.state(Private)["count"] == 1
    waits = await bob.send_event(Archive.change)
    GATE.open()
    await asyncio.gather(held, waits)
