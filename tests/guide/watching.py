"""How the tests of the guide look at clients: what they see, and what they are sent."""

import statelink as sl


class Bystander(sl.State):
    """Served beside the states of a test: its event changes nothing."""

    @sl.event
    def nothing(self) -> None: ...


def shown(client, state, names):
    """Some of the values that a client sees of a state."""
    return {name: client.state(state).get(name) for name in names}


async def sees(client, state, **values) -> None:
    """Waits until a client sees these values of a state."""
    await client.until(lambda: shown(client, state, values) == values)


class Received:
    """The frames that clients receive from here on, without the answers to their own events."""

    def __init__(self, *clients) -> None:
        self._seen = {client: len(client.frames) for client in clients}

    async def by(self, client):
        """What one has received, when all that was committed before has come."""
        await client.call(Bystander.nothing)
        return [frame for frame in client.frames[self._seen[client] :] if "a" not in frame]
