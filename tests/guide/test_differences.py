"""What docs/differences.md says of statelink, where no other test does."""

import re
from pathlib import Path

import pytest

import statelink as sl
from guide.watching import Received

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/differences.md").read_text()
SEEN: list[object] = []


class Desk(sl.State):
    count: int = 0
    tags: set[str] = {"a"}
    on: bool = False

    @sl.event
    def discard_missing(self) -> None:
        self.tags.discard("never there")
        self.count += 0

    @sl.event
    def fail_a_mutation(self) -> None:
        with pytest.raises(KeyError):
            self.tags.remove("never there")

    @sl.event
    def switch(self, on: bool) -> None:
        self.on = on

    @sl.event
    def where(self) -> None:
        SEEN.append(self.router.session.client_ip)


class Room(sl.SharedState):
    count: int = 0

    @sl.event
    async def join(self) -> None:
        await self._link_to("room")
        self.count += 1

    @sl.event
    async def leave(self) -> None:
        SEEN.append(await self._unlink())


STATES = [Desk, Room]


@pytest.fixture(autouse=True)
def _fresh():
    SEEN.clear()


@pytest.mark.parametrize("name", ["Desk.set_count", "Desk.setvar", "Desk.reset", "Room._link_to"])
async def test_rule_10_no_setters_that_nobody_wrote(harness, name):
    ann = await harness.connect()
    with pytest.raises(sl.EventError, match="unknown_event"):
        await ann.call(name)


@pytest.mark.parametrize("handler", [Desk.discard_missing, Desk.fail_a_mutation])
async def test_rule_28_what_changes_nothing_is_no_change(harness, handler):
    ann = await harness.connect()
    received = Received(ann)
    await ann.call(handler)
    assert await received.by(ann) == []


async def test_rule_41_arguments_that_do_not_fit_never_reach_the_handler(harness):
    ann = await harness.connect()
    await ann.call(Desk.switch, on="true")
    assert ann.state(Desk)["on"] is True
    with pytest.raises(sl.EventError, match="invalid_arguments"):
        await ann.call(Desk.switch, on="perhaps")


async def test_rule_52_a_header_does_not_change_the_address(harness):
    ann = await harness.connect(headers={"X-Forwarded-For": "203.0.113.9"})
    await ann.call(Desk.where)
    assert SEEN == ["127.0.0.1"]


async def test_rule_62_self_is_the_linked_instance(harness):
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.join)
    await bob.call(Room.join)
    assert bob.state(Room)["count"] == 2


async def test_rule_65_unlink_gives_none(harness):
    ann = await harness.connect()
    await ann.call(Room.join)
    await ann.call(Room.leave)
    assert SEEN == [None]


def test_every_rule_is_on_the_page_once():
    def rules(line):
        for first, last in re.findall(r"\b(\d+)(?:-(\d+))?\b", line):
            yield from range(int(first), int(last or first) + 1)

    lines = re.findall(r"^\| ([\d, -]+) \|", PAGE, re.MULTILINE)
    named = [rule for line in lines for rule in rules(line)]
    assert sorted(named) == list(range(1, 91))


def test_the_tests_that_the_page_names_are_there():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert named
    for file, name in named:
        assert f"def {name}" in (ROOT / file).read_text(), (file, name)
