"""Who a client is: nobody chooses or steals an identity, and a client keeps its own as long as the server lives."""

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate


class Me(sl.SharedState):
    count: int = 0
    token: str = ""
    where: str = ""

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def set_count(self, count: int) -> None:
        self.count = count

    @sl.event
    def look(self) -> None:
        page = self.router.page
        self.token = self.router.session.client_token
        self.where = (
            f"{page.path} {page.raw_path} {dict(page.params)} {self.router.headers.get('x-test')}"
        )

    @sl.event
    async def wait(self) -> None:
        self.count += 1
        await GATE.passing()

    @sl.var
    def audience(self) -> int:
        return len(self._linked_from)


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    async with AppHarness(sl.App(states=[Me])) as harness:
        yield harness


async def test_every_client_has_its_own_token(harness):
    clients = [await harness.connect() for _ in range(20)]
    assert len({client.client_token for client in clients}) == 20
    assert len({client.identity.secret for client in clients}) == 20
    assert len({client.identity.boot for client in clients}) == 1
    for client in clients:
        assert len(client.client_token) >= 20
        assert client.client_token not in client.identity.secret
        await client.call(Me.look)
        assert client.state(Me)["token"] == client.client_token


async def test_the_right_secret_resumes(harness):
    alice = await harness.connect()
    await alice.call(Me.set_count, count=5)
    await alice.disconnect()
    again = await harness.connect(identity=alice.identity)
    assert again.resumed
    assert again.client_token == alice.client_token
    assert again.state(Me)["count"] == 5


@pytest.mark.parametrize("of_a_live_client", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        {"secret": "wrong"},
        {"secret": ""},
        {"secret": None},
        {"boot": "another"},
        {"token": "nobody"},
    ],
)
async def test_without_the_right_secret_it_is_somebody_else(harness, change, of_a_live_client):
    alice = await harness.connect()
    await alice.call(Me.set_count, count=5)
    if not of_a_live_client:
        await alice.disconnect()
    mallory = await harness.connect(identity=alice.identity._replace(**change))
    assert not mallory.resumed
    assert mallory.client_token != alice.client_token
    assert mallory.identity.secret != alice.identity.secret
    assert mallory.state(Me)["count"] == 0
    if not of_a_live_client:
        await alice.reconnect()
    assert alice.resumed != of_a_live_client
    await alice.call(Me.look)  # its session was not touched
    assert alice.state(Me)["token"] == alice.client_token
    assert alice.state(Me)["count"] == 5


async def test_the_secret_of_another_client_proves_nothing(harness):
    alice, bob = await harness.connect(), await harness.connect()
    mallory = await harness.connect(identity=alice.identity._replace(secret=bob.identity.secret))
    assert mallory.client_token not in {alice.client_token, bob.client_token}


async def test_a_newer_session_supersedes(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Me.join, token="room")
    newer = await harness.connect(identity=alice.identity)
    await alice.until(lambda: not alice.connected)
    assert alice.close_code == 4409
    assert alice.identity is None
    assert newer.client_token == alice.client_token
    await bob.call(Me.set_count, count=3)
    await newer.until(lambda: newer.state(Me)["count"] == 3)
    await alice.reconnect()  # as somebody new
    assert alice.client_token != newer.client_token
    assert alice.state(Me)["count"] == 0
    assert newer.connected


async def test_answers_go_to_the_newer_session(harness):
    alice = await harness.connect()
    slow = await alice.send_event(Me.wait)
    await GATE.arrived()
    newer = await harness.connect(identity=alice.identity)
    GATE.open()
    await newer.until(lambda: any(frame.get("a") == 1 for frame in newer.frames))
    assert newer.state(Me)["count"] == 1
    assert not slow.done()


async def test_a_server_that_restarted_knows_nobody(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Me.join, token="room")
    await alice.call(Me.set_count, count=5)
    old = alice.client_token
    await harness.restart()
    for client in (alice, bob):
        await client.until(lambda: not client.connected)  # noqa: B023
        assert client.close_code == 1012
        assert client.close_reason == "retry_ms=500"
        await client.reconnect()
        assert not client.resumed
        assert client.state(Me)["count"] == 0
    assert alice.client_token != old
    await alice.call(Me.set_count, count=1)
    await bob.call(Me.look)
    assert bob.state(Me)["count"] == 0  # there are no links


async def test_a_call_that_a_restart_interrupts(harness):
    alice = await harness.connect()
    answer = await alice.send_event(Me.wait)
    await GATE.arrived()
    await harness.restart()
    await alice.until(lambda: not alice.connected)
    if not answer.done():  # the server may have said that it cancelled the handler
        await alice.reconnect()
    with pytest.raises(sl.EventError) as caught:
        await answer
    assert caught.value.code in {"cancelled", "identity_lost"}


async def test_a_client_that_stays_away_expires():
    async with AppHarness(sl.App(states=[Me])) as harness:
        alice, bob = await harness.connect(), await harness.connect()
        for client in (alice, bob):
            await client.call(Me.join, token="room")
        await alice.call(Me.set_count, count=5)
        assert alice.state(Me)["audience"] == 2
        await alice.disconnect()
        await harness.gone(alice)
        harness.clock.advance(3600)
        await bob.until(lambda: bob.state(Me)["audience"] == 1)
        await alice.reconnect()
        assert not alice.resumed
        assert alice.state(Me) | {"count": 0, "audience": 0} == alice.state(Me)
        assert bob.state(Me) | {"count": 5, "audience": 1} == bob.state(Me)


@pytest.mark.parametrize("path", ["/", "/anything/at/all", "/room/ä?b=1&b=2&c=", "/" + "x" * 2000])
async def test_connects_at_any_path(harness, path):
    alice = await harness.connect(path, headers={"X-Test": "yes"})
    await alice.call(Me.look)
    bare, _, query = path.partition("?")
    params = {"b": "2", "c": ""} if query else {}
    assert alice.state(Me)["where"] == f"{bare} {path} {params} yes"


async def test_apps_one_after_another():
    tokens = set()
    for _ in range(5):
        async with AppHarness(sl.App(states=[Me])) as harness:
            alice, bob = await harness.connect(), await harness.connect()
            for client in (alice, bob):
                await client.call(Me.join, token="room")
            await alice.call(Me.set_count, count=5)
            await bob.until(lambda: bob.state(Me)["count"] == 5)  # noqa: B023
            tokens.add(alice.client_token)
    assert len(tokens) == 5


async def test_two_apps_at_once():
    async with AppHarness(sl.App(states=[Me])) as one, AppHarness(sl.App(states=[Me])) as two:
        alice, bob = await one.connect(), await two.connect()
        for client in (alice, bob):
            await client.call(Me.join, token="room")
        await alice.call(Me.set_count, count=5)
        await bob.call(Me.look)
        assert bob.state(Me)["count"] == 0


async def test_an_app_without_anything():
    async with AppHarness(sl.App(states=[])) as harness:
        alice = await harness.connect()
        with pytest.raises(sl.EventError, match="no event handler"):
            await alice.call("Nobody.home")


async def test_an_app_runs_once_at_a_time():
    app = sl.App(states=[Me])
    async with AppHarness(app):
        with pytest.raises(RuntimeError, match="running"):
            await app.start(port=0)
    with pytest.raises(RuntimeError, match="not running"):
        _ = app.counts


async def test_a_port_that_is_taken():
    async with AppHarness(sl.App(states=[Me])) as harness:
        port = int(harness.url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            await sl.App(states=[Me]).start(port=port)
