"""The counter example, over real sockets and as a command."""

import asyncio
import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import statelink as sl
from statelink.__main__ import load_app
from statelink.testing import AppHarness, Client
from statelink.testing.conversation import Conversation

EXAMPLE = Path(__file__).parents[2] / "examples" / "counter" / "app.py"
RUN = ("-m", "statelink", "run", str(EXAMPLE), "--port", "0")


@pytest.fixture
def counter(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    load_app(EXAMPLE)
    return sys.modules.pop("app").CollaborativeCounter


async def test_two_link_and_a_third_does_not(counter):
    async with AppHarness(sl.App(states=[counter])) as harness:
        alice, bob, carol = [await harness.connect() for _ in range(3)]
        assert alice.state(counter) == {"count": 0, "is_linked": False}
        await alice.call(counter.set_count, count=3)
        await alice.call(counter.toggle_link)
        assert alice.state(counter) == {"count": 1, "is_linked": True}
        await bob.call(counter.toggle_link)
        await alice.until(lambda: alice.state(counter) == {"count": 2, "is_linked": True})
        await bob.call(counter.set_count, count=10)
        await alice.until(lambda: alice.state(counter)["count"] == 10)
        await carol.call(counter.set_count, count=1)
        assert carol.state(counter) == {"count": 1, "is_linked": False}
        await alice.call(counter.toggle_link)
        assert alice.state(counter) == {"count": 3, "is_linked": False}
        assert bob.state(counter) == {"count": 10, "is_linked": True}
        late = await harness.connect()
        await late.call(counter.toggle_link)
        assert late.state(counter) == {"count": 11, "is_linked": True}


# --- the command -----------------------------------------------------------------------------------


class Command:
    """`statelink run`, as a process."""

    def __init__(self, *arguments):
        self.arguments = arguments

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        found = re.search(rb"http://127\.0\.0\.1:\d+", line)
        assert found, (line, await self.process.stderr.read())
        self.url = found[0].decode()
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()

    async def get(self, path):
        def fetch():
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                with opener.open(self.url + path, timeout=10) as answer:
                    return answer.status, answer.headers, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers, error.read().decode()

        return await asyncio.to_thread(fetch)

    async def connect(self):
        client = Client(
            self.url, Conversation("/"), {}, headers={}, receive_buffer=None, timeout=10
        )
        await client.open()
        return client


async def test_the_command_serves_page_script_and_socket_on_one_port():
    async with Command(*RUN) as command:
        status, headers, page = await command.get("/")
        assert status == 200
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert page == EXAMPLE.with_name("index.html").read_text(encoding="utf-8")
        status, headers, script = await command.get("/_statelink/client.js")
        assert status == 200
        assert headers["content-type"].startswith("text/javascript")
        assert "connect" in script
        assert (await command.get("/nothing"))[0] == 404
        alice = await command.connect()
        await alice.call("CollaborativeCounter.toggle_link")
        assert alice.state("CollaborativeCounter") == {"count": 1, "is_linked": True}
        await alice.disconnect()
        assert alice.violations == []


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupt_closes_cleanly(signal_):
    async with Command(*RUN) as command:
        alice = await command.connect()
        command.process.send_signal(signal_)
        await alice.until(lambda: not alice.connected, 10)
        assert (alice.close_code, alice.close_reason) == (1012, "retry_ms=500")
        _, errors = await command.process.communicate()
        assert command.process.returncode == 0
        assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no file"),
        ("import statelink as sl", "must have one App"),
        ("import statelink as sl\na, b = sl.App(), sl.App()", "must have one App"),
    ],
)
async def test_a_file_without_an_app(tmp_path, text, says):
    file = tmp_path / "some_app.py"
    if text is not None:
        file.write_text(text)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "statelink", "run", str(file), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert says in errors.decode()
    assert "Traceback" not in errors.decode()
