"""The guide on dynamic routes: the token is part of the page's path, and on_load links it."""

import pytest

import statelink as sl
from guide.watching import Bystander, Received, sees
from statelink.testing.held import Held


class SharedRoom(sl.SharedState):
    note: str = "default"

    async def on_load(self) -> None:
        await self._link_to(self.room_id.replace("_", "-") or "default-room")

    @sl.event
    def write(self, note: str) -> None:
        self.note = note

    @sl.var
    def room(self) -> str:
        return self._linked_to


class Tab(sl.State):
    @sl.var
    def where(self) -> str:
        return self.room_id

    @sl.var
    async def note_here(self) -> str:
        shared = await self.get_state(SharedRoom)
        return f"{self.room_id}: {shared.note}"


def page() -> str:
    return "<h1>Room</h1>"


@pytest.fixture
def app():
    app = sl.App(states=[SharedRoom, Tab, Bystander])
    app.add_route(page, path="/room/[room_id]", on_load=SharedRoom.on_load)
    app.add_page(page, route="/", on_load=SharedRoom.on_load)
    return app


async def test_the_linked_token_is_part_of_the_path(harness):
    """A dynamic route has the linked token in the path."""
    ann = await harness.connect("/room/blue")
    assert ann.state(SharedRoom)["room"] == "blue"
    assert ann.state(Tab)["where"] == "blue"
    nobody = await harness.connect("/")
    assert nobody.state(SharedRoom)["room"] == "default-room"
    assert nobody.state(Tab)["where"] == ""
    underscored = await harness.connect("/room/blue_sky")
    assert underscored.state(SharedRoom)["room"] == "blue-sky"


async def test_users_share_the_address_of_an_instance(harness):
    """Users share links to an instance: who opens the address sees and changes the same."""
    ann = await harness.connect("/room/blue")
    await ann.call(SharedRoom.write, note="by Ann")
    bob, carl = await harness.connect("/room/blue"), await harness.connect("/room/red")
    assert bob.state(SharedRoom)["note"] == "by Ann"
    assert carl.state(SharedRoom)["note"] == "default"
    received = Received(carl)
    await bob.call(SharedRoom.write, note="by Bob")
    await sees(ann, SharedRoom, note="by Bob")
    assert await received.by(carl) == []


async def test_on_load_links_before_anything_is_shown(harness):
    """on_load links the shared state to the token of the address: no defaults are shown before."""
    ann = await harness.connect("/room/blue")
    await ann.call(SharedRoom.write, note="by Ann")
    bob = await harness.connect("/room/blue")
    held = Held(bob.violations.append, append=True)
    for frame in bob.frames[: bob.frames.index({"hydrated": True})]:
        if "s" in frame:
            held.introduce(frame)
        elif "p" in frame:
            held.patch(frame)
    assert held.values("SharedRoom") == {"note": "by Ann", "room": "blue"}
    assert held.values("Tab") == {"where": "blue", "note_here": "blue: by Ann"}


async def test_on_load_runs_again_for_another_address(harness):
    """The token is extracted from the URL: a page that goes to another room is in that room."""
    ann, bob = await harness.connect("/room/blue"), await harness.connect("/room/red")
    await bob.call(SharedRoom.write, note="by Bob")
    await ann.navigate("/room/red")
    assert ann.state(SharedRoom) == {"note": "by Bob", "room": "red"}
    assert ann.state(Tab)["note_here"] == "red: by Bob"


async def test_clients_cannot_call_on_load(harness):
    """on_load needs no decorator, and is no event that the network could call."""
    ann = await harness.connect("/room/blue")
    with pytest.raises(sl.EventError, match="unknown_event"):
        await ann.call("SharedRoom.on_load")
