"""Runs one case: its server, and the loader against it."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.harness import paths, placement
from benchmarks.harness.case import Case, Record, Run
from benchmarks.harness.peers import Peer
from benchmarks.harness.serving import Server, ServerFailed, serving

PATIENCE = 170.0


def _words(peer: Peer, case: Case, server: Server, more: list[str]) -> list[str]:
    words = [str(paths.LOADER), "--port", str(server.port), "--protocol", peer.protocol]
    for process in server.processes():
        words += ["--pid", str(process)]
    words += ["--rooms", str(case.rooms), "--clients", str(case.clients)]
    words += ["--stalled", str(case.stalled), "--at-once", str(case.at_once or peer.at_once)]
    words += ["--kind", case.kind, "--rows", str(case.rows)]
    words += ["--enter", case.enter, "--counter", case.counter]
    words += ["--joins-count"] if case.joins_count else []
    words += more
    for phase in case.phases:
        words += ["--phase", phase]
    return words


def _counts(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/counts") as reply:
        counts: dict[str, int] = json.load(reply)
    return counts


def _load(peer: Peer, case: Case, server: Server, scratch: Path, run: Run) -> None:
    more = peer.prepare(case, server.port, scratch)
    words = placement.on_cores(placement.LOADER_CORE, _words(peer, case, server, more))
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        run.failure = f"the loader took longer than {PATIENCE:.0f} s"
        return
    for line in done.stdout.splitlines():
        record: Record = json.loads(line)
        run.phases.append(record)
        if record["faults"]:
            run.failure = f"{record['phase']}: {record['faults']}"
    if done.returncode and not run.failure:
        run.failure = done.stderr.strip()[-300:] or f"the loader ended with {done.returncode}"
    if peer.protocol == "statelink":
        run.counts = _counts(server.port)


def load(peer: Peer, case: Case, round_: int) -> Run:
    """Runs the case once. What fails is told by the result, and nothing is raised."""
    run = Run(case, round_)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with serving(peer, case, Path(folder)) as server:
                time.sleep(0.2)  # what a server does after it listens is not to be measured
                _load(peer, case, server, Path(folder), run)
        except (ServerFailed, OSError, subprocess.CalledProcessError) as failure:
            run.failure = run.failure or str(failure)
    return run
