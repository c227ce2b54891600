"""A million events of every kind leave nothing behind: no reference, no object, no memory."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import statelink as sl
from flat import scenes
from flat.footprint import Footprint, steady_growth
from statelink import _core
from statelink.router import Router

CLIENTS = 6
EVENTS = int(os.environ.get("STATELINK_FLAT_EVENTS", "1000000"))  # of the mix
PATIENCE = 300  # seconds for one order


class Source:
    """The process of clients, see event_source.py, and the app that it calls."""

    def __init__(self, app: sl.App, process: asyncio.subprocess.Process, others: int) -> None:
        self.app = app
        self._others = others
        self._process = process
        self._orders = 0

    async def read_line(self) -> bytes:
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            return await self._process.stdout.readline()

    async def obey(self, calls: Any, **order: int) -> dict[str, int]:
        """Has it send events; returns when they are answered and the clients that came have been forgotten."""
        assert self._process.stdin
        self._orders += 1
        self._process.stdin.write(
            json.dumps({"calls": calls, "seed": self._orders, **order}).encode() + b"\n"
        )
        done: dict[str, int] = json.loads(await self.read_line())
        async with asyncio.timeout(10):
            while clients() > CLIENTS + self._others:
                await asyncio.sleep(0.05)
        return done

    async def footprint(self) -> Footprint:
        """When nothing is under way any more; what is left of tasks goes with the next turns of the loop."""
        for _ in range(10):
            await asyncio.sleep(0)
        return Footprint.take(watched())


def clients() -> int:
    """Clients that the runtime knows: each has its router."""
    return sum(type(thing) is Router for thing in gc.get_objects())


def watched() -> dict[str, Any]:
    """Objects whose references are counted."""
    things: dict[str, Any] = {
        "the loop": asyncio.get_running_loop(),
        "True": True,
        "an empty tuple": (),
        "an empty str": "",
        "0": 0,
        "1": 1,
        "asyncio.Task": asyncio.Task,
        "asyncio.CancelledError": asyncio.CancelledError,
        "ValueError": ValueError,
        "StopIteration": StopIteration,
        "Card": scenes.Card,
    }
    things |= {
        f"_core.{name}": value for name, value in vars(_core).items() if isinstance(value, type)
    }
    things |= {f"the type {kind.__name__}": kind for kind in (list, dict, set, object)}
    for state in scenes.STATES:
        things[state.__name__] = state
        things[f"{state.__name__}'s record"] = state.__state_class__
        for name, value in vars(state).items():
            things |= {f"{state.__name__}.{name}": value, f"the name {name}": name}
    # None is everywhere.
    return {name: thing for name, thing in things.items() if thing is not None}


@contextlib.asynccontextmanager
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Source]:
    """The app of scenes.py, and its clients in three rooms."""
    # pytest keeps what is logged, and that is a memory that grows.
    monkeypatch.setattr(logging.getLogger("statelink"), "disabled", True)
    monkeypatch.setattr("statelink._service._LOOK_INTERVAL", 0.05)
    monkeypatch.setattr(scenes, "TOKENS", [])
    config = sl.Config()
    config.client_expiry = 0.2
    # What is kept up to a limit grows until it is there.
    config.ring_frames = 64
    config.kept_errors = 8
    others = clients()
    app = sl.App(states=scenes.STATES, config=config)
    port = await app.start(port=0)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "event_source.py"),
        str(port),
        str(CLIENTS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        source = Source(app, process, others)
        assert await source.read_line() == b"ready\n"
        await source.obey([scenes.call("Greeting.greet")], events=CLIENTS)
        rooms = [
            scenes.call("Room.join", token="kitchen"),
            scenes.call("Scores.join", token="kitchen"),
        ]
        for room in rooms:
            await source.obey([room], events=CLIENTS)
        yield source
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await app.stop()


async def grow(source: Source, slices: int, calls: Any, **order: int) -> list[dict[str, int]]:
    """Has the same done several times; returns what each time has grown."""
    growths = []
    before = await source.footprint()
    for _ in range(slices):
        done = await source.obey(calls, **order)
        assert done["answered"] >= order.get("events", 0)
        after = await source.footprint()
        growths.append(after.growth_since(before))
        before = after
    return growths


# What may grow with each slice, for chance moves what the values and buffers hold; everything else may by OBJECTS.
OBJECTS = 20
LIMITS = {"blocks": 200, "native": 16 << 10, "resident": 256 << 10}


# Buffers grow to their capacity in the first slices, when chance has it; what leaks grows in all of them.
MOST_SLICES = 15


def too_much(growths: list[dict[str, int]]) -> dict[str, int]:
    grown = steady_growth(growths)
    return {name: by for name, by in grown.items() if by > LIMITS.get(name, OBJECTS)}


async def assert_flat(
    source: Source, growths: list[dict[str, int]], calls: Any, **order: int
) -> None:
    """Nothing has grown in every slice; there are more where that is not clear yet."""
    while too_much(growths) and len(growths) < MOST_SLICES:
        growths += await grow(source, 1, calls, **order)
    assert not too_much(growths)


@pytest.mark.parametrize("kind", scenes.KINDS)
async def test_each_kind_of_event(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slices, events = 5, EVENTS // 200
    async with served(monkeypatch) as source:
        done = await source.obey(scenes.KINDS[kind], events=events)
        if kind not in scenes.MAY_FAIL:
            assert (done["errors"] > 0) == (kind in scenes.FAILING)
        growths = await grow(source, slices, scenes.KINDS[kind], events=events)
        assert source.app.counts["turns"] >= (1 + slices) * events
        await assert_flat(source, growths, scenes.KINDS[kind], events=events)


async def test_clients_that_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [*scenes.JOIN, *scenes.KINDS["computed"], scenes.EDIT[0], scenes.LEAVE, scenes.JOIN[0]]
    slices, visitors = 5, EVENTS // 4000
    async with served(monkeypatch) as source:
        await source.obey(calls, visitors=visitors)
        growths = await grow(source, slices, calls, visitors=visitors)
        # Every other one has come twice.
        assert source.app.counts["accepted"] == CLIENTS + (1 + slices) * (visitors + visitors // 2)
        await assert_flat(source, growths, calls, visitors=visitors)


async def test_a_million_events(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = 10
    async with served(monkeypatch) as source:
        await source.obey(scenes.MIX, events=EVENTS // slices)
        growths = await grow(source, slices, scenes.MIX, events=EVENTS // slices)
        assert source.app.counts["turns"] >= EVENTS
    assert not too_much(growths)
    later = [growth.get("resident", 0) for growth in growths[slices // 2 :]]
    assert sum(later) < 1 << 20, later
