"""Bad HTTP over a socket: its status, as docs/protocol.md says, and a bystander who notices nothing."""

import asyncio

import pytest

from bystander import scene
from raw_client import CLOSE, PING, frame, request

HEAD_LIMIT = 2048


@pytest.fixture
async def app():
    async with scene(http_head_bytes=HEAD_LIMIT) as made:
        yield made


UPGRADES = {
    "not GET": (405, request("POST")),
    "a body": (413, request(Content_Length="5") + b"hello"),
    "HTTP/1.0": (426, request(version="HTTP/1.0")),
    "no Host": (400, request(Host=None)),
    "no Upgrade": (426, request(Upgrade=None)),
    "another Upgrade": (426, request(Upgrade="h2c")),
    "no Connection": (426, request(Connection=None)),
    "another Connection": (426, request(Connection="keep-alive")),
    "no version": (426, request(Sec_WebSocket_Version=None)),
    "an old version": (426, request(Sec_WebSocket_Version="8")),
    "a version in the future": (426, request(Sec_WebSocket_Version="14")),
    "no key": (400, request(Sec_WebSocket_Key=None)),
    "an empty key": (400, request(Sec_WebSocket_Key="")),
    "a short key": (400, request(Sec_WebSocket_Key="c2hvcnQ=")),
    "a key that is no base64": (400, request(Sec_WebSocket_Key="?" * 24)),
    "another subprotocol": (400, request(Sec_WebSocket_Protocol="graphql-ws")),
    "a subprotocol alike": (400, request(Sec_WebSocket_Protocol="statelink.v1.json.gz")),
    "another origin": (403, request(Origin="http://evil.example")),
    "the origin null": (403, request(Origin="null")),
    "an origin alike": (403, request(Origin="http://localhost.evil.example")),
    "an origin that is none": (403, request(Origin="\xff://\xff")),
}

REQUESTS = {
    "garbage": (400, b"\x00\xff\x16\x03\x01\r\n\r\n"),
    "no target": (400, b"GET HTTP/1.1\r\n\r\n"),
    "a TLS hello": (400, bytes.fromhex("16030100f1010000ed0303") + bytes(230)),
    "another version": (400, request(target="/", version="HTTP/3.0")),
    "a header without colon": (400, b"GET / HTTP/1.1\r\nHost\r\n\r\n"),
    "a header name with spaces": (400, b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
    "a control character in a header": (400, request(target="/", X="a\x00b")),
    "a target that is no path": (400, request(target="page")),
    "an unknown page": (404, request(target="/none")),
    "an escape that is cut off": (404, request(target="/page/%2")),
    "a path upwards": (404, request(target="/page/../x")),
    "an escaped path upwards": (404, request(target="/page/%2e%2e")),
    "another method": (405, request("DELETE", "/page/x")),
    "an unknown method": (405, request("BREW", "/page/x")),
    "a body of a page": (413, request(target="/page/x", Content_Length="1") + b"x"),
    "chunks": (413, request(target="/page/x", Transfer_Encoding="chunked") + b"0\r\n\r\n"),
    "a length that is none": (400, request(target="/page/x", Content_Length="many")),
    "a negative length": (400, request(target="/page/x", Content_Length="-1")),
    "two lengths": (400, request(target="/page/x", Content_Length="1", content_length="2")),
    "a large header": (431, request(target="/", X="x" * HEAD_LIMIT)),
    "a large target": (431, request(target="/" + "x" * HEAD_LIMIT)),
    "many headers": (431, request(target="/", **{f"X{n}": "x" for n in range(500)})),
    "a line without end": (431, b"GET /" + b"x" * 100_000),
}


@pytest.mark.parametrize(
    ("expected", "sent"),
    [*UPGRADES.values(), *REQUESTS.values()],
    ids=[*(f"upgrade, {name}" for name in UPGRADES), *REQUESTS],
)
async def test_a_request_is_refused(app, expected, sent):
    async with await app.open() as client:
        await client.send(sent)
        got, headers = await client.reply()
        assert got == expected
        if expected == 426:
            assert headers["upgrade"] == "websocket" and headers["sec-websocket-version"] == "13"
        if expected == 405:
            assert headers["allow"] == "GET, HEAD"
    await app.undisturbed()


UNUSUAL = {
    "no subprotocol": (101, request()),
    "our subprotocol": (101, request(Sec_WebSocket_Protocol="other, statelink.v1.json")),
    "our own origin": (101, request(Origin="http://localhost")),
    "extensions": (101, request(Sec_WebSocket_Extensions="permessage-deflate")),
    "a header that is no text": (101, request(X_Name="\xff\xfe")),
    "letters of any case": (101, request(Connection="UPGRADE", Upgrade="WebSocket")),
    "a whole address": (101, request(target="http://localhost/_statelink/ws?x=\xff")),
    "a page of odd bytes": (200, request(target="/page/\xff%ff%00")),
}


@pytest.mark.parametrize(("expected", "sent"), UNUSUAL.values(), ids=UNUSUAL.keys())
async def test_a_request_is_taken(app, expected, sent):
    async with await app.open() as client:
        await client.send(sent)
        got, headers = await client.reply()
        assert got == expected
        assert "sec-websocket-extensions" not in headers
    await app.undisturbed()


async def test_a_header_that_is_no_text_harms_no_session(app):
    async with await app.upgraded(X_Name="\xff\xfe") as client:
        await client.hello(path="/\ufffd?\x00=%ff&a;b")
        assert "a" in (await client.call("Tally.nothing"))[-1]
    await app.undisturbed()


@pytest.mark.parametrize(
    "half",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET", id="a word"),
        pytest.param(request()[:-2], id="all but the end"),
        pytest.param(request(target="/page/x") + b"GET /", id="the half behind a whole"),
    ],
)
async def test_half_a_request_has_a_time(half):
    """The connection is ended without an answer."""
    async with scene(http_timeout=0.2) as app:
        async with await app.open() as client:
            await client.send(half)
            if half.startswith(b"GET /page"):
                assert (await client.reply())[0] == 200
            assert await client.rest() == b""
        await app.undisturbed()


async def test_bytes_that_drip_do_not_prolong_it():
    async with scene(http_timeout=0.2) as app:
        async with await app.open() as client:
            await client.send(b"GET / HTTP/1.1\r\n")
            ended = asyncio.ensure_future(client.rest())
            while not ended.done():
                await client.send(b"X: x\r\n")
                await asyncio.wait([ended], timeout=0.01)
            assert await ended == b""
        await app.undisturbed()


@pytest.mark.parametrize("how", ["end", "reset"])
async def test_a_socket_that_ends_inside_a_request(app, how):
    async with await app.open() as client:
        await client.send(request()[:40])
        if how == "reset":
            client.reset()
        else:
            client.end_of_stream()
            assert await client.rest() == b""
    await app.undisturbed()


async def test_garbage_behind_a_request_is_refused_after_it(app):
    async with await app.open() as client:
        await client.send(request(target="/page/x") + b"\x00\xffgarbage\r\n\r\n")
        assert (await client.reply())[0] == 200
        assert (await client.reply())[0] == 400
        client.end_of_stream()
        assert await client.rest() == b""
    await app.undisturbed()


async def test_a_request_behind_an_upgrade_is_a_bad_frame(app):
    async with await app.open() as client:
        await client.send(request() + request(target="/page/x"))
        assert (await client.reply())[0] == 101
        assert (await client.ending()).code == 1002
    await app.undisturbed()


async def test_a_frame_instead_of_a_request(app):
    async with await app.open() as client:
        await client.send(frame(PING) + frame(CLOSE) + b"\r\n\r\n")
        assert (await client.reply())[0] == 400
    await app.undisturbed()
