"""What handlers tell the page of their client: `redirect` and `emit`."""

import asyncio
import logging

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

GATE: Gate


class Page(sl.SharedState):
    count: int = 0
    rows: list[int] = []

    @sl.event
    async def join(self) -> None:
        await self._link_to("page")

    @sl.event
    def go(self, path: str, replace: bool = False):
        return sl.redirect(path, replace=replace)

    @sl.event
    def leave(self, address: str):
        return sl.redirect(address, external=True)

    @sl.event
    def save(self):
        self.count += 1
        self.rows.append(self.count)
        return [sl.emit("saved", {"rows": self.rows}), sl.emit("saved")]

    @sl.event
    def steps(self):
        for n in range(3):
            self.count += 1
            yield sl.emit("step", n)

    @sl.event
    def fails(self):
        self.count += 1
        yield sl.emit("kept")
        yield None
        self.count += 1
        raise ValueError("after the first step")

    @sl.event
    def emits_what_cannot_be_sent(self):
        return sl.emit("bad", object())

    @sl.event
    async def slow(self):
        await GATE.passing()
        return sl.emit("late")

    @sl.event(background=True)
    async def work(self):
        yield sl.emit("begun")
        async with self:
            self.count += 1
            yield sl.emit("inside", self.count)
            await GATE.passing()
        yield sl.redirect("/done")

    @sl.var
    async def seconds(self) -> int:
        await asyncio.sleep(0)
        return self.count + len(self.router.page.path)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def harness():
    global GATE
    GATE = Gate()
    async with AppHarness(sl.App(states=[Page])) as harness:
        yield harness


def test_paths_and_addresses():
    made = sl.redirect("/room/é?x=1")
    assert made.frame == '{"redirect":"/room/é?x=1","external":false,"replace":false}'
    for path in ("", "room", "//evil.example", "/\\evil.example", "https://x.example"):
        with pytest.raises(ValueError, match="begins with one slash"):
            sl.redirect(path)
    for address in ("/room", "javascript:alert(1)", "https:", "ftp://x.example"):
        with pytest.raises(ValueError, match="http or https"):
            sl.redirect(address, external=True)
    with pytest.raises(TypeError, match="takes a str"):
        sl.redirect(5)
    with pytest.raises(ValueError, match="non-empty"):
        sl.emit("")


async def test_a_redirect_goes_to_the_actor_alone(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Page.join)
    await alice.call(Page.go, path="/a")
    await alice.call(Page.go, path="/b", replace=True)
    await alice.call(Page.leave, address="https://elsewhere.example/x")
    assert alice.redirects == [
        {"redirect": "/a", "external": False, "replace": False},
        {"redirect": "/b", "external": False, "replace": True},
        {"redirect": "https://elsewhere.example/x", "external": True, "replace": False},
    ]
    await bob.call(Page.join)
    assert bob.redirects == []


async def test_an_emit_comes_after_what_its_turn_has_changed_and_before_the_answer(harness):
    alice = await harness.connect()
    await alice.call(Page.join)
    seen = len(alice.frames)
    await alice.call(Page.save)
    kinds = [next(iter(frame)) for frame in alice.frames[seen:]]
    patch = next(
        n
        for n, frame in enumerate(alice.frames[seen:])
        if any(op["path"] == "/count" for op in frame.get("p", ()))
    )
    assert kinds.index("emit") > patch
    assert kinds.count("emit") == 2
    assert kinds[-1] == "a"
    assert alice.emitted == [("saved", {"rows": [1]}), ("saved", None)]


async def test_every_step_s_emit_follows_that_step(harness):
    alice = await harness.connect()
    await alice.call(Page.steps)
    seen = [f["d"] if "emit" in f else "p" for f in alice.frames if "emit" in f or "p" in f]
    assert [one for one in seen if one != "p"] == [0, 1, 2]
    assert await alice.next_emitted("step") == 0
    assert await alice.next_emitted("step") == 1
    with pytest.raises(TimeoutError):
        await alice.next_emitted("nothing", timeout=0.01)


async def test_a_step_that_fails_emits_nothing(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="after the first step"):
        await alice.call(Page.fails)
    assert alice.emitted == [("kept", None)]
    with pytest.raises(sl.EventError) as caught:
        await alice.call(Page.emits_what_cannot_be_sent)
    assert caught.value.code == "unencodable"
    assert len(alice.emitted) == 1


async def test_a_page_that_is_away_is_told_nothing(harness):
    alice = await harness.connect()
    call = await alice.send_event(Page.slow)
    await GATE.arrived()
    await alice.drop()
    other = await harness.connect()
    await other.call(Page.join)
    GATE.open()
    await alice.reconnect()
    await asyncio.wait_for(call, 5)
    # It was dropped where nobody was connected, or reached the new page: never twice.
    assert len(alice.emitted) <= 1


async def test_from_a_background_handler(harness):
    alice = await harness.connect()
    await alice.call(Page.work)
    assert await alice.next_emitted("begun") is None
    await GATE.arrived()
    assert [name for name, _ in alice.emitted] == ["begun"]
    GATE.open()
    assert await alice.next_emitted("inside") == 1
    await alice.until(lambda: alice.redirects)
    kinds = [next(iter(f)) for f in alice.frames]
    assert kinds.index("redirect") > len(kinds) - 1 - kinds[::-1].index("emit")
