"""How long things live: clients, their links, rooms. Whole or not at all."""

import asyncio

import pytest

import statelink as sl
from gates import Gate, started, until
from statelink.testing import AppHarness

GATE: Gate
HOUR = 3600
ENDED: list[str] = []


class Room(sl.SharedState):
    count: int = 0
    seen: str = ""
    waits: bool = False

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def join_both(self, token: str) -> None:
        await self._link_to(token)
        await (await self.get_state(Other))._link_to(token)

    @sl.event
    async def leave(self) -> None:
        await self._unlink()

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def look(self) -> None:
        assert self.count >= 0

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()
        ENDED.append("hold")

    @sl.event(background=True)
    async def in_a_block(self) -> None:
        async with self:
            await GATE.passing()
        ENDED.append("in_a_block")

    @sl.event
    async def join_late(self, token: str) -> None:
        await GATE.passing()
        await self._link_to(token)

    @sl.event
    def steps(self):
        self.count += 1
        yield
        self.count += 1

    @sl.event(background=True)
    async def beside(self) -> None:
        await GATE.passing()
        async with self:
            self.count += 1

    @sl.var
    def there(self) -> int:
        return len(self._linked_from)

    @sl.var
    def linked(self) -> str:
        return self._linked_to

    @sl.var
    async def mine(self) -> str:
        if self.waits:
            await GATE.passing()
        return f"{self.router.session.client_token} {self.count}"


class Other(sl.SharedState):
    note: str = ""

    @sl.event
    def write(self, note: str) -> None:
        self.note = note


class Private(sl.State):
    note: str = ""

    @sl.event
    def write(self, note: str) -> None:
        self.note = note


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    ENDED.clear()
    async with AppHarness(sl.App(states=[Room, Other, Private])) as harness:
        yield harness
        GATE.open()


async def linked(harness, token="room"):
    client = await harness.connect()
    await client.call(Room.join, token=token)
    return client


async def left(harness, client):
    await client.disconnect()
    await harness.gone(client)


async def count_of(harness, token="room"):
    """What who joins a room anew finds in it."""
    client = await linked(harness, token)
    return client.state(Room)["count"]


# --- clients


async def test_a_client_that_comes_back_in_time_finds_everything(harness):
    ann = await harness.connect()
    await ann.call(Room.join_both, token="room")
    await ann.call(Room.add)
    await ann.call(Other.write, note="other")
    await ann.call(Private.write, note="private")
    await left(harness, ann)
    harness.clock.advance(HOUR - 1)
    await ann.reconnect()
    assert ann.resumed
    assert ann.state(Room) | {"count": 1, "there": 1, "linked": "room"} == ann.state(Room)
    assert ann.state(Other)["note"] == "other"
    assert ann.state(Private)["note"] == "private"
    await ann.call(Room.add)
    assert ann.state(Room)["count"] == 2


async def test_one_that_does_not_is_somebody_new(harness):
    ann, bob = await harness.connect(), await linked(harness)
    await ann.call(Room.join_both, token="room")
    await ann.call(Private.write, note="private")
    await bob.call(Room.add)
    await left(harness, ann)
    token = ann.client_token
    harness.clock.advance(HOUR)
    await ann.reconnect()
    assert not ann.resumed
    assert ann.client_token != token
    assert ann.state(Room) | {"count": 0, "there": 0, "linked": ""} == ann.state(Room)
    assert ann.state(Private)["note"] == ""
    assert ann.state(Other)["note"] == ""
    assert bob.state(Room)["there"] == 1
    await ann.call(Room.add)
    assert bob.state(Room)["count"] == 1


async def test_an_open_socket_keeps_a_client(harness):
    ann = await linked(harness)
    harness.clock.advance(100 * HOUR)
    await ann.call(Room.add)
    assert ann.state(Room) | {"count": 1, "linked": "room"} == ann.state(Room)


async def test_each_return_counts_anew(harness):
    ann = await linked(harness)
    for _ in range(5):
        await left(harness, ann)
        harness.clock.advance(HOUR - 1)
        await ann.reconnect()
        assert ann.resumed
    assert ann.state(Room)["linked"] == "room"


@pytest.mark.parametrize("handler", [Room.hold, Room.in_a_block])
async def test_a_handler_that_runs_keeps_a_client(harness, handler):
    ann = await linked(harness)
    await ann.send_event(handler)
    await GATE.arrived()
    await left(harness, ann)
    harness.clock.advance(2 * HOUR)
    await ann.reconnect()
    assert ann.resumed
    await left(harness, ann)
    GATE.open()
    await until(lambda: ENDED)
    await asyncio.sleep(0)
    harness.clock.advance(2 * HOUR)
    await ann.reconnect()
    assert not ann.resumed


async def test_a_background_handler_outside_of_a_block_does_not(harness):
    ann = await linked(harness)
    await ann.send_event(Room.beside)
    await GATE.arrived()
    await left(harness, ann)
    harness.clock.advance(HOUR)
    await ann.reconnect()
    assert not ann.resumed


async def test_an_expiry_while_its_lock_is_awaited(harness):
    ann, bob = await linked(harness), await linked(harness)
    holds = await bob.send_event(Room.hold)
    await GATE.arrived()
    turns = harness.counts["turns"]
    await ann.send_event(Room.add)
    await started(harness, turns + 1)
    await left(harness, ann)
    harness.clock.advance(2 * HOUR)  # its event waits for the room still
    GATE.open()
    await holds
    await bob.until(lambda: bob.state(Room)["count"] == 1)
    await bob.until(lambda: bob.state(Room)["there"] == 1)


async def test_an_own_instance_that_others_are_linked_to_goes_on_as_their_room(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.add)
    token = ann.client_token
    await bob.call(Room.join, token=token)
    await left(harness, ann)
    harness.clock.advance(HOUR)
    await ann.reconnect()
    assert not ann.resumed
    await bob.call(Room.add)
    assert bob.state(Room) | {"count": 2, "there": 1, "linked": token} == bob.state(Room)
    carl = await linked(harness, token)
    assert carl.state(Room)["count"] == 2
    assert ann.state(Room)["count"] == 0
    for client in (bob, carl):
        await client.call(Room.leave)
    harness.clock.advance(HOUR)
    assert await count_of(harness, token) == 0


async def test_an_owner_that_expires_while_somebody_is_about_to_link(harness):
    ann, bob, carl = await harness.connect(), await harness.connect(), await harness.connect()
    token = ann.client_token
    await ann.call(Room.add)
    await bob.call(Room.join, token=token)
    holds = await bob.send_event(Room.hold)
    await GATE.arrived()
    turns = harness.counts["turns"]
    joins = await carl.send_event(Room.join, token=token)
    await started(harness, turns + 1)
    await left(harness, ann)
    harness.clock.advance(2 * HOUR)
    GATE.open()
    await holds
    await joins
    harness.clock.advance(HOUR)
    for client in (bob, carl):
        await client.call(Room.add)
    await bob.until(lambda: bob.state(Room)["count"] == 3)
    assert carl.state(Room) | {"count": 3, "there": 2, "linked": token} == carl.state(Room)


# --- rooms


async def test_a_room_that_nobody_is_linked_to_ends(harness):
    ann = await linked(harness)
    await ann.call(Room.add)
    await ann.call(Room.leave)
    harness.clock.advance(HOUR - 1)
    await ann.call(Room.join, token="room")
    assert ann.state(Room)["count"] == 1
    await ann.call(Room.leave)
    harness.clock.advance(HOUR)
    await ann.call(Room.join, token="room")
    assert ann.state(Room)["count"] == 0


async def test_a_link_keeps_a_room(harness):
    ann = await linked(harness)
    await ann.call(Room.add)
    for _ in range(5):
        harness.clock.advance(HOUR)
    assert await count_of(harness) == 1


async def test_the_link_of_an_absent_client_keeps_a_room(harness):
    config = sl.Config()
    config.client_expiry = 10 * HOUR
    async with AppHarness(sl.App(states=[Room], config=config)) as harness:
        ann = await linked(harness)
        await ann.call(Room.add)
        await left(harness, ann)
        for _ in range(9):
            harness.clock.advance(HOUR)
        await ann.reconnect()
        assert ann.state(Room) | {"count": 1, "there": 1} == ann.state(Room)


async def test_reading_keeps_a_room(harness):
    ann = await linked(harness)
    await ann.call(Room.add)
    await ann.call(Room.leave)
    for _ in range(3):
        harness.clock.advance(HOUR - 1)
        async with harness.app.modify_state(Room, "room") as room:
            assert room.count == 1
    harness.clock.advance(HOUR)
    assert await count_of(harness) == 0


async def test_a_room_ends_after_the_clients_of_it(harness):
    ann = await linked(harness)
    await ann.call(Room.add)
    await left(harness, ann)
    harness.clock.advance(HOUR)  # the client ends; on its way out it used the room
    harness.clock.advance(HOUR - 1)
    bob = await linked(harness)
    assert bob.state(Room)["count"] == 1
    await bob.call(Room.leave)
    harness.clock.advance(HOUR)
    assert await count_of(harness) == 0


async def test_a_room_that_somebody_waits_for_does_not_end(harness):
    async with harness.app.modify_state(Room, "room") as room:
        room.count = 5
        ann = await harness.connect()
        turns = harness.counts["turns"]
        joins = await ann.send_event(Room.join, token="room")
        await started(harness, turns + 1)
        harness.clock.advance(2 * HOUR)
    harness.clock.advance(2 * HOUR)  # it is free, and the one who waits has not gone on yet
    await joins
    assert ann.state(Room) | {"count": 5, "there": 1} == ann.state(Room)


async def test_a_room_that_ends_while_somebody_is_about_to_link(harness):
    async with harness.app.modify_state(Room, "room") as room:
        room.count = 5
    ann = await harness.connect()
    joins = await ann.send_event(Room.join_late, token="room")
    await GATE.arrived()
    harness.clock.advance(2 * HOUR)
    GATE.open()
    await joins
    assert ann.state(Room) | {"count": 0, "there": 1, "linked": "room"} == ann.state(Room)
    await ann.call(Room.add)
    assert await count_of(harness) == 1


async def test_a_room_that_a_computed_var_reads_does_not_end(harness):
    ann = await linked(harness)
    async with harness.app.modify_state(Room, "room") as room:
        room.waits = True
    await GATE.arrived()  # Ann's var has read the room, and goes on later
    leaves = await ann.send_event(Room.leave)
    harness.clock.advance(2 * HOUR)
    GATE.open()
    await leaves
    await ann.until(lambda: ann.state(Room)["mine"].endswith(" 0"))


async def test_many_rooms_end_without_a_look_at_the_others(harness):
    for n in range(200):
        async with harness.app.modify_state(Room, f"room {n}") as room:
            room.count = n
        harness.clock.advance(1)
    harness.clock.advance(HOUR - 100)
    assert await count_of(harness, "room 99") == 0
    assert await count_of(harness, "room 101") == 101


async def test_a_generator_keeps_what_it_is_at(harness):
    ann = await linked(harness)
    await ann.call(Room.steps)
    assert ann.state(Room)["count"] == 2
    await ann.call(Room.look)


async def test_a_clock_does_not_go_back(harness):
    with pytest.raises(ValueError, match="back"):
        harness.clock.advance(-1)
    assert harness.clock.now == 0
