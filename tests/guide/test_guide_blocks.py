"""Every program of docs/guide/shared_state.md, run: what the text says of it is looked at."""

import asyncio
import re
from pathlib import Path

import pytest

import statelink as sl
from gates import Gate
from guide import running
from guide.watching import sees, shown

GUIDE = Path(__file__).parents[2] / "docs/guide/shared_state.md"
BLOCK = re.compile(r"(?:^<!-- (\w+) -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(GUIDE.read_text())
CHECKS = {}


def checks(function):
    """Marks the check of a block, by its name."""
    CHECKS[function.__name__] = function
    return function


async def connect(harness, number, path="/"):
    return [await harness.connect(path) for _ in range(number)]


@checks
async def counter(program, harness):
    tally = program.Tally
    ann, bob = await connect(harness, 2)
    await ann.call(tally.add, amount=5)
    assert (ann.state(tally)["count"], bob.state(tally)["count"]) == (5, 0)
    for tab, count in ((ann, 1), (bob, 2)):
        await tab.call(tally.toggle_link)
        assert tab.state(tally) == {"count": count, "is_linked": True}
    await ann.call(tally.add)
    await bob.call(tally.add)
    for tab in (ann, bob):
        await sees(tab, tally, count=4)
    await ann.call(tally.toggle_link)
    assert ann.state(tally) == {"count": 5, "is_linked": False}


@checks
async def tables(program, harness):
    board, chat = program.Board, program.Chat
    ann, bob = await connect(harness, 2)
    for tab in (ann, bob):
        await tab.call(board.open, name="a")
    await ann.call(chat.open, name="b")
    await bob.call(board.write, text="Bob was here")
    await sees(ann, board, cards=["welcome to a", "welcome to a", "Bob was here"])
    await ann.call(board.open, name="b")
    assert ann.state(board)["cards"] == ["welcome to b"]
    with pytest.raises(sl.EventError, match="nothing of this"):
        await ann.call(board.open_and_fail, name="a")
    await ann.call(board.write, text="still in b")
    await bob.call(board.write, text="still in a")
    assert ann.state(board)["cards"] == ["welcome to b", "still in b"]
    assert bob.state(board)["cards"][-2:] == ["Bob was here", "still in a"]
    await ann.call(board.close)
    assert ann.state(board)["cards"] == []


@checks
async def room(program, harness):
    rooms, visitor = program.Room, program.Visitor
    ann = await harness.connect()
    await ann.call(visitor.submit, form_data={"username": "Ann"})
    await sees(ann, visitor, is_in_room=True)
    bob = await harness.connect(stored=ann.storage)
    await bob.call(visitor.submit, form_data={"username": " "})
    for tab in (ann, bob):
        await sees(tab, rooms, user_list=["Ann", "somebody"])
    await bob.disconnect()
    await harness.gone(bob)
    harness.clock.advance(harness.app.config.link_grace)
    await sees(ann, rooms, user_list=["Ann"])
    await ann.call(rooms.leave)
    await sees(ann, visitor, is_in_room=False)
    assert ann.state(rooms)["user_list"] == []


@checks
async def introspection(program, harness):
    stage = program.Stage
    host, guest = await connect(harness, 2)
    assert host.state(stage) | {"place": "at home", "people": 0, "is_host": False} == host.state(
        stage
    )
    await guest.call(stage.enter, token=host.client_token)
    await guest.call(stage.retitle, title="show")
    await sees(host, stage, title="show", people=1, place=host.client_token, is_host=True)
    assert guest.state(stage)["is_host"] is False
    await guest.call(stage.clear)
    await sees(host, stage, title="rehearsal", people=1)
    await guest.disconnect()
    await harness.gone(guest)
    harness.clock.advance(harness.app.config.link_grace)
    await sees(host, stage, people=0, is_host=True)  # away, and linked
    await guest.reconnect()
    await sees(host, stage, people=1)
    await guest.call(stage.enter, token="elsewhere")
    await sees(host, stage, people=0, place="at home", is_host=False)
    with pytest.raises(sl.EventError, match="own token"):
        await host.call(stage.enter, token=host.client_token)


@checks
async def background(program, harness):
    report = program.Report
    gate = Gate()
    program.pause = lambda seconds: gate.passing()
    ann, bob = await connect(harness, 2)
    for tab in (ann, bob):
        await tab.call(report.open)
    await ann.call(report.run)
    await gate.arrived()
    for tab in (ann, bob):
        await tab.call(report.click)  # nobody waits for it
    gate.open()
    for tab in (ann, bob):
        await sees(tab, report, progress=3, clicks=2)


@checks
async def cards(program, harness):
    deck = program.Deck
    ann, bob = await connect(harness, 2)
    for tab in (ann, bob):
        await tab.call(deck.sit_down, table="1")
    await ann.call(deck.deal)
    await bob.call(deck.draw)
    for tab in (ann, bob):
        await sees(tab, deck, cards_left=51)
        assert len(tab.state(deck)["open_cards"]) == 1
        assert "_deck" not in repr(tab.frames)


@checks
async def game(program, harness):
    games, player = program.Game, program.Player
    tabs = await connect(harness, 3)
    for tab in tabs:
        await tab.call(games.sit_down, table="1")
    for tab, piece in zip(tabs, ("X", "O", None), strict=True):
        await sees(tab, player, piece=piece)
    await asyncio.gather(*(tab.call(games.make_move, cell=n) for n, tab in enumerate(tabs[:2])))
    with pytest.raises(sl.EventError, match="you are a spectator"):
        await tabs[2].call(games.make_move, cell=2)
    for tab in tabs:
        await sees(tab, games, board=["X", "O"] + [""] * 7)


@checks
async def dynamic_route(program, harness):
    rooms = program.NoteRoom
    ann = await harness.connect("/room/blue")
    await ann.call(rooms.write, note="by Ann")
    bob, carl = await harness.connect("/room/blue"), await harness.connect("/")
    assert bob.state(rooms) == {"note": "by Ann", "room": "blue"}
    assert carl.state(rooms) == {"note": "nothing is written yet", "room": "lobby"}
    await carl.navigate("/room/blue")
    assert carl.state(rooms) == bob.state(rooms)
    with pytest.raises(sl.EventError, match="unknown_event"):
        await carl.call("NoteRoom.on_load")


@checks
async def outside(program, harness):
    poll = program.Poll
    tabs = await connect(harness, 2)
    for tab in tabs:
        await tab.call(poll.join, poll="lunch")
        await tab.call(poll.vote, choice="soup")
    assert await program.close_poll("lunch") == {"soup": 2}
    for tab in tabs:
        await sees(tab, poll, is_open=False)
        with pytest.raises(sl.EventError, match="this poll is closed"):
            await tab.call(poll.vote, choice="pie")
        assert shown(tab, poll, ["votes"]) == {"votes": {"soup": 2}}


def test_every_block_has_a_check():
    names = [name for name, _ in BLOCKS]
    assert "" not in names, "a block of the guide has no name"
    assert names == list(dict.fromkeys(names))
    assert set(names) == set(CHECKS)


@pytest.mark.parametrize(("name", "source"), BLOCKS, ids=[name for name, _ in BLOCKS])
async def test_block(name, source, tmp_path, monkeypatch):
    program = running.load(tmp_path / f"{name}.py", source)
    async with running.serving(program, monkeypatch) as harness:
        await CHECKS[name](program, harness)
