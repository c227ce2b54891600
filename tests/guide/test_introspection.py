"""The guide on `_linked_to` and `_linked_from`; what it warns of as stale is never stale here."""

import pytest

import statelink as sl
from guide.watching import sees

SEEN: list[tuple[str, set[str]]] = []


class Room(sl.SharedState):
    topic: str = "none"
    _users: dict[str, str] = {}

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        SEEN.append((linked._linked_to, set(linked._linked_from)))

    @sl.event
    async def join_as(self, token: str, username: str) -> None:
        linked = await self._link_to(token)
        linked._users[self.router.session.client_token] = username

    @sl.event
    async def leave(self):
        return await self._unlink()

    @sl.event
    def look(self) -> None:
        SEEN.append((self._linked_to, set(self._linked_from)))

    @sl.event
    def set_topic(self, topic: str) -> None:
        self.topic = topic

    @sl.event
    def clear(self) -> None:
        self.reset()

    @sl.event
    def sweep(self) -> None:
        sockets = APP[-1].event_namespace.token_to_sid
        for token in list(self._users):
            if token not in sockets:
                del self._users[token]

    @sl.var
    def present(self) -> list[str]:
        return sorted(self._linked_from)

    @sl.var
    def user_list(self) -> list[str]:
        return sorted(self._users.values())

    @sl.var
    def is_linked(self) -> bool:
        return bool(self._linked_to)


class Other(sl.SharedState):
    @sl.event
    def look(self) -> None:
        SEEN.append((self._linked_to, set(self._linked_from)))


STATES = [Room, Other]
APP: list[sl.App] = []


@pytest.fixture(autouse=True)
def _fresh(app):
    SEEN.clear()
    APP[:] = [app]


async def joined(harness, token="room"):
    client = await harness.connect()
    await client.call(Room.join, token=token)
    return client


async def look(client, handler=Room.look):
    await client.call(handler)
    return SEEN[-1]


async def away(harness, client):
    await client.disconnect()
    await harness.gone(client)


def tokens(*clients):
    return {client.client_token for client in clients}


async def test_both_attributes_follow_linking_and_unlinking(harness):
    """Two attributes give link status and peers; they are updated by linking and unlinking."""
    ann = await harness.connect()
    assert await look(ann) == ("", set())
    bob = await joined(harness)
    await ann.call(Room.join, token="room")
    assert SEEN[-1] == ("room", tokens(ann, bob))  # already in the handler that has linked
    assert await look(bob) == ("room", tokens(ann, bob))
    await ann.call(Room.join, token="another")
    assert await look(ann) == ("another", tokens(ann))
    assert await look(bob) == ("room", tokens(bob))
    await ann.call(Room.leave)
    assert await look(ann) == ("", set())


async def test_linked_to_is_the_token_or_empty(harness):
    """`_linked_to`: the token that the state is linked to, or an empty string."""
    ann = await joined(harness)
    assert (await look(ann))[0] == "room"
    assert ann.state(Room)["is_linked"] is True
    await ann.call(Room.leave)
    assert (await look(ann))[0] == ""
    assert ann.state(Room)["is_linked"] is False


async def test_linked_to_is_empty_on_instances_that_are_not_linked(harness):
    """It is set on the linked instance only; unlinked ones have an empty string."""
    ann, bob = await joined(harness), await harness.connect()
    assert (await look(bob))[0] == ""
    assert (await look(ann, Other.look))[0] == ""
    assert (await look(ann))[0] == "room"


async def test_linked_to_is_the_own_token_where_others_link_to_it(harness):
    """Where another links to a client's private token, that is the owner's `_linked_to`."""
    ann, bob = await harness.connect(), await harness.connect()
    await bob.call(Room.join, token=ann.client_token)
    assert await look(ann) == (ann.client_token, tokens(bob))
    assert await look(bob) == (ann.client_token, tokens(bob))
    assert (await look(ann, Other.look))[0] == ""


async def test_the_owner_of_such_an_instance_is_not_linked(harness):
    """`_linked_to` equal to the own client_token: this client is unlinked, another linked to it."""
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.set_topic, topic="Ann's")
    await bob.call(Room.join, token=ann.client_token)
    with pytest.raises(sl.EventError, match="not linked"):
        await ann.call(Room.leave)
    await bob.call(Room.leave)
    assert await look(ann) == ("", set())
    assert bob.state(Room)["topic"] == "none"
    assert ann.state(Room)["topic"] == "Ann's"


async def test_linking_to_a_private_token_is_possible(harness):
    """Possible, if discouraged: the owner's own values are then shared."""
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.set_topic, topic="Ann's")
    await bob.call(Room.join, token=ann.client_token)
    assert bob.state(Room)["topic"] == "Ann's"
    await bob.call(Room.set_topic, topic="Bob's")
    await sees(ann, Room, topic="Bob's")
    await ann.call(Room.set_topic, topic="both")
    await sees(bob, Room, topic="both")


async def test_linked_from_has_the_clients_that_are_linked_now(harness):
    """`_linked_from`: a set of the client tokens that are linked to this instance."""
    clients = [await joined(harness) for _ in range(3)]
    await joined(harness, "another")
    assert (await look(clients[0]))[1] == tokens(*clients)
    for client in clients:
        await sees(client, Room, present=sorted(tokens(*clients)))


async def test_linked_from_loses_who_disconnects(harness):
    """Not stale after a disconnect: who is gone for longer than a reload is no longer in it."""
    ann, bob = await joined(harness), await joined(harness)
    await away(harness, bob)
    harness.clock.advance(harness.app.config.link_grace - 1)
    await bob.reconnect()
    harness.clock.advance(2)
    assert (await look(ann))[1] == tokens(ann, bob)
    await away(harness, bob)
    harness.clock.advance(harness.app.config.link_grace)
    await sees(ann, Room, present=[ann.client_token])
    assert (await look(ann))[1] == tokens(ann)
    await bob.reconnect()
    assert (await look(bob)) == ("room", tokens(ann, bob))
    await sees(ann, Room, present=sorted(tokens(ann, bob)))


async def test_linked_from_survives_a_reset(harness):
    """Not stale, and not empty, after `self.reset()`."""
    ann, bob = await joined(harness), await joined(harness)
    await bob.call(Room.set_topic, topic="before")
    await ann.call(Room.clear)
    assert await look(ann) == ("room", tokens(ann, bob))
    await sees(bob, Room, topic="none")
    await ann.call(Room.set_topic, topic="after")
    await sees(bob, Room, topic="after")


async def test_linked_from_loses_who_expires(harness):
    """Not stale when a client expires on the server."""
    ann, bob = await joined(harness), await joined(harness)
    await away(harness, bob)
    harness.clock.advance(harness.app.config.client_expiry)
    assert (await look(ann))[1] == tokens(ann)


async def test_a_sweep_by_token_to_sid(harness):
    """What a program keeps by client token can be swept by a look at token_to_sid."""
    ann, bob = await harness.connect(), await harness.connect()
    await ann.call(Room.join_as, token="room", username="Ann")
    await bob.call(Room.join_as, token="room", username="Bob")
    await ann.call(Room.sweep)
    assert ann.state(Room)["user_list"] == ["Ann", "Bob"]
    await away(harness, bob)
    await ann.call(Room.sweep)
    assert ann.state(Room)["user_list"] == ["Ann"]
