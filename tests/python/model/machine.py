"""The Hypothesis state machine: random players on a world."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from model.world import (
    CLIENT_EXPIRY,
    GRACE,
    PATIENCE,
    ROOM_EXPIRY,
    ROOMS,
    STATES,
    Player,
    World,
)

PLAYERS = 3
_MOST_OPS = 3

numbers = st.integers(0, 9)
players = st.integers(0, PLAYERS - 1)
places = st.sampled_from([*ROOMS, *ROOMS, *range(PLAYERS)])
keys = st.sampled_from(["a", "b/c", "~"])
edits = st.one_of(
    st.tuples(st.sampled_from(["number", "add", "hide", "text", "type", "append"]), numbers),
    st.tuples(st.sampled_from(["insert", "move", "swap", "tag", "put_back"]), numbers, numbers),
    st.tuples(st.just("cell"), keys, numbers),
    st.tuples(st.sampled_from(["title", "mark", "card", "assign", "detach", "append"]), numbers),
    st.one_of(
        st.tuples(st.just("drop_cell"), keys),
        st.tuples(st.just("pop"), numbers),
        st.tuples(st.sampled_from(["sort", "reset", "raise"])),
    ),
)
links = st.one_of(
    st.tuples(st.just("link"), places),
    st.tuples(st.just("link"), places),
    st.tuples(st.sampled_from(["unlink", "other", "pause"])),
    st.just(("link", "")),
)
ops = st.lists(st.one_of(edits, edits, links), min_size=1, max_size=_MOST_OPS)
plain_ops = st.lists(edits, min_size=1, max_size=_MOST_OPS)
shared = st.sampled_from(["Room", "Room", "Board"])
detached = st.tuples(numbers, numbers).map(
    lambda n: [("append", n[0]), ("detach", n[1]), ("raise",)]
)


def segments(of: st.SearchStrategy[Any], most: int = 1) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=1, max_size=most)


calls = st.one_of(
    st.tuples(shared, st.just("act"), segments(ops)),
    st.tuples(shared, st.just("act"), segments(ops)),
    st.tuples(shared, st.just("at_once"), segments(st.one_of(plain_ops, plain_ops, detached))),
    st.tuples(shared, st.just("steps"), segments(ops, 3)),
    st.tuples(shared, st.just("steps_at_once"), segments(plain_ops, 3)),
    st.tuples(shared, st.just("beside"), segments(ops, 3)),
    st.tuples(st.just("Me"), st.just("act"), segments(ops)),
    st.tuples(
        st.just("Me"),
        st.just("then"),
        segments(ops),
        st.lists(st.tuples(st.sampled_from(STATES), segments(ops)), min_size=1, max_size=2),
    ),
)


class Machine(RuleBasedStateMachine):
    """Random steps of several clients; after each, every client that listens sees what the model says."""

    steps: ClassVar[int] = 0
    met: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world: World | None = None

    @property
    def world(self) -> World:
        assert self._world
        return self._world

    def run(self, step: Coroutine[Any, Any, Any]) -> None:
        async def run_and_compare() -> None:
            await step
            await self.world.compare()

        Machine.steps += 1
        self._runner.run(run_and_compare())

    @initialize(ring_frames=st.sampled_from([3, 3, 2048]))
    def begin(self, ring_frames: int) -> None:
        self._world = World(ring_frames, Machine.met)
        self.run(self.world.begin(PLAYERS))

    def teardown(self) -> None:
        try:
            if self._world:
                self._runner.run(self._world.end())
        finally:
            self._runner.close()

    # --- events

    @rule(who=players, call=calls)
    def event(self, who: int, call: Any) -> None:
        self.run(self._event(who, call))

    async def _event(self, who: int, call: Any) -> None:
        player = self.world.players[who]
        reported = len(player.client.reported)
        program = await self.world.send(player, *call)
        if not player.listens:
            return
        await self.world.take_answer(program)
        if call[1] not in ("beside", "then"):
            # What an event has changed is there when its answer is.
            assert not (found := self.world.differences(player)), "\n".join(found)
            return
        await self.world.settle()
        answered = None if call[1] == "beside" else program
        failed = [p for p in (program, *program.follow) if p.error and p is not answered]
        await player.client.until(
            lambda: len(player.client.reported) == reported + len(failed), PATIENCE
        )

    @rule(who=players, state=shared, to=places)
    def link(self, who: int, state: str, to: Any) -> None:
        self.run(self._event(who, (state, "act", [[("link", to)]])))

    @rule(plan=st.lists(st.tuples(players, calls), min_size=2, max_size=6))
    def at_the_same_time(self, plan: list[Any]) -> None:
        self.run(self._send_all(plan))

    @rule(
        state=shared,
        first=players,
        second=players,
        to=st.sampled_from(ROOMS),
        texts=st.lists(numbers, min_size=2, max_size=4),
    )
    def relink_in_the_middle(
        self, state: str, first: int, second: int, to: str, texts: list[int]
    ) -> None:
        """Both write, then both relink, and write again: nobody waits for an answer."""
        writes = [
            (who, (state, "at_once", [[("text", n), ("add", 1)]]))
            for n in texts
            for who in (first, second)
        ]
        relinks = [(who, (state, "act", [[("link", to), ("add", 1)]])) for who in (first, second)]
        self.run(self._send_all([*writes, *relinks, *writes]))

    async def _send_all(self, plan: list[Any]) -> None:
        world = self.world
        for player in world.players:
            player.watch.relinks()
        for who, call in plan:
            await world.send(world.players[who], *call)
        await world.settle()
        for player in world.players:
            player.watch.relinked()

    @rule(state=shared, place=places, of=plain_ops)
    def from_outside(self, state: str, place: Any, of: Any) -> None:
        self.run(self.world.modify(state, place, of))

    # --- sockets

    @rule(who=players, call=calls)
    def drop(self, who: int, call: Any) -> None:
        """The last event before may or may not have come to the server."""
        player = self.world.players[who]
        if player.client.connected:
            self.run(self._send_and(player, call, self.world.drop(player)))

    async def _send_and(self, player: Player, call: Any, then: Coroutine[Any, Any, None]) -> None:
        await self.world.send(player, *call)
        await then

    @rule(who=players)
    def come_back(self, who: int) -> None:
        player = self.world.players[who]
        if not player.client.connected:
            self.run(self.world.come_back(player))

    @rule(who=players)
    def reload(self, who: int) -> None:
        self.run(self.world.reload(self.world.players[who]))

    @rule(who=players, call=calls)
    def take_over(self, who: int, call: Any) -> None:
        player = self.world.players[who]
        if player.client.connected:
            self.run(self._send_and(player, call, self.world.take_over(player)))

    @rule(who=players)
    def pause(self, who: int) -> None:
        player = self.world.players[who]
        if player.listens:
            self.run(self.world.pause(player))

    @rule(who=players)
    def resume(self, who: int) -> None:
        self.run(self.world.resume(self.world.players[who]))

    @rule(who=players, other=players, state=shared, texts=st.lists(numbers, min_size=4, max_size=8))
    def lag(self, who: int, other: int, state: str, texts: list[int]) -> None:
        """One does not read while another writes a lot."""
        player, writer = self.world.players[who], self.world.players[other]
        if player.listens and writer.listens and who != other:
            self.run(self._lag(player, writer, state, texts))

    async def _lag(self, player: Player, writer: Player, state: str, texts: list[int]) -> None:
        world = self.world
        await world.pause(player)
        for n, text in enumerate(texts):
            await world.send(writer, state, "at_once", [[("text", text), ("number", n)]])
        await world.settle()
        await world.resume(player)

    @rule(who=players, state=st.sampled_from(STATES))
    def resync(self, who: int, state: str) -> None:
        player = self.world.players[who]
        if player.listens:
            self.run(self.world.resync(player, state))

    # --- time

    @rule(seconds=st.sampled_from([1, GRACE - 1, GRACE, ROOM_EXPIRY, CLIENT_EXPIRY]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.world.advance(seconds))
