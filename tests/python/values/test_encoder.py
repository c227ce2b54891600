"""One documented mapping from Python values to JSON, there and back."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import uuid
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)


def typed(value: Any) -> Any:
    """A form in which 1, 1.0 and True differ, and 0.0 and -0.0."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return (type(value), repr(value))


@settings(max_examples=500, deadline=None)
@given(json_values)
def test_json_values_come_back_as_they_were(core: ModuleType, value: Any) -> None:
    assert typed(json.loads(core.encode(value))) == typed(value)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_text_is_escaped_as_the_standard_library_does_or_refused(
    core: ModuleType, text: str
) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(core.EncodeError, match="lone surrogate"):
            core.encode(text)
    else:
        assert json.loads(core.encode(text)) == text


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 100])
@pytest.mark.parametrize("char", ['"', "\\", "\n", "\x00", "\x1f", "\x7f", "é", "€", "😀"])
def test_every_place_of_a_character_that_needs_care(
    core: ModuleType, length: int, char: str
) -> None:
    for place in range(length + 1):
        text = "a" * place + char + "b" * (length - place)
        assert json.loads(core.encode(text)) == text


@settings(max_examples=300, deadline=None)
@given(st.timedeltas())
def test_a_timedelta_is_an_iso_duration_that_pydantic_reads(
    core: ModuleType, value: dt.timedelta
) -> None:
    text = json.loads(core.encode(value))
    try:
        back = TypeAdapter(dt.timedelta).validate_python(text)
    except ValueError:
        assert abs(value.days) > 99_999_999  # beyond what pydantic reads
        return
    assert back == value


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(),
    st.times(),
    st.uuids(),
    st.decimals(),
    st.binary(),
)
def test_values_with_a_text_come_back_from_it(
    core: ModuleType,
    moment: dt.datetime,
    day: dt.date,
    time: dt.time,
    key: uuid.UUID,
    number: decimal.Decimal,
    data: bytes,
) -> None:
    values = json.loads(core.encode([moment, day, time, key, number, data]))
    assert values[0] == moment.isoformat()
    assert dt.date.fromisoformat(values[1]) == day
    assert dt.time.fromisoformat(values[2]) == time
    assert uuid.UUID(values[3]) == key
    assert repr(decimal.Decimal(values[4])) == repr(number)
    assert base64.b64decode(values[5]) == data


class Colour(enum.Enum):
    RED = "red"
    BOTH = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Name(str, enum.Enum):
    ADA = "ada"


class Text(str):
    pass


@dataclasses.dataclass
class Pair:
    left: Any
    right: Any = 2
    _kept: int = 3
    counter: dataclasses.InitVar[int] = 0


@dataclasses.dataclass(slots=True)
class Slotted:
    a: int
    b: list[int]


class Person(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    born: dt.date | None = None
    password: str = Field("", exclude=True)
    _cache: int = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "null"),
        (float("inf"), "null"),
        (-math.inf, "null"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (2**63, str(2**63)),
        (-(10**40), str(-(10**40))),
        (True, "true"),
        ((1, (2,)), "[1,[2]]"),
        (frozenset([7]), "[7]"),
        ({1: "a", 2.5: "b", None: "c", False: "d", Level.LOW: "e", Name.ADA: "f"}, None),
        (Colour.RED, '"red"'),
        (Colour.BOTH, "[1,2]"),
        (Level.LOW, "1"),
        (Name.ADA, '"ada"'),
        (Text("x"), '"x"'),
        (b"\x00\xff", '"AP8="'),
        (bytearray(b"a"), '"YQ=="'),
        (memoryview(b"ab"), '"YWI="'),
        (Pair(1), '{"left":1,"right":2}'),
        (Slotted(1, [2]), '{"a":1,"b":[2]}'),
        (
            Person(name="n", born=dt.date(2020, 1, 2), password="p", more=[1]),
            '{"name":"n","born":"2020-01-02","more":[1]}',
        ),
        (dt.timedelta(days=-1, seconds=86399), '"-PT1S"'),
        (dt.timedelta(0), '"PT0S"'),
        (dt.timedelta(days=2, hours=3, microseconds=5), '"P2DT3H0.000005S"'),
    ],
)
def test_the_mapping(core: ModuleType, value: Any, text: str | None) -> None:
    if text is None:
        text = json.dumps(
            {"1": "e", "2.5": "b", "null": "c", "false": "d", "ada": "f"}, separators=(",", ":")
        )
    assert core.encode(value).decode() == text


def test_a_subclass_of_the_builtins_is_encoded_like_them(core: ModuleType) -> None:
    import collections

    value = [
        collections.OrderedDict(a=1),
        collections.Counter("aa"),
        collections.namedtuple("P", "x y")(1, 2),
    ]
    assert core.encode(value) == b'[{"a":1},{"a":2},[1,2]]'


def test_what_has_no_mapping_is_named_with_its_path(core: ModuleType) -> None:
    with pytest.raises(
        core.EncodeError, match="^/a/0/b~1c: cannot encode a value of type complex$"
    ):
        core.encode({"a": [{"b/c": 1j}]})
    with pytest.raises(core.EncodeError, match="^/left/x: .*tuple"):
        core.encode(Pair({"x": {(1, 2): 3}}))
    with pytest.raises(core.EncodeError, match="same in JSON"):
        core.encode({1: 1, "1": 2})


def test_too_deep_is_an_error(core: ModuleType) -> None:
    value: Any = []
    for _ in range(1000):
        value = [value]
    with pytest.raises(core.EncodeError, match="nested deeper than 256"):
        core.encode(value)
    holds_itself: list[Any] = []
    holds_itself.append(holds_itself)
    with pytest.raises(core.EncodeError, match="nested deeper"):
        core.encode(holds_itself)


def test_serializers_serve_subclasses_and_may_nest(core: ModuleType) -> None:
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    class Euro(Money):
        pass

    class Odd(Money):
        pass

    with pytest.raises(core.EncodeError):
        core.encode(Euro(5))
    core.register_serializer(Money, lambda m: {"cents": m.cents, "at": dt.date(2020, 1, 1)})
    core.register_serializer(Odd, lambda m: m)
    assert core.encode([Euro(5)]) == b'[{"cents":5,"at":"2020-01-01"}]'
    with pytest.raises(core.EncodeError, match="/0: .*Odd"):
        core.encode([Odd(1)])


def test_an_error_of_a_serializer_is_the_cause(core: ModuleType) -> None:
    class Bad:
        pass

    def fail(_: Bad) -> str:
        raise LookupError("no such thing")

    core.register_serializer(Bad, fail)
    with pytest.raises(core.EncodeError, match="^/k: LookupError: no such thing$") as raised:
        core.encode({"k": Bad()})
    assert isinstance(raised.value.__cause__, LookupError)


def test_a_serializer_that_changes_the_list_being_encoded(core: ModuleType) -> None:
    class Popper:
        pass

    items: list[Any] = []
    core.register_serializer(Popper, lambda _: items.clear())
    items += [Popper(), "x" * 100, "y" * 100]
    assert core.encode(items) == b"[null]"
