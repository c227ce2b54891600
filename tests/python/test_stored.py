"""What a browser keeps: said after the hello, taken over before on_load, kept in order with all the rest."""

import asyncio

import pytest

import statelink as sl
from gates import Gate, until
from statelink.testing import AppHarness

GATE: Gate


class Kept(sl.SharedState):
    name: str = sl.LocalStorage()
    theme: str = sl.Cookie("light", name="theme")
    seen: list[str] = []

    def load(self) -> None:
        self.seen.append(f"load {self.name} {self.theme}")

    @sl.event
    def rename(self, name: str) -> None:
        self.name = name

    @sl.event
    def look(self) -> None:
        self.seen.append(self.name)

    @sl.event
    async def hold(self) -> None:
        await GATE.passing()


class Plain(sl.State):
    count: int = 0

    @sl.event
    def add(self) -> None:
        self.count += 1


@pytest.fixture(autouse=True)
def _fresh():
    global GATE
    GATE = Gate()
    yield
    GATE.open()


@pytest.fixture
async def harness():
    app = sl.App(states=[Kept, Plain])
    app.add_route(None, "/home", on_load=Kept.load)
    async with AppHarness(app) as harness:
        yield harness


SOME = {"Kept.name": "Ada", "theme": "dark"}


async def test_it_is_there_when_on_load_runs(harness):
    client = await harness.connect("/home", stored=SOME)
    assert client.state(Kept) == {"name": "Ada", "theme": "dark", "seen": ["load Ada dark"]}


async def test_a_browser_that_keeps_nothing_has_the_defaults(harness):
    client = await harness.connect("/home")
    assert client.state(Kept)["seen"] == ["load  light"]


async def test_the_schema_is_in_the_hello(harness):
    client = await harness.connect("/")
    assert client.frames[0]["hello"]["storage"] == [
        {"s": "Kept", "v": "name", "in": "local", "key": "Kept.name"},
        {
            "s": "Kept",
            "v": "theme",
            "in": "cookie",
            "key": "theme",
            "path": "/",
            "same_site": "lax",
        },
    ]


async def test_a_change_is_kept(harness):
    client = await harness.connect("/")
    await client.call(Kept.rename, name="Bea")
    assert client.storage["Kept.name"] == "Bea"
    await client.disconnect()
    reloaded = await harness.connect("/home", stored=client.storage)
    assert reloaded.state(Kept)["name"] == "Bea"


async def test_the_change_of_another_tab(harness):
    client = await harness.connect("/", stored=SOME)
    await client.store("Kept.name", "Cleo")
    await client.until(lambda: client.state(Kept)["name"] == "Cleo")
    assert client.state(Kept)["theme"] == "dark"


async def test_events_wait_for_it(harness):
    client = await harness.connect("/home", stored=SOME, wait=False)
    answer = await client.send_event(Kept.look)
    await answer
    assert client.state(Kept)["seen"] == ["load Ada dark", "Ada"]


async def silent(harness, path="/home", identity=None):
    """A client that does not say what it keeps, though it can."""
    client = await harness.connect(path, identity=identity, wait=False)
    client._conversation._say_stored = lambda stored_vars: []
    await client.until(lambda: bool(client.frames))
    return client


async def test_it_is_awaited_for_so_long(harness):
    client = await silent(harness)
    answer = await client.send_event(Kept.look)
    await until(lambda: harness.counts["events"] == 1)
    harness.clock.advance(9.9)
    assert not client.hydrated and not answer.done()
    harness.clock.advance(0.2)
    await answer
    assert client.state(Kept)["seen"] == ["load  light", ""]
    assert client.hydrated


async def test_a_navigation_while_it_is_awaited(harness):
    client = await silent(harness, "/")
    await client.send_page("/home")
    await client.send_raw('{"stored":{"Kept":{"name":"Ada"}}}')
    await client.until(lambda: client.hydrated)
    assert client.state(Kept)["seen"] == ["load Ada light"]
    assert client.frames.count({"hydrated": True}) == 2


async def test_a_socket_that_is_lost_while_it_is_awaited(harness):
    client = await silent(harness)
    answer = await client.send_event(Kept.look)
    await until(lambda: harness.counts["events"] == 1)
    await client.drop()
    del client._conversation._say_stored
    client.storage.update(SOME)
    await client.open()
    await answer
    assert client.state(Kept)["seen"] == ["load Ada dark", "Ada"]
    harness.clock.advance(20)
    await client.call(Kept.look)
    assert len(client.state(Kept)["seen"]) == 3


async def test_a_client_that_keeps_nothing_is_not_awaited(harness):
    client = await harness.connect("/home", caps=["append"])
    assert client.state(Kept)["seen"] == ["load  light"]
    await client.send_raw('{"stored":{"Kept":{"name":"Ada"}}}')  # nobody asked
    await client.call(Kept.look)
    assert client.state(Kept)["seen"] == ["load  light", ""]


async def test_after_a_reconnect_the_server_knows_better(harness):
    client = await harness.connect("/home", stored=SOME)
    running = await client.send_event(Kept.hold)
    await GATE.arrived()
    later = await client.send_event(Kept.rename, name="Dora")
    await until(lambda: harness.counts["events"] == 2)
    await client.drop()
    GATE.open()
    await until(lambda: harness.counts["turns"] >= 4)
    await client.open()  # it says that it keeps Ada
    await asyncio.gather(running, later)
    await client.call(Kept.look)
    assert client.state(Kept)["name"] == client.storage["Kept.name"] == "Dora"


async def test_a_reload_while_a_handler_runs_waits_for_its_lock(harness):
    client = await harness.connect("/", stored=SOME)
    await client.send_event(Kept.hold)
    await GATE.arrived()
    identity = client.identity
    again = await harness.connect(
        "/home", identity=identity, stored={"Kept.name": "Eve"}, wait=False
    )
    await client.until(lambda: not client.connected)
    assert not again.hydrated
    GATE.open()
    await again.until(lambda: again.hydrated)
    assert again.state(Kept)["seen"] == ["load Eve light"]


async def test_an_app_without_such_vars_awaits_nothing():
    async with AppHarness(sl.App(states=[Plain])) as harness:
        client = await harness.connect("/")
        assert "storage" not in client.frames[0]["hello"]
        await client.call(Plain.add)


async def test_unknown_names_are_ignored(harness):
    client = await silent(harness)
    await client.send_raw(
        '{"stored":{"Gone":{"x":"1"},"Kept":{"gone":"2","seen":"3","name":null}}}'
    )
    await client.until(lambda: client.hydrated)
    assert client.state(Kept) == {"name": "", "theme": "light", "seen": ["load  light"]}


@pytest.mark.parametrize("text", ["7", "[]", '{"Kept":[]}', '{"Kept":{"name":5}}'])
async def test_a_bad_frame_ends_the_session(harness, text):
    client = await harness.connect("/")
    await client.send_raw(f'{{"stored":{text}}}')
    await client.until(lambda: not client.connected)
    assert client.close_code == 4400
