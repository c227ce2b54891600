"""The states of the model test. Their handlers are given programs: lists of ops, in segments that a commit ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, NamedTuple

import statelink as sl
from model.edits import Card, edit
from model.reference import TURNS_PERSONAL

Segments = list[list[list[Any]]]


class Undone(Exception):
    """What the op `raise` raises."""


class Entry(NamedTuple):
    """The end of one segment: the program's number, how many ops it did, how it failed."""

    number: int
    done: int
    error: BaseException | None


class Diary:
    """What ran, in the order of the commits: a segment writes its end with all its locks held."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.begun: set[int] = set()
        self.other: dict[type, type] = {}

    async def perform(self, view: Any, number: int, ops: Sequence[Sequence[Any]]) -> None:
        """Does the ops of one segment."""
        with self.segment(number) as done:
            detached = 0
            for op in ops:
                match op:
                    case ("link", token):
                        await view._link_to(token)
                    case ("unlink",):
                        await view._unlink()
                    case ("other",):
                        view = await view.get_state(self.other[type(view)])
                    case ("pause",):
                        await asyncio.sleep(0)
                    case _:
                        detached += self.do(view, op, detached)
                done.append(op)

    def perform_at_once(self, view: Any, number: int, ops: Sequence[Sequence[Any]]) -> None:
        """The same for ops that need not be awaited."""
        with self.segment(number) as done:
            detached = 0
            for op in ops:
                detached += self.do(view, op, detached)
                done.append(op)

    @staticmethod
    def do(view: Any, op: Sequence[Any], detached: int) -> int:
        """Does one op."""
        if op[0] == "raise":
            raise Undone(f"{detached} detached")
        return edit(view, op)

    @contextlib.contextmanager
    def segment(self, number: int) -> Iterator[list[Any]]:
        """Writes how it ended."""
        self.begun.add(number)
        done: list[Any] = []
        error = None
        try:
            yield done
        except BaseException as e:
            error = e
            raise
        finally:
            self.entries.append(Entry(number, len(done), error))


class States(NamedTuple):
    Room: Any
    Board: Any
    Me: Any
    diary: Diary


def make_states() -> States:
    """Fresh classes: a computed var that has turned personal stays so for its class."""
    diary = Diary()

    class Things(sl.SharedState, mixin=True):
        number: int = 0
        text: str = "-"
        rows: list[dict[str, Any]] = []
        cells: dict[str, dict[str, int]] = {}
        card: Card = Card()
        joins: int = 0
        leaves: int = 0
        _hidden: int = 0
        _users: dict[str, bool] = {}

        async def on_join(self) -> None:
            self.joins += 1
            self._users[self.router.session.client_token] = True

        def on_leave(self) -> None:
            self.leaves += 1
            self._users.pop(self.router.session.client_token, None)

        @sl.var
        def total(self) -> int:
            return self.number + self._hidden + sum(len(row["tags"]) for row in self.rows)

        @sl.var
        def users(self) -> list[str]:
            return sorted(self._users)

        @sl.var
        def there(self) -> list[str]:
            return sorted(self._linked_from)

        @sl.var
        def linked(self) -> str:
            return self._linked_to

        @sl.var
        def mine(self) -> str:
            return f"{self.router.session.client_token} {self.number}"

        @sl.var
        def turning(self) -> str:
            if self.number % 5 == TURNS_PERSONAL:
                return self.router.session.client_token
            return str(self.number % 5)

        @sl.event
        def at_once(self, number: int, segments: Segments) -> None:
            diary.perform_at_once(self, number, segments[0])

        @sl.event
        async def act(self, number: int, segments: Segments) -> None:
            await diary.perform(self, number, segments[0])

        @sl.event
        def steps_at_once(self, number: int, segments: Segments) -> Iterator[None]:
            for n, ops in enumerate(segments):
                if n:
                    yield
                diary.perform_at_once(self, number, ops)

        @sl.event
        async def steps(self, number: int, segments: Segments) -> AsyncIterator[None]:
            for n, ops in enumerate(segments):
                if n:
                    yield
                await diary.perform(self, number, ops)

        @sl.event(background=True)
        async def beside(self, number: int, segments: Segments) -> None:
            for ops in segments:
                is_entered = False
                try:
                    async with self:
                        is_entered = True
                        await diary.perform(self, number, ops)
                except sl.DeadlockError as error:
                    if not is_entered:  # while it waited for the block's locks
                        diary.entries.append(Entry(number, 0, error))
                    raise
                await asyncio.sleep(0)

    class Room(Things, sl.SharedState):
        pass

    class Board(Things, sl.SharedState):
        pass

    class Me(sl.State):
        note: int = 0

        @sl.var
        async def seen(self) -> str:
            room = await self.get_state(Room)
            return f"{room.number} {len(room.rows)}"

        @sl.event
        def look(self) -> None:
            assert self.note >= 0

        @sl.event
        async def act(self, number: int, segments: Segments) -> None:
            self.note += 1
            await diary.perform(await self.get_state(Room), number, segments[0])

        @sl.event
        async def then(
            self, number: int, segments: Segments, follow: list[tuple[str, int, Segments]]
        ) -> list[Any]:
            self.note += 1
            await diary.perform(await self.get_state(Room), number, segments[0])
            classes: dict[str, Any] = {"Room": Room, "Board": Board, "Me": Me}
            return [classes[name].act(n, of) for name, n, of in follow]

    diary.other.update({Room: Board, Board: Room})
    return States(Room, Board, Me, diary)
