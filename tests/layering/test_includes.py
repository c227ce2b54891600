"""The rooms of cpp/ include each other as the table says, and breaches are noticed."""

from pathlib import Path

import pytest

from layering.cycles import find_cycle
from layering.includes import include_cycle, sources, violations
from layering.rooms import MAY_INCLUDE, ONLY_IN

CPP = Path(__file__).parents[2] / "cpp"


def test_every_include_is_allowed() -> None:
    assert sources(CPP), "no C++ sources were found"
    assert list(violations(CPP, MAY_INCLUDE, ONLY_IN)) == []


def test_no_header_includes_itself_by_others() -> None:
    assert include_cycle(CPP) == []


def test_the_table_has_one_direction() -> None:
    rooms = {
        room: {entry for entry in others if "/" not in entry}
        for room, others in MAY_INCLUDE.items()
    }
    assert find_cycle(rooms) == []


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("src/wire/a.hpp", '#include "net/server.hpp"', "wire may not include net/server.hpp"),
        ("src/net/a.cpp", "#include <Python.h>", "net may not include Python.h"),
        (
            "src/fanout/a.cpp",
            "#include <boost/asio/buffer.hpp>",
            "fanout may not include boost/asio",
        ),
        ("src/engine/a.cpp", "#include <boost/json.hpp>", "engine may not include boost/json.hpp"),
        (
            "src/engine/a.cpp",
            '#include "fanout/fanout.hpp"',
            "engine may not include fanout/fanout",
        ),
        ("include/statelink/a.hpp", '#include "net/server.hpp"', "public may not include net/"),
        ("src/cellar/a.cpp", "", "the table has no room cellar"),
    ],
)
def test_a_forbidden_include_is_noticed(
    tmp_path: Path, file: str, line: str, complaint: str
) -> None:
    for header in ("src/net/server.hpp", "src/fanout/fanout.hpp", file):
        (tmp_path / header).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / header).write_text("")
    (tmp_path / file).write_text(line)
    (sentence,) = violations(tmp_path, MAY_INCLUDE, ONLY_IN)
    assert complaint in sentence


def test_one_header_of_a_room_can_be_allowed(tmp_path: Path) -> None:
    for header in ("src/fanout/batch.hpp", "src/engine/a.hpp"):
        (tmp_path / header).parent.mkdir(parents=True)
        (tmp_path / header).write_text('#include "fanout/batch.hpp"')
    assert list(violations(tmp_path, MAY_INCLUDE, ONLY_IN)) == []


def test_a_circle_of_headers_is_noticed(tmp_path: Path) -> None:
    room = tmp_path / "src" / "wire"
    room.mkdir(parents=True)
    (room / "a.hpp").write_text('#include "wire/b.hpp"')
    (room / "b.hpp").write_text('#include "a.hpp"')
    assert include_cycle(tmp_path) == ["src/wire/a.hpp", "src/wire/b.hpp", "src/wire/a.hpp"]
