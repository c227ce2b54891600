"""The guide on linking: `_link_to`, the events after it, `_unlink`."""

import inspect

import pytest

import statelink as sl
from guide.watching import sees, shown

SEEN: list[object] = []


class Note(sl.SharedState):
    text: str = "empty"
    edits: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        linked = await self._link_to(token)
        linked.edits += 1

    @sl.event
    async def join_and_look(self, token: str) -> None:
        self.text = "private"
        request = self._link_to(token)
        SEEN.append(inspect.isawaitable(request))
        linked = await request
        SEEN.extend([type(linked), linked._linked_to, linked.text, linked is self])

    @sl.event
    async def forget_to_await(self) -> None:
        self._link_to("note")

    @sl.event
    def write(self, text: str) -> None:
        SEEN.append(self._linked_to)
        self.text = text
        self.edits += 1

    @sl.event
    async def leave(self):
        return await self._unlink()

    @sl.event
    async def leave_and_yield(self):
        yield await self._unlink()


class Private(sl.State):
    @sl.event
    def write_by_event(self, text: str):
        return Note.write(text)

    @sl.event
    async def write_by_state(self, text: str) -> None:
        note = await self.get_state(Note)
        note.write(text)


STATES = [Note, Private]


@pytest.fixture(autouse=True)
def _fresh():
    SEEN.clear()


async def joined(harness, token="note"):
    client = await harness.connect()
    await client.call(Note.join, token=token)
    return client


@pytest.mark.parametrize("token", ["note", "shared-global-note", "with_underscores", "ünïcode / 1"])
async def test_a_shared_state_can_be_linked_to_a_token(harness, token):
    """A subclass of SharedState can be linked to a token."""
    ann, bob = await joined(harness, token), await joined(harness, token)
    await ann.call(Note.write, text="by Ann")
    await sees(bob, Note, text="by Ann", edits=3)


async def test_link_to_is_async(harness):
    """The method is async: it is awaited, and one that was not is an error that its author sees."""
    ann = await harness.connect()
    await ann.call(Note.join_and_look, token="note")
    assert SEEN[0] is True
    bob = await harness.connect()
    with pytest.raises(sl.EventError, match="without await"):
        await bob.call(Note.forget_to_await)


async def test_link_to_returns_the_linked_instance(harness):
    """It returns the state instance that is linked."""
    ann = await joined(harness)
    await ann.call(Note.write, text="by Ann")
    SEEN.clear()
    bob = await harness.connect()
    await bob.call(Note.join_and_look, token="note")
    # The last is ours: `self` is the linked instance from then on, too.
    assert [True, Note, "note", "by Ann", True] == SEEN


async def test_what_is_changed_on_it_in_the_same_event_is_shared(harness):
    """The linked instance can be changed at once, in the handler that has linked it."""
    ann, bob = await joined(harness), await joined(harness)
    await sees(ann, Note, edits=2)
    await sees(bob, Note, edits=2)


@pytest.mark.parametrize("handler", [Note.write, Private.write_by_event, Private.write_by_state])
async def test_later_events_run_in_the_context_of_the_linked_state(harness, handler):
    """After linking, events against the shared state run in the context of the linked one."""
    ann, bob = await joined(harness), await joined(harness)
    await ann.call(handler, text="later")
    for client in (ann, bob):
        await sees(client, Note, text="later", edits=3)
    assert SEEN == ["note"]


@pytest.mark.parametrize("handler", [Note.leave, Note.leave_and_yield])
async def test_unlinking_returns_the_result_of_awaiting_unlink(harness, handler):
    """To unlink, the handler returns what awaiting `_unlink` gives."""
    ann, bob = await harness.connect(), await joined(harness)
    await ann.call(Note.write, text="Ann's own")
    await ann.call(Note.join, token="note")
    await bob.call(Note.write, text="shared")
    await sees(ann, Note, text="shared")
    await ann.call(handler)
    assert shown(ann, Note, ["text", "edits"]) == {"text": "Ann's own", "edits": 1}
    await bob.call(Note.write, text="without Ann")
    await ann.call(Note.write, text="without Bob")
    assert shown(ann, Note, ["text", "edits"]) == {"text": "without Bob", "edits": 2}
    await sees(bob, Note, text="without Ann")
    assert SEEN[-2:] == ["note", ""]
