"""The table of README.md, and the defects that have a test."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_the_tests_of_each_sentence_are_there():
    rows = re.findall(r"^\| ([\d., ]+) \| (.*) \|$", (HERE / "README.md").read_text(), re.MULTILINE)
    sentences = {number for numbers, _ in rows for number in numbers.split(", ")}
    assert {int(number.split(".")[0]) for number in sentences} == set(range(2, 24))
    for _, row in rows:
        named = re.findall(r"`(\w+\.py)::(\w+)`", row)
        assert named or "promises nothing" in row
        for file, name in named:
            assert f"def {name}(" in (HERE / file).read_text(), (file, name)


def test_every_defect_has_a_test():
    text = "".join(file.read_text() for file in HERE.glob("test_defects_*.py"))
    assert {int(n) for n in re.findall(r"^async def test_b(\d+)_", text, re.MULTILINE)} == set(
        range(1, 22)
    )
