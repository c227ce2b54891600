"""The guide on identifying clients: `self.router.session.client_token`, and never an argument."""

from uuid import uuid4

import pytest

import statelink as sl
from guide.watching import Received, sees
from statelink.testing.conversation import Identity

SEEN: list[str] = []


class SharedRoom(sl.SharedState):
    shared_room: str = sl.LocalStorage()
    _users: dict[str, str] = {}

    @sl.var
    def user_list(self) -> str:
        return ", ".join(self._users.values())

    @sl.event
    async def join(self, username: str) -> None:
        if not self.shared_room:
            self.shared_room = f"room-{uuid4()}"
        linked = await self._link_to(self.shared_room)
        linked._users[self.router.session.client_token] = username

    @sl.event
    async def leave(self):
        self._users.pop(self.router.session.client_token, None)
        if self._linked_to:
            return await self._unlink()

    @sl.event
    def who(self) -> None:
        SEEN.append(self.router.session.client_token)

    @sl.event
    def rename(self, username: str) -> None:
        self._users[self.router.session.client_token] = username


class PrivateState(sl.State):
    @sl.event
    def handle_submit(self, form_data: dict[str, str]):
        return SharedRoom.join(form_data["username"])

    @sl.var
    async def user_in_room(self) -> bool:
        shared = await self.get_state(SharedRoom)
        return self.router.session.client_token in shared._users


STATES = [SharedRoom, PrivateState]


@pytest.fixture(autouse=True)
def _fresh():
    SEEN.clear()


async def joined(harness, username, room="room-1"):
    client = await harness.connect(stored={"SharedRoom.shared_room": room})
    await client.call(PrivateState.handle_submit, form_data={"username": username})
    await sees(client, PrivateState, user_in_room=True)
    return client


async def test_each_linked_client_is_identified_by_its_client_token(harness):
    """Each linked client can be identified uniquely by its client_token."""
    clients = [await joined(harness, f"user {n}") for n in range(5)]
    for _ in range(2):
        for client in clients:
            await client.call(SharedRoom.who)
    await clients[0].reconnect()
    await clients[0].call(SharedRoom.who)
    tokens = [client.client_token for client in clients]
    assert len(set(tokens)) == 5
    assert [*tokens, *tokens, tokens[0]] == SEEN


async def test_an_argument_cannot_pretend_to_be_somebody(harness):
    """Identifiers that are parameters can be spoofed by a client; client_token cannot."""
    ann, bob = await joined(harness, "Ann"), await joined(harness, "Bob")
    with pytest.raises(sl.EventError, match="invalid_arguments"):
        await bob.call(SharedRoom.rename, username="x", client_token=ann.client_token)
    await bob.call(SharedRoom.rename, username="Bobby")
    for client in (ann, bob):
        await sees(client, SharedRoom, user_list="Ann, Bobby")


@pytest.mark.parametrize("secret", [None, "guessed"])
async def test_a_known_client_token_makes_nobody_that_client(harness, secret):
    """The client_token identifies the client that triggers an event, so who knows one has nothing."""
    ann = await joined(harness, "Ann")
    thief = await harness.connect(
        identity=Identity(ann.client_token, secret, ann.identity.boot), stored={}
    )
    await thief.call(SharedRoom.who)
    assert SEEN[-1] == thief.client_token != ann.client_token
    assert not thief.resumed
    assert thief.state(PrivateState)["user_in_room"] is False
    await ann.call(SharedRoom.rename, username="still Ann")
    assert ann.state(SharedRoom)["user_list"] == "still Ann"


async def test_the_shared_room_lists_its_users(harness):
    """The Shared Room: who has joined is listed for all who are in it."""
    ann = await harness.connect()
    assert ann.state(SharedRoom)["user_list"] == ""
    await ann.call(PrivateState.handle_submit, form_data={"username": "Ann"})
    await sees(ann, SharedRoom, user_list="Ann")
    room = ann.state(SharedRoom)["shared_room"]
    assert room.startswith("room-")
    bob = await joined(harness, "Bob", room)
    for client in (ann, bob):
        await sees(client, SharedRoom, user_list="Ann, Bob")
    received = Received(bob)
    await ann.call(SharedRoom.leave)
    await sees(bob, SharedRoom, user_list="Bob")
    await sees(ann, SharedRoom, user_list="")
    assert ann.state(PrivateState)["user_in_room"] is False
    assert len(await received.by(bob)) == 1


async def test_tokens_of_others_are_not_shown(harness):
    """What identifies a client stays on the server: names are shown, tokens are not."""
    ann, bob = await joined(harness, "Ann"), await joined(harness, "Bob")
    await sees(ann, SharedRoom, user_list="Ann, Bob")
    assert ann.client_token not in repr(bob.frames)
    assert bob.client_token not in repr(ann.frames)
