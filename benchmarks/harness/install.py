"""Builds and installs what is measured, below build/benchmarks: python -m benchmarks.harness.install

    install [native] [ours] [python-peers] [reflex] [colyseus]      none named: all

Nothing is done again that is up to date, but for `ours`, which is built anew where a source has changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import paths

MAIN_VENV = paths.ROOT / ".venv"
PEERS = paths.HERE / "peers"
# What builds the package, what it needs, and what its encoder is compared with.
OUR_NEEDS = ("scikit-build-core>=0.11", "pybind11>=3.0", "pydantic>=2", "orjson")


def _run(*words: str | Path, folder: Path = paths.ROOT) -> None:
    tools = MAIN_VENV / "bin"
    env = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    subprocess.run([str(word) for word in words], check=True, cwd=folder, env=env)


def _is_current(stamp: Path, *sources: Path) -> bool:
    return stamp.exists() and all(
        source.stat().st_mtime <= stamp.stat().st_mtime for source in sources
    )


def _venv(python: Path, *requirements: str | Path) -> None:
    if not python.exists():
        _run(sys.executable, "-m", "venv", python.parents[1])
    _run(python, "-m", "pip", "install", "--quiet", *requirements)


def native() -> None:
    """The loader and the limit."""
    if not (paths.NATIVE / "build.ninja").exists():
        release = "-DCMAKE_BUILD_TYPE=Release"
        _run("cmake", "-S", paths.HERE, "-B", paths.NATIVE, "-G", "Ninja", release)
    _run("cmake", "--build", paths.NATIVE)


def ours() -> None:
    """The package as a wheel has it: Release, optimised at link time."""
    # Its header packages are those of the main environment, so that the compiler's cache serves both.
    headers = f"cmake.define.STATELINK_HEADERS_PYTHON={MAIN_VENV / 'bin' / 'python'}"
    _venv(paths.OUR_PYTHON, *OUR_NEEDS)
    build = ["-C", f"build-dir={paths.BUILD / 'package'}", "-C", headers]
    again = ["--quiet", "--no-build-isolation", "--no-deps", "--force-reinstall"]
    _run(paths.OUR_PYTHON, "-m", "pip", "install", *again, ".", *build)


def python_peers() -> None:
    """FastAPI, picows, pycrdt-websocket."""
    wanted = PEERS / "requirements.txt"
    stamp = paths.PEERS_PYTHON.parents[1] / "installed"
    if not _is_current(stamp, wanted):
        _venv(paths.PEERS_PYTHON, "-r", wanted)
        stamp.touch()


def reflex() -> None:
    """Reflex, which pins packages that the others want newer."""
    wanted = PEERS / "requirements-reflex.txt"
    stamp = paths.REFLEX_PYTHON.parents[1] / "installed"
    if not _is_current(stamp, wanted):
        _venv(paths.REFLEX_PYTHON, "-r", wanted)
        stamp.touch()


def colyseus() -> None:
    """Colyseus, from npm."""
    lock = PEERS / "colyseus" / "package-lock.json"
    stamp = paths.COLYSEUS / "installed"
    if not _is_current(stamp, lock):
        paths.COLYSEUS.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(lock.with_name(name), paths.COLYSEUS / name)
        _run("npm", "ci", "--no-audit", "--no-fund", folder=paths.COLYSEUS)
        stamp.touch()


PARTS: dict[str, Callable[[], None]] = {
    "native": native,
    "ours": ours,
    "python-peers": python_peers,
    "reflex": reflex,
    "colyseus": colyseus,
}


def main(names: list[str]) -> int:
    for name in names or list(PARTS):
        if name not in PARTS:
            print(f"there is no {name}: {' '.join(PARTS)}", file=sys.stderr)
            return 2
        print(f"Setting up {name} ...", file=sys.stderr, flush=True)
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
