"""What a handler may not do, and what a client may not ask for: who hears of it, and that nothing is left of it."""

import asyncio
import logging

import pytest

import statelink as sl
from statelink.testing import AppHarness

RAN: list[str] = []


class Form(sl.SharedState):
    count: int = 0
    title: str = "untitled"
    rows: list[int] = [1, 2, 3]
    maybe: int | None = None
    caught: str = ""
    _hidden: str = "backend-secret-default"
    _calls: int = 0

    @sl.event
    async def join(self, token: str) -> None:
        await self._link_to(token)

    @sl.event
    def change_and_raise(self) -> None:
        self.count = 99
        self.rows.append(99)
        self.rows[0] = 99
        self._calls = 99
        raise ValueError("full")

    @sl.event
    async def change_wait_and_raise(self) -> None:
        self.count = 99
        await asyncio.sleep(0)
        self.rows.clear()
        raise KeyError("key")

    @sl.event
    def read_calls(self) -> None:
        self.caught = str(self._calls)

    @sl.event
    def assign(self, name: str, value: int | str | list[int] | None) -> None:
        before = self.count
        try:
            setattr(self, name, value)
        except Exception as error:
            self.caught = f"{type(error).__name__}: {error}"
        else:
            self.caught = "fine"
        assert self.count == before or name == "count"

    @sl.event
    def store_a_secret(self, secret: str) -> None:
        self._hidden = secret
        self.count += 1

    @sl.event
    def take(self, number: int, text: str = "none", *, flag: bool = False) -> None:
        RAN.append("take")
        self.caught = f"{number!r} {text!r} {flag!r}"

    @sl.event
    def take_rows(self, rows: list[int]) -> None:
        RAN.append("take_rows")
        self.rows = rows

    @sl.event
    def returns_something(self) -> int:
        self.count = 99
        return 1

    @sl.event
    def unencodable(self) -> None:
        self.count = 99
        self.maybe_anything = None

    @sl.event
    def run(self) -> None:
        RAN.append("run")

    def not_an_event(self) -> None:
        RAN.append("not_an_event")

    @sl.event
    def _underscored(self) -> None:
        RAN.append("_underscored")

    @sl.var
    def hidden_length(self) -> int:
        return len(self._hidden)


class Loose(sl.State):
    anything: object = None
    count: int = 0

    @sl.event
    def put(self, what: str) -> None:
        self.count = 99
        self.anything = {"object": object(), "nested": [1, {"deep": object()}], "bytes": b"\xff"}[
            what
        ]

    @sl.event
    def stop(self) -> None:
        raise KeyboardInterrupt


@pytest.fixture
async def harness():
    RAN.clear()
    async with AppHarness(sl.App(states=[Form, Loose])) as harness:
        yield harness


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "statelink")


@pytest.mark.parametrize(
    ("handler", "message"),
    [(Form.change_and_raise, "ValueError: full"), (Form.change_wait_and_raise, "KeyError: 'key'")],
)
async def test_a_handler_that_raises_leaves_nothing_behind(harness, handler, message):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Form.join, token="room")
    before, held = dict(alice.state(Form)), alice.instance(Form).revision
    seen = len(bob.frames)
    with pytest.raises(sl.EventError) as caught:
        await alice.call(handler)
    assert caught.value.code == "handler_error"
    assert caught.value.message == message
    assert alice.state(Form) == before
    assert alice.instance(Form).revision == held
    await bob.call(Form.run)
    assert [frame for frame in bob.frames[seen:] if "a" not in frame] == []
    await bob.call(Form.read_calls)  # backend-only vars are undone, too
    assert bob.state(Form)["caught"] == "0"


async def test_the_error_is_logged_with_its_handler(harness, caplog):
    caplog.set_level(logging.ERROR, "statelink")
    alice = await harness.connect()
    with pytest.raises(sl.EventError):
        await alice.call(Form.change_and_raise)
    assert "Form.change_and_raise" in caplog.text
    assert "ValueError: full" in caplog.text


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("count", "five", "TypeError"),
        ("count", None, "TypeError"),
        ("count", [1], "TypeError"),
        ("title", 5, "TypeError"),
        ("rows", 5, "TypeError"),
        ("maybe", "x", "TypeError"),
        ("cuont", 5, "AttributeError"),
        ("_undeclared", 5, "AttributeError"),
        ("hidden_length", 5, "AttributeError"),
        ("router", 5, "AttributeError"),
        ("_linked_to", "x", "AttributeError"),
        ("set_count", 5, "AttributeError"),
    ],
)
async def test_a_bad_assignment_raises_at_its_line(harness, name, value, error):
    alice = await harness.connect()
    await alice.call(Form.assign, name=name, value=value)
    said = alice.state(Form)["caught"]
    assert said.startswith(error)
    assert name in said


@pytest.mark.parametrize(
    ("name", "value"), [("count", 5), ("title", "x"), ("rows", [4]), ("maybe", None), ("maybe", 3)]
)
async def test_a_good_assignment(harness, name, value):
    alice = await harness.connect()
    await alice.call(Form.assign, name=name, value=value)
    assert alice.state(Form)["caught"] == "fine"
    assert alice.state(Form)[name] == value


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "number"),
        ({"number": "x"}, "number"),
        ({"number": 1.5}, "number"),
        ({"number": None}, "number"),
        ({"number": 1, "text": 5}, "text"),
        ({"number": 1, "flag": "perhaps"}, "flag"),
        ({"number": 1, "more": 2}, "more"),
        ({"number": 1, "self": 2}, "self"),
    ],
)
async def test_arguments_are_validated_before_the_handler_runs(harness, arguments, says):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match=says) as caught:
        await alice.call("Form.take", **arguments)
    assert caught.value.code == "invalid_arguments"
    assert caught.value.message.startswith("Form.take: ")
    assert RAN == []
    assert alice.state(Form)["caught"] == ""


async def test_nested_arguments_are_validated(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match=r"rows\.1"):
        await alice.call(Form.take_rows, rows=[1, "x"])
    assert RAN == []
    await alice.call(Form.take_rows, rows=[1, 2])
    assert alice.state(Form)["rows"] == [1, 2]


async def test_good_arguments_and_defaults(harness):
    alice = await harness.connect()
    await alice.call(Form.take, number=1)
    assert alice.state(Form)["caught"] == "1 'none' False"
    await alice.call(Form.take, number=2, text="ä\n", flag=True)
    assert alice.state(Form)["caught"] == "2 'ä\\n' True"


async def test_no_arguments_are_taken_where_there_are_none(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError) as caught:
        await alice.call(Form.run, extra=1)
    assert caught.value.code == "invalid_arguments"
    assert RAN == []


@pytest.mark.parametrize(
    "name",
    ["Form.nothing", "Nobody.run", "Form.not_an_event", "Form", "run", "", ".", "Form.", "Form.router",
     "Form.get_state", "Form._link_to", "Form._unlink", "Form.__init__", "Form.count", "Form.hidden_length"],
)  # fmt: skip
async def test_only_event_handlers_can_be_called(harness, name):
    alice = await harness.connect()
    with pytest.raises(sl.EventError) as caught:
        await alice.call(name)
    assert caught.value.code == "unknown_event"
    assert RAN == []
    await alice.call(Form.run)  # the connection goes on
    assert RAN == ["run"]


async def test_a_handler_returns_none(harness):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match="None"):
        await alice.call(Form.returns_something)
    assert alice.state(Form)["count"] == 0


@pytest.mark.parametrize(("what", "says"), [("object", "anything"), ("nested", "anything/1/deep")])
async def test_a_value_that_cannot_be_sent_fails_its_event(harness, what, says):
    alice = await harness.connect()
    with pytest.raises(sl.EventError, match=says) as caught:
        await alice.call(Loose.put, what=what)
    assert caught.value.code == "unencodable"
    assert alice.state(Loose) == {"anything": None, "count": 0}


async def test_backend_only_values_are_in_no_frame(harness):
    alice, bob = await harness.connect(), await harness.connect()
    for client in (alice, bob):
        await client.call(Form.join, token="room")
    await alice.call(Form.store_a_secret, secret="very-secret-indeed")
    await bob.until(lambda: bob.state(Form)["hidden_length"] == len("very-secret-indeed"))
    await bob.drop()
    await bob.reconnect()
    carol = await harness.connect()
    await carol.call(Form.join, token="room")
    await carol.resync(Form)
    await carol.until(lambda: sum("s" in frame for frame in carol.frames) >= 4)
    for client in (alice, bob, carol):
        received = repr(client.frames)
        assert "very-secret-indeed" not in received
        assert "backend-secret" not in received
        assert "_hidden" not in received
        assert "_calls" not in received


async def test_errors_are_answered_in_their_order(harness):
    alice = await harness.connect()
    calls = [Form.run, Form.change_and_raise, Form.run, Form.run, Form.returns_something, Form.run]
    answers = [await alice.send_event(handler) for handler in calls]
    results = await asyncio.wait_for(asyncio.gather(*answers, return_exceptions=True), 5)
    assert [type(result) for result in results] == [
        type(None), sl.EventError, type(None), type(None), sl.EventError, type(None)
    ]  # fmt: skip
    assert RAN == ["run"] * 4
