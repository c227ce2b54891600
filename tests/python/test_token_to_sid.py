"""``app.event_namespace.token_to_sid``: which clients have an open socket, always as it is now."""

from collections.abc import Mapping

import pytest

import statelink as sl
from statelink.testing import AppHarness


class Me(sl.State):
    session: str = ""

    @sl.event
    def look(self) -> None:
        self.session = self.router.session.session_id


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Me])) as harness:
        yield harness


async def test_it_has_the_session_of_each_open_socket(harness):
    sids = harness.app.event_namespace.token_to_sid
    assert dict(sids) == {}
    assert not sids
    clients = [await harness.connect() for _ in range(3)]
    for client in clients:
        await client.call(Me.look)
    assert dict(sids) == {c.client_token: c.state(Me)["session"] for c in clients}
    assert len(sids) == 3
    assert clients[0].client_token in sids


async def test_it_is_live(harness):
    sids = harness.app.event_namespace.token_to_sid
    ann = await harness.connect()
    before = sids[ann.client_token]
    await ann.disconnect()
    await harness.gone(ann)
    assert ann.client_token not in sids
    assert sids.get(ann.client_token) is None
    with pytest.raises(KeyError):
        sids[ann.client_token]
    await ann.reconnect()
    assert sids[ann.client_token] != before
    newer = await harness.connect(identity=ann.identity)
    assert list(sids) == [newer.client_token]


async def test_it_cannot_be_changed(harness):
    sids = harness.app.event_namespace.token_to_sid
    assert isinstance(sids, Mapping)
    with pytest.raises(TypeError):
        sids["x"] = "y"
    with pytest.raises(KeyError):
        sids[5]


async def test_only_of_an_app_that_runs():
    app = sl.App(states=[Me])
    with pytest.raises(RuntimeError, match="not running"):
        _ = app.event_namespace
