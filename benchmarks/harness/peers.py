"""The servers that can be measured: how each is started, and what the loader must know of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import paths
from benchmarks.harness.case import Case

SERVERS = paths.HERE / "peers"
ALL_KINDS = frozenset({"increment", "set_field", "append"})


@dataclass(frozen=True)
class Command:
    words: list[str]
    env: dict[str, str] = field(default_factory=dict)
    folder: Path = SERVERS


def _nothing(case: Case, port: int, scratch: Path) -> list[str]:
    return []


@dataclass(frozen=True)
class Peer:
    """A server.

    Attributes:
        protocol: the loader's word for what it speaks.
        start: its command, for a case, a port and a scratch folder.
        needs: a file that is there when it is installed.
        prepare: what is to be done once it listens; gives further options of the loader.
        at_once: clients that may join at a time.
        kinds: of events that it knows.
    """

    name: str
    protocol: str
    start: Callable[[Case, int, Path], Command]
    needs: Path
    prepare: Callable[[Case, int, Path], list[str]] = _nothing
    at_once: int = 16
    kinds: frozenset[str] = ALL_KINDS

    @property
    def installed(self) -> bool:
        return self.needs.exists()


def _bench_env(case: Case) -> dict[str, str]:
    return {
        "BENCH_ROWS": str(case.rows),
        "BENCH_HANDLER_US": str(case.burn),
        "BENCH_STATES": case.states,
    }


def statelink(name: str, python: Path, packages: Path | None = None) -> Peer:
    """Ours. With `packages`, a folder that holds another build of the package."""

    def start(case: Case, port: int, scratch: Path) -> Command:
        env = _bench_env(case)
        if packages is not None:
            env["PYTHONPATH"] = str(packages)
        app = paths.HERE / "server" / "app.py"
        return Command([str(python), str(app), str(port)], env, scratch)

    return Peer(name, "statelink", start, packages or python)


def _limit(name: str, *words: str) -> Peer:
    def start(case: Case, port: int, scratch: Path) -> Command:
        return Command([str(paths.LIMIT), str(port), *words])

    return Peer(name, "json", start, paths.LIMIT, kinds=frozenset({"increment"}))


def _uvicorn(python: Path, app: str, port: int, *words: str) -> list[str]:
    quiet = ["--log-level", "warning", "--ws-ping-interval", "600", "--ws-ping-timeout", "600"]
    return [str(python), "-m", "uvicorn", app, "--port", str(port), *quiet, *words]


def _start_picows(case: Case, port: int, scratch: Path) -> Command:
    words = [str(paths.PEERS_PYTHON), "picows_server.py", str(port)]
    return Command(words, _bench_env(case))


def _start_fastapi(case: Case, port: int, scratch: Path) -> Command:
    fast = ["--loop", "uvloop", "--http", "httptools", "--ws", "websockets"]
    return Command(
        _uvicorn(paths.PEERS_PYTHON, "fastapi_server:app", port, *fast), _bench_env(case)
    )


def _start_yjs(case: Case, port: int, scratch: Path) -> Command:
    fast = ["--loop", "uvloop", "--ws", "websockets"]
    return Command(_uvicorn(paths.PEERS_PYTHON, "yjs_server:app", port, *fast))


def _prepare_yjs(case: Case, port: int, scratch: Path) -> list[str]:
    updates = scratch / "updates"
    script = str(SERVERS / "yjs_updates.py")
    subprocess.run(
        [str(paths.PEERS_PYTHON), script, str(updates), case.kind, str(case.rows)], check=True
    )
    return ["--events", str(updates)]


def _start_colyseus(case: Case, port: int, scratch: Path) -> Command:
    words = ["node", str(SERVERS / "colyseus_server.mjs"), str(port)]
    return Command(words, _bench_env(case), paths.COLYSEUS)


def _prepare_colyseus(case: Case, port: int, scratch: Path) -> list[str]:
    """Reserves a seat for each client."""
    places = []
    for client in range(case.rooms * case.clients + case.stalled):
        room = client // case.clients if client < case.rooms * case.clients else 0
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/matchmake/joinOrCreate/bench",
            json.dumps({"name": f"room{room}"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as reply:
            seat = json.load(reply)
        at = seat.get("room", seat)
        places.append(f"/{at['processId']}/{at['roomId']}?sessionId={seat['sessionId']}")
    (scratch / "places").write_text("\n".join(places) + "\n")
    return ["--places", str(scratch / "places")]


def _start_reflex(case: Case, port: int, scratch: Path) -> Command:
    app = scratch / "reflex_app"
    shutil.copytree(SERVERS / "reflex_app", app)
    env = _bench_env(case) | {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
    }
    granian = str(paths.REFLEX_PYTHON.parent / "granian")
    words = [granian, "--interface", "asgi", "--factory", "--host", "127.0.0.1"]
    words += ["--port", str(port), "--workers", "1", "bench.bench:app"]
    return Command(words, env, app)


def known_peers(python: Path) -> dict[str, Peer]:
    """By name; ours as this Python has it."""
    colyseus = paths.COLYSEUS / "node_modules" / "@colyseus" / "core"
    granian = paths.REFLEX_PYTHON.parent / "granian"
    peers = [
        statelink("statelink", python),
        _limit("limit", "coalesce"),
        _limit("limit-plain"),
        Peer("picows", "json", _start_picows, paths.PEERS_PYTHON),
        Peer("fastapi", "json", _start_fastapi, paths.PEERS_PYTHON),
        Peer("colyseus", "colyseus", _start_colyseus, colyseus, _prepare_colyseus),
        Peer("yjs", "yjs", _start_yjs, paths.PEERS_PYTHON, _prepare_yjs, at_once=1),
        Peer("reflex", "reflex", _start_reflex, granian, at_once=4),
    ]
    return {peer.name: peer for peer in peers}


LIMITS = ("limit", "limit-plain")
OTHERS = ("picows", "fastapi", "colyseus", "yjs", "reflex")
