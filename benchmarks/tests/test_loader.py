"""The loader believes no server: what is not seen by all, once and in order, ends a run."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.harness import paths

Tell = Callable[[int], list[str]]


async def load(tell: Tell, protocol: str, *phases: str) -> tuple[int, list[dict[str, object]]]:
    """Runs the loader with three clients against a room that answers event n with these frames."""
    members: set[ServerConnection] = set()
    counter = 0

    async def json_client(socket: ServerConnection) -> None:
        nonlocal counter
        members.add(socket)
        await socket.send('{"c":0}')
        async for _ in socket:
            counter += 1
            for frame in tell(counter):
                for member in members:
                    await member.send(frame)

    async def statelink_client(socket: ServerConnection) -> None:
        async for message in socket:
            if "hello" in json.loads(message):
                await socket.send('{"hello":{"token":"t","secret":"s","boot":"b","resumed":false}}')
                await socket.send('{"s":"Room","i":7,"r":0,"v":{"count":0}}')
            elif json.loads(message)["e"] == 1:
                await socket.send('{"a":1}')
            else:
                for frame in tell(json.loads(message)["e"] - 1):
                    await socket.send(frame)

    handlers: dict[str, Callable[[ServerConnection], Awaitable[None]]] = {
        "json": json_client,
        "statelink": statelink_client,
    }
    subprotocols = ["statelink.v1.json"] if protocol == "statelink" else None
    async with serve(
        handlers[protocol], "127.0.0.1", 0, compression=None, subprotocols=subprotocols
    ) as server:
        port = server.sockets[0].getsockname()[1]
        words = ["--port", str(port), "--protocol", protocol, "--patience", "1"]
        words += ["--clients", "3" if protocol == "json" else "1"]
        for phase in ("join", *phases):
            words += ["--phase", phase]
        run = await asyncio.create_subprocess_exec(
            str(paths.LOADER), *words, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await run.communicate()
    assert run.returncode is not None
    return run.returncode, [json.loads(line) for line in out.splitlines()]


def in_order(n: int) -> list[str]:
    return [f'{{"c":{n}}}']


@pytest.mark.parametrize("phase", ["one:50:5", "pipelined:8:50:5", "window:8:48:5"])
async def test_it_counts_events_and_deliveries(phase: str) -> None:
    code, (_, report) = await load(in_order, "json", phase)
    assert code == 0
    assert report["events"] in (48, 50)
    assert report["deliveries"] == 3 * int(str(report["events"]))
    assert report["faults"] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda n: [f'{{"c":{n + (n > 5)}}}'], "from 5 to 7"),
        (lambda n: [f'{{"c":{n}}}'] * (2 if n == 3 else 1), "from 3 to 3"),
        (lambda n: [f'{{"c":{n}}}'] if n < 4 else [], "were not seen by all"),
        (lambda n: ["{}"], "no counter"),
    ],
    ids=["skipped", "repeated", "lost", "garbled"],
)
async def test_a_server_that_does_not_tell_all_is_noticed(wrong: Tell, said: str) -> None:
    code, reports = await load(wrong, "json", "one:20:1")
    assert code == 3
    assert said in str(reports[-1]["faults"])


def patch(n: int, revision: int | None = None) -> str:
    operation = f'{{"op":"replace","path":"/count","value":{n}}}'
    return f'{{"i":7,"r":{revision or n},"p":[{operation}]}}'


def acknowledged(n: int) -> list[str]:
    return [patch(n), f'{{"a":{n + 1},"f":[[7,{n}]]}}']


async def test_it_speaks_our_protocol() -> None:
    code, (_, report) = await load(acknowledged, "statelink", "window:4:40:5")
    assert code == 0
    assert report["events"] == 40


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda n: [patch(n, n + 1)], "revision 2 came after 0"),
        (lambda n: [patch(n)], "the answers to all events"),
        (lambda n: [patch(n), f'{{"a":{n + 1}}}', f'{{"a":{n + 1}}}'], "were answered after"),
        (lambda n: [f'{{"x":{n + 1},"c":"handler_error","m":""}}'], "not expected"),
        (lambda n: [patch(n).replace('"i":7', '"i":8')], "an instance that it does not hold"),
    ],
    ids=["a gap", "no answer", "two answers", "an error", "a stranger"],
)
async def test_a_breach_of_our_protocol_is_noticed(wrong: Tell, said: str) -> None:
    code, reports = await load(wrong, "statelink", "one:20:1")
    assert code == 3
    assert said in str(reports[-1]["faults"])
