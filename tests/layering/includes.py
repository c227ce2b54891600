"""Reads the include graph of cpp/ and says what in it the table does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from layering.cycles import find_cycle
from layering.rooms import PUBLIC

_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def room_of(file: Path, cpp: Path) -> str:
    """The room that a file of cpp/ belongs to; a source directly in cpp/src is a room by itself."""
    parts = file.relative_to(cpp).parts
    if parts[0] == "include":
        return PUBLIC
    return Path(parts[1]).stem if parts[0] == "src" else parts[0]


def sources(cpp: Path) -> list[Path]:
    """Every C++ file of cpp/."""
    return sorted(path for path in cpp.rglob("*") if path.suffix in {".cpp", ".hpp"})


def included_names(file: Path) -> list[str]:
    """What a file includes, as it is written there."""
    return _INCLUDE.findall(file.read_text(encoding="utf-8"))


def resolve(name: str, file: Path, cpp: Path) -> Path | None:
    """The file of cpp/ that `file` means by `name`, or None where it is somebody else's header."""
    search = [file.parent, cpp / "src", cpp / "include"]
    if room_of(file, cpp) == "bindings":
        search.insert(1, cpp / "bindings")
    for folder in search:
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def violations(
    cpp: Path, may_include: Mapping[str, set[str]], only_in: Mapping[str, set[str]]
) -> Iterator[str]:
    """A sentence for each include that the tables do not allow."""
    cpp = cpp.resolve()
    for file in sources(cpp):
        room = room_of(file, cpp)
        where = file.relative_to(cpp)
        if room not in may_include:
            yield f"{where}: the table has no room {room}"
            continue
        for name in included_names(file):
            target = resolve(name, file, cpp)
            if target is None:
                yield from (
                    f"{where}: {room} may not include {name}"
                    for start, rooms in only_in.items()
                    if name.startswith(start) and room not in rooms
                )
                continue
            other = room_of(target, cpp)
            header = f"{other}/{target.stem}"
            if other not in {room, PUBLIC} and not {other, header} & may_include[room]:
                yield f"{where}: {room} may not include {name}"


def include_cycle(cpp: Path) -> list[str]:
    """The files of a circle of includes, or nothing where there is none."""
    cpp = cpp.resolve()
    graph = {
        str(file.relative_to(cpp)): {
            str(target.relative_to(cpp))
            for name in included_names(file)
            if (target := resolve(name, file, cpp)) is not None
        }
        for file in sources(cpp)
    }
    return find_cycle(graph)
