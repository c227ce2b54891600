"""Checks the wheel in a folder: what is in it, its size, and that it works by itself.

usage: check_wheel.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

MAX_BYTES = 3_000_000
WANTED = [
    "statelink/__init__.py",
    "statelink/_client/client.js",
    "statelink/_core.pyi",
    "statelink/py.typed",
]
FOREIGN = (".cpp", ".hpp", ".ts", ".a", ".map")

# Runs in the fresh environment, far from the source tree.
USE_IT = """
import importlib.resources
import pathlib
import sys

import statelink
import statelink._core

for module in (statelink, statelink._core):
    assert pathlib.Path(module.__file__).is_relative_to(sys.prefix), module.__file__
script = importlib.resources.files("statelink") / "_client" / "client.js"
assert script.read_text(encoding="utf-8").strip()

class Counter(statelink.SharedState):
    count: int = 0

statelink.App()
"""


def contents_problems(wheel: Path) -> list[str]:
    """What is wrong with the files of `wheel`, a sentence each."""
    names = zipfile.ZipFile(wheel).namelist()
    problems = [f"{name} is missing" for name in WANTED if name not in names]
    if not any(name.startswith("statelink/_core.") and name.endswith(".so") for name in names):
        problems.append("the extension module is missing")
    if not any(name.endswith("/licenses/LICENSE") for name in names):
        problems.append("the licence is missing")
    problems += [f"{name} does not belong there" for name in names if name.endswith(FOREIGN)]
    if (size := wheel.stat().st_size) > MAX_BYTES:
        problems.append(f"it has {size:,} bytes, more than {MAX_BYTES:,}")
    return problems


def use_in_fresh_environment(wheel: Path) -> None:
    """Installs `wheel` into a new environment and imports it there; raises when that fails."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "venv"
        venv.create(environment, with_pip=True)
        bin_folder = environment / "bin"
        for command in (
            [bin_folder / "python", "-m", "pip", "install", "--quiet", wheel.resolve()],
            [bin_folder / "python", "-I", "-W", "error", "-c", USE_IT],
            [bin_folder / "statelink", "--help"],
        ):
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Checks the one wheel in the folder that the command line names."""
    (wheel,) = Path(sys.argv[1]).glob("*.whl")
    problems = contents_problems(wheel)
    if problems:
        print(f"{wheel.name}:", *problems, sep="\n  ")
        return 1
    use_in_fresh_environment(wheel)
    print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, complete, and works by itself")
    return 0


if __name__ == "__main__":
    sys.exit(main())
