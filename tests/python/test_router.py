"""self.router: what a handler knows of its client."""

import pytest

import statelink as sl
from statelink.testing import AppHarness

SEEN: list[object] = []


class Looks(sl.State):
    done: int = 0

    @sl.event
    def look(self) -> None:
        SEEN[:] = [self.router]
        self.done += 1


@pytest.fixture
async def harness():
    app = sl.App(states=[Looks])
    app.add_route(None, "/room/[room_id]")
    app.add_route(None, "/docs/[[...rest]]")
    async with AppHarness(app) as harness:
        yield harness


async def router(client):
    await client.call(Looks.look)
    return SEEN[0]


async def test_session(harness):
    client = await harness.connect("/")
    session = (await router(client)).session
    assert session.client_token == client.client_token
    assert session.client_ip == "127.0.0.1"
    before = session.session_id
    await client.reconnect()
    session = (await router(client)).session
    assert session.client_token == client.client_token
    assert session.session_id != before


async def test_headers(harness):
    client = await harness.connect("/", headers={"X-Team": "Blue"})
    headers = (await router(client)).headers
    assert headers["x-team"] == "Blue"
    assert headers["host"] == harness.url.removeprefix("http://")
    with pytest.raises(TypeError):
        headers["x-team"] = "Red"
    await client.navigate("/room/a")
    assert (await router(client)).headers == headers


async def test_page(harness):
    client = await harness.connect("/room/a%20b?room_id=query&x=1&x=2&empty=#part")
    page = (await router(client)).page
    assert page.path == "/room/a%20b"
    assert page.raw_path == "/room/a%20b?room_id=query&x=1&x=2&empty="
    assert page.params == {"room_id": "a b", "x": "2", "empty": ""}
    assert page.route == "/room/[room_id]"
    with pytest.raises(TypeError):
        page.params["x"] = "3"
    with pytest.raises(AttributeError):
        page.path = "/"


@pytest.mark.parametrize(
    ("path", "route", "params"),
    [
        ("/nowhere?x=1", "", {"x": "1"}),
        ("/docs?rest=q", "/docs/[[...rest]]", {"rest": []}),
        ("/docs/a/b", "/docs/[[...rest]]", {"rest": ["a", "b"]}),
    ],
)
async def test_params(harness, path, route, params):
    client = await harness.connect(path)
    page = (await router(client)).page
    assert (page.route, page.params) == (route, params)


async def test_navigation_changes_the_page_and_nothing_else(harness):
    client = await harness.connect("/room/a")
    before = await router(client)
    await client.navigate("/docs/b")
    after = await router(client)
    assert after.session == before.session
    assert after.page.params == {"rest": ["b"]}
    assert before.page.params == {"room_id": "a"}
