"""Programs like those of the guide's page, as text: `{module}` is what they import."""

COUNTER = """
import {module} as rx


class CollaborativeCounter(rx.SharedState):
    count: int = 0

    @rx.event
    def set_count(self, count: int):
        self.count = count

    @rx.event
    async def toggle_link(self):
        if self._linked_to:
            return await self._unlink()
        shared = await self._link_to("everybody-counts")
        shared.count += 1

    @rx.var
    def is_linked(self) -> bool:
        return bool(self._linked_to)


def counter_page(): ...


app = rx.App()
app.add_page(counter_page, route="/")
"""

ROOM = """
from uuid import uuid4

import {module} as rx


class SharedRoom(rx.SharedState):
    shared_room: str = rx.LocalStorage()
    _users: dict[str, str] = {}

    @rx.var
    def user_list(self) -> str:
        return ", ".join(self._users.values())

    @rx.event
    async def join(self, username: str):
        if not self.shared_room:
            self.shared_room = f"room-of-{username}-{uuid4()}"
        room = await self._link_to(self.shared_room)
        room._users[self.router.session.client_token] = username

    @rx.event
    async def leave(self):
        if self._linked_to:
            return await self._unlink()


class PrivateState(rx.State):
    @rx.event
    def handle_submit(self, form_data: dict):
        return SharedRoom.join(form_data["username"])

    @rx.var
    async def user_in_room(self) -> bool:
        room = await self.get_state(SharedRoom)
        return self.router.session.client_token in room._users


def room_page(): ...


app = rx.App()
app.add_page(room_page, route="/")
"""

GAME = """
from typing import Literal

import {module} as rx


class SharedGameState(rx.SharedState):
    cells: dict[str, str] = {}
    _players: dict[str, Literal["X", "O"]] = {}

    @rx.event
    async def sit_down(self):
        game = await self._link_to("the-only-table")
        if len(game._players) < 2:
            piece = "O" if "X" in game._players.values() else "X"
            game._players[self.router.session.client_token] = piece

    @rx.event
    def make_move(self, x: int, y: int):
        player_piece = self._players.get(self.router.session.client_token)
        if player_piece is not None:
            self.cells.setdefault(f"{x}/{y}", player_piece)


class UserGameState(rx.State):
    @rx.var
    async def player_piece(self) -> str | None:
        game = await self.get_state(SharedGameState)
        return game._players.get(self.router.session.client_token)


def game_page(): ...


app = rx.App()
app.add_page(game_page, route="/")
"""

DYNAMIC_ROUTE = """
import {module} as rx


class SharedRoom(rx.SharedState):
    visits: int = 0

    async def on_load(self):
        room = await self._link_to(self.room_id.replace("_", "-") or "default-room")
        room.visits += 1

    @rx.var
    def room_name(self) -> str:
        return self._linked_to


def room_page(): ...


app = rx.App()
app.add_route(room_page, path="/room/[room_id]", on_load=SharedRoom.on_load)
app.add_route(room_page, path="/room", on_load=SharedRoom.on_load)
"""
