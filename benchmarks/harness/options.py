"""The command line of the harness."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import in_process, paths
from benchmarks.harness.peers import LIMITS, OTHERS, Peer, known_peers, statelink
from benchmarks.harness.suite import Plan

SUITES = (
    "fanout",
    "latency",
    "window",
    "rooms",
    "slow_handlers",
    "stalled",
    "rows",
    "personal",
    "joins",
    "reconnects",
    "memory",
)
ALL_SUITES = (*SUITES, *in_process.SUITES)


@dataclass(frozen=True)
class Options:
    """What a run is to do.

    Attributes:
        suites: in this order.
        peers: all that are measured, by name.
        python: of statelink as it is.
        packages: a folder with another build of it, in place of what that Python has.
        only: text that a case's name must have; "" for all.
        out: where the JSON goes; the table goes beside it.
    """

    suites: tuple[str, ...]
    peers: dict[str, Peer]
    plan: Plan
    rounds: int
    python: Path
    packages: Path | None
    only: str
    locks: tuple[Path, ...]
    out: Path | None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.harness",
        description="Measures statelink beside its peers and the limits; see benchmarks/README.md.",
    )
    add = parser.add_argument
    add("suites", nargs="*", help=f"of: {' '.join(ALL_SUITES)}; none: all")
    add("--peers", help="names, with commas between; default: all that are installed")
    add("--rounds", type=int, help="default 4, with --brief 1")
    add("--brief", action="store_true", help="short phases, the limit and ours only")
    add("--out", type=Path, help="where the JSON goes, and the table and the plots beside it")
    add("--python", type=Path, default=paths.OUR_PYTHON, help="the Python that has statelink")
    add(
        "--ours",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="another build of statelink, in a folder for PYTHONPATH, as one more peer; "
        "or in place of the one that is installed: statelink=FOLDER",
    )
    add("--only", default="", metavar="TEXT", help="only cases with this text in their names")
    add(
        "--lock",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a file to be locked during each group of cases; may be given several times",
    )
    return parser


def _chosen(known: dict[str, Peer], named: str | None, brief: bool) -> set[str]:
    if named is None:
        usual = LIMITS[:1] if brief else (*LIMITS, *OTHERS)
        return {name for name in usual if known[name].installed}
    names = tuple(name for name in named.split(",") if name)
    for name in names:
        if name not in known:
            sys.exit(f"there is no peer {name}: {' '.join(known)}")
    return set(names)


def parse(words: list[str] | None = None) -> Options:
    """Ends the process with a sentence where something is not there."""
    given = _parser().parse_args(words)
    builds = dict(text.partition("=")[::2] for text in given.ours)
    folders = {name: Path(folder).resolve() for name, folder in builds.items()}
    python = given.python.absolute()
    known = known_peers(python)
    chosen = _chosen(known, given.peers, given.brief) | {"statelink"}
    for name, folder in folders.items():
        known[name] = statelink(name, python, folder)
        chosen.add(name)
    for name in chosen:
        if not known[name].installed:
            sys.exit(f"{name} is not installed: python -m benchmarks.harness.install")
    for name in given.suites:
        if name not in ALL_SUITES:
            sys.exit(f"there is no suite {name}: {' '.join(ALL_SUITES)}")
    peers = {name: peer for name, peer in known.items() if name in chosen}
    ours = tuple(name for name, peer in peers.items() if peer.protocol == "statelink")
    return Options(
        suites=tuple(given.suites) or ALL_SUITES,
        peers=peers,
        plan=Plan(given.brief, frozenset(peers) - frozenset(ours), ours),
        rounds=given.rounds or (1 if given.brief else 4),
        python=python,
        packages=folders.get("statelink"),
        only=given.only,
        locks=tuple(given.lock),
        out=given.out,
    )
