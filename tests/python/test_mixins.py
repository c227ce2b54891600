"""Mixins: what a state class takes over from them."""

import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

SEEN = []


class Likes(sl.State, mixin=True):
    likes: int = 0
    likers: list[str] = []

    @sl.event
    def like(self) -> None:
        self.likes += 1
        self.likers.append("somebody")

    @sl.var
    def doubled(self) -> int:
        return self.likes * 2


class Named(Likes, mixin=True):
    """A mixin of a mixin."""

    label: str = "named"

    @sl.event
    def rename(self, label: str) -> None:
        self.label = label


class Plain:
    """A plain class: its annotated attributes, computed vars and decorated handlers."""

    LIMIT = 3
    plain: int = 0

    @sl.event
    def bump(self) -> None:
        self.plain = min(self.plain + 1, self.LIMIT)

    @sl.var
    def is_full(self) -> bool:
        return self.plain == self.LIMIT

    def helper(self) -> int:
        return self.plain


class Post(Likes, sl.State):
    text: str = "post"


class Page(sl.State, Named):
    likes: int = 10  # in place of the mixin's

    @sl.event
    def like(self) -> None:
        self.likes += 100

    @sl.event
    async def ask(self, what: str) -> None:
        if what == "state":
            await self.get_state(Likes)
        await self.get_var_value(Likes.likes)


class Wall(sl.SharedState, Likes):
    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)


class Box(Plain, sl.State):
    @sl.event
    def scribble(self) -> None:
        self.unknown = 1

    @sl.event
    def over_limit(self) -> None:
        self.LIMIT = 5


class Special(Post, Likes):
    """Has the mixin from its parent already."""

    extra: int = 1


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.fixture
async def harness():
    states = [Post, Page, Wall, Box, Special]
    async with AppHarness(sl.App(states=states)) as harness:
        yield harness


async def test_each_state_has_its_own_copies(harness):
    alice, bob = await harness.connect(), await harness.connect()
    await alice.call(Post.like)
    liked = {"likes": 1, "likers": ["somebody"], "doubled": 2, "text": "post"}
    assert alice.state(Post) == liked
    assert bob.state(Post) | {"likes": 0, "likers": []} == bob.state(Post)
    assert alice.state(Wall) == {"likes": 0, "likers": [], "doubled": 0}
    await alice.call("Wall.like")
    assert alice.state(Wall)["likes"] == 1 and alice.state(Post)["likes"] == 1


async def test_the_first_in_the_method_resolution_order_has_the_name(harness):
    alice = await harness.connect()
    assert alice.state(Page) == {"likes": 10, "likers": [], "doubled": 20, "label": "named"}
    await alice.call(Page.like)
    await alice.call(Page.rename, label="mixins of mixins")
    assert alice.state(Page)["likes"] == 110 and alice.state(Page)["doubled"] == 220
    assert alice.state(Page)["label"] == "mixins of mixins"


async def test_a_shared_state_shares_what_its_mixins_gave(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Wall.join, token="wall")
    await alice.call(Wall.like)
    await bob.until(lambda: bob.state(Wall)["doubled"] == 2)


async def test_plain_classes_give_what_is_annotated(harness):
    alice = await harness.connect()
    assert alice.state(Box) == {"plain": 0, "is_full": False}
    for _ in range(4):
        await alice.call(Box.bump)
    assert alice.state(Box) == {"plain": 3, "is_full": True}
    with pytest.raises(sl.EventError, match="unknown_event"):
        await alice.call("Box.helper")
    with pytest.raises(sl.EventError, match="has no var 'unknown'"):
        await alice.call(Box.scribble)
    with pytest.raises(sl.EventError, match="LIMIT is no var"):
        await alice.call(Box.over_limit)


async def test_a_subclass_shares_what_its_parent_has_from_a_mixin(harness):
    alice = await harness.connect()
    await alice.call(Post.like)
    assert alice.state(Special) == {"extra": 1}
    assert Special.likes.owner is Post


async def test_a_mixin_is_no_state(harness):
    assert not {"Likes", "Named"} & set(harness.app.state_names.values())
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="Likes is a mixin"):
        await alice.call(Page.ask, what="state")
    with pytest.raises(sl.EventError, match="state class that lists the mixin"):
        await alice.call(Page.ask, what="var")
    with pytest.raises(sl.EventError, match="unknown_event"):
        await alice.call("Likes.like")


def test_what_cannot_be_a_mixin():
    with pytest.raises(sl.StateError, match="a state lists its mixins"):

        class Wrong(Post, mixin=True):
            pass

    with pytest.raises(sl.StateError, match="statelink's own"):

        class Reserved(sl.State, mixin=True):
            router: int = 0


async def test_it_cannot_be_served():
    with pytest.raises(sl.StateError, match="Likes.* is a mixin"):
        await sl.App(states=[Likes]).start(port=0)
