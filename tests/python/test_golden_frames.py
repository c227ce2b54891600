"""The golden frames of tests/protocol: the test client reads them, and a running server keeps to them."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import statelink as sl
from statelink.testing import AppHarness
from statelink.testing.calls import Call, compact
from statelink.testing.conversation import Conversation, Identity
from statelink.testing.frames import BadFrame, read_frame

FOLDER = Path(__file__).parents[1] / "protocol"


def read(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


FRAMES = read("frames.json")
FROM_SERVER = [golden for golden in FRAMES if golden["direction"] == "server"]
FROM_CLIENT = {
    golden["name"]: golden["frame"] for golden in FRAMES if golden["direction"] == "client"
}
BAD_FRAMES = read("bad_frames.json")
BAD_SEQUENCES = read("bad_sequences.json")
HELLO = '{"hello":{}}'


def named(golden):
    return golden["name"]


class Golden(sl.SharedState):
    count: int = 0
    text: str = ""
    rows: list[int] = []
    table: dict[str, int | None] = {}
    ratio: float = 0.5
    flag: bool = False
    maybe: str | None = None
    _secret: str = "no"

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def change(self, text: str) -> None:
        self.count += 1
        self.text = text
        self.rows.append(self.count)
        self.table[text] = None

    @sl.event
    def fail(self) -> None:
        raise ValueError('"quoted"\n')


@pytest.fixture
async def harness():
    async with AppHarness(sl.App(states=[Golden])) as harness:
        yield harness


def ws(harness, **options):
    options = {"compression": None, "proxy": None, **options}
    return connect(f"ws{harness.url.removeprefix('http')}/_statelink/ws", **options)


# --- the client ------------------------------------------------------------------------------------


@pytest.mark.parametrize("golden", FROM_SERVER, ids=named)
def test_the_client_reads_every_frame_of_a_server(golden):
    kind, frame = read_frame(golden["frame"])
    assert golden["name"].removeprefix("server_").startswith(kind.replace("snapshot", ""))
    assert compact(frame) == golden["frame"]


@pytest.mark.parametrize("name", FROM_CLIENT)
def test_the_client_reads_no_frame_of_a_client(name):
    with pytest.raises(BadFrame):
        read_frame(FROM_CLIENT[name])


@pytest.mark.parametrize("name", [name for name in FROM_CLIENT if name.startswith("event")])
def test_the_client_writes_events(name):
    frame = json.loads(FROM_CLIENT[name])
    call = Call(frame["h"], frame.get("a", {}), lambda error: None)
    assert call.frame(frame["e"]) == FROM_CLIENT[name]


@pytest.mark.parametrize(
    ("name", "path"), [("hello_new", "/room/a?b=1"), ("hello_resume_reload", "/")]
)
def test_the_client_writes_hello(name, path):
    resume = json.loads(FROM_CLIENT[name])["hello"].get("resume", {})
    resume.pop("have", None)
    conversation = Conversation(path, ["append"], Identity(**resume) if resume else None)
    assert conversation.opened() == [FROM_CLIENT[name]]


# --- the server ------------------------------------------------------------------------------------


async def close_code(socket):
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    assert socket.close_reason
    return socket.close_code


@pytest.mark.parametrize("golden", BAD_FRAMES, ids=named)
async def test_the_server_refuses_bad_frames(harness, golden):
    async with ws(harness) as socket:
        if not re.match("hello_|resume_", golden["name"]):
            await socket.send(HELLO)
        await socket.send(golden["frame"])
        assert await close_code(socket) == 4400


@pytest.mark.parametrize("golden", BAD_FRAMES, ids=named)
async def test_the_server_refuses_bad_frames_as_the_first(harness, golden):
    async with ws(harness) as socket:
        await socket.send(golden["frame"])
        assert await close_code(socket) == 4400


@pytest.mark.parametrize("golden", BAD_SEQUENCES, ids=named)
async def test_the_server_refuses_bad_sequences(harness, golden):
    async with ws(harness) as socket:
        for frame in golden["frames"]:
            await socket.send(frame)
        assert await close_code(socket) == 4400


@pytest.mark.parametrize("name", FROM_CLIENT)
async def test_the_server_takes_every_frame_of_a_client(harness, name):
    async with ws(harness) as socket:
        if not name.startswith("hello"):
            await socket.send(HELLO)
        await socket.send(FROM_CLIENT[name])
        if name == "event_largest_id":
            return  # no id is left to ask with
        await socket.send('{"e":1000,"h":"Nobody.home"}')
        while "x" not in (frame := read_frame(await socket.recv())[1]) or frame["x"] != 1000:
            pass
        assert frame["c"] == "unknown_event"


async def test_a_binary_frame_is_refused(harness):
    async with ws(harness) as socket:
        await socket.send(HELLO.encode())
        assert await close_code(socket) == 1003


async def test_text_that_is_no_utf8_is_refused(harness):
    async with ws(harness) as socket:
        await socket.send(b'{"hello":{"path":"\xff"}}', text=True)
        assert await close_code(socket) == 1007


async def test_a_frame_above_the_limit_is_refused(harness):
    async with ws(harness) as socket:
        await socket.send(HELLO)
        await socket.send(compact({"e": 1, "h": "Golden.change", "a": {"text": "x" * (1 << 20)}}))
        assert await close_code(socket) == 1009


async def test_who_says_no_hello_is_closed():
    config = sl.Config()
    config.hello_timeout = 0.05
    async with AppHarness(sl.App(states=[Golden], config=config)) as harness, ws(harness) as socket:
        assert await close_code(socket) == 4408


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        (None, None),
        (["statelink.v1.json"], "statelink.v1.json"),
        (["other", "statelink.v1.json"], "statelink.v1.json"),
    ],
)
async def test_subprotocols(harness, asked, taken):
    async with ws(harness, subprotocols=asked) as socket:
        assert socket.subprotocol == taken


async def test_an_unknown_subprotocol_is_refused(harness):
    with pytest.raises(InvalidStatus) as caught:
        await ws(harness, subprotocols=["other"])
    assert caught.value.response.status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://evil.example", False), ("http://friend.example:8080", True), (None, True)],
)
async def test_origins(origin, allowed):
    config = sl.Config()
    config.allowed_origins = ["http://friend.example:8080"]
    async with AppHarness(sl.App(states=[Golden], config=config)) as harness:
        if allowed:
            async with ws(harness, origin=origin):
                pass
            async with ws(harness, origin=harness.url):
                pass
        else:
            with pytest.raises(InvalidStatus) as caught:
                await ws(harness, origin=origin)
            assert caught.value.response.status_code == 403


async def test_what_the_server_sends_is_written_like_the_golden_frames(harness):
    """Keys in their order, no spaces, characters as they are: parsing and writing again gives the same text."""
    texts = []
    async with ws(harness) as socket:
        await socket.send(FROM_CLIENT["hello_new"])
        for number, (handler, arguments) in enumerate(
            [
                ("Golden.change", {"text": 'Zoë "🙂"\n\t\\ \u2028 \x7f </script>'}),
                ("Golden.join", {"token": "room"}),
                ("Golden.change", {"text": "a/b~c"}),
                ("Golden.fail", {}),
                ("Golden.change", {}),
                ("Golden.nothing", {}),
            ],
            start=1,
        ):
            await socket.send(Call(handler, arguments, lambda error: None).frame(number))
        while not texts or read_frame(texts[-1])[1].get("x") != 6:
            texts.append(await socket.recv())
    kinds = [read_frame(text)[0] for text in texts]
    assert kinds[0] == "hello"
    assert {"snapshot", "hydrated", "patch", "acknowledgement", "error"} < set(kinds)
    for text in texts:
        assert compact(json.loads(text)) == text
