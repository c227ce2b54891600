"""Options of computed vars: when they run, and what is seen before."""

import asyncio
import logging
from datetime import timedelta

import pytest

import statelink as sl
from gates import Gate
from statelink.testing import AppHarness

RUNS: list[str] = []
CLOCK = {"reading": 0}
GATE: Gate


class Parent(sl.State):
    above: int = 0

    @sl.event
    def raise_above(self) -> None:
        self.above += 1


class Options(Parent):
    count: int = 0
    other: int = 0

    @sl.event
    def nothing(self) -> None: ...

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def add_other(self) -> None:
        self.other += 1

    @sl.event
    def read(self) -> None:
        RUNS.append(f"read {self.never_kept} {self.short_lived}")

    @sl.var(cache=False)
    def never_kept(self) -> int:
        RUNS.append("never_kept")
        return CLOCK["reading"]

    @sl.var(interval=timedelta(seconds=100))
    def short_lived(self) -> int:
        RUNS.append("short_lived")
        return CLOCK["reading"]

    @sl.var(deps=["other"])
    def besides(self) -> int:
        RUNS.append("besides")
        return self.count

    @sl.var(deps=["other", "twice"], auto_deps=False)
    def instead(self) -> str:
        RUNS.append("instead")
        return f"{self.count} {self.other}"

    @sl.var
    def twice(self) -> int:
        return self.other * 2

    @sl.var(deps=[Parent.above])
    def of_parent(self) -> int:
        RUNS.append("of_parent")
        return 0

    @sl.var(backend=True)
    def kept_back(self) -> str:
        return "kept back"

    @sl.var(cache=False)
    def _underscored(self) -> str:
        return "underscored"


class Room(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self) -> None:
        await self._link_to("room")

    @sl.event
    def nothing(self) -> None: ...

    @sl.var(cache=False)
    def mine(self) -> str:
        RUNS.append(self.router.session.client_token)
        return self.router.page.path


class Slow(sl.SharedState):
    title: str = "slow"

    @sl.event
    def retitle(self, title: str) -> None:
        self.title = title

    @sl.event
    async def join(self) -> None:
        await self._link_to("room")

    @sl.var(initial_value="not yet")
    async def personal(self) -> str:
        title = f"{self.title} {self.router.page.path}"
        await GATE.passing()
        return title

    @sl.var(initial_value=["unseen"])
    def shared(self) -> list[str]:
        return [self.title]

    @sl.var
    async def timed(self) -> str:
        async with asyncio.timeout(60):
            return self.title


class Before(sl.State):
    """A computed var that stands before what it is computed from."""

    count: int = 0

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.var
    def quadruple(self) -> int:
        return self.double * 2

    @sl.var
    def double(self) -> int:
        return self.count * 2


@pytest.fixture(autouse=True)
def quiet(caplog):
    global GATE
    caplog.set_level(logging.CRITICAL, "statelink")
    GATE = Gate()
    RUNS.clear()
    CLOCK["reading"] = 0


@pytest.fixture
async def client():
    async with AppHarness(sl.App(states=[Options])) as harness:
        client = await harness.connect()
        RUNS.clear()
        yield client


def runs():
    return sorted(RUNS)


async def test_without_cache_it_runs_for_every_commit(client):
    await client.call(Options.nothing)
    assert "never_kept" in RUNS
    RUNS.clear()
    CLOCK["reading"] = 5
    seen = len(client.frames)
    await client.call(Options.nothing)
    assert client.state(Options)["never_kept"] == 5
    await client.call(Options.nothing)
    sent = [frame for frame in client.frames[seen:] if "a" not in frame]
    assert len(sent) == 1  # only where it differs


async def test_with_an_interval_it_keeps_its_value_for_so_long():
    async with AppHarness(sl.App(states=[Options])) as harness:
        client = await harness.connect()
        await client.call(Options.read)  # the defaults were computed before the test's clock began
        RUNS.clear()
        CLOCK["reading"] = 5
        await client.call(Options.read)
        assert "short_lived" not in RUNS
        assert client.state(Options)["short_lived"] == 0
        harness.clock.advance(101)
        await client.call(Options.nothing)
        assert client.state(Options)["short_lived"] == 5
        assert RUNS.count("short_lived") == 1


async def test_deps_besides_and_instead(client):
    await client.call(Options.add)
    assert RUNS.count("besides") == 1 and "instead" not in RUNS
    assert client.state(Options)["besides"] == 1 and client.state(Options)["instead"] == "0 0"
    RUNS.clear()
    await client.call(Options.add_other)
    assert RUNS.count("besides") == 1 and RUNS.count("instead") >= 1
    assert client.state(Options)["instead"] == "1 1"


async def test_deps_of_a_parent(client):
    await client.call(Parent.raise_above)
    assert RUNS.count("of_parent") == 1
    await client.call(Options.add)
    assert RUNS.count("of_parent") == 1


async def test_backend_ones_do_not_travel(client):
    assert not {"kept_back", "_underscored"} & client.state(Options).keys()
    assert "kept back" not in repr(client.frames) and "underscored" not in repr(client.frames)


async def test_a_personal_one_without_cache_runs_for_those_who_are_there():
    async with AppHarness(sl.App(states=[Room])) as harness:
        alice, bob, carol = [await harness.connect(f"/{n}") for n in range(3)]
        for client in (alice, bob):
            await client.call(Room.join)
        RUNS.clear()
        await alice.call(Room.nothing)
        assert runs() == sorted([alice.client_token, bob.client_token])
        RUNS.clear()
        await carol.call(Room.nothing)
        assert runs() == [carol.client_token]


async def test_an_initial_value_is_seen_until_the_first_run_has_ended():
    async with AppHarness(sl.App(states=[Slow])) as harness:
        opening = asyncio.create_task(harness.connect("/page"))
        await GATE.arrived()
        while not (harness.clients and harness.clients[0].frames):
            await asyncio.sleep(0)
        client = harness.clients[0]
        await client.until(lambda: "Slow" in repr(client.frames))
        assert client.state(Slow)["personal"] == "not yet"
        assert client.state(Slow)["shared"] == ["slow"]
        assert client.state(Slow)["timed"] == "slow"
        GATE.open()
        await opening
        assert client.state(Slow)["personal"] == "slow /page"
        await client.call(Slow.retitle, title="new")
        assert client.state(Slow)["timed"] == "new"
        await client.call(Slow.join)
        assert client.state(Slow)["personal"] == "slow /page"


async def test_one_that_stands_before_what_it_is_computed_from():
    async with AppHarness(sl.App(states=[Before])) as harness:
        client = await harness.connect()
        await client.call(Before.add)
        assert client.state(Before) == {"count": 1, "quadruple": 4, "double": 2}


class Turning(sl.SharedState):
    mode: str = "shared"

    @sl.event
    async def join(self) -> None:
        await self._link_to("room")

    @sl.event
    def set_mode(self, mode: str) -> None:
        self.mode = mode

    @sl.var
    def who(self) -> str:
        if self.mode == "shared":
            return "of everybody"
        if self.mode == "fails":
            raise ValueError(self.router.session.client_token)
        return f"of {self.router.session.client_token}"


async def test_one_that_turns_personal_leaves_no_stale_value():
    async with AppHarness(sl.App(states=[Turning])) as harness:
        alice = await harness.connect()
        await alice.call(Turning.join)
        assert alice.state(Turning)["who"] == "of everybody"
        await alice.call(Turning.set_mode, mode="fails")
        assert alice.state(Turning)["who"] is None  # it has no value of its own yet
        bob = await harness.connect()
        await bob.call(Turning.join)
        await alice.call(Turning.set_mode, mode="personal")
        await bob.until(lambda: bob.state(Turning)["who"] == f"of {bob.client_token}")
        assert alice.state(Turning)["who"] == f"of {alice.client_token}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cache": False, "interval": 5}, "leave interval out"),
        ({"cache": False, "deps": ["count"]}, "leave deps out"),
        ({"interval": 0}, "above zero"),
        ({"interval": timedelta(seconds=-1)}, "above zero"),
        ({"deps": "count"}, r'write deps=\["count"\]'),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValueError, match=message):
        sl.var(**options)


@pytest.mark.parametrize("dep", ["missing", "itself", "add", 5, Room.count])
def test_deps_that_are_no_vars_of_the_state(dep):
    with pytest.raises(sl.StateError, match="itself: deps has .* no other var"):

        class Wrong(sl.State):
            count: int = 0

            @sl.event
            def add(self) -> None: ...

            @sl.var(deps=[dep])
            def itself(self) -> int:
                return 0


def test_a_function_with_arguments_is_no_computed_var():
    with pytest.raises(sl.StateError, match="self alone"):

        class Wrong(sl.State):
            @sl.var(cache=False)
            def of_two(self, other: int) -> int:
                return other


class Ticker(sl.SharedState):
    note: str = ""

    @sl.event
    def write(self, note: str) -> None:
        self.note = note

    @sl.event(background=True)
    async def look(self) -> None:
        RUNS.append(self.grown)

    @sl.var(cache=False)
    def grown(self) -> str:
        return "x" * CLOCK["reading"]

    @sl.var
    def mine(self) -> str:
        return f"{self.router.page.path} {self.note} {self.grown}"


async def test_outside_of_a_turn_a_value_is_the_committed_one():
    async with AppHarness(sl.App(states=[Ticker])) as harness:
        client = await harness.connect("/p")
        for reading in (1, 2, 3):
            await client.call(Ticker.write, note=f"n{reading}")
            CLOCK["reading"] = reading
            RUNS.clear()
            await client.call(Ticker.look)
            await client.until(lambda: RUNS)
            assert RUNS == [client.state(Ticker)["grown"]]  # noqa: SIM300
            await client.call(Ticker.write, note="again")
            assert client.state(Ticker)["grown"] == "x" * reading
            assert client.state(Ticker)["mine"] == f"/p again {'x' * reading}"
