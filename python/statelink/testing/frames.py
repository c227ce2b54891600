"""Reads the server's frames, strictly by docs/protocol.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["BadFrame", "Frame", "read_frame"]

Frame = dict[str, Any]

_LARGEST = 2**53 - 1


class BadFrame(ValueError):
    """A text that is no frame of the protocol; says what is wrong with it."""


def read_frame(text: str | bytes) -> tuple[str, Frame]:
    """Parses a frame and checks its form.

    Returns:
        Its kind (a word of docs/protocol.md) and its fields.

    Raises:
        BadFrame: it is none.
    """
    if not isinstance(text, str):
        raise BadFrame("it is binary")
    try:
        frame = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except ValueError as error:
        raise BadFrame(f"it is no JSON: {error}") from None
    if not isinstance(frame, dict):
        raise BadFrame("it is no JSON object")
    known = _FORMS.get(tuple(frame))
    if known is None:
        raise BadFrame(f"no frame has the fields {', '.join(frame)} in this order")
    kind, checks = known
    for name, check in checks.items():
        if name in frame and not check(frame[name]):
            raise BadFrame(f"its field {name} cannot be {json.dumps(frame[name])[:200]}")
    return kind, frame


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a key twice")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _is_positive(value: object) -> bool:
    return _is_number(value) and value != 0


def _is_range(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(map(_is_positive, value))
        and value[0] < value[1]
    )


def _is_event(value: object) -> bool:
    return _is_positive(value) or _is_range(value)


def _is_error_of(value: object) -> bool:
    return _is_event(value) or (_is_number(value) and value == 0)  # 0: of no event of the client


def _are_pairs(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if not all(
        isinstance(p, list) and len(p) == 2 and _is_positive(p[0]) and _is_number(p[1])
        for p in value
    ):
        return False
    return len({instance for instance, _ in value}) == len(value)


def _are_values(value: object) -> bool:
    # Backend-only vars never travel.
    return isinstance(value, dict) and not any(name.startswith("_") for name in value)


def _are_operations(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(op, dict) for op in value)


def _is_hello(value: object) -> bool:
    fields = ("token", "secret", "boot", "resumed", "last", "caps")
    return (
        isinstance(value, dict)
        and tuple(value) in (fields, (*fields, "storage"))
        and all(_is_text(value[name]) for name in ("token", "secret", "boot"))
        and isinstance(value["resumed"], bool)
        and _is_number(value["last"])
        and isinstance(value["caps"], list)
        and all(map(_is_text, value["caps"]))
        and ("storage" not in value or _are_stored_vars(value["storage"]))
    )


def _are_stored_vars(value: object) -> bool:
    return (
        isinstance(value, list)
        and value != []
        and all(
            isinstance(var, dict)
            and tuple(var)[:4] == ("s", "v", "in", "key")
            and all(_is_text(var[name]) for name in ("s", "v", "key"))
            and var["in"] in ("local", "session", "cookie")
            for var in value
        )
    )


_Checks = dict[str, Callable[[object], bool]]
_SNAPSHOT: _Checks = {
    "s": _is_text,
    "i": _is_positive,
    "r": _is_number,
    "o": lambda value: value == 1 and _is_number(value),
    "v": _are_values,
}
_PATCH: _Checks = {"i": _is_positive, "r": _is_positive, "p": _are_operations}
_ACKNOWLEDGEMENT: _Checks = {"a": _is_event, "f": _are_pairs}
_ERROR: _Checks = {"x": _is_error_of, "c": _is_text, "m": _is_text, "f": _are_pairs}

# By the fields in their order: every form that a frame of the server may have.
_FORMS: dict[tuple[str, ...], tuple[str, _Checks]] = {
    ("hello",): ("hello", {"hello": _is_hello}),
    ("s", "i", "r", "v"): ("snapshot", _SNAPSHOT),
    ("s", "i", "r", "o", "v"): ("snapshot", _SNAPSHOT),
    ("i", "r", "p"): ("patch", _PATCH),
    ("a",): ("acknowledgement", _ACKNOWLEDGEMENT),
    ("a", "f"): ("acknowledgement", _ACKNOWLEDGEMENT),
    ("x", "c", "m"): ("error", _ERROR),
    ("x", "c", "m", "f"): ("error", _ERROR),
    ("emit", "d"): ("emit", {"emit": _is_text}),
    ("redirect", "external", "replace"): (
        "redirect",
        {
            "redirect": _is_text,
            "external": lambda value: isinstance(value, bool),
            "replace": lambda value: isinstance(value, bool),
        },
    ),
    ("hydrated",): ("hydrated", {"hydrated": lambda value: value is True}),
}
