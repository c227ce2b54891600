"""Random bytes and random changes of valid frames: a documented answer each, and a bystander who notices nothing."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bystander import scene
from raw_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, frame, request, text

DOCUMENTED = {1002, 1003, 1007, 1009, 4400}
STATUSES = {101, 200, 400, 403, 404, 405, 413, 426, 431}
FRAMES_OF_CLIENTS = [
    {"e": 2, "h": "Tally.nothing"},
    {"e": 3, "h": "Tally.name", "a": {"label": "κόσμε 🙂"}},
    {"e": 4, "h": "Nobody.home", "a": {}},
    {"resync": [1, 2]},
    {"hello": {"path": "/", "caps": ["append"], "resume": {"token": "t", "boot": "b"}}},
]

opcodes = st.sampled_from([CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG, 3, 11])
messages = st.sampled_from([json.dumps(f, ensure_ascii=False).encode() for f in FRAMES_OF_CLIENTS])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def changed(draw, of):
    """Bytes, some of which were changed, cut out or put in."""
    data = bytearray(draw(of))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 4)))
        data[at:until] = draw(st.binary(max_size=4))
    return bytes(data)


any_frame = st.builds(
    frame,
    opcodes,
    messages | changed(messages) | st.binary(max_size=130),
    fin=st.booleans(),
    masked=st.sampled_from([True, True, True, False]),
    reserved=st.sampled_from([0, 0, 0, 1, 4]),
    claimed=st.none() | st.none() | st.sampled_from([0, 126, 4096, 65536, 1 << 63]),
)
any_json = st.builds(
    text,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("e", "h", "a", "hello", "resync"), json_values),
    )
    | json_values,
)
any_input = st.one_of(
    st.binary(min_size=1, max_size=64),
    any_frame,
    any_json,
    changed(any_frame),
    messages.map(text),
    changed(messages).map(text),
)


any_request = changed(
    st.sampled_from([request(), request(target="/page/x"), request() + text({"hello": {}})])
)


class Server:
    """A scene for tests that are no coroutines, as those of Hypothesis are."""

    def __enter__(self):
        self._runner = asyncio.Runner().__enter__()
        self._scene = scene(message_bytes=4096, http_head_bytes=2048)
        self.app = self.run(self._scene.__aenter__())
        return self

    def __exit__(self, *_):
        self.run(self._scene.__aexit__(None, None, None))
        self._runner.close()

    def run(self, coroutine):
        return self._runner.run(coroutine)


async def meet(app, parts):
    """Sends the parts after a hello and a good event; returns how the session ended."""
    async with await app.upgraded() as client:
        await client.hello()
        await client.call("Tally.nothing")
        await client.send(*parts, close(1000))
        client.end_of_stream()  # where the parts end inside a frame, nothing else would end it
        ending = await client.ending()
    await app.goes_on()
    return ending


def test_random_frames():
    seen = set()
    with Server() as server:

        @settings(max_examples=400, deadline=None)
        @given(st.lists(any_input, min_size=1, max_size=5))
        def check(parts):
            ending = server.run(meet(server.app, parts))
            if ending.reason:
                seen.add(ending.code)
                assert ending.code in DOCUMENTED, ending
            else:  # the client's own close, answered
                assert ending.code is None or may_be_sent(ending.code), ending
            for message in ending.messages:
                assert {"a", "x", "s", "hydrated"} & set(message), message

        check()
        server.run(server.app.undisturbed())
    assert seen >= {1002, 4400}


def may_be_sent(code):
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


async def ask(app, sent):
    async with await app.open() as client:
        await client.send(sent)
        client.end_of_stream()
        said = await client.rest()
    await app.goes_on()
    return said


def test_random_requests():
    with Server() as server:

        @settings(max_examples=200, deadline=None)
        @given(any_request | st.binary(max_size=64))
        def check(sent):
            said = server.run(ask(server.app, sent))
            if said:
                version, status, _ = said.split(b" ", 2)
                assert version in (b"HTTP/1.1", b"HTTP/1.0") and int(status) in STATUSES, said

        check()
        server.run(server.app.undisturbed())
