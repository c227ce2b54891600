"""Random nested edits over two stores.

Replayed they give the new JSON text, rolled back the old values in the same objects.
"""

from __future__ import annotations

import dataclasses
import json
import os
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from values.edit_program import OBJECTS, PAD, Card, Checked, Model, Point, Program
from values.store_harness import DEFAULTS, Log, Room, canonical, replay

EXAMPLES = 20_000 if os.environ.get("CI") else 2_000


# Sequences that once replayed or rolled back wrong.
MENDED = [
    "b9280d530000004f0701d00100000000000000002a00e43200014aeb0000650042d6e4b44baede",
    "003542ccaf00fa000000000001e800000000000000dd000000000000000000000036cf0000000078",
    "c200014f00000000000000200000399700000000000000000000000032fd0100003d83",
    "0032cd01c70200cd0000000000000000000000000000290000ed457d0101ac0100002beaf544006201000032d9",
]


def describe(value: Any) -> Any:
    """A value and the identities of all that can change in it."""
    if isinstance(value, dict):
        return (id(value), {key: describe(item) for key, item in value.items()})
    if isinstance(value, list):
        return (id(value), [describe(item) for item in value])
    if isinstance(value, set):
        return (id(value), frozenset(value))
    if isinstance(value, BaseModel):
        attributes = vars(value) | (value.model_extra or {})
        return (
            id(value),
            {key: describe(item) for key, item in attributes.items()},
            sorted(value.model_fields_set),
        )
    if isinstance(value, OBJECTS):
        return (
            id(value),
            [describe(getattr(value, field.name)) for field in dataclasses.fields(value)],
        )
    return (type(value), repr(value))


def describe_rooms(rooms: list[Room]) -> Any:
    return [{name: describe(getattr(room, name)) for name in DEFAULTS} for room in rooms]


def short(*texts: bytes | None) -> str:
    return b"\n".join(text or b"nothing" for text in texts).decode().replace(PAD, "PAD")


def run(core: ModuleType, code: bytes) -> None:
    log = Log(core)
    rooms = [Room(core, log), Room(core, log)]
    for room in rooms:
        room.rows = [
            {"id": 1, "tags": ["x", PAD], "pad": PAD},
            {"id": 2, "pad": PAD},
            [1, [2, PAD], 3],
            Card(PAD),
            4,
            5,
        ]
        room.table = {
            "a": {"b": [1, 2], "pad": PAD},
            "text": "t",
            "pad": PAD,
            "m": Model(name=PAD, parts=[1, [2]]),
        }
        room.tags = {1, 2, 3, PAD}
        room.anything = [
            Card(PAD, notes=[1, 2]),
            Point(1.0, {"pad": PAD}),
            Checked(inner=Model(name=PAD)),
            {1, 2, PAD},
        ]
    log.discard()
    program = Program(code, rooms)
    while not program.is_over:
        texts = [room.snapshot() for room in rooms]
        before = describe_rooms(rooms)
        mode = program.byte()
        program.run(1 + mode % 7)
        if mode < 170:
            operations = [room.operations(append=mode % 2 == 0) for room in rooms]
            log.discard()
            for room, text, patch in zip(rooms, texts, operations, strict=True):
                now = room.snapshot()
                assert canonical(replay(text, patch)) == canonical(json.loads(now)), short(
                    text, patch, now
                )
                assert not room.changed
        else:
            if mode % 3 == 0:
                for room in rooms:
                    room.operations()
            log.rollback()
            assert describe_rooms(rooms) == before
            assert [canonical(json.loads(room.snapshot())) for room in rooms] == [
                canonical(json.loads(t)) for t in texts
            ]
            assert all(not room.changed for room in rooms)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(st.binary(min_size=10, max_size=160))
def test_edits_replay_and_roll_back(core: ModuleType, code: bytes) -> None:
    run(core, code)


@pytest.mark.parametrize("code", MENDED)
def test_sequences_that_once_went_wrong(core: ModuleType, code: str) -> None:
    run(core, bytes.fromhex(code))
