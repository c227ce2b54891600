"""Navigation without a reload: the page is another one, its on_load handlers run, and the client is hydrated again."""

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate
RAN: list[str] = []


class Sign(sl.State):
    @sl.var
    def here(self) -> str:
        RAN.append("here")
        return f"{self.router.page.path}?{self.router.page.params.get('x', '')}"


class Place(sl.State):
    seen: list[str] = []

    @sl.event
    async def look(self) -> None:
        path = self.router.page.path
        await GATE.passing()
        self.seen.append(f"{path} {self.router.page.path} {self.room_id}")

    @sl.event
    def leave(self):
        return Place.note

    @sl.event
    async def leave_slowly(self):
        await GATE.passing()
        return Place.note

    def note(self) -> None:
        self.seen.append(f"note {self.room_id}")

    @sl.event
    def glance(self) -> None:
        self.seen.append(self.router.page.raw_path)

    def load(self) -> None:
        RAN.append(f"load {self.room_id}")

    async def load_slowly(self) -> None:
        RAN.append(f"slow {self.room_id}")
        await GATE.passing()

    def fail(self) -> None:
        raise ValueError("on purpose")


class Room(sl.SharedState):
    name: str = "default"

    async def enter(self) -> None:
        linked = await self._link_to(self.room_id)
        linked.name = f"room {self.room_id}"


@pytest.fixture(autouse=True)
def _fresh():
    global GATE
    GATE = Gate()
    RAN.clear()
    yield
    GATE.open()


@pytest.fixture
async def harness():
    app = sl.App(states=[Sign, Place, Room])
    app.add_route(None, "/room/[room_id]", on_load=[Place.load, Room.enter])
    app.add_route(None, "/slow/[room_id]", on_load=[Place.load_slowly, Place.load])
    app.add_route(None, "/bad", on_load=Place.fail)
    async with AppHarness(app) as harness:
        yield harness


async def test_the_on_load_handlers_of_the_new_page_run_before_hydrated(harness):
    client = await harness.connect("/")
    await client.navigate("/room/b?x=1")
    assert client.state(Room)["name"] == "room b"
    assert client.state(Sign)["here"] == "/room/b?1"
    assert client.frames.count({"hydrated": True}) == 2
    assert RAN.count("load b") == 1
    await client.navigate("/room/c")
    assert client.state(Room)["name"] == "room c"


async def test_computed_vars_that_read_the_router_run_once_for_each_page(harness):
    client = await harness.connect("/a")
    RAN.clear()
    await client.navigate("/b")
    await client.navigate("/b")
    assert RAN == ["here", "here"]
    assert client.state(Sign)["here"] == "/b?"


async def test_events_before_it_keep_their_page(harness):
    GATE.open()
    client = await harness.connect("/room/a")
    GATE.close()
    first = await client.send_event(Place.look)
    second = await client.send_event(Place.glance)
    await client.send_page("/room/b?x=1")
    third = await client.send_event(Place.glance)
    await client.until(lambda: client.state(Sign)["here"] == "/room/b?1")
    await GATE.arrived()
    GATE.open()
    for answer in (first, second, third):
        await answer
    assert client.state(Place)["seen"] == ["/room/a /room/a a", "/room/a", "/room/b?x=1"]
    await client.until(lambda: client.hydrated)


async def test_what_follows_an_event_keeps_the_page_of_its_origin(harness):
    client = await harness.connect("/room/a")
    answer = await client.send_event(Place.leave_slowly)
    await GATE.arrived()
    await client.send_page("/room/b")
    await client.until(lambda: client.state(Sign)["here"] == "/room/b?")
    GATE.open()
    await answer
    await client.until(lambda: client.state(Place)["seen"] == ["note a"] and client.hydrated)
    await client.call(Place.leave)
    await client.until(lambda: client.state(Place)["seen"] == ["note a", "note b"])


async def test_a_newer_one_drops_what_has_not_begun(harness):
    client = await harness.connect("/")
    await client.send_page("/slow/a")
    await GATE.arrived()
    await client.send_page("/slow/b")
    await client.send_page("/slow/c")
    answer = await client.send_event(Place.glance)
    await client.until(lambda: client.state(Sign)["here"] == "/slow/c?")
    GATE.open()
    await answer
    await client.until(lambda: client.hydrated)
    assert [r for r in RAN if r != "here"] == ["slow a", "slow c", "load c"]
    assert client.frames.count({"hydrated": True}) == 4  # one for the hello and for each page
    assert client.state(Place)["seen"] == ["/slow/c"]


async def test_one_that_fails_is_reported_and_the_client_hydrated(harness):
    client = await harness.connect("/")
    await client.navigate("/bad")
    assert {"x": 0, "c": "handler_error", "m": "ValueError: on purpose"} in client.frames


async def test_a_reconnect_on_the_new_page_does_not_load_it_again(harness):
    client = await harness.connect("/")
    await client.navigate("/room/b")
    await client.reconnect()
    assert client.resumed
    assert RAN.count("load b") == 1
    assert client.state(Room)["name"] == "room b"


async def test_a_navigation_while_the_socket_is_gone_loads_the_page(harness):
    client = await harness.connect("/")
    await client.drop()
    await client.send_page("/room/b")
    await client.open()
    assert client.resumed
    assert RAN.count("load b") == 1
    assert client.state(Room)["name"] == "room b"


@pytest.mark.parametrize("page", ['{"page":5}', '{"page":"room"}', '{"page":""}', '{"page":null}'])
async def test_a_bad_page_frame_ends_the_session(harness, page):
    client = await harness.connect("/")
    await client.send_raw(page)
    await client.until(lambda: not client.connected)
    assert client.close_code == 4400


async def test_pages_count_as_events_do():
    config = sl.Config()
    config.events_per_second = 5
    app = sl.App(states=[Sign, Place, Room], config=config)
    async with AppHarness(app) as harness:
        client = await harness.connect("/")
        await client.send_raw(*(['{"page":"/a"}'] * 20))
        await client.until(lambda: not client.connected)
        assert client.close_code == 1013
        client.violations.clear()  # these were sent behind the client's back
