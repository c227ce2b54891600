"""The app whose memory is watched: a handler of each kind that there is. Each leaves behind as much as it found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import statelink as sl

TOKENS: list[str] = []  # of the clients that stay, as they have greeted
ROOMS = ["kitchen", "garden", "attic"]


@dataclass
class Card:
    title: str
    notes: list[str] = field(default_factory=list)


class Own(sl.State):
    """A private state."""

    count: int = 0
    words: list[str] = []

    @sl.event
    def add(self, amount: int) -> None:
        self.count += amount

    @sl.event
    async def add_async(self, amount: int) -> None:
        self.count += amount

    @sl.event
    async def add_later(self, amount: int) -> None:
        await asyncio.sleep(0)
        self.count += amount

    @sl.event
    async def give_up(self) -> None:
        """Cancelled from inside by a timeout, while it waits."""
        self.count += 1
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            self.count += 1

    @sl.event
    def fail(self) -> None:
        self.count += 1
        self.words.append("gone")
        self.words = ["new", *self.words]
        raise ValueError("on purpose")

    @sl.event
    async def fail_later(self) -> None:
        self.words.append("gone")
        await asyncio.sleep(0)
        raise ValueError("on purpose")

    @sl.event
    def steps(self):
        for _ in range(2):
            self.count += 1
            yield

    @sl.event
    async def steps_async(self):
        self.count += 1
        yield
        await asyncio.sleep(0)
        self.count += 1

    @sl.event
    async def keep_view(self) -> None:
        """What a handler leaves in a closure ends with it, in a cycle."""
        loose = [self]
        loose.append(loose)

    @sl.var
    def is_even(self) -> bool:
        return self.count % 2 == 0


class Room(sl.SharedState):
    """A shared state without computed vars."""

    count: int = 0
    rows: list[dict] = []
    cards: dict[str, Card] = {}
    tags: set[int] = set()
    text: str = ""
    _hidden: list[object] = []

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    async def join_neighbour(self) -> None:
        """Into another client's own instance."""
        own = self.router.session.client_token
        if own in TOKENS:
            await self._link_to(TOKENS[TOKENS.index(own) - 1])

    @sl.event
    async def leave(self) -> None:
        if self._linked_to:
            await self._unlink()

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def edit(self, number: int) -> None:
        self.rows.append({"n": number, "deep": [{"at": number}]})
        self.rows[0]["deep"][0]["at"] = self.count
        self.rows[-1]["n"] += 1
        if len(self.rows) > 20:
            del self.rows[3:]
            self.rows.reverse()
        key = f"card {number % 5}"
        if key in self.cards:
            self.cards[key].notes.append("note")
            if len(self.cards[key].notes) > 4:
                del self.cards[key]
        else:
            self.cards[key] = Card("title")
        self.tags ^= {number % 7}
        self._hidden = [object(), self.count]
        self.count += 1

    @sl.event
    def reassign(self) -> None:
        self.rows = [{"n": 1, "deep": [{"at": 2}]}, *[dict(row) for row in self.rows[:5]]]
        self.cards = {"only": Card("title", ["a"])}

    @sl.event
    def write(self) -> None:
        self.text = self.text + " more" if len(self.text) < 200 else ""

    @sl.event
    def fail(self) -> None:
        self.rows.insert(0, {"n": 0})
        self.rows[0]["n"] = [1]
        self.cards.clear()
        self.text += "gone"
        raise ValueError("on purpose")

    @sl.event
    def set_unencodable(self) -> None:
        self.rows.append({"n": object()})

    @sl.event
    async def add_later(self) -> None:
        """The others in the room wait meanwhile."""
        self.count += 1
        await asyncio.sleep(0)
        self.count += 1

    @sl.event
    def steps(self):
        self.count += 1
        yield
        self.count += 1

    @sl.event
    async def meet(self) -> None:
        """With Scores.meet: now and then one of the two is refused, for waiting would be for ever."""
        await asyncio.sleep(0)
        (await self.get_state(Scores)).points += 1


class Scores(sl.SharedState):
    """A shared state with computed vars of both kinds."""

    points: int = 0
    seats: dict[str, int] = {}

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def score(self, points: int) -> None:
        self.points += points

    @sl.event
    def sit(self, seat: int) -> None:
        self.seats[self.router.session.client_token] = seat

    @sl.event
    async def meet(self) -> None:
        await asyncio.sleep(0)
        (await self.get_state(Room)).count += 1

    @sl.var
    def level(self) -> int:
        return self.points // 10

    @sl.var
    def labels(self) -> list[dict]:
        return [{"n": n} for n in range(self.points % 3)]

    @sl.var
    def own_seat(self) -> int:
        return self.seats.get(self.router.session.client_token, -1)

    @sl.var
    async def seen(self) -> str:
        own = await self.get_state(Own)
        return f"{own.count % 100} of {self.points}"

    @sl.var
    async def slow(self) -> int:
        await asyncio.sleep(0)
        return self.points % 5 + len(self.router.session.session_id)


class Greeting(sl.State):
    greeted: bool = False

    @sl.event
    def greet(self) -> None:
        TOKENS.append(self.router.session.client_token)
        self.greeted = True


STATES = [Own, Room, Scores, Greeting]


def call(handler: str, **arguments: object) -> tuple[str, dict[str, object]]:
    return handler, arguments


JOIN = [call("Room.join", token=room) for room in ROOMS]
LEAVE = call("Room.leave")
EDIT = [call("Room.edit", number=number) for number in range(35)]

# By kind of event: what is called, in random order.
KINDS = {
    "sync": [call("Own.add", amount=1), call("Own.add", amount=-1)],
    "async": [call("Own.add_async", amount=1)],
    "suspends": [call("Own.add_later", amount=1), call("Own.add", amount=1)],
    "times out": [call("Own.give_up")],
    "raises": [call("Own.fail"), call("Own.fail_later"), call("Own.add", amount=1)],
    "generators": [call("Own.steps"), call("Own.steps_async")],
    "garbage": [call("Own.keep_view"), call("Own.add", amount=1)],
    "refused": [
        call("Own.add", amount="many"),
        call("Own.add", amount=1, more=2),
        call("Own.fail", more=2),
        call("Own.nothing"),
        call("Nobody.add", amount=1),
    ],
    "links": [*JOIN, LEAVE, call("Room.join_neighbour"), call("Room.add")],
    "edits": [*EDIT, *[call("Room.reassign")] * 2, *[call("Room.write")] * 10],
    "rolled back": [*EDIT, *[call("Room.fail"), call("Room.set_unencodable")] * 10],
    "waits": [call("Room.add"), call("Room.add_later"), call("Room.steps")],
    "deadlocks": [call("Room.meet"), call("Scores.meet")],
    "computed": [
        call("Own.add", amount=1),
        *[call("Scores.score", points=points) for points in (1, 2, -3)],
        *[call("Scores.sit", seat=seat) for seat in range(3)],
    ],
}
FAILING = {"raises", "refused", "rolled back", "deadlocks"}
MAY_FAIL = {"links"}  # clients that want to be with each other, all at once: one of them is refused

# All of them, the dear ones less often.
MIX = [
    *KINDS["sync"] * 150,
    *KINDS["async"] * 60,
    *EDIT * 2,
    *KINDS["links"] * 3,
    *KINDS["computed"],
    *[calls for kind in KINDS.values() for calls in kind[:4]],
]
