"""Routes: which page a path means over HTTP and for the router, what is refused, and arguments as attributes."""

import asyncio
import re
import urllib.error
import urllib.request

import pytest

import statelink as sl
from statelink._core import PageTable
from statelink._routes import Routes
from statelink.testing import AppHarness


class Reader(sl.State):
    seen: str = ""

    @sl.event
    def read(self, name: str) -> None:
        self.seen = repr(getattr(self, name))

    @sl.event
    def where(self) -> None:
        self.seen = self.router.page.route

    @sl.event
    def write(self) -> None:
        self.room_id = "x"

    @sl.event
    def keep(self) -> None:
        self.rest.append("mine")
        self.seen = repr(self.rest)

    @sl.event
    def read_unknown(self) -> None:
        self.seen = self.roomid


class Shared(sl.SharedState):
    count: int = 0

    @sl.var
    def room(self) -> str:
        return f"{self.room_id}/{self.count}"

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1


ROUTES = [
    "/",
    "/about",
    "/room/new",
    "/room/[room_id]",
    "/tag/[[tag]]",
    "/docs/[...rest]",
    "/wiki/[[...title]]",
    "/[any_one]/x",
]
MATCHES = {
    "/": ("/", {}),
    "/?room_id=5": ("/", {}),
    "/about/": ("/about", {}),
    "/room/new": ("/room/new", {}),
    "/room/a%20b": ("/room/[room_id]", {"room_id": "a b"}),
    "/room/a%2Fb?x=1": ("/room/[room_id]", {"room_id": "a/b"}),
    "/room/%C3%A9": ("/room/[room_id]", {"room_id": "é"}),
    "/room/%FF": ("/room/[room_id]", {"room_id": "�"}),
    "/tag": ("/tag/[[tag]]", {"tag": ""}),
    "/tag/red": ("/tag/[[tag]]", {"tag": "red"}),
    "/docs/a/b%3F/c": ("/docs/[...rest]", {"rest": ["a", "b?", "c"]}),
    "/wiki": ("/wiki/[[...title]]", {"title": []}),
    "/wiki/a/b": ("/wiki/[[...title]]", {"title": ["a", "b"]}),
    "/room/x": ("/room/[room_id]", {"room_id": "x"}),
    "/hall/x": ("/[any_one]/x", {"any_one": "hall"}),
    "/docs": (None, {}),
    "/tag/a/b": (None, {}),
    "/nothing": (None, {}),
    "/room/%zz": (None, {}),
    "/room//a": (None, {}),
}


def routed():
    app = sl.App(states=[Reader, Shared])
    for route in ROUTES:
        app.add_page(lambda route=route: route, route)
    return app


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return None if error.code == 404 else error.code


async def test_the_page_and_the_router_agree():
    async with AppHarness(routed()) as harness:
        for path, (route, _) in MATCHES.items():
            assert await asyncio.to_thread(get, harness.url + path) == route, path
            client = await harness.connect(path)
            await client.call(Reader.where)
            assert client.state(Reader)["seen"] == (route or ""), path


def test_arguments():
    routes = Routes()
    for route in ROUTES:
        routes.add(None, route, None)
    for path, (route, arguments) in MATCHES.items():
        number, page = routes.find(path)
        assert (None if number is None else ROUTES[number]) == route, path
        assert {name: page.params[name] for name in arguments} == arguments, path
        assert page.args == {
            "room_id": "",
            "tag": "",
            "rest": [],
            "title": [],
            "any_one": "",
            **arguments,
        }, path


@pytest.mark.parametrize("turned", [False, True])
def test_the_most_literal_route_wins_whatever_the_order(turned):
    routes = ["/a/b", "/a/[x]", "/a/[[x]]", "/a/[...l]", "/a/[[...l]]"]
    for best in range(len(routes)):
        table = PageTable()
        some = list(enumerate(routes))[best:]
        for number, route in reversed(some) if turned else some:
            table.add(route, number, False)
        assert table.find("/a/b")[0] == best


@pytest.mark.parametrize(
    ("route", "sentence"),
    [
        ("about", "begins with a slash"),
        ("/a//b", "is no segment"),
        ("/a/[]", "is no segment"),
        ("/a/[b", "is no segment"),
        ("/a/b]", "is no segment"),
        ("/a/x[b]", "is no segment"),
        ("/a/[b-c]", "is no segment"),
        ("/a/[1b]", "is no segment"),
        ("/a/[[[b]]]", "is no segment"),
        ("/a/..", "is no segment"),
        ("/a?b=1", "is no segment"),
        ("/a/[[b]]/c", "only the last segment"),
        ("/a/[...b]/c", "only the last segment"),
        ("/a/[[...b]]/c", "only the last segment"),
        ("/[a]/[a]", "two segments have the name a"),
        ("/a/[_b]", "cannot begin with an underscore"),
        ("/a/[router]", "every state has a router already"),
        ("/a/[get_state]", "every state has a get_state already"),
        ("/there/[other]", "/there/[name] is there already"),
        ("/there/[name]", "/there/[name] is there already"),
        ("/literal", "/literal is there already"),
        ("/literal/", "/literal is there already"),
        ("/list/[...name]", "name is one segment in one route and several in another"),
    ],
)
def test_a_route_is_refused_where_it_is_added(route, sentence):
    app = sl.App(states=[Reader])
    app.add_page(lambda: "", "/there/[name]")
    app.add_page(lambda: "", "/literal")
    with pytest.raises(ValueError, match=re.escape(sentence)) as raised:
        app.add_page(lambda: "", route)
    assert route in str(raised.value)
    if route.startswith("/"):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            app.add_route(None, route)


def test_one_page_at_several_routes(tmp_path):
    file = tmp_path / "page.html"
    file.write_text("<h1>one</h1>")
    app = sl.App()
    app.add_page(file, "/a")
    app.add_page(file, "/b/[name]")
    app.add_page(tmp_path, "/files")
    app.add_page(file, "/files")  # more literal than the folder


async def test_a_path_of_add_route_needs_no_slash():
    app = sl.App(states=[Reader])
    app.add_route(None, path="room/[room_id]")
    async with AppHarness(app) as harness:
        client = await harness.connect("/room/a")
        await client.call(Reader.read, name="room_id")
        assert client.state(Reader)["seen"] == "'a'"
        # It is served elsewhere.
        assert await asyncio.to_thread(get, harness.url + "/room/a") is None


# --- arguments as attributes -----------------------------------------------------------------------


@pytest.fixture
async def harness():
    async with AppHarness(routed()) as harness:
        yield harness


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/room/a", "room_id", "'a'"),
        ("/", "room_id", "''"),
        ("/?room_id=query", "room_id", "''"),
        ("/nothing", "room_id", "''"),
        ("/docs/a/b", "rest", "['a', 'b']"),
        ("/", "rest", "[]"),
        ("/wiki", "title", "[]"),
        ("/tag", "tag", "''"),
    ],
)
async def test_arguments_are_attributes_of_every_state(harness, path, name, value):
    client = await harness.connect(path)
    await client.call(Reader.read, name=name)
    assert client.state(Reader)["seen"] == value


async def test_they_cannot_be_changed(harness):
    client = await harness.connect("/docs/a")
    with pytest.raises(sl.EventError, match="Reader.room_id comes from the route of the page"):
        await client.call(Reader.write)
    for _ in range(2):
        await client.call(Reader.keep)
        assert client.state(Reader)["seen"] == "['a']"


async def test_other_names_are_unknown(harness):
    client = await harness.connect("/")
    with pytest.raises(sl.EventError, match="AttributeError.*roomid"):
        await client.call(Reader.read_unknown)


async def test_a_computed_var_that_reads_one_is_personal(harness):
    alice, bob = await harness.connect("/room/a"), await harness.connect("/room/b")
    for client in (alice, bob):
        await client.call(Shared.join, token="t")
    await alice.call(Shared.add)
    assert alice.state(Shared)["room"] == "a/1"
    await bob.until(lambda: bob.state(Shared)["room"] == "b/1")


async def test_they_end_with_the_app():
    app = routed()
    other = sl.App(states=[Reader])
    other.add_route(None, "/x/[room_id]")
    async with AppHarness(app), AppHarness(other):
        assert repr(Reader.room_id) == "<route argument room_id>"
    assert not hasattr(Reader, "room_id")
    assert not hasattr(sl.State, "rest")


async def test_those_of_another_app_are_unknown(harness):
    other = sl.App(states=[Reader])
    async with AppHarness(other) as second:
        client = await second.connect("/")
        with pytest.raises(sl.EventError, match="Reader has no var 'room_id'"):
            await client.call(Reader.read, name="room_id")


@pytest.mark.parametrize("kind", ["var", "annotation", "handler", "computed", "mixin"])
async def test_a_state_with_such_a_name_keeps_the_app_from_starting(kind):
    class Mixin:
        taken = 5

    if kind == "var":

        class Taken(sl.State):
            taken: int = 0
    elif kind == "annotation":

        class Taken(sl.State):
            taken: list[int]
    elif kind == "handler":

        class Taken(sl.State):
            @sl.event
            def taken(self) -> None: ...
    elif kind == "computed":

        class Taken(sl.State):
            @sl.var
            def taken(self) -> int:
                return 1
    else:

        class Taken(sl.State, Mixin):
            pass

    app = sl.App(states=[Taken])
    app.add_route(None, "/x/[taken]")
    with pytest.raises(sl.StateError, match=r"Taken\.taken: the route /x/\[taken\]"):
        await app.start(port=0)
    assert not hasattr(sl.State, "taken")


async def test_pages_are_added_before_the_app_starts():
    app = routed()
    async with AppHarness(app):
        with pytest.raises(RuntimeError):
            app.add_page(lambda: "", "/late")
        with pytest.raises(RuntimeError):
            app.add_route(None, "/late")
