"""Bad input over a socket: the answer that docs/protocol.md gives it, and a bystander who notices nothing.

The server is a whole app. WebSocket frames and messages are here; HTTP is in test_bad_requests.py, random input in
test_bad_input_random.py.
"""

import json

import pytest

from bystander import scene
from raw_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, frame, text

BIG = 20_000  # the message limit of the app under test
ROOM_EVENT = {"e": 2, "h": "Tally.nothing"}


@pytest.fixture
async def app():
    async with scene(message_bytes=BIG) as made:
        yield made


def event(**changed):
    return text({**ROOM_EVENT, **changed})


def fragments(*pieces, opcode=TEXT):
    """A message in frames."""
    last = len(pieces) - 1
    return b"".join(
        frame(opcode if i == 0 else CONTINUATION, piece, fin=i == last)
        for i, piece in enumerate(pieces)
    )


# --- what closes the session -----------------------------------------------------------------------

NOT_JSON = {
    "nothing": "",
    "garbage": "\x00\x01",
    "cut off": '{"e":2,"h":"Tally.no',
    "a comma behind the last": '{"e":2,"h":"Tally.nothing",}',
    "a comma behind the last in arguments": '{"e":2,"h":"Tally.add","a":{"by":1,}}',
    "two frames in one": '{"e":2,"h":"Tally.nothing"}{"e":3,"h":"Tally.nothing"}',
    "NaN": '{"e":2,"h":"Tally.add","a":{"by":NaN}}',
    "Infinity": '{"e":2,"h":"Tally.add","a":{"by":-Infinity}}',
    "a comment": '{"e":2,"h":"Tally.nothing"/**/}',
    "a leading zero": '{"e":02,"h":"Tally.nothing"}',
    "a control character": '{"e":2,"h":"Tally.\n"}',
    "a bad escape": '{"e":2,"h":"Tally.\\x"}',
    "a byte order mark": '\ufeff{"e":2,"h":"Tally.nothing"}',
    "an array": "[]",
    "a string": '"hello"',
    "deep arguments": '{"e":2,"h":"Tally.add","a":' + '{"by":' * 64 + "1" + "}" * 65,
    "deep brackets": "[" * BIG,
    "deep objects": '{"a":' * (BIG // 5),
}

NOT_OF_THE_PROTOCOL = {
    "an unknown kind": text({"ping": 1}),
    "no kind": text({}),
    "two kinds": text({"e": 2, "h": "Tally.nothing", "resync": [1]}),
    "a frame of the server": text({"hydrated": True}),
    "a page that is no text": text({"page": 7}),
    "a page without end": text({"page": "/" + "x" * 16384}),
    "what is kept is no object": text({"stored": []}),
    "what is kept of a state is no object": text({"stored": {"Tally": 1}}),
    "no handler": text({"e": 2}),
    "a handler that is a number": event(h=7),
    "a handler with half a surrogate pair": text('{"e":2,"h":"Tally.\\ud800"}'),
    "a handler without end": event(h="x" * 1001),
    "event id 0": event(e=0),
    "a negative event id": event(e=-2),
    "a fractional event id": event(e=2.5),
    "an event id with an exponent": text('{"e":2e0,"h":"Tally.nothing"}'),
    "an event id that is a string": event(e="2"),
    "an event id that is null": event(e=None),
    "an event id of 2^53": event(e=1 << 53),
    "a huge event id": text('{"e":' + "9" * 1000 + ',"h":"Tally.nothing"}'),
    "an event id beyond double": text('{"e":1e999,"h":"Tally.nothing"}'),
    "arguments in a list": event(a=[1]),
    "arguments that are null": event(a=None),
    "resync that is no list": text({"resync": 7}),
    "resync of instance 0": text({"resync": [0]}),
    "resync of a negative instance": text({"resync": [-1]}),
    "resync beyond double": text('{"resync":[1e999]}'),
    "a second hello": text({"hello": {}}),
}

BAD_FRAMES = {
    # Reserved bits and opcodes.
    **{f"reserved bits {bits}": text(ROOM_EVENT, reserved=bits) for bits in range(1, 8)},
    "a reserved bit of a ping": frame(PING, reserved=4),
    **{f"opcode {opcode}": frame(opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    # Masks and lengths.
    "an unmasked text": text(ROOM_EVENT, masked=False),
    "an unmasked ping": frame(PING, masked=False),
    "an unmasked close": frame(CLOSE, masked=False),
    "a length with its top bit": frame(TEXT, claimed=(1 << 63) + 1),
    "a length that is not the shortest": b"\x81\xfe\x00\x01\x00\x00\x00\x00x",
    # Fragments.
    "a continuation of nothing": frame(CONTINUATION, "x"),
    "an open continuation of nothing": frame(CONTINUATION, "x", fin=False),
    "a message inside another": frame(TEXT, "{", fin=False) + text(ROOM_EVENT),
    "binary inside a text": frame(TEXT, "{", fin=False) + frame(BINARY, "x"),
    # Control frames.
    "a fragmented ping": frame(PING, "x", fin=False),
    "a fragmented close": frame(CLOSE, b"\x03\xe8", fin=False),
    "a ping of 126 bytes": frame(PING, b"x" * 126),
    "a pong of 126 bytes": frame(PONG, b"x" * 126),
    "a close of 126 bytes": close(1000, b"x" * 124),
    # Closes.
    "half a close code": frame(CLOSE, b"\x03"),
    **{
        f"close code {code}": close(code)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    },
}

NOT_UTF8 = {
    "a byte that is none": text(b'{"e":2,"h":"\xff"}'),
    "a surrogate": text(b"\xed\xa0\x80"),
    "an overlong form": text(b"\xc0\xaf"),
    "beyond U+10FFFF": text(b"\xf4\x90\x80\x80"),
    "cut at the end": text(b'"\xce'),
    "cut at the end of the last fragment": fragments(b'"', b"\xce"),
    "split over fragments": fragments(b'"\xce', b"\xce"),
    "in the first of the fragments": frame(TEXT, b"\xff", fin=False),
    "in a frame that is not complete": frame(TEXT, b"\xff", claimed=1000),
    "a close reason": close(1000, b"\xce\xba\xed\xa0\x80"),
}

TOO_BIG = {
    "one frame": text(" " * (BIG + 1)),
    "the header alone": frame(TEXT, claimed=1 << 62),
    "fragments together": fragments(" " * BIG, " "),
    "an open fragment": frame(TEXT, " " * BIG, fin=False) + frame(CONTINUATION, " ", fin=False),
    "binary": frame(BINARY, " " * (BIG + 1)),
}

CLOSING = [
    *((4400, name, text(message)) for name, message in NOT_JSON.items()),
    *((4400, name, sent) for name, sent in NOT_OF_THE_PROTOCOL.items()),
    *((1002, name, sent) for name, sent in BAD_FRAMES.items()),
    *((1007, name, sent) for name, sent in NOT_UTF8.items()),
    *((1009, name, sent) for name, sent in TOO_BIG.items()),
    (1003, "binary", frame(BINARY, json.dumps(ROOM_EVENT))),
    (1003, "binary fragments", fragments(b"\xff", b"\xff", opcode=BINARY)),
]


@pytest.mark.parametrize(
    ("code", "sent"),
    [pytest.param(code, sent, id=f"{code}: {name}") for code, name, sent in CLOSING],
)
async def test_it_is_closed_with_a_code_and_a_reason(app, code, sent):
    async with await app.offender() as client:
        await client.send(sent)
        ending = await client.ending()
    assert ending.code == code
    assert ending.reason
    assert ending.messages == []
    await app.undisturbed()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(event(e=1), id="an event"),
        pytest.param(text({"resync": [1]}), id="resync"),
        pytest.param(text("{}"), id="nothing"),
        pytest.param(text({"hello": []}), id="hello that is no object"),
        pytest.param(text({"hello": {"path": 1}}), id="a path that is no string"),
        pytest.param(text({"hello": {"path": "/" * 16385}}), id="a path without end"),
        pytest.param(text({"hello": {"caps": [1]}}), id="caps of numbers"),
        pytest.param(text({"hello": {"resume": "x"}}), id="resume that is no object"),
        pytest.param(text({"hello": {"resume": {"token": "x"}}}), id="resume without boot"),
        pytest.param(
            text({"hello": {"resume": {"token": 1, "secret": "x", "boot": "x"}}}),
            id="a token that is no string",
        ),
        pytest.param(
            text({"hello": {"resume": {"token": "x", "boot": "x", "acked": -1}}}),
            id="a negative acked",
        ),
        pytest.param(
            text({"hello": {"resume": {"token": "x", "boot": "x", "have": [[1]]}}}),
            id="half a pair",
        ),
        pytest.param(text('{"hello":{"path":"\\ud800"}}'), id="half a surrogate pair"),
        pytest.param(text('{"hello":{"x":1e999}}'), id="a number beyond double"),
    ],
)
async def test_the_first_frame_must_be_a_hello(app, sent):
    async with await app.upgraded() as client:
        await client.send(sent)
        ending = await client.ending()
    assert ending.code == 4400 and ending.reason and ending.messages == []
    await app.undisturbed()


async def test_who_says_nothing_is_closed():
    async with scene(hello_timeout=0.05) as app:
        async with await app.upgraded() as client:
            assert (await client.ending()).code == 4408
        await app.undisturbed()


async def test_what_came_before_is_done(app):
    async with await app.offender() as client:
        await client.send(client.event("Tally.name", label="before") + text("[]"))
        assert (await client.ending()).code == 4400
        async with await app.upgraded() as another:
            await another.hello()
            messages = await another.call("Tally.join")
    assert any(message.get("v", {}).get("label") == "before" for message in messages)


# --- how a session ends ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [None, 1000, 1001, 1011, 3000, 4000, 4999])
async def test_a_clients_close_is_answered_with_its_code(app, code):
    async with await app.offender() as client:
        await client.send(close(code, b"" if code is None else "🙂".encode()))
        ending = await client.ending()
    assert (ending.closed, ending.code, ending.reason) == (True, code, "")
    await app.undisturbed()


@pytest.mark.parametrize(
    "late", [event(), frame(PING, "?"), text("[]"), b"\xff" * 100_000, close(1000)]
)
async def test_nothing_is_done_after_a_clients_close(app, late):
    async with await app.offender() as client:
        await client.send(close(1000) + late)
        ending = await client.ending()
    assert ending.code == 1000
    await app.undisturbed()


@pytest.mark.parametrize("late", [event(), frame(PING, "?"), frame(BINARY, "?"), b"\xff" * 100_000])
async def test_nothing_is_done_after_the_servers_close(app, late):
    async with await app.offender() as client:
        await client.send(text("[]"))
        assert (await client.receive())[0] == CLOSE
        await client.send(late)
        assert await client.rest() == b""
    await app.undisturbed()


async def test_who_never_answers_a_close_is_cut_off(app):
    async with await app.offender() as client:
        await client.send(text("[]"))
        assert (await client.receive())[0] == CLOSE
        await app.alone()
    await app.undisturbed()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x81", id="half a header"),
        pytest.param(frame(TEXT, '{"e":', claimed=1000), id="half a frame"),
        pytest.param(frame(TEXT, '{"e":', fin=False), id="half a message"),
    ],
)
@pytest.mark.parametrize("how", ["end", "reset"])
async def test_a_socket_that_ends_inside_a_frame(app, sent, how):
    async with await app.offender() as client:
        await client.send(sent)
        if how == "reset":
            client.reset()
        else:
            client.end_of_stream()
            assert await client.rest() == b""
    await app.undisturbed()


# --- what is answered, and the session goes on -----------------------------------------------------

REFUSED = {
    "an unknown state": ("unknown_event", "Nobody.home", {}),
    "an unknown handler": ("unknown_event", "Tally.none", {}),
    "a method that is no event": ("unknown_event", "Tally._link_to", {"link_token": "x"}),
    "no dot": ("unknown_event", "Tally", {}),
    "no name": ("unknown_event", "", {}),
    "a name of odd characters": ("unknown_event", 'Tally.\x00"\\\u2028🙂', {}),
    "a long name": ("unknown_event", "x" * 1000, {}),
    "a missing argument": ("invalid_arguments", "Tally.name", {}),
    "an argument too many": ("invalid_arguments", "Tally.add", {"by": 1, "to": 2}),
    "an argument of a handler without": ("invalid_arguments", "Tally.nothing", {"by": 1}),
    "a wrong type": ("invalid_arguments", "Tally.add", {"by": "many"}),
    "null": ("invalid_arguments", "Tally.add", {"by": None}),
    "a fraction": ("invalid_arguments", "Tally.add", {"by": 1.5}),
    "a list": ("invalid_arguments", "Tally.name", {"label": ["x"]}),
    "self": ("invalid_arguments", "Tally.add", {"self": 1}),
    "an empty name": ("invalid_arguments", "Tally.add", {"": 1}),
    "many": ("invalid_arguments", "Tally.add", {f"argument_{n}": n for n in range(100)}),
    "a long name of an argument": ("invalid_arguments", "Tally.add", {"x" * 3000: 1}),
}


@pytest.mark.parametrize(("code", "handler", "arguments"), REFUSED.values(), ids=REFUSED.keys())
async def test_an_event_is_refused(app, code, handler, arguments):
    async with await app.offender() as client:
        (error,) = await client.call(handler, **arguments)
        assert (error["c"], set(error)) == (code, {"x", "c", "m"})
        assert 0 < len(error["m"].encode()) <= 4000
        (answer,) = await client.call("Tally.nothing")
        assert "a" in answer
    await app.undisturbed()


@pytest.mark.parametrize("by", ["1e999", "1" + "0" * 5000, '"\\ud800"', "[" * 60 + "]" * 60])
async def test_odd_json_in_arguments_is_refused(app, by):
    async with await app.offender() as client:
        await client.send(text('{"e":2,"h":"Tally.add","a":{"by":' + by + "}}"))
        assert (await client.message())["c"] == "invalid_arguments"
        await client.send(event(e=3))
        assert await client.message() == {"a": 3}
    await app.undisturbed()


async def test_an_event_id_that_does_not_grow_is_dropped(app):
    async with await app.offender() as client:
        await client.send(
            event(e=1, h="Tally.add"),
            event(e=20),
            event(e=20, h="Tally.add"),
            event(e=19, h="None"),
        )
        assert (await client.message())["a"] == 20
        await client.send(event(e=21))
        assert await client.message() == {"a": 21}
    await app.undisturbed()


async def test_a_key_that_comes_twice_is_answered_once(app):
    async with await app.offender() as client:
        await client.send(text('{"e":2,"e":3,"h":"Tally.nothing","h":"Tally.none","a":{},"a":7}'))
        assert await client.message() == {"a": 2}
        await client.send(event(e=9))
        assert await client.message() == {"a": 9}
    await app.undisturbed()


async def test_resync_of_what_the_client_does_not_hold(app):
    """It gets its own values again, nobody else's."""
    async with await app.offender() as client:
        await client.send(text({"resync": [987654321, (1 << 53) - 1]}))
        messages = await client.call("Tally.nothing")
        assert all("s" in message or "hydrated" in message for message in messages[:-1])
    await app.undisturbed()


@pytest.mark.parametrize("secret", ["", "wrong", None])
async def test_a_wrong_secret_gets_a_new_identity(app, secret):
    async with await app.offender() as client, await app.upgraded() as thief:
        async with await app.upgraded() as victim:
            known = (await victim.hello())[0]["hello"]
            resume = {"token": known["token"], "boot": known["boot"], "have": [], "acked": 0}
            if secret is not None:
                resume["secret"] = secret
            got = (await thief.hello(resume=resume))[0]["hello"]
            assert got["resumed"] is False and got["token"] != known["token"]
            assert "a" in (await victim.call("Tally.nothing"))[-1]
        await client.call("Tally.nothing")
    await app.undisturbed()


# --- what is unusual and right ---------------------------------------------------------------------

WHOLE = json.dumps(
    {"e": 2, "h": "Tally.nothing", "unknown": "κόσμε 🙂"}, ensure_ascii=False
).encode()

RIGHT = {
    "two fragments": fragments(WHOLE[:9], WHOLE[9:]),
    "a fragment for each byte": fragments(*(WHOLE[i : i + 1] for i in range(len(WHOLE)))),
    "empty fragments": fragments(b"", b"", WHOLE, b"", b""),
    "an unasked pong": frame(PONG, "?") + text(WHOLE),
    "a pong inside a message": frame(TEXT, WHOLE[:9], fin=False)
    + frame(PONG, b"\xff")
    + frame(CONTINUATION, WHOLE[9:]),
    "the largest message": text(WHOLE + b" " * (BIG - len(WHOLE))),
    "the largest message in fragments": fragments(WHOLE, b" " * (BIG - len(WHOLE))),
    "white space": text(b" \r\n\t" + WHOLE + b"\n"),
    "unknown keys": text({**ROOM_EVENT, "z": [{}], "v": 2}),
    "a handler in escapes": text('{"e":2,"h":"\\u0054ally.nothing"}'),
    "the deepest nesting": text('{"e":2,"h":"Tally.nothing","z":' + "[" * 63 + "]" * 63 + "}"),
}


@pytest.mark.parametrize("sent", RIGHT.values(), ids=RIGHT.keys())
async def test_it_is_taken(app, sent):
    async with await app.offender() as client:
        await client.send(sent)
        assert await client.message() == {"a": 2}
    await app.undisturbed()


async def test_it_is_taken_byte_by_byte(app):
    async with await app.offender() as client:
        for byte in fragments(WHOLE[:9], WHOLE[9:]):
            await client.send(bytes([byte]))
        assert await client.message() == {"a": 2}
    await app.undisturbed()


async def test_pings_are_answered_inside_a_message(app):
    async with await app.offender() as client:
        await client.send(frame(TEXT, WHOLE[:9], fin=False), frame(PING, b"\xff" * 125))
        assert await client.receive() == (PONG, b"\xff" * 125)
        await client.send(frame(CONTINUATION, WHOLE[9:]))
        assert await client.message() == {"a": 2}
    await app.undisturbed()
