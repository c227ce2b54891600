"""Runs clang-tidy over the C++ files of a build, several at a time; its findings are errors.

usage: tidy.py BUILD [PATTERN]; BUILD has a compile_commands.json, PATTERN picks files by their path

A file without findings is not looked at again until its text, that of a header of ours that it
includes, its compiler flags, the settings or clang-tidy itself change: BUILD/tidy remembers that.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The analyzer's shallow mode: its deep one takes five times as long in all.
SHALLOW = [
    f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")
]
# The build may be one for g++, some of whose warnings are unknown here.
OPTIONS = [*SHALLOW, "--extra-arg=-Wno-unknown-warning-option"]
OUR_INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


class Unit:
    """One file to compile, as compile_commands.json has it."""

    def __init__(self, entry: dict[str, str]) -> None:
        self.path = Path(entry["file"])
        self.name = str(self.path.relative_to(ROOT))
        self.command = entry["command"]
        words = shlex.split(self.command)
        self.folders = [Path(word[2:]) for word in words if word.startswith("-I")]

    def texts(self) -> dict[Path, bytes]:
        """The file and every header of ours that it includes."""
        found: dict[Path, bytes] = {}
        todo = [self.path]
        while todo:
            path = todo.pop()
            if path in found:
                continue
            found[path] = path.read_bytes()
            for name in OUR_INCLUDE.findall(found[path]):
                places = [folder / os.fsdecode(name) for folder in [path.parent, *self.folders]]
                todo += [place for place in places if place.is_file()][:1]
        return found

    def key(self, settings: bytes) -> str:
        """What the findings depend on."""
        key = hashlib.sha256(settings + self.command.encode())
        for path, text in sorted(self.texts().items()):
            key.update(str(path).encode() + b"\0" + text)
        return key.hexdigest()


def units(build: Path, pattern: str) -> list[Unit]:
    entries = json.loads((build / "compile_commands.json").read_bytes())
    ours = [entry for entry in entries if Path(entry["file"]).is_relative_to(ROOT)]
    found = [Unit(entry) for entry in ours]
    # The largest first: so no long one is left for the end.
    found.sort(key=lambda unit: -unit.path.stat().st_size)
    return [unit for unit in found if pattern in unit.name]


def settings() -> bytes:
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    files = [ROOT / ".clang-tidy", *sorted(ROOT.glob("[a-z]*/**/.clang-tidy"))]
    return version + b"".join(file.read_bytes() for file in files)


def main(build: Path, pattern: str = "") -> int:
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    common = settings()

    def look(unit: Unit) -> bool:
        key = unit.key(common)
        stamp = stamps / unit.name.replace("/", "+")
        if stamp.is_file() and stamp.read_text() == key:
            return True
        start = time.monotonic()
        run = subprocess.run(
            ["clang-tidy", "-p", build, "--quiet", "--warnings-as-errors=*", *OPTIONS, unit.path],
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - start
        print(f"[{seconds:5.1f} s] {unit.name}", flush=True)
        if run.returncode == 0:
            stamp.write_text(key)
            return True
        print(run.stdout + run.stderr, flush=True)
        return False

    every = units(build, pattern)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = list(pool.map(look, every))
    print(f"clang-tidy: {len(every)} files, {clean.count(False)} with findings")
    return 0 if every and all(clean) else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
