"""How much is done, by counting it: one encode per commit, nothing for nobody, and one send for all that is ready."""

import asyncio
import time

import pytest

import statelink as sl
from statelink.testing import AppHarness


class Tally(sl.SharedState):
    count: int = 0
    runs: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def add(self) -> None:
        self.count += 1

    @sl.event
    def look(self) -> None:
        assert self.count >= 0

    @sl.event
    def same(self) -> None:
        self.count = self.count

    @sl.event
    def up_and_down(self) -> None:
        self.count += 1
        self.count -= 1

    @sl.var
    def is_even(self) -> bool:
        RUNS.append(self.count)
        return self.count % 2 == 0


class Held(sl.SharedState):
    """Its handler holds up the loop thread until the I/O thread has received everything that was sent behind it."""

    @sl.event
    def hold(self, events: int) -> None:
        deadline = time.monotonic() + 5
        while HARNESS[-1].counts["events"] < events:
            assert time.monotonic() < deadline, HARNESS[-1].counts
            time.sleep(0.001)


RUNS: list[int] = []
HARNESS: list[AppHarness] = []


@pytest.fixture
async def harness():
    config = sl.Config()
    config.hand_over_interval = 10  # seconds: only when everything that was received is done
    async with AppHarness(sl.App(states=[Tally, Held], config=config)) as harness:
        HARNESS.append(harness)
        yield harness
        HARNESS.pop()


async def linked(harness, number, token="room"):
    clients = [await harness.connect() for _ in range(number)]
    for client in clients:
        await client.call(Tally.join, token=token)
    await settle(clients)
    RUNS.clear()
    return clients


async def settle(clients):
    """Everything that was sent before is here."""
    for client in clients:
        await client.call(Tally.look)


class Counted:
    """What was counted within a block."""

    def __init__(self, harness):
        self.harness = harness

    async def __aenter__(self):
        self.before = await self.read()
        return self

    async def __aexit__(self, *_):
        after = await self.read()
        self.counts = {name: after[name] - self.before[name] for name in after}

    def __getitem__(self, name):
        return self.counts[name]

    async def read(self):
        """The counts, after the I/O thread has published those of the round in which it sent what is here."""
        reader, writer = await asyncio.open_connection(
            *self.harness.url.removeprefix("http://").split(":")
        )
        writer.write(b"GET /nothing HTTP/1.0\r\n\r\n")
        assert b"404" in await reader.readline()
        writer.close()
        await writer.wait_closed()
        return self.harness.counts


@pytest.mark.parametrize("number", [1, 2, 20])
async def test_a_commit_is_encoded_once_for_everybody(harness, number):
    clients = await linked(harness, number)
    seen = [len(client.frames) for client in clients]
    async with Counted(harness) as counted:
        await clients[0].call(Tally.add)
        for client in clients:
            await client.until(lambda: client.state(Tally)["count"] == 1)  # noqa: B023
    assert counted["turns"] == 1
    assert counted["commits"] == 1
    assert counted["patches"] == 1
    assert counted["frames_appended"] == 1
    assert counted["snapshots"] == 0
    assert counted["hand_overs"] == 1
    assert counted["sends"] == number
    assert RUNS == [1]  # and a shared computed var ran once
    received = [client.frames[n:] for client, n in zip(clients, seen, strict=True)]
    assert all(frames[0] == received[0][0] for frames in received)
    assert [len(frames) for frames in received] == [2] + [1] * (number - 1)


@pytest.mark.parametrize("handler", [Tally.look, Tally.same, Tally.up_and_down])
@pytest.mark.parametrize("is_linked", [True, False])
async def test_a_turn_that_changes_nothing_sends_its_answer_only(harness, handler, is_linked):
    alice, *others = await linked(harness, 5)
    if not is_linked:
        alice = await harness.connect()
    seen = {client: len(client.frames) for client in [alice, *others]}
    async with Counted(harness) as counted:
        await alice.call(handler)
    answer = alice.frames[seen[alice] :]
    assert len(answer) == 1
    assert answer[0].keys() == {"a"}
    assert counted["commits"] == counted["patches"] == counted["frames_appended"] == 0
    assert counted["sends"] == 1
    assert counted["bytes_written"] == len(f'{{"a":{answer[0]["a"]}}}') + 2
    await settle(others)
    for client in others:
        assert [frame.keys() for frame in client.frames[seen[client] :]] == [{"a"}]


async def test_an_event_of_an_unlinked_client_concerns_nobody_else(harness):
    others = await linked(harness, 5)
    bystander = await harness.connect()
    alice = await harness.connect()
    await alice.call(Tally.look)
    seen = {client: len(client.frames) for client in [bystander, *others]}
    async with Counted(harness) as counted:
        await alice.call(Tally.add)
    assert alice.state(Tally)["count"] == 1
    assert counted["sends"] == 1
    await settle([bystander, *others])
    for client, number in seen.items():
        assert [frame.keys() for frame in client.frames[number:]] == [{"a"}]


async def test_other_rooms_hear_nothing(harness):
    alice, *_ = await linked(harness, 3, "one")
    others = await linked(harness, 3, "two")
    seen = {client: len(client.frames) for client in others}
    async with Counted(harness) as counted:
        await alice.call(Tally.add)
    assert counted["sends"] <= 3
    await settle(others)
    for client, number in seen.items():
        assert [frame.keys() for frame in client.frames[number:]] == [{"a"}]


async def test_commits_between_two_wake_ups_leave_in_one_send_per_client(harness):
    clients = await linked(harness, 10)
    pipeliner = clients[0]
    commits = 50
    async with Counted(harness) as counted:
        events = harness.counts["events"] + commits + 1
        hold = await pipeliner.send_event(Held.hold, events=events)
        adds = [await pipeliner.send_event(Tally.add) for _ in range(commits)]
        for client in clients:
            await client.until(lambda: client.state(Tally)["count"] == commits)  # noqa: B023
        await adds[-1]
    assert hold.done()
    assert counted["commits"] == counted["patches"] == counted["frames_appended"] == commits
    # What was received with `hold` and what was received while it ran: two batches at most.
    assert counted["hand_overs"] <= 2
    assert counted["sends"] <= counted["hand_overs"] * len(clients)
    assert counted["snapshots_written"] == 0


async def test_a_run_of_events_is_acknowledged_at_once(harness):
    (alice,) = await linked(harness, 1)
    seen = len(alice.frames)
    await alice.send_event(Held.hold, events=harness.counts["events"] + 21)
    for _ in range(20):
        last = await alice.send_event(Tally.look)
    await last
    answers = [frame for frame in alice.frames[seen:] if "a" in frame]
    assert 1 <= len(answers) <= 2
    assert sum(1 if isinstance(f["a"], int) else f["a"][1] - f["a"][0] + 1 for f in answers) == 21


async def test_a_hundred_joins_cost_few_snapshots(harness):
    async with Counted(harness) as counted:
        await linked(harness, 100)
    assert counted["snapshots"] <= 30
