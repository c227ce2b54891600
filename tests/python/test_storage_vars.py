"""Vars that the browser keeps: private to the client, on a SharedState too."""

import asyncio
import logging

import pytest

import statelink as sl
from statelink._stored import apply_stored, storage_schema
from statelink.testing import AppHarness

SEEN = []


class Room(sl.SharedState):
    shared_room: str = sl.LocalStorage()
    tab: str = sl.SessionStorage("a tab", name="the-tab")
    theme: str = sl.Cookie("light", max_age=60, same_site="strict")
    count: int = 0
    rows: list[str] = []

    @sl.event
    async def join(self, username: str) -> None:
        if not self.shared_room:
            self.shared_room = f"room-of-{username}"
        await self._link_to(self.shared_room)
        self.rows.append(self.shared_room)

    @sl.event
    async def join_token(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def write(self, text: str) -> None:
        self.shared_room = text
        self.count += 1

    @sl.event
    def write_and_raise(self) -> None:
        self.shared_room = "undone"
        raise ValueError("no")

    @sl.event
    def write_wrong(self) -> None:
        self.shared_room = 5

    @sl.event
    def look(self) -> None:
        SEEN.append(self.shared_room)

    @sl.event(background=True)
    async def later(self) -> None:
        SEEN.append(self.shared_room)
        async with self:
            self.shared_room = "later"

    @sl.event
    async def leave(self) -> None:
        await self._unlink()

    @sl.event
    def clear(self) -> None:
        self.reset()

    @sl.var
    def shouted(self) -> str:
        return self.shared_room.upper()


class Private(sl.State):
    nickname: str = sl.LocalStorage("nobody", sync=True)

    @sl.event
    def rename(self, nickname: str) -> None:
        self.nickname = nickname

    @sl.var
    async def of_room(self) -> str:
        return f"{self.nickname} {await self.get_var_value(Room.shared_room)}"


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")
    SEEN.clear()


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Room, Private])) as harness:
        yield harness


async def stored(harness, client, values, *, reset=False):
    """As the browser does."""
    service = harness.app._service
    await apply_stored(service.runtime, service.names, client.client_token, values, reset=reset)


def test_the_schema():
    assert storage_schema({Room: "Room", Private: "app.Private"}) == [
        {"s": "Room", "v": "shared_room", "in": "local", "key": "Room.shared_room"},
        {"s": "Room", "v": "tab", "in": "session", "key": "the-tab"},
        {
            "s": "Room",
            "v": "theme",
            "in": "cookie",
            "key": "Room.theme",
            "path": "/",
            "max_age": 60,
            "same_site": "strict",
        },
        {
            "s": "app.Private",
            "v": "nickname",
            "in": "local",
            "key": "app.Private.nickname",
            "sync": True,
        },
    ]


async def test_each_client_has_its_own_in_one_room(harness):
    """Defect B8 of the reference: one browser's value overwrites the room's."""
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Room.join_token, token="room")
    await alice.call(Room.write, text="alice's")
    await bob.until(lambda: bob.state(Room)["count"] == 1)
    assert alice.state(Room) | {"shared_room": "alice's", "shouted": "ALICE'S"} == alice.state(Room)
    assert bob.state(Room) | {"shared_room": "", "shouted": ""} == bob.state(Room)
    assert "alice's" not in repr(bob.frames)
    await stored(harness, bob, {"Room": {"shared_room": "bob's"}})
    await bob.until(lambda: bob.state(Room)["shouted"] == "BOB'S")
    assert alice.state(Room)["shared_room"] == "alice's"
    assert "bob's" not in repr(alice.frames)
    await alice.call(Room.leave)
    assert alice.state(Room)["shared_room"] == "alice's"


async def test_the_guides_join(harness):
    alice = await harness.connect()
    await alice.call(Room.join, username="ada")
    assert alice.state(Room) | {
        "shared_room": "room-of-ada",
        "rows": ["room-of-ada"],
    } == alice.state(Room)
    bob = await harness.connect()
    await stored(harness, bob, {"Room": {"shared_room": "room-of-ada"}}, reset=True)
    await bob.call(Room.join, username="bob")
    assert bob.state(Room)["rows"] == ["room-of-ada"] * 2


async def test_who_links_to_a_private_instance_does_not_see_them(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Room.write, text="alice's")
    await bob.call(Room.join_token, token=alice.client_token)
    await bob.call(Room.write, text="bob's")
    await alice.until(lambda: alice.state(Room)["count"] == 2)
    assert alice.state(Room)["shared_room"] == "alice's"
    assert bob.state(Room)["shared_room"] == "bob's"
    assert "alice's" not in repr(bob.frames) and "bob's" not in repr(alice.frames)


async def test_a_handler_that_raises_leaves_it(harness):
    alice = await harness.connect()
    await alice.call(Room.join_token, token="room")
    await alice.call(Room.write, text="kept")
    with pytest.raises(sl.EventError, match="ValueError: no"):
        await alice.call(Room.write_and_raise)
    with pytest.raises(sl.EventError, match="kept by the browser, as a str"):
        await alice.call(Room.write_wrong)
    await alice.call(Room.look)
    assert SEEN == ["kept"] and alice.state(Room)["shared_room"] == "kept"


async def test_reset_of_a_room_resets_the_clients_own_only(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Room.join_token, token="room")
        await client.call(Room.write, text="written")
    await alice.call(Room.clear)
    await bob.until(lambda: bob.state(Room)["count"] == 0)
    assert alice.state(Room)["shared_room"] == ""
    assert bob.state(Room)["shared_room"] == "written"


async def test_in_a_background_handler(harness):
    alice = await harness.connect()
    await alice.call(Room.join_token, token="room")
    await alice.call(Room.write, text="before")
    await alice.call(Room.later)
    await alice.until(lambda: alice.state(Room)["shared_room"] == "later")
    assert SEEN == ["before"]


async def test_what_the_browser_has_kept(harness):
    alice = await harness.connect()
    await alice.call(Private.rename, nickname="old")
    await stored(
        harness,
        alice,
        {"Room": {"shared_room": "kept", "count": 99, "rows": "x"}, "Nobody": {"x": "y"}},
        reset=True,
    )
    await alice.until(lambda: alice.state(Room)["shared_room"] == "kept")
    await alice.until(lambda: alice.state(Private)["of_room"] == "nobody kept")
    assert alice.state(Room)["count"] == 0
    for junk in (
        {"Room": {"shared_room": 5}},
        {"Room": 7},
        [],
        None,
        {"Room": {"shared_room": "\ud800"}},
    ):
        await stored(harness, alice, junk)
    await alice.call(Room.look)
    assert SEEN == ["kept"]


async def test_it_waits_for_the_handler_that_runs(harness):
    alice = await harness.connect()
    await asyncio.gather(
        *(stored(harness, alice, {"Private": {"nickname": f"n{n}"}}) for n in range(3)),
        alice.call(Room.write, text="text"),
    )
    await alice.until(lambda: alice.state(Private)["of_room"] == "n2 text")


async def test_a_client_that_is_gone(harness):
    with pytest.raises(KeyError):
        await apply_stored(
            harness.app._service.runtime,
            harness.app._service.names,
            "nobody",
            {"Private": {"nickname": "x"}},
            reset=False,
        )


def test_what_cannot_be_declared():
    with pytest.raises(sl.StateError, match=r"write `count: str = LocalStorage\(\)`"):

        class Number(sl.State):
            count: int = sl.LocalStorage()

    with pytest.raises(sl.StateError, match="leading underscore never reaches"):

        class Hidden(sl.State):
            _token: str = sl.SessionStorage()

    with pytest.raises(TypeError, match="the default is a int"):
        sl.Cookie(5)
    with pytest.raises(ValueError, match="same_site"):
        sl.Cookie(same_site="Lax!")
    with pytest.raises(ValueError, match="not empty"):
        sl.LocalStorage(name="")
