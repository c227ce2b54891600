"""What clients must see, in plain Python: clients, rooms, links, who is there, and what time ends.

It knows nothing of sockets, frames, locks or tracking: a turn is a call, and one that fails is undone by a copy.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.edits import Card, edit

Op = Sequence[Any]
OTHER = {"Room": "Board", "Board": "Room"}
TURNS_PERSONAL = 3  # numbers that are this modulo 5 make the var `turning` look at the client


class Refused(Exception):
    """What a turn must fail with: how the error's text begins."""


class Values:
    """The values of one instance of Room or Board."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.number = 0
        self.text = "-"
        self.rows: list[dict[str, Any]] = []
        self.cells: dict[str, dict[str, int]] = {}
        self.card = Card()
        self._hidden = 0
        self.joins = 0
        self.leaves = 0
        self._users: dict[str, bool] = {}


@dataclass
class Client:
    token: str
    links: dict[str, str] = field(default_factory=dict)  # by state
    note: int = 0
    gone_at: float | None = None  # since then it has no socket
    is_away: bool = False  # it has left its rooms for that, and is still linked to them


class Reference:
    """All clients and instances. Private instances and rooms are both named by state and token."""

    def __init__(self, grace: float, client_expiry: float, room_expiry: float) -> None:
        self.grace, self.client_expiry, self.room_expiry = grace, client_expiry, room_expiry
        self.now = 0.0
        self.clients: dict[str, Client] = {}
        self.instances: dict[tuple[str, str], Values] = {}
        self.used: dict[tuple[str, str], float] = {}

    def enter(self, state: str, token: str) -> Values:
        """An instance, which is used."""
        self.used[state, token] = self.now
        return self.instances.setdefault((state, token), Values())

    def of(self, client: Client, state: str) -> Values:
        """The instance that a client works in."""
        return self.enter(state, client.links.get(state, client.token))

    def linked(self, state: str, token: str) -> list[Client]:
        """Who is linked to an instance."""
        return [client for client in self.clients.values() if client.links.get(state) == token]

    def sees(self, token: str, state: str) -> dict[str, Any]:
        """The values that a client must see of a state."""
        client = self.clients[token]
        if state == "Me":
            seen = self.sees(token, "Room")
            return {"note": client.note, "seen": f"{seen['number']} {len(seen['rows'])}"}
        place = client.links.get(state, token)
        room = self.instances.get((state, place), Values())
        linked = self.linked(state, place)
        return {
            **{name: value for name, value in vars(room).items() if not name.startswith("_")},
            "card": vars(room.card),
            "total": room.number + room._hidden + sum(len(row["tags"]) for row in room.rows),
            "users": sorted(room._users),
            "there": sorted(c.token for c in linked if not c.is_away),
            "linked": place if linked else "",
            "mine": f"{token} {room.number}",
            "turning": token if room.number % 5 == TURNS_PERSONAL else str(room.number % 5),
        }

    def run(
        self,
        token: str,
        state: str,
        ops: Sequence[Op],
        *,
        outside: bool = False,
        stop: bool = False,
    ) -> str | None:
        """A turn of a client, or one from outside at the instance of a token; one that fails is undone.

        With `stop` a deadlock ends it. Returns what its error must begin with, None where it has none.
        """
        before = copy.deepcopy((self.clients, self.instances))
        client = Client(token) if outside else self.clients[token]
        try:
            client.note += state == "Me"
            self._work(client, "Room" if state == "Me" else state, ops)
            if stop:
                raise Refused
        except Refused as refused:
            self.clients, self.instances = before
            return str(refused)
        return None

    def _work(self, client: Client, state: str, ops: Sequence[Op]) -> None:
        self.of(client, state)
        detached = 0
        for op in ops:
            match op:
                case ("link", place):
                    self._link(client, state, place)
                case ("unlink",) if state not in client.links:
                    raise Refused("RuntimeError")
                case ("unlink",):
                    self._leave(client, state)
                    del client.links[state]
                case ("other",):
                    state = OTHER[state]
                    self.of(client, state)
                case ("raise",):
                    raise Refused(f"Undone: {detached} detached")
                case _:
                    detached += edit(self.of(client, state), op)

    def _link(self, client: Client, state: str, place: str) -> None:
        if place in ("", client.token):
            raise Refused("ValueError")
        if client.links.get(state) == place:
            self.enter(state, place)
            return
        if state in client.links:
            self._leave(client, state)
        client.links[state] = place
        self._join(client, state)

    def _join(self, client: Client, state: str) -> None:
        room = self.of(client, state)
        room.joins += 1
        room._users[client.token] = True

    def _leave(self, client: Client, state: str) -> None:
        room = self.of(client, state)
        room.leaves += 1
        room._users.pop(client.token, None)

    def connect(self, token: str) -> None:
        self.clients[token] = Client(token)

    def back(self, token: str) -> None:
        """A client that is still known says hello again."""
        client = self.clients[token]
        for state in client.links if client.is_away else ():
            self._join(client, state)
        client.gone_at, client.is_away = None, False

    def advance(self, seconds: float) -> None:
        """Time passes: clients without a socket leave their rooms, then end; rooms that nobody uses end."""
        self.now += seconds
        for client in list(self.clients.values()):
            absent = 0 if client.gone_at is None else self.now - client.gone_at
            if absent >= self.grace and not client.is_away:
                client.is_away = True
                for state in client.links:
                    self._leave(client, state)
            if absent >= self.client_expiry:
                self._forget(client)
        for (state, token), used in list(self.used.items()):
            if (
                token not in self.clients
                and not self.linked(state, token)
                and self.now - used >= self.room_expiry
            ):
                self.used.pop((state, token))
                self.instances.pop((state, token), None)

    def _forget(self, client: Client) -> None:
        for state in client.links:
            self.of(client, state)
        del self.clients[client.token]
        for state in OTHER:
            if self.linked(state, client.token):
                self.enter(state, client.token)  # goes on as their room
            else:
                self.instances.pop((state, client.token), None)
