"""States for the scenarios of shared state: private and shared ones that read and change each other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import statelink as sl


class Shared(sl.SharedState):
    n_changes: int = 0
    counter: int = 0
    linked_seen: str = ""
    _who: str = "world"

    async def on_load(self) -> None:
        await self._link_to(self.room or "default")

    @sl.event
    def set_who(self, who: str) -> None:
        self._who = who
        self.n_changes += 1

    @sl.event
    def set_counter(self, counter: int) -> None:
        self.counter = counter

    @sl.event
    async def link_to(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def submit(self, form_data: dict[str, str]) -> None:
        await self.link_to(form_data["token"])

    @sl.event
    async def link_and_increment(self) -> None:
        linked = await self._link_to(f"arbitrary-{uuid4()}")
        linked.counter += 1

    @sl.event
    async def unlink(self):
        return await self._unlink()

    @sl.event
    def record_link(self) -> None:
        self.linked_seen = self._linked_to

    @sl.event
    def clear_record(self) -> None:
        self.linked_seen = ""


class Notes(sl.SharedState):
    note: str = ""

    async def on_load(self) -> None:
        linked = await self._link_to(self.room or "default")
        if initial := self.router.page.params.get("initial_note"):
            linked.note = initial


class Private(sl.State):
    fetched: str = ""
    touched: bool = False

    @sl.var
    async def greeting(self) -> str:
        shared = await self.get_state(Shared)
        return f"Hello, {shared._who}!"

    @sl.var
    async def linked_to(self) -> str:
        return (await self.get_state(Shared))._linked_to

    @sl.event
    async def fetch_note(self) -> None:
        self.fetched = (await self.get_state(Notes)).note

    @sl.event(background=True)
    async def bump_in_background(self) -> None:
        for _ in range(5):
            async with self:
                shared = await self.get_state(Shared)
                shared.counter += 1
        for _ in range(5):
            async with shared:
                shared.counter += 1

    @sl.event
    async def bump_in_steps(self):
        for _ in range(5):
            shared = await self.get_state(Shared)
            shared.counter += 1
            yield

    @sl.event
    def touch(self) -> None:
        self.touched = True

    @sl.event
    def reset_self(self) -> None:
        self.reset()


class Race(sl.State):
    trigger: int = 0

    @sl.event
    def pull(self) -> None:
        self.trigger += 1

    async def _sum(self) -> int:
        trigger = self.trigger
        await asyncio.sleep(0)  # it suspends, as one that asks a database
        shared = await self.get_state(Shared)
        return trigger + shared.counter

    @sl.var
    async def first(self) -> int:
        return await self._sum()

    @sl.var
    async def second(self) -> int:
        return await self._sum()

    @sl.var
    async def third(self) -> int:
        return await self._sum()

    @sl.var
    async def fourth(self) -> int:
        return await self._sum()


app = sl.App()
PAGE = Path(__file__).parent / "scenarios.html"
app.add_page(PAGE)
app.add_page(PAGE, route="/room/[room]", on_load=[Shared.on_load, Notes.on_load])

_changes: set[asyncio.Task[None]] = set()


def change_outside() -> str:
    """Changes room "outside" with no client involved; answers before it is done."""
    change = asyncio.get_running_loop().create_task(_change())
    _changes.add(change)
    change.add_done_callback(_changes.discard)
    return "begun"


async def _change() -> None:
    async with app.modify_state(Shared, "outside") as shared:
        shared.counter = 42
    async with app.modify_state(Notes, "outside") as notes:
        notes.note = "by the API"


app.add_page(change_outside, route="/api/change")
