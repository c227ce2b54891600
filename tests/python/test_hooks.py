"""``on_join`` and ``on_leave``: a room that knows who is there, without sweeping."""

import asyncio

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate
LOG: list[str] = []


class Room(sl.SharedState):
    topic: str = ""
    seats: int = 100
    _users: dict[str, str] = {}

    async def on_join(self) -> None:
        token = self.router.session.client_token
        assert token in self._linked_from
        LOG.append(f"join {self._linked_to}")
        me = await self.get_state(Me)
        if len(self._users) >= self.seats:
            raise ValueError("the room is full")
        self._users[token] = me.name
        if self.topic == "slow":
            await GATE.passing()

    def on_leave(self) -> None:
        token = self.router.session.client_token
        assert token in self._linked_from
        LOG.append(f"leave {self._linked_to}")
        del self._users[token]
        if self.topic == "sticky":
            raise ValueError("nobody leaves")

    @sl.var
    def user_list(self) -> str:
        return ", ".join(self._users.values())

    @sl.var
    def there(self) -> int:
        return len(self._linked_from)

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def leave(self) -> None:
        await self._unlink()

    @sl.event
    def set_topic(self, topic: str) -> None:
        self.topic = topic

    @sl.event
    def set_seats(self, seats: int) -> None:
        self.seats = seats

    @sl.event
    async def join_and_catch(self, token: str) -> None:
        self.topic = "touched"
        try:
            await self._link_to(token)
        except ValueError as error:
            LOG.append(f"caught {error}")

    @sl.event
    async def forgets_to_await(self, what: str) -> None:
        if what == "link":
            self._link_to("x")
        else:
            self._unlink()

    @sl.event(background=True)
    async def join_beside(self, token: str) -> None:
        await GATE.passing()
        async with self:
            await self._link_to(token)


class Me(sl.State):
    name: str = ""

    @sl.event
    def call_me(self, name: str) -> None:
        self.name = name


class Loops(sl.SharedState):
    async def on_join(self) -> None:
        await self._link_to("elsewhere")

    @sl.event
    async def join(self) -> None:
        await self._link_to("here")


class Counts(sl.SharedState):
    joined: int = 0
    left: int = 0

    def on_join(self) -> int:
        self.joined += 1
        return self.joined

    @sl.event
    async def join(self) -> None:
        await self._link_to("here")


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    LOG.clear()
    config = sl.Config()
    config.link_grace = 10
    async with AppHarness(sl.App(states=[Room, Me, Loops, Counts], config=config)) as harness:
        yield harness


async def named(harness, name):
    client = await harness.connect()
    await client.call(Me.call_me, name=name)
    return client


def users(client):
    return client.state(Room)["user_list"]


async def test_they_run_in_the_turn_that_links(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    await ann.call(Room.join, token="a")
    await bob.call(Room.join, token="a")
    await ann.until(lambda: users(ann) == "Ann, Bob")
    await bob.call(Room.join, token="b")
    await ann.until(lambda: users(ann) == "Ann")
    assert users(bob) == "Bob"
    await bob.call(Room.leave)
    assert users(bob) == ""
    assert LOG == ["join a", "join a", "leave a", "join b", "leave b"]


async def test_the_token_that_one_is_linked_to_changes_nothing(harness):
    ann = await named(harness, "Ann")
    await ann.call(Room.join, token="a")
    commits = harness.counts["commits"]
    await ann.call(Room.join, token="a")
    assert LOG == ["join a"]
    assert harness.counts["commits"] == commits


async def test_on_join_can_refuse(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    await ann.call(Room.join, token="a")
    await ann.call(Room.set_seats, seats=1)
    await bob.call(Room.join, token="b")
    with pytest.raises(sl.EventError, match="the room is full"):
        await bob.call(Room.join, token="a")
    assert users(bob) == "Bob"  # still in b, as if nothing had been
    assert bob.state(Room)["there"] == 1
    await ann.call(Room.set_topic, topic="still works")
    assert users(ann) == "Ann"
    assert ann.state(Room)["there"] == 1


async def test_on_leave_that_raises_keeps_the_client(harness):
    ann = await named(harness, "Ann")
    await ann.call(Room.join, token="a")
    await ann.call(Room.set_topic, topic="sticky")
    for event, arguments in ((Room.leave, {}), (Room.join, {"token": "b"})):
        with pytest.raises(sl.EventError, match="nobody leaves"):
            await ann.call(event, **arguments)
        assert users(ann) == "Ann"
        assert ann.state(Room)["there"] == 1


async def test_a_handler_that_catches_it_fails_all_the_same(harness):
    ann = await named(harness, "Ann")
    await ann.call(Room.join, token="a")
    await ann.call(Room.set_seats, seats=1)
    bob = await named(harness, "Bob")
    with pytest.raises(sl.EventError, match=r"join_and_catch went on after on_join .*room is full"):
        await bob.call(Room.join_and_catch, token="a")
    assert "caught the room is full" in LOG
    assert bob.state(Room)["topic"] == ""
    assert ann.state(Room)["there"] == 1


async def test_an_async_hook_holds_the_lock(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    await ann.call(Room.join, token="a")
    await ann.call(Room.set_topic, topic="slow")
    joins = await bob.send_event(Room.join, token="a")
    await GATE.arrived()
    changes = await ann.send_event(Room.set_topic, topic="free")
    await asyncio.sleep(0)
    assert not changes.done()
    assert users(ann) == "Ann"
    GATE.open()
    await joins
    await changes
    await ann.until(lambda: users(ann) == "Ann, Bob")


async def test_a_hook_cannot_link_its_own_class(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="cannot link or unlink it"):
        await ann.call(Loops.join)


async def test_a_hook_returns_nothing(harness):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="on_join returned a int"):
        await ann.call(Counts.join)
    assert ann.state(Counts)["joined"] == 0


async def test_who_is_gone_leaves_after_the_grace_and_comes_back(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(9)
    assert LOG == ["join a", "join a"]
    harness.clock.advance(1)
    assert LOG == ["join a", "join a", "leave a"]
    await ann.until(lambda: users(ann) == "Ann" and ann.state(Room)["there"] == 1)
    harness.clock.advance(60)
    await ann.call(Room.set_topic, topic="meanwhile")
    await bob.reconnect()
    assert bob.resumed
    assert users(bob) == "Ann, Bob"  # when it is hydrated it is there already
    assert bob.state(Room) | {"topic": "meanwhile", "there": 2} == bob.state(Room)
    await ann.until(lambda: users(ann) == "Ann, Bob")
    assert LOG == ["join a", "join a", "leave a", "join a"]


async def test_a_reload_changes_nothing(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    commits = harness.counts["commits"]
    for _ in range(5):
        await bob.disconnect()
        await harness.gone(bob)
        harness.clock.advance(9.9)
        await bob.reconnect()
        harness.clock.advance(1000)
    assert LOG == ["join a", "join a"]
    assert harness.counts["commits"] == commits
    assert users(bob) == "Ann, Bob"


async def test_who_expires_has_left_once(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(10)
    harness.clock.advance(3600)
    assert LOG == ["join a", "join a", "leave a"]
    await bob.reconnect()
    assert not bob.resumed
    assert users(bob) == ""
    await ann.until(lambda: users(ann) == "Ann")


async def test_who_expires_at_once_has_left_too(harness):
    bob = await named(harness, "Bob")
    await bob.call(Room.join, token="a")
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(3600)
    assert LOG == ["join a", "leave a"]
    await bob.reconnect()
    assert not bob.resumed


async def test_on_leave_that_raises_keeps_nobody_who_is_gone(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    await ann.call(Room.set_topic, topic="sticky")
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(10)
    await ann.until(lambda: ann.state(Room)["there"] == 1)
    assert users(ann) == "Ann, Bob"  # the hook was undone


async def test_who_is_refused_at_the_return_is_unlinked(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(10)
    await ann.call(Room.set_seats, seats=1)
    await bob.reconnect()
    assert bob.resumed
    assert users(bob) == ""
    assert bob.state(Room)["there"] == 0
    assert any("room is full" in frame.get("m", "") for frame in bob.frames)
    await ann.call(Room.set_topic, topic="x")
    assert ann.state(Room)["there"] == 1


async def test_a_return_during_the_leave(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    for client in (ann, bob):
        await client.call(Room.join, token="a")
    await ann.call(Room.set_topic, topic="slow")
    carl = await named(harness, "Carl")
    joins = await carl.send_event(Room.join, token="a")  # holds the room
    await GATE.arrived()
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(10)  # waits for the room
    returns = asyncio.create_task(bob.reconnect())
    while bob.client_token not in harness.app.event_namespace.token_to_sid:
        await asyncio.sleep(0)
    GATE.open()
    await joins
    await returns
    assert "leave a" not in LOG
    assert users(bob) == "Ann, Bob, Carl"


async def test_a_background_handler_that_links_while_its_client_is_away(harness):
    ann, bob = await named(harness, "Ann"), await named(harness, "Bob")
    await ann.call(Room.join, token="a")
    await bob.call(Room.join_beside, token="a")
    await GATE.arrived()
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(10)
    GATE.open()
    await ann.until(lambda: users(ann) == "Ann, Bob")
    harness.clock.advance(0)
    await ann.until(lambda: users(ann) == "Ann")


@pytest.mark.parametrize("what", ["link", "unlink"])
async def test_a_link_that_was_not_awaited(harness, what):
    ann = await named(harness, "Ann")
    with pytest.raises(sl.EventError, match=r"Room.forgets_to_await called _link_to or _unlink"):
        await ann.call(Room.forgets_to_await, what=what)


def test_what_cannot_be_a_hook():
    def generator(self):
        yield

    async def async_generator(self):
        yield

    def with_argument(self, name):
        pass

    def without_self():
        pass

    @sl.event
    def an_event(self):
        pass

    for wrong in (generator, async_generator, with_argument, without_self, an_event, 5):
        for name in ("on_join", "on_leave"):
            with pytest.raises(sl.StateError, match=f"{name} is a hook"):
                type("Wrong", (sl.SharedState,), {name: wrong, "__module__": __name__})
