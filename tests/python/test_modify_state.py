"""``app.modify_state``: a room is changed with no client involved."""

import asyncio
import contextvars
import threading

import pytest

import statelink as sl
from gates import Gate, until
from statelink.testing import AppHarness

GATE: Gate
APP: sl.App


class Room(sl.SharedState):
    count: int = 0
    names: list[str] = []

    @sl.var
    def double(self) -> int:
        return self.count * 2

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    async def hold(self) -> None:
        self.count += 1
        await GATE.passing()

    @sl.event
    async def change_other_room(self, token: str) -> None:
        self.count += 1
        async with APP.modify_state(Room, token) as other:
            other.count += 10
            self.count += 1
        self.count += 1

    @sl.event
    async def change_after_a_wait(self, token: str) -> None:
        self.count += 1
        await GATE.passing()
        async with APP.modify_state(Room, token) as other:
            other.count += 10


class Private(sl.State):
    note: str = ""

    @sl.var
    async def room_count(self) -> int:
        return (await self.get_state(Room)).count

    @sl.event
    async def nothing(self) -> None:
        pass


class Unserved(sl.SharedState):
    pass


@pytest.fixture
async def harness():
    global GATE, APP
    GATE = Gate()
    APP = sl.App(states=[Room, Private])
    async with AppHarness(APP) as harness:
        yield harness


async def linked(harness, token="room"):
    client = await harness.connect()
    await client.call(Room.join, token=token)
    return client


async def test_it_reaches_every_linked_client(harness):
    ann, bob, carl = await linked(harness), await linked(harness), await linked(harness, "other")
    commits = harness.counts["commits"]
    async with APP.modify_state(Room, "room") as room:
        room.count = 5
        room.names.append("cron")
        assert room.double == 10
        assert room._linked_to == "room"
        assert room._linked_from == {ann.client_token, bob.client_token}
    assert harness.counts["commits"] <= commits + 3  # the room's, and two of overlays
    for client in (ann, bob):
        await client.until(lambda: client.state(Room)["count"] == 5)  # noqa: B023
        assert client.state(Room) == {"count": 5, "names": ["cron"], "double": 10}
        await client.until(lambda: client.state(Private)["room_count"] == 5)  # noqa: B023
    assert carl.state(Room)["count"] == 0


async def test_a_room_that_nobody_has_joined_yet(harness):
    async with APP.modify_state(Room, "early") as room:
        room.count = 7
    ann = await linked(harness, "early")
    assert ann.state(Room)["count"] == 7


async def test_reading_commits_nothing(harness):
    ann = await linked(harness)
    commits, sends = harness.counts["commits"], harness.counts["sends"]
    async with APP.modify_state(Room, "room") as room:
        assert room.count == 0
    await ann.call(Private.nothing)
    assert harness.counts["commits"] == commits
    assert harness.counts["sends"] == sends + 1  # the answer


async def test_an_exception_undoes_it(harness):
    ann = await linked(harness)

    async def fail():
        async with APP.modify_state(Room, "room") as room:
            room.count = 5
            room.names.append("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with APP.modify_state(Room, "room") as room:
        assert room.count == 0
        assert room.names == []
    await ann.call(Room.add)
    assert ann.state(Room) == {"count": 1, "names": [], "double": 2}


async def test_a_clients_own_instance(harness):
    ann, bob = await harness.connect(), await harness.connect()
    async with APP.modify_state(Private, ann.client_token) as private:
        private.note = "for Ann"
    async with APP.modify_state(Room, ann.client_token) as room:
        room.count = 3
    await ann.until(
        lambda: ann.state(Room)["count"] == 3 and ann.state(Private)["note"] == "for Ann"
    )
    await ann.until(lambda: ann.state(Private)["room_count"] == 3)
    assert bob.state(Private)["note"] == ""
    await ann.call(Room.join, token="room")
    assert ann.state(Room)["count"] == 0
    async with APP.modify_state(Room, ann.client_token) as room:
        room.count = 4  # unseen while it is linked
    await ann.call(Private.nothing)
    assert ann.state(Room)["count"] == 0


async def test_it_waits_for_who_holds_the_room(harness):
    ann = await linked(harness)
    holds = await ann.send_event(Room.hold)
    await GATE.arrived()

    async def change():
        async with APP.modify_state(Room, "room") as room:
            seen.append(room.count)
            room.count += 1

    seen = []
    changes = asyncio.create_task(change())
    await asyncio.sleep(0)
    assert seen == []
    GATE.open()
    await holds
    await changes
    assert seen == [1]
    await ann.until(lambda: ann.state(Room)["count"] == 2)


async def test_handlers_wait_for_it(harness):
    ann = await linked(harness)
    async with APP.modify_state(Room, "room") as room:
        room.count = 10
        adds = await ann.send_event(Room.add)
        await until(lambda: harness.counts["events"] >= 2)
        assert not adds.done()
    await adds
    assert ann.state(Room)["count"] == 11


async def test_a_cancelled_wait_leaves_the_queue(harness):
    ann = await linked(harness)
    holds = await ann.send_event(Room.hold)
    await GATE.arrived()

    async def change():
        async with APP.modify_state(Room, "room"):
            raise AssertionError

    changes = asyncio.create_task(change())
    await asyncio.sleep(0)
    changes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changes
    GATE.open()
    await holds
    async with asyncio.timeout(5), APP.modify_state(Room, "room") as room:
        assert room.count == 1


async def test_two_of_them_nested(harness):
    ann, bob = await linked(harness, "a"), await linked(harness, "b")
    async with APP.modify_state(Room, "a") as a, APP.modify_state(Room, "b") as b:
        a.count -= 1
        b.count += 1
        a.names.append("paid")
    for client, count in ((ann, -1), (bob, 1)):
        await client.until(lambda: client.state(Room)["count"] == count)  # noqa: B023
    assert ann.state(Room)["names"] == ["paid"]
    async with APP.modify_state(Room, "a") as a:
        async with APP.modify_state(Room, "b") as b:
            b.count = 5
        a.count = 5
    for client in (ann, bob):
        await client.until(lambda: client.state(Room)["count"] == 5)  # noqa: B023


async def test_the_same_room_twice(harness):
    async with APP.modify_state(Room, "a") as a:
        with pytest.raises(RuntimeError, match=r"would wait for ever: modify_state\(Room, 'a'\)"):
            async with APP.modify_state(Room, "a"):
                raise AssertionError
        a.count = 1
    async with APP.modify_state(Room, "a") as a:
        assert a.count == 1


async def test_two_that_nest_the_other_way_round(harness):
    ready = asyncio.Barrier(2)

    async def both(one, two):
        async with APP.modify_state(Room, one) as first:
            first.count += 1
            await ready.wait()
            async with APP.modify_state(Room, two) as second:
                second.count += 1

    async with asyncio.timeout(5):
        results = await asyncio.gather(both("a", "b"), both("b", "a"), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["DeadlockError", "NoneType"]
    for token in ("a", "b"):
        async with APP.modify_state(Room, token) as room:
            assert room.count == 1


async def test_in_a_handler(harness):
    ann, bob = await linked(harness, "a"), await linked(harness, "b")
    await ann.call(Room.change_other_room, token="b")
    assert ann.state(Room)["count"] == 3
    await bob.until(lambda: bob.state(Room)["count"] == 10)
    with pytest.raises(sl.EventError, match=r"Room.change_other_room holds it.*`self`"):
        await ann.call(Room.change_other_room, token="a")
    assert ann.state(Room)["count"] == 3
    await ann.call(Room.add)
    assert ann.state(Room)["count"] == 4


async def test_handlers_that_wait_for_each_other_by_it(harness):
    ann, bob = await linked(harness, "a"), await linked(harness, "b")
    answers = [
        await ann.send_event(Room.change_after_a_wait, token="b"),
        await bob.send_event(Room.change_after_a_wait, token="a"),
    ]
    await GATE.arrived(2)
    GATE.open()
    results = await asyncio.wait_for(asyncio.gather(*answers, return_exceptions=True), 5)
    failed = [r for r in results if r is not None]
    assert [r.code for r in failed] == ["deadlock"]
    for client in (ann, bob):
        await client.call(Room.add)


async def test_there_is_no_client(harness):
    async with APP.modify_state(Room, "room") as room:
        with pytest.raises(RuntimeError, match="router needs a client"):
            _ = room.router
        with pytest.raises(RuntimeError, match="has no client"):
            await room.get_state(Private)
        with pytest.raises(RuntimeError, match="has no client"):
            await room._link_to("x")
        with pytest.raises(RuntimeError, match="has no client"):
            room._unlink()
        room.count = 1
    async with APP.modify_state(Room, "room") as room:
        assert room.count == 1


async def test_what_was_kept_cannot_be_used(harness):
    async with APP.modify_state(Room, "room") as room:
        names = room.names
    with pytest.raises(RuntimeError, match="over"):
        room.count = 1
    with pytest.raises(RuntimeError, match="can only be changed"):
        names.append("x")


async def test_what_it_refuses(harness):
    with pytest.raises(ValueError, match="empty"):
        APP.modify_state(Room, "")
    with pytest.raises(ValueError, match="longer than 512 bytes"):
        APP.modify_state(Room, "ä" * 257)
    with pytest.raises(TypeError, match="str"):
        APP.modify_state(Room, 5)
    with pytest.raises(LookupError, match="not served"):
        APP.modify_state(Unserved, "x")
    with pytest.raises(LookupError, match="only a SharedState"):
        async with APP.modify_state(Private, "nobody"):
            pass
    with pytest.raises(RuntimeError, match="not running"):
        sl.App(states=[Room]).modify_state(Room, "x")


async def test_from_another_loop(harness):
    caught = []

    async def change():
        async with APP.modify_state(Room, "room"):
            pass

    def elsewhere():
        try:
            asyncio.run(change())
        except RuntimeError as error:
            caught.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.get_running_loop().run_in_executor(None, thread.join)
    assert "run_coroutine_threadsafe" in caught[0]


async def test_any_task_of_the_loop(harness):
    async def change(number):
        async with APP.modify_state(Room, "room") as room:
            await asyncio.sleep(0)
            room.names.append(str(number))

    await asyncio.gather(
        *(asyncio.create_task(change(n), context=contextvars.Context()) for n in range(20))
    )
    async with APP.modify_state(Room, "room") as room:
        assert room.names == [str(n) for n in range(20)]


async def test_a_stop_while_it_waits():
    async with AppHarness(sl.App(states=[Room])) as harness:
        app = harness.app
        entered = asyncio.Event()

        async def hold():
            async with app.modify_state(Room, "room") as room:
                entered.set()
                await done.wait()
                room.count = 5

        async def wait():
            async with app.modify_state(Room, "room"):
                raise AssertionError

        done = asyncio.Event()
        holds = asyncio.create_task(hold())
        await entered.wait()
        waits = asyncio.create_task(wait())
        await asyncio.sleep(0)
        await app.stop()
        done.set()
        await holds
        with pytest.raises(RuntimeError, match="has stopped"):
            await waits
