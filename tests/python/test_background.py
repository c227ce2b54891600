"""Background handlers: beside the client's other events, with locks in `async with` blocks only."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import PATIENCE, Gate, until
from statelink.testing import AppHarness

GATE: Gate
SECOND: Gate
SEEN: list[object] = []
KEPT: list[object] = []


class Room(sl.SharedState):
    count: int = 0
    rows: list[int] = []
    _hidden: int = 0

    @sl.var
    def doubled(self) -> int:
        return self.count * 2

    @sl.var
    def mine(self) -> str:
        return f"{self.count} {self.router.page.path}"

    @sl.event
    async def join(self, token: str = "room") -> None:
        await self._link_to(token)

    @sl.event
    def add(self, amount: int = 1) -> None:
        self.count += amount

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    async def hold(self) -> None:
        self.count += 1000
        await GATE.passing()
        self.count -= 1000

    @sl.event(background=True)
    async def idle(self) -> None:
        await GATE.passing()

    @sl.event(background=True)
    async def twice(self, amount: int = 1) -> None:
        async with self:
            self.count += amount
        await GATE.passing()
        async with self as room:
            assert room is self
            SEEN.append(self.count)
            self.count += amount
        SEEN.append("ended")

    @sl.event(background=True)
    async def reads(self) -> None:
        SEEN.append((self.count, list(self.rows), self.doubled, self.mine, self._linked_to))
        SEEN.append(self.router.session.client_token)
        await GATE.passing()
        try:
            SEEN.append(self.count)
        except RuntimeError as error:
            SEEN.append(str(error))
        await SECOND.passing()
        SEEN.append(self.count)

    @sl.event(background=True)
    async def writes_outside(self) -> None:
        for write in (self._assign, self._append, self._hide):
            try:
                write()
            except RuntimeError as error:
                SEEN.append(str(error))
        async with self:
            rows = self.rows
            rows.append(1)
        try:
            rows.append(2)
        except RuntimeError as error:
            SEEN.append(str(error))

    def _assign(self) -> None:
        self.count = 5

    def _append(self) -> None:
        self.rows.append(5)

    def _hide(self) -> None:
        self._hidden = 5

    @sl.event(background=True)
    async def wrong_blocks(self) -> None:
        try:
            with self:
                pass
        except TypeError as error:
            SEEN.append(str(error))
        async with self:
            try:
                async with self:
                    pass
            except RuntimeError as error:
                SEEN.append(str(error))
            self.count += 1

    @sl.event
    async def block_in_an_ordinary_one(self) -> None:
        async with self:
            pass

    @sl.event(background=True)
    async def raises_in_a_block(self) -> None:
        try:
            async with self:
                self.count += 1
                self.rows.append(1)
                await self._link_to("elsewhere")
                raise KeyError("inside")
        except KeyError:
            SEEN.append((self.count, self.rows[:], self._linked_to))
        async with self:
            self.count += 10

    @sl.event(background=True)
    async def cannot_be_sent(self) -> None:
        try:
            async with self:
                self.count += 1
                self.rows.append(object())
        except sl.EncodeError as error:
            SEEN.append(str(error))
        async with self:
            self.count += 10

    @sl.event(background=True)
    async def fails(self) -> None:
        async with self:
            self.count += 1
        async with self:
            self.count += 1
            raise ValueError("at last")

    @sl.event(background=True)
    async def links(self) -> None:
        async with self:
            linked = await self._link_to("room")
            assert linked is self
            self.count += 1
        await GATE.passing()
        SEEN.append((self._linked_to, self.count))
        async with self:
            self.count += 1
            await self._unlink()
        SEEN.append((self._linked_to, self.count))

    @sl.event(background=True)
    async def links_badly(self) -> None:
        try:
            self._link_to("room")
        except RuntimeError as error:
            SEEN.append(str(error))
        try:
            async with self:
                self.count += 1
                self._link_to("room")
        except RuntimeError as error:
            SEEN.append(str(error))
        SEEN.append(self.count)

    @sl.event(background=True)
    async def another(self) -> None:
        desk = await self.get_state(Desk)
        SEEN.append(desk.number)
        async with desk:
            desk.number += 1
            SEEN.append(self.count)  # not this block's, so what is committed
            try:
                self.count += 1
            except RuntimeError as error:
                SEEN.append(str(error))
            mine = await desk.get_state(Room)
            assert mine is self
            self.count += 1
        async with self:
            inside = await self.get_state(Desk)
            assert inside is desk
            inside.number += 1
        SEEN.append(desk.number)

    @sl.event(background=True)
    async def waits_in_a_block(self) -> None:
        try:
            async with self:
                self.count += 1
                await GATE.passing()
        except asyncio.CancelledError:
            SEEN.append("cancelled")
            raise

    @sl.event(background=True)
    async def waits_outside(self) -> None:
        try:
            await GATE.passing()
        finally:
            SEEN.append("ended")

    @sl.event(background=True)
    async def times_out_in_a_block(self) -> None:
        try:
            async with asyncio.timeout(0):
                async with self:
                    self.count += 1
                    await asyncio.sleep(60)
        except TimeoutError:
            SEEN.append(self.count)

    @sl.event(background=True)
    async def gives_up_waiting(self) -> None:
        try:
            async with asyncio.timeout(0):
                async with self:
                    SEEN.append("got in")
        except TimeoutError:
            SEEN.append("gave up")
        await SECOND.passing()

    @sl.event(background=True)
    async def keeps_self(self) -> None:
        KEPT.append(self)

    @sl.event(background=True)
    async def in_a_thread(self) -> None:
        try:
            await asyncio.to_thread(lambda: self.count)
        except RuntimeError as error:
            SEEN.append(str(error))

    @sl.event(background=True)
    async def follows(self):
        yield Room.add(1)
        async with self:
            self.count += 10
            yield [Room.add(100), Room.twice(1000)]
            SEEN.append(self.count)

    @sl.event(background=True)
    async def returns_event(self):
        return Room.add(7)

    @sl.event(background=True)
    async def returns_nonsense(self):
        return 5

    @sl.event
    def begins_another(self):
        self.count += 1
        return Room.twice(10)

    @sl.event(background=True)
    async def reads_once(self) -> None:
        try:
            SEEN.append(self.count)
        except RuntimeError as error:
            SEEN.append(str(error))

    @sl.event
    async def join_and_hold(self) -> None:
        await self._link_to("held")
        self.count += 1
        await GATE.passing()
        SEEN.append(self._linked_to)

    @sl.event(background=True)
    async def after_the_end(self) -> None:
        async with self:
            self.count += 1
            other = await self.get_state(Desk)
        await GATE.passing()
        for what in (lambda: self.count, lambda: other.number):
            try:
                what()
            except RuntimeError as error:
                SEEN.append(str(error))
        try:
            async with self:
                self.count += 1
        except RuntimeError as error:
            SEEN.append(str(error))

    @sl.event(background=True)
    async def validated(self, amount: int) -> None:
        SEEN.append(amount)


class Desk(sl.SharedState):
    number: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def takes_room_then_desk(self) -> None:
        await GATE.passing()
        await self.get_state(Room)

    @sl.event(background=True)
    async def room_then_desk(self) -> None:
        room = await self.get_state(Room)
        try:
            async with room:
                await SECOND.passing()
                await room.get_state(Desk)
        except sl.DeadlockError as error:
            SEEN.append(str(error))


class Watcher(sl.State):
    @sl.var
    async def seen(self) -> int:
        return (await self.get_state(Room)).count


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()
    KEPT.clear()


@pytest.fixture
async def harness():
    global GATE, SECOND
    GATE, SECOND = Gate(), Gate()
    async with AppHarness(sl.App(states=[Room, Desk, Watcher])) as harness:
        yield harness


async def linked(harness, number):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Room.join)
    for client in clients:
        await client.call(Room.nothing)
    return clients


async def test_it_is_acknowledged_when_begun_and_keeps_nobody(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Room.twice)
    await GATE.arrived()
    await alice.call(Room.add, amount=10)  # the same client's next event
    await bob.call(Room.add, amount=100)
    GATE.open()
    await until(lambda: "ended" in SEEN)
    assert SEEN == [111, "ended"]
    for client in (alice, bob):
        await client.call(Room.nothing)
        assert client.state(Room)["count"] == 112
        assert client.state(Room)["doubled"] == 224


async def test_it_does_not_wait_for_the_client_s_queue(harness):
    alice = await harness.connect()
    held = await alice.send_event(Room.hold)
    await GATE.arrived()
    GATE.close()
    waiting = await alice.send_event(Room.add)
    background = await alice.send_event(Room.idle)
    await GATE.arrived(2)  # it runs, and the ordinary event still waits
    assert not waiting.done()
    assert not background.done()  # answers keep the order of the events
    GATE.open()
    await asyncio.wait_for(asyncio.gather(held, waiting, background), PATIENCE)


async def test_one_that_enters_no_block_sends_nothing(harness):
    alice, bob = await linked(harness, 2)
    seen, turns = (len(alice.frames), len(bob.frames)), harness.counts["turns"]
    GATE.open()
    await alice.call(Room.idle)
    await alice.ping()
    await bob.ping()
    assert [list(f) for f in alice.frames[seen[0] :]] == [["a"]]
    assert len(bob.frames) == seen[1]
    assert harness.counts["turns"] == turns


async def test_a_block_that_changes_nothing_sends_nothing(harness):
    alice, bob = await linked(harness, 2)
    GATE.open()
    seen = len(bob.frames)
    await alice.call(Room.twice, amount=0)
    await until(lambda: "ended" in SEEN)
    await bob.ping()
    assert len(bob.frames) == seen


async def test_reads_outside_are_of_committed_values(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Room.add, amount=4)
    await bob.call(Room.nothing)
    await alice.call(Room.reads)
    await GATE.arrived()
    assert [(4, [], 8, "4 /", "room"), alice.client_token] == SEEN
    GATE.close()
    hold = await bob.send_event(Room.hold)
    await GATE.arrived(2)  # it has written, and not committed
    GATE.open()
    await SECOND.arrived()
    await asyncio.wait_for(hold, PATIENCE)
    SECOND.open()
    await until(lambda: len(SEEN) == 4)
    assert SEEN[3] == 4


async def test_reads_outside_raise_while_another_turn_is_at_the_store(harness):
    alice, bob = await linked(harness, 2)
    hold = await bob.send_event(Room.hold)
    await GATE.arrived()

    await alice.call(Room.reads_once)
    assert SEEN == [
        "Room is being changed by the event handler Room.hold: in Room.reads_once, read it inside `async with`"
    ]
    GATE.open()
    await asyncio.wait_for(hold, PATIENCE)


async def test_writes_outside_raise(harness):
    (alice,) = await linked(harness, 1)
    await alice.call(Room.writes_outside)
    await until(lambda: len(SEEN) == 4)
    assert SEEN[0].startswith("Room.count can only be changed inside `async with`: Room.writes_out")
    assert "inside `async with`" in SEEN[1]
    assert SEEN[2].startswith("Room._hidden can only be changed inside `async with`")
    assert "outside of its block" in SEEN[3]
    await alice.call(Room.nothing)
    assert (alice.state(Room)["count"], alice.state(Room)["rows"]) == (0, [1])


async def test_wrong_blocks(harness):
    alice = await harness.connect()
    await alice.call(Room.wrong_blocks)
    await alice.until(lambda: alice.state(Room)["count"] == 1)
    assert "write `async with`" in SEEN[0]
    assert "do not nest" in SEEN[1]
    with pytest.raises(sl.EventError, match="for background handlers"):
        await alice.call(Room.block_in_an_ordinary_one)


async def test_a_block_that_raises_is_undone_and_the_handler_goes_on(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Room.raises_in_a_block)
    await bob.until(lambda: bob.state(Room)["count"] == 10)
    assert SEEN == [(0, [], "room")]
    await bob.call(Room.nothing)
    assert bob.state(Room)["rows"] == []


async def test_a_block_that_cannot_be_sent_raises_at_its_end(harness):
    alice = await harness.connect()
    await alice.call(Room.cannot_be_sent)
    await alice.until(lambda: alice.state(Room)["count"] == 10)
    assert "rows/0" in SEEN[0]


async def test_one_that_fails_is_reported_and_its_earlier_blocks_stay(harness):
    alice = await harness.connect()
    await alice.call(Room.fails)
    await alice.until(lambda: alice.reported)
    assert (alice.reported[0].code, alice.reported[0].message) == (
        "handler_error",
        "ValueError: at last",
    )
    assert alice.state(Room)["count"] == 1
    await alice.call(Room.returns_nonsense)
    await alice.until(lambda: len(alice.reported) == 2)
    assert "Room.returns_nonsense returned or yielded a int" in alice.reported[1].message


async def test_linking_from_inside_a_block(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await bob.call(Room.join)
    await alice.call(Room.links)
    await GATE.arrived()
    await bob.until(lambda: bob.state(Room)["count"] == 1)
    assert alice.instance(Room).number == bob.instance(Room).number
    await bob.call(Room.add, amount=5)
    GATE.open()
    await until(lambda: len(SEEN) == 2)
    assert SEEN == [("room", 6), ("", 0)]
    await bob.until(lambda: bob.state(Room)["count"] == 7)
    await alice.call(Room.nothing)
    assert alice.state(Room)["count"] == 0


async def test_links_outside_of_a_block_or_not_awaited(harness):
    alice = await harness.connect()
    await alice.call(Room.links_badly)
    await until(lambda: len(SEEN) == 3)
    assert "inside `async with self:`" in SEEN[0]
    assert "without await" in SEEN[1]
    assert SEEN[2] == 0


async def test_blocks_of_another_state(harness):
    alice = await harness.connect()
    await alice.call(Desk.join, token="desk")
    await alice.call(Room.another)
    await until(lambda: len(SEEN) == 4)
    assert SEEN[:2] == [0, 0]
    assert "Room.count can only be changed inside its own `async with`" in SEEN[2]
    assert SEEN[3] == 2
    await alice.call(Room.nothing)
    assert alice.state(Room)["count"] == 1
    assert alice.state(Desk)["number"] == 2


async def test_blocks_of_one_client_come_one_after_the_other(harness):
    (alice,) = await linked(harness, 1)
    GATE.open()
    calls = [await alice.send_event(Room.twice) for _ in range(20)]
    await asyncio.wait_for(asyncio.gather(*calls), PATIENCE)
    await until(lambda: SEEN.count("ended") == 20)
    await alice.call(Room.nothing)
    assert alice.state(Room)["count"] == 40


async def test_a_block_waits_for_the_client_s_running_event(harness):
    alice = await harness.connect()
    hold = await alice.send_event(Room.hold)
    await GATE.arrived()
    background = await alice.send_event(Room.raises_in_a_block)
    await alice.ping()
    assert SEEN == []
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, background), PATIENCE)
    await alice.until(lambda: alice.state(Room)["count"] == 10)


async def test_a_wait_that_is_given_up_undoes_nobody_s_work(harness):
    alice = await harness.connect()
    hold = await alice.send_event(Room.join_and_hold)
    await GATE.arrived()
    background = await alice.send_event(Room.gives_up_waiting)
    await SECOND.arrived()
    assert SEEN == ["gave up"]
    GATE.open()
    SECOND.open()
    await asyncio.wait_for(asyncio.gather(hold, background), PATIENCE)
    assert alice.state(Room)["count"] == 1
    assert SEEN == ["gave up", "held"]
    other = await harness.connect()
    await other.call(Room.join, token="held")
    assert other.state(Room)["count"] == 1


async def test_cancellation_inside_a_block_undoes_it(harness):
    (alice,) = await linked(harness, 1)
    await alice.call(Room.times_out_in_a_block)
    await until(lambda: SEEN == [0])
    await alice.call(Room.add)
    assert alice.state(Room)["count"] == 1


async def test_the_server_s_stop_cancels_and_waits():
    global GATE
    GATE = Gate()
    async with AppHarness(sl.App(states=[Room, Desk])) as harness:
        alice = await harness.connect()
        await alice.call(Room.waits_outside)
        await alice.call(Room.waits_in_a_block)
        await GATE.arrived(2)
    assert sorted(SEEN) == ["cancelled", "ended"]
    assert alice.reported == []


async def test_a_view_ends_with_its_handler(harness):
    alice = await harness.connect()
    await alice.call(Room.keeps_self)
    await until(lambda: KEPT)
    (kept,) = KEPT
    with pytest.raises(RuntimeError, match="Room.keeps_self, which is over"):
        _ = kept.count
    with pytest.raises(RuntimeError, match="Room.keeps_self, which is over"):
        async with kept:
            pass


async def test_another_thread_cannot_read(harness):
    alice = await harness.connect()
    await alice.call(Room.in_a_thread)
    await until(lambda: SEEN)
    assert "another thread" in SEEN[0]


async def test_follow_ups_of_a_background_handler(harness):
    alice = await harness.connect()
    await alice.call(Room.follows)
    await GATE.arrived()  # the one that follows, and begins at once
    GATE.open()
    await alice.until(lambda: alice.state(Room)["count"] == 2111)
    assert SEEN[0] in (10, 11)
    await alice.call(Room.returns_event)
    await alice.until(lambda: alice.state(Room)["count"] == 2118)


async def test_a_background_handler_follows_an_ordinary_one(harness):
    alice = await harness.connect()
    GATE.open()
    await alice.call(Room.begins_another)
    await alice.until(lambda: alice.state(Room)["count"] == 21)


async def test_arguments_are_validated_and_answers_keep_their_order(harness):
    alice = await harness.connect()
    hold = await alice.send_event(Room.hold)
    await GATE.arrived()
    bad = await alice.send_event(Room.validated, amount="many")
    good = await alice.send_event(Room.validated, amount=3)
    await until(lambda: SEEN == [3])
    assert not bad.done()
    GATE.open()
    await asyncio.wait_for(asyncio.gather(hold, good), PATIENCE)
    with pytest.raises(sl.EventError) as caught:
        await bad
    assert caught.value.code == "invalid_arguments"
    assert "Room.validated: amount" in caught.value.message


async def test_computed_vars_of_other_clients_see_the_commits(harness):
    alice, bob = await linked(harness, 2)
    await alice.call(Room.twice, amount=5)
    await GATE.arrived()
    for client in (alice, bob):
        await client.until(lambda c=client: c.state(Watcher)["seen"] == 5)
        assert client.state(Room)["mine"] == "5 /"
    GATE.open()


async def test_a_deadlock_names_the_background_handler(harness):
    alice, bob = await linked(harness, 2)
    for client in (alice, bob):
        await client.call(Desk.join, token="desk")
    await alice.call(Desk.room_then_desk)
    await SECOND.arrived()
    other = await bob.send_event(Desk.takes_room_then_desk)
    await GATE.arrived()
    GATE.open()
    await bob.ping()
    await asyncio.sleep(0)
    SECOND.open()
    errors = [e for e in await asyncio.gather(other, return_exceptions=True) if e]
    await until(lambda: SEEN or errors)
    text = SEEN[0] if SEEN else errors[0].message
    assert "Desk.room_then_desk" in text
    assert "Desk.takes_room_then_desk" in text


async def test_a_client_that_is_forgotten_between_two_blocks():
    global GATE
    GATE = Gate()
    async with AppHarness(sl.App(states=[Room, Desk])) as harness:
        alice, bob = await harness.connect(), await harness.connect()
        for client in (alice, bob):
            await client.call(Room.join)
        await alice.call(Room.after_the_end)
        await GATE.arrived()
        sessions = harness.counts["sessions"]
        await alice.disconnect()
        await until(lambda: harness.counts["sessions"] == sessions - 1)
        await bob.call(Room.nothing)
        harness.clock.advance(2 * harness.app.config.client_expiry)
        GATE.open()
        await until(lambda: len(SEEN) == 3)
        assert all("the client of Room.after_the_end is gone" in text for text in SEEN)
        await bob.call(Room.add)
        assert bob.state(Room)["count"] == 2
