"""docs/configuration.md says what sl.Config() has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import statelink as sl

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "configuration.md"
HEADER = ROOT / "cpp" / "include" / "statelink" / "config.hpp"

ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| [^|]*\w[^|]* \| [^|]*\w[^|]* \|$", re.M)
MEMBER = re.compile(r"^  [\w:<>]+ (\w+)(?: = [^;]+|\{[^}]*\})?;$", re.M)


def rows() -> dict[str, tuple[object, str]]:
    """Default and unit of each field, by the page."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({name for name, _, _ in found}) == len(found), "a field stands there twice"
    return {name: (ast.literal_eval(default), unit) for name, default, unit in found}


def fields() -> dict[str, object]:
    """The fields of a new Config."""
    config = sl.Config()
    return {name: getattr(config, name) for name in dir(config) if not name.startswith("_")}


def test_the_page_has_every_field_with_its_default() -> None:
    assert {name: default for name, (default, _) in rows().items()} == fields()


def test_times_and_nothing_else_are_seconds() -> None:
    times = {name for name, value in fields().items() if isinstance(value, float)}
    assert {name for name, (_, unit) in rows().items() if unit == "s"} == times


def test_sizes_are_bytes() -> None:
    sizes = {name for name in fields() if name.endswith("_bytes")}
    assert {name for name, (_, unit) in rows().items() if unit == "bytes"} == sizes


def test_python_has_every_field_of_the_header() -> None:
    members = MEMBER.findall(HEADER.read_text(encoding="utf-8"))
    assert members, "no fields were found"
    assert set(members) == fields().keys()
