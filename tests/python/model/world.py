"""An app under test, its clients, and the model beside it: what they do is done to both, then both are compared."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import statelink as sl
from model.app_under_test import Undone, make_states
from model.reference import Reference
from model.situations import EXPIRED, LEFT, SUPERSEDED, Watch
from statelink.testing import AppHarness
from statelink.testing.client import Client

PATIENCE = 10  # seconds after which a client has waited in vain
GRACE, CLIENT_EXPIRY, ROOM_EXPIRY = 10, 1000, 400
STATES = ("Room", "Board", "Me")
ROOMS = ("red", "green")
_SMALL = 4096  # bytes of a socket's buffers: a client that does not read is behind soon


@dataclass
class Player:
    """A page: its client, a new one after each reload."""

    client: Client
    watch: Watch
    is_paused: bool = False

    @property
    def listens(self) -> bool:
        return self.client.connected and not self.is_paused


@dataclass
class Program:
    """Ops that a handler was, or is to be, given."""

    number: int
    token: str
    state: str
    segments: list[list[Any]]
    handler: str = "act"
    client: Client | None = None  # that sent it
    answer: asyncio.Future[None] | None = None
    follow: list[Program] = field(default_factory=list)
    is_outside: bool = False
    is_due: bool = True  # false: a follow-up of what has not ended yet
    reached: int = 0  # segments that have ended
    has_ended: bool = False
    error: str | None = None


class World:
    """One run: players on one app.

    Args:
        ring_frames: see Config; few make those who lag get snapshots.
        met: counts the situations that a run must meet.
    """

    def __init__(self, ring_frames: int, met: Counter[str]) -> None:
        config = sl.Config()
        config.ring_frames = ring_frames
        config.kernel_unsent_bytes = _SMALL
        config.link_grace, config.client_expiry, config.room_expiry = (
            GRACE,
            CLIENT_EXPIRY,
            ROOM_EXPIRY,
        )
        self.states = make_states()
        self.diary = self.states.diary
        app = sl.App(states=[self.states.Room, self.states.Board, self.states.Me], config=config)
        self.harness = AppHarness(app, timeout=PATIENCE)
        self.model = Reference(GRACE, CLIENT_EXPIRY, ROOM_EXPIRY)
        self.players: list[Player] = []
        self.programs: dict[int, Program] = {}
        self.met = met
        self._numbers = itertools.count()
        self._read = 0  # entries of the diary that the model has followed

    async def begin(self, players: int) -> None:
        await self.harness.__aenter__()
        for _ in range(players):
            client = await self.harness.connect(receive_buffer=_SMALL)
            self.model.connect(client.client_token)
            self.players.append(Player(client, Watch(client, self.met)))

    async def end(self) -> None:
        """All come back, and find what they must; then the app ends."""
        try:
            for player in self.players:
                await (self.resume(player) if player.client.connected else self.come_back(player))
            await self.compare()
            for player in self.players:
                await player.client.call(self.states.Me.look)
            await self.compare()
        finally:
            await self.harness.__aexit__(None, None, None)

    # --- what is done

    async def send(
        self,
        player: Player,
        state: str,
        handler: str,
        segments: Sequence[Sequence[Any]],
        follow: Sequence[tuple[str, Sequence[Sequence[Any]]]] = (),
    ) -> Program:
        """Sends an event; returns when it is sent."""
        token = player.client.client_token
        program = self._program(token, state, segments)
        program.client, program.handler = player.client, handler
        program.follow = [self._program(token, s, of) for s, of in follow]
        arguments: dict[str, Any] = {"number": program.number, "segments": program.segments}
        if handler == "then":
            arguments["follow"] = [(f.state, f.number, f.segments) for f in program.follow]
        for later in program.follow:
            later.is_due = False
        of = getattr(getattr(self.states, state), handler)
        program.answer = asyncio.ensure_future(await player.client.send_event(of, **arguments))
        return program

    async def modify(self, state: str, place: Any, ops: Sequence[Any]) -> None:
        """Changes a room from outside."""
        token = self._token(place)
        program = self._program(token, state, [ops])
        program.is_outside = True
        try:
            async with self.harness.app.modify_state(getattr(self.states, state), token) as room:
                await self.diary.perform(room, program.number, program.segments[0])
        except Undone:
            pass

    async def drop(self, player: Player) -> None:
        """Its connection is cut."""
        player.is_paused = False
        await player.client.drop()
        await self.harness.gone(player.client)
        await self._settle_those_without_a_client()
        self.model.clients[player.client.client_token].gone_at = self.model.now

    async def come_back(self, player: Player) -> None:
        """It reconnects, and resumes where the server knows it still."""
        await self._hello_again(player, player.client.reconnect)

    async def reload(self, player: Player) -> None:
        """Its page is loaded again, in the same tab: the same identity, nothing held."""
        if player.client.connected:
            await self.resume(player)
            await player.client.disconnect()
            await self.harness.gone(player.client)
        await self._hello_again(player, lambda: self._replace(player))

    async def take_over(self, player: Player) -> None:
        """A new socket says hello before the server has heard of the old one's end."""
        old = player.client
        old.resume_reading()
        await self._hello_again(player, lambda: self._replace(player))
        await old.until(lambda: not old.connected, PATIENCE)
        assert old.close_code == 4409, f"the old socket was closed with {old.close_code}"
        self.met[SUPERSEDED] += 1

    async def pause(self, player: Player) -> None:
        """It does not read what comes."""
        player.client.pause_reading()
        player.is_paused = True

    async def resume(self, player: Player) -> None:
        if player.is_paused:
            player.client.resume_reading()
            player.is_paused = False

    async def resync(self, player: Player, state: str) -> None:
        """It asks for a snapshot."""
        player.watch.asks_for(player.client.instance(state).number)
        await player.client.resync(state)

    async def advance(self, seconds: float) -> None:
        await self.settle()
        self.harness.clock.advance(seconds)
        self.model.advance(seconds)

    async def _hello_again(self, player: Player, says: Callable[[], Awaitable[None]]) -> None:
        before = player.client
        token = before.client_token
        was_known = token in self.model.clients
        if was_known:
            self.met[LEFT] += self.model.clients[token].is_away
            self.model.back(token)
        await says()
        client = player.client
        assert client.resumed == was_known, f"resumed: {client.resumed}, but the model: {was_known}"
        assert (client.client_token == token) == was_known
        player.is_paused = False
        if not was_known:
            self.met[EXPIRED] += 1
            self.model.connect(client.client_token)
        if client is before and was_known:
            return
        await client.call(self.states.Me.look)  # behind all that came over the old socket
        self.follow()
        for program in self.programs.values():
            if program.client is before and program.reached == 0:
                program.has_ended = True  # it never came to the server

    async def _replace(self, player: Player) -> None:
        player.client = await self.harness.connect(
            identity=player.client.identity, receive_buffer=_SMALL
        )
        player.watch = Watch(player.client, self.met)

    def _program(self, token: str, state: str, segments: Sequence[Sequence[Any]]) -> Program:
        made = [[self._resolved(op) for op in ops] for ops in segments]
        program = Program(next(self._numbers), token, state, made)
        self.programs[program.number] = program
        return program

    def _resolved(self, op: Sequence[Any]) -> list[Any]:
        return ["link", self._token(op[1])] if op[0] == "link" else list(op)

    def _token(self, place: Any) -> str:
        """A room's name, or the token of the player with a number."""
        return self.players[place].client.client_token if isinstance(place, int) else place

    # --- what must be so

    def follow(self) -> bool:
        """The model does what has been committed; it must fail where the app has."""
        while self._read < len(self.diary.entries):
            number, done, error = self.diary.entries[self._read]
            self._read += 1
            program = self.programs[number]
            assert program.is_due, f"program {number} has run, though what it follows has failed"
            ops = program.segments[program.reached]
            stopped = isinstance(error, sl.DeadlockError)
            must = self.model.run(
                program.token,
                program.state,
                ops[:done] if stopped else ops,
                outside=program.is_outside,
                stop=stopped,
            )
            is_error = None if error is None else f"{type(error).__name__}: {error}"
            as_must_be = is_error == must if must is None else (is_error or "").startswith(must)
            assert stopped or as_must_be, (
                f"program {number} {ops}: {is_error}, but the model: {must}"
            )
            program.reached += 1
            program.error = is_error
            program.has_ended = error is not None or program.reached == len(program.segments)
            if error is None and program.has_ended:
                for later in program.follow:
                    later.is_due = True
        return True

    async def settle(self) -> None:
        """Waits for the answers of those who listen, and for what runs."""
        for program in list(self.programs.values()):
            if program.answer and program.client in self._listening():
                await self.take_answer(program)
        await self._settle_those_without_a_client()
        connected = [p.client for p in self.players if p.client.connected]
        for program in [p for p in self.programs.values() if not p.has_ended and p.is_due]:
            if program.client is None or program.client in connected:
                await self._until(
                    lambda of=program: self.follow() and (of.has_ended or self._is_refused(of)),
                    f"{program}",
                )
                program.has_ended = True
        self.programs = {n: p for n, p in self.programs.items() if p.answer or not p.has_ended}

    def _is_refused(self, program: Program) -> bool:
        """Whether it is a follow-up that has met a deadlock before it began."""
        return program.number not in self.diary.begun and any(
            error.code == "deadlock"
            for player in self.players
            if player.client.client_token == program.token
            for error in player.client.reported
        )

    def _listening(self) -> list[Client]:
        return [p.client for p in self.players if p.listens]

    async def take_answer(self, program: Program) -> None:
        assert program.answer
        await asyncio.wait([program.answer], timeout=PATIENCE)
        assert program.answer.done(), f"{program} was not answered"
        error = program.answer.exception()
        program.answer = None
        self.follow()
        if isinstance(error, sl.EventError) and error.code in ("deadlock", "identity_lost"):
            program.has_ended = True
        elif error is not None:
            assert program.error and str(error).startswith(program.error), f"{program}: {error}"
        else:  # that of a background handler says that it has begun
            assert program.error is None or program.handler == "beside", f"{program}: no error"

    async def _settle_those_without_a_client(self) -> None:
        """Waits until nothing that has begun goes on."""
        idle = 0

        def is_idle() -> bool:
            nonlocal idle
            self.follow()
            idle = 0 if any(self._runs(n) for n in self.diary.begun) else idle + 1
            return idle > 5

        await self._until(is_idle, "the end of what has begun")

    def _runs(self, number: int) -> bool:
        return number in self.programs and not self.programs[number].has_ended

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}") from None

    async def compare(self) -> None:
        """Waits until nothing runs; each client that listens must then come to see what the model says."""
        await self.settle()
        for player in self.players:
            if player.listens:
                try:
                    await player.client.until(lambda p=player: not self.differences(p), PATIENCE)
                except TimeoutError:
                    raise AssertionError("\n".join(self.differences(player))) from None
            player.watch.read()
            assert not player.client.violations, "\n".join(player.client.violations)

    def differences(self, player: Player) -> list[str]:
        """Where a client's values are not the model's."""
        self.follow()
        found: list[str] = []
        for state in STATES:
            must = self.model.sees(player.client.client_token, state)
            does = player.client.state(state)
            found += [
                f"{state}.{name}: {_short(does.get(name))}, but the model: {_short(must.get(name))}"
                for name in sorted(must.keys() | does.keys())
                if does.get(name) != must.get(name)
            ]
        return found


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 300 else f"{text[:100]} ... ({len(text)} characters)"
