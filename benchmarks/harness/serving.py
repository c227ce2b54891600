"""A server while it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import placement
from benchmarks.harness.case import Case
from benchmarks.harness.peers import Peer

START_PATIENCE = 60.0


class ServerFailed(Exception):
    """It did not start, or ended by itself."""


@dataclass(frozen=True)
class Server:
    port: int
    process: int

    def processes(self) -> list[int]:
        """It and its descendants."""
        return _descendants(self.process)


def _descendants(process: int) -> list[int]:
    found = [process]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            children = Path(f"/proc/{process}/task/{task}/children").read_text()
            for child in children.split():
                found += _descendants(int(child))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        time.sleep(0.05)
    raise ServerFailed(f"the server did not start: {_last_line(log)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in reversed(_descendants(process.pid)):
        with contextlib.suppress(OSError):
            os.kill(number, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        for number in reversed(_descendants(process.pid)):
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def serving(peer: Peer, case: Case, scratch: Path) -> Iterator[Server]:
    """Starts the case's server, and ends it and all that it started."""
    port = _free_port()
    command = peer.start(case, port, scratch)
    cores = placement.BOTH_CORES if case.two_cores else placement.SERVER_CORE
    log = scratch / "server.log"
    with log.open("wb") as to:
        process = subprocess.Popen(
            placement.on_cores(cores, command.words),
            env=os.environ | command.env,
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=to,
        )
    try:
        _wait_for(port, process, log)
        yield Server(port, process.pid)
        if process.poll() is not None:
            raise ServerFailed(f"the server ended: {_last_line(log)}")
    finally:
        _end(process)
