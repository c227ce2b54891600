"""The test client notices what a server must not do. It is a checker: what it does not notice, no test will."""

import pytest

from statelink.testing.calls import Call, compact
from statelink.testing.conversation import Conversation

HELLO = {
    "hello": {
        "token": "t",
        "secret": "s",
        "boot": "b",
        "resumed": False,
        "last": 0,
        "caps": ["append"],
    }
}
RESUMED = {"hello": {**HELLO["hello"], "resumed": True}}
ROOM = {"s": "Room", "i": 7, "r": 3, "v": {"n": 0}}
HYDRATED = {"hydrated": True}


def patch(revision, instance=7, **values):
    ops = [
        {"op": "add", "path": f"/{name}", "value": value}
        for name, value in (values or {"n": 1}).items()
    ]
    return {"i": instance, "r": revision, "p": ops}


def play(*frames, events=0, resume_with=(), states=("Room",)):
    """The violations that a client finds in these frames, after `events` calls; and `resume_with` after a reconnect."""
    client = Conversation(states=states)
    client.opened()
    for frame in frames:
        if frame is HYDRATED:
            for _ in range(events):
                client.call(Call("Room.go", {}, lambda error: None))
        client.received(frame if isinstance(frame, str) else compact(frame))
    if resume_with:
        client.lost(1006)
        client.opened()
        for frame in resume_with:
            client.received(compact(frame))
    return client.violations


GOOD = [HELLO, ROOM, HYDRATED]


def test_good_frames_are_none():
    good = [
        *GOOD,
        patch(4),
        {"a": 1, "f": [[7, 4]]},
        {"x": 2, "c": "handler_error", "m": "no"},
        {"a": [3, 4]},
    ]
    resumed = [RESUMED, {"a": 5}, patch(5), HYDRATED]
    assert play(*good, events=5, resume_with=resumed) == []


def test_an_instance_that_comes_back_may_begin_at_an_older_snapshot():
    elsewhere = {**ROOM, "i": 9, "r": 0}
    assert play(*GOOD, patch(4), patch(5), elsewhere, ROOM, patch(4), patch(5)) == []


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([patch(5)], "a gap in instance 7: revision 5 after 3"),
        ([patch(3)], "3 came again"),
        ([patch(4), patch(4)], "4 came again"),
        ([patch(1, instance=9)], "which no snapshot introduced"),
        ([{**ROOM, "i": 9, "r": 0}, patch(4)], "which was replaced in Room"),
        ([{**ROOM, "r": 2}], "went back from revision 3 to 2"),
        ([{"s": "Room", "i": 7, "r": 3, "o": 1, "v": {"n": 0}}], "became one of"),
        ([{**ROOM, "s": "Cart", "i": 9}], "Cart, which is no state of the app"),
        ([patch(4, _secret=1)], "backend-only"),
        ([{**ROOM, "v": {"_secret": 1}}], "field v"),
        ([{"i": 7, "r": 4, "p": [{"op": "remove", "path": "/none"}]}], "does not fit"),
        ([{"a": 2}], "event 2 was answered before 1"),
        ([{"a": 1}, {"a": 1}], "answered again"),
        ([{"a": [1, 2]}, {"x": 2, "c": "handler_error", "m": "no"}], "answered again"),
        ([{"a": [1, 4]}], "event 4 was answered, but 3 was the last to be sent"),
        ([{"a": 1, "f": [[7, 4]]}, patch(4)], "while instance 7 was at revision 3"),
        ([{"x": [1, 2], "c": "handler_error", "m": "no"}], "answers a range"),
        ([HELLO], "a second hello"),
        ([HYDRATED], "hydrated was sent again"),
        (['{"a":1,"a":1}'], "twice"),
        (['{"a":NaN}'], "NaN is no JSON"),
        (['{"a":1'], "no JSON"),
        ([b'{"a":1}'], "binary"),
        ([[1]], "no JSON object"),
        ([{"f": [[7, 3]], "a": 1}], "in this order"),
        ([{"a": 1, "z": 1}], "in this order"),
        ([{"a": True}], "field a"),
        ([{"a": [2, 1]}], "field a"),
        ([{"a": 1, "f": []}], "field f"),
        ([{"a": 1, "f": [[7, 3], [7, 3]]}], "field f"),
        ([{"i": 7, "r": 2**53, "p": [{"op": "remove", "path": "/n"}]}], "field r"),
        ([{"i": 7, "r": 4, "p": []}], "field p"),
    ],
)
def test_notices(frames, says):
    client = Conversation(states=["Room"])
    client.opened()
    for frame in GOOD:
        client.received(compact(frame))
    for _ in range(3):
        client.call(Call("Room.go", {}, lambda error: None))
    assert client.violations == []
    for frame in frames:
        client.received(frame if isinstance(frame, (str, bytes)) else compact(frame))
    assert any(says in violation for violation in client.violations), client.violations


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([ROOM], "snapshot before hello"),
        ([HELLO, HYDRATED], "before Room were introduced"),
        ([RESUMED, ROOM, HYDRATED], "resumed another client"),
        ([{"hello": {**HELLO["hello"], "caps": ["zip"]}}], "not offered"),
        ([{"hello": {**HELLO["hello"], "last": 1}}], "has sent nothing"),
        ([{"hello": {"token": "t"}}], "field hello"),
    ],
)
def test_notices_in_the_beginning(frames, says):
    assert any(says in violation for violation in play(*frames))


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([{"hello": {**RESUMED["hello"], "token": "other"}}, HYDRATED], "resumed another client"),
        ([RESUMED, patch(5), HYDRATED], "a gap"),
        ([RESUMED, patch(3), HYDRATED], "came again"),
        ([RESUMED, HYDRATED, {"a": 2}], "event 2 was answered before 1"),
    ],
)
def test_notices_after_a_resume(frames, says):
    assert any(says in violation for violation in play(*GOOD, events=2, resume_with=frames))
