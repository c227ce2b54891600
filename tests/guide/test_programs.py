"""The four programs of the guide's page, in our words: nothing is changed but the import."""

import contextlib

import pytest

from guide import programs, running
from guide.watching import sees


@pytest.fixture
def served(tmp_path, monkeypatch):
    @contextlib.asynccontextmanager
    async def serve(name, source):
        program = running.load(tmp_path / f"{name}.py", source.replace("{module}", "statelink"))
        async with running.serving(program, monkeypatch) as harness:
            yield program, harness

    return serve


@pytest.mark.parametrize("name", ["COUNTER", "ROOM", "GAME", "DYNAMIC_ROUTE"])
def test_only_the_import_names_the_implementation(name):
    """Programs like the page's run with only the import changed."""
    source = getattr(programs, name)
    imports = [line for line in source.splitlines() if "{module}" in line]
    assert imports == ["import {module} as rx"]
    assert "statelink" not in source
    compile(source.replace("{module}", "reflex"), name, "exec")


async def test_the_collaborative_counter(served):
    """Open it in a second and third tab and link: an increment in any of them counts in all."""
    async with served("counter", programs.COUNTER) as (program, harness):
        counter = program.CollaborativeCounter
        tabs = [await harness.connect() for _ in range(3)]
        for linked, tab in enumerate(tabs):
            assert tab.state(counter) == {"count": 0, "is_linked": False}
            await tab.call(counter.toggle_link)
            assert tab.state(counter) == {"count": linked + 1, "is_linked": True}
        for tab in tabs:
            # As the page's button: the argument is computed from what the tab shows.
            count = await tab.until(lambda: tab.state(counter)["count"])  # noqa: B023
            await tab.call(counter.set_count, count=count + 1)
            for other in tabs:
                await sees(other, counter, count=count + 1)
        await tabs[0].call(counter.toggle_link)
        assert tabs[0].state(counter) == {"count": 0, "is_linked": False}
        await tabs[1].call(counter.set_count, count=50)
        await sees(tabs[2], counter, count=50)
        assert tabs[0].state(counter)["count"] == 0


async def test_the_shared_room(served):
    """Who submits the form is in the room, which its browser remembers; others see it in the list."""
    async with served("room", programs.ROOM) as (program, harness):
        room, private = program.SharedRoom, program.PrivateState
        ann = await harness.connect()
        assert (ann.state(room)["user_list"], ann.state(private)["user_in_room"]) == ("", False)
        await ann.call(private.handle_submit, form_data={"username": "Ann"})
        await sees(ann, room, user_list="Ann")
        await sees(ann, private, user_in_room=True)
        (key,) = ann.storage
        bob = await harness.connect(stored=ann.storage)  # the same browser, another tab
        await bob.call(private.handle_submit, form_data={"username": "Bob"})
        for tab in (ann, bob):
            await sees(tab, room, user_list="Ann, Bob")
        stranger = await harness.connect()
        await stranger.call(private.handle_submit, form_data={"username": "Carl"})
        await sees(stranger, room, user_list="Carl")
        assert stranger.storage[key] != ann.storage[key] == bob.storage[key]
        await bob.call(room.leave)
        assert bob.state(room)["user_list"] == ""
        assert bob.state(private)["user_in_room"] is False
        await bob.call(room.leave)  # not linked: it does nothing


async def test_the_game(served):
    """Players are known by their tokens, and each sees its own piece."""
    async with served("game", programs.GAME) as (program, harness):
        game, mine = program.SharedGameState, program.UserGameState
        x, o, spectator = [await harness.connect() for _ in range(3)]
        for tab in (x, o, spectator):
            await tab.call(game.sit_down)
        for tab, piece in ((x, "X"), (o, "O"), (spectator, None)):
            await sees(tab, mine, player_piece=piece)
        await x.call(game.make_move, x=1, y=1)
        await spectator.call(game.make_move, x=0, y=0)
        await o.call(game.make_move, x=1, y=1)
        await o.call(game.make_move, x=2, y=0)
        for tab in (x, o, spectator):
            await sees(tab, game, cells={"1/1": "X", "2/0": "O"})


async def test_the_dynamic_route(served):
    """The address names the room; it is linked before the page is shown."""
    async with served("dynamic_route", programs.DYNAMIC_ROUTE) as (program, harness):
        room = program.SharedRoom
        ann = await harness.connect("/room/a_b")
        assert ann.state(room) == {"visits": 1, "room_name": "a-b"}
        bob = await harness.connect("/room/a-b")
        assert bob.state(room) == {"visits": 2, "room_name": "a-b"}
        await sees(ann, room, visits=2)
        carl = await harness.connect("/room")
        assert carl.state(room) == {"visits": 1, "room_name": "default-room"}
