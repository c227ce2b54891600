"""The reference's defects in what an event costs: computed vars that run too often, links that slow private events."""

import pytest

import statelink as sl
from guide.watching import Received, sees

RUNS: list[str] = []
CLIENTS = 4


class Room(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self, token: str = "room") -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.var
    def doubled(self) -> int:
        RUNS.append("doubled")
        return self.count * 2


class Second(sl.SharedState):
    title: str = ""

    @sl.event
    async def join(self, token: str = "room") -> None:
        await self._link_to(token)


class Private(sl.State):
    count: int = 0

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.var
    async def of_room(self) -> int:
        RUNS.append("of_room")
        room = await self.get_state(Room)
        return room.count

    @sl.var
    def of_router(self) -> str:
        RUNS.append("of_router")
        return self.router.page.path


STATES = [Room, Second, Private]


@pytest.fixture(autouse=True)
def _fresh():
    RUNS.clear()


@pytest.mark.parametrize("states", [[Room], [Room, Second]])
async def test_b15_computed_vars_run_too_often(harness, states):
    """B15: a private var ran twice per client (thrice with two links), one of the room once per client."""
    clients = [await harness.connect() for _ in range(CLIENTS)]
    for client in clients:
        for state in states:
            await client.call(state.join)
    RUNS.clear()
    await clients[0].call(Room.add)
    for client in clients:
        await sees(client, Room, count=1, doubled=2)
        await sees(client, Private, of_room=1)
    assert {name: RUNS.count(name) for name in RUNS} == {"doubled": 1, "of_room": CLIENTS}


async def test_b17_a_link_costs_private_events_nothing(harness):
    """B17: private events of a client took longer and sent fifteen times as much once it was linked."""
    costs = []
    for links in (False, True):
        client = await harness.connect()
        if links:
            await client.call(Room.join)
        await client.call(Private.add)
        received = Received(client)
        RUNS.clear()
        before = harness.counts
        await client.call(Private.add)
        did = {
            name: harness.counts[name] - before[name] for name in ("turns", "commits", "patches")
        }
        frames = [frame["p"] for frame in await received.by(client)]
        costs.append((did, frames, list(RUNS)))
    assert costs[0] == costs[1]
    assert costs[0][0] == {"turns": 1, "commits": 1, "patches": 1}
    assert costs[0][1:] == ([[{"op": "replace", "path": "/count", "value": 2}]], [])
