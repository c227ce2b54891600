"""The I/O thread never takes the GIL: while a handler holds it, sockets are served."""

import asyncio
import ctypes
import json
import os
import select
import sys
import time
from pathlib import Path

import statelink as sl
from statelink.testing import AppHarness

CLIENTS = 100
SIZE = 600_000  # bytes; more than a socket takes at once
HOLD = 1.0  # seconds, and until the clients are done
PATIENCE = 30_000  # ms
TOLD: list[int] = []  # file descriptors: to one is written when the GIL is held, the other can be
# read when the clients are done
HELD: list[tuple[float, float]] = []


class PollFd(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


class Pile(sl.SharedState):
    text: str = ""

    @sl.event
    async def join(self) -> None:
        await self._link_to("pile")

    @sl.event
    def fill(self, size: int) -> None:
        self.text = "x" * size

    @sl.event
    def hold_the_gil(self) -> None:
        # Functions of a PyDLL run with the GIL held.
        c = ctypes.PyDLL(None)
        begin = time.monotonic()
        tell, done = TOLD
        os.write(tell, b"!")
        c.usleep(int(HOLD * 1e6))
        assert c.poll(ctypes.byref(PollFd(done, select.POLLIN)), 1, PATIENCE) == 1
        HELD.append((begin, time.monotonic()))


async def start_clients(port):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "gil_clients.py"),
        str(port),
        str(CLIENTS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )


async def test_sockets_are_served_while_a_handler_holds_the_gil():
    async with AppHarness(sl.App(states=[Pile]), timeout=30) as harness, asyncio.timeout(60):
        driver = await harness.connect()
        await driver.call(Pile.join)
        clients = await start_clients(harness.url.rpartition(":")[2])
        assert clients.stdin
        assert clients.stdout
        try:
            assert await clients.stdout.readline() == b"linked\n"
            before = harness.counts
            await driver.call(Pile.fill, size=SIZE)
            # Every socket took a part of the frame, and none all of it.
            await driver.until(lambda: harness.counts["sends"] >= before["sends"] + CLIENTS + 1, 10)
            sent = harness.counts["bytes_written"] - before["bytes_written"] - SIZE
            assert 0 < sent < CLIENTS * SIZE / 2

            output = clients._transport.get_pipe_transport(1)
            TOLD[:] = [
                pipe.get_extra_info("pipe").fileno() for pipe in (clients.stdin.transport, output)
            ]
            await driver.call(Pile.hold_the_gil)
            seen = json.loads(await clients.stdout.readline())
            await clients.wait()
        finally:
            if clients.returncode is None:
                clients.kill()
                await clients.wait()
            clients.stdin.close()
    ((begin, end),) = HELD
    assert end - begin >= HOLD
    assert seen["sizes"] == [SIZE] * CLIENTS
    assert begin < seen["fresh"]["open"] < seen["fresh"]["pong"] < end
    for peer in seen["peers"]:
        assert begin < peer["patch"] < end
        assert begin < peer["pong"] < end
