"""Stores as the tests use them: vars by name, operations replayed by the public jsonpatch package."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import jsonpatch

DEFAULTS: dict[str, Any] = {
    "rows": [],
    "table": {},
    "tags": set(),
    "anything": None,
    "text": "",
    "count": 0,
    "_hidden": [],
}
COMPUTED = "total"


class AppendOperation(jsonpatch.PatchOperation):  # type: ignore[misc]
    """The extension of the wire: `value` goes to the end of the string at `path`."""

    def apply(self, obj: Any) -> Any:
        parent, key = self.pointer.to_last(obj)
        parent[key] += self.operation["value"]
        return obj


class Patch(jsonpatch.JsonPatch):  # type: ignore[misc]
    """jsonpatch with `append` registered."""

    operations = {**jsonpatch.JsonPatch.operations, "append": AppendOperation}


def canonical(value: Any) -> str:
    """Text that tells 1, 1.0 and true apart, and does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True)


def replay(text: bytes, operations: bytes | None) -> Any:
    """What a client has after a patch."""
    document = json.loads(text)
    if operations is None:
        return document
    return Patch(json.loads(operations)).apply(document, in_place=True)


class Log:
    """An undo log and the stores in it."""

    def __init__(self, core: ModuleType) -> None:
        self.values = core._values
        self.handle = self.values.log()

    def discard(self) -> None:
        self.values.discard(self.handle)

    def rollback(self) -> None:
        self.values.rollback(self.handle)


class Room:
    """One store; `room.rows` reads a var, `room.rows = ...` puts one."""

    def __init__(
        self, core: ModuleType, log: Log | None = None, extra: Iterable[tuple[str, Any]] = ()
    ) -> None:
        defaults = {**DEFAULTS, **dict(extra)}
        specs = [(name, not name.startswith("_"), False, value) for name, value in defaults.items()]
        specs.append((COMPUTED, True, True, None))
        vars(self).update(
            core=core,
            values=core._values,
            slots={name: slot for slot, (name, *_) in enumerate(specs)},
            store=core._values.store(core._values.layout(specs)),
            log=log or Log(core),
        )
        self.values.enter(self.log.handle, self.store)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values.get(self.store, self.slots[name])
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.values.set(self.store, self.slots[name], value)

    def compute(self, value: Any) -> bool:
        return self.values.set_computed(self.store, self.slots[COMPUTED], value)

    def snapshot(self) -> bytes:
        return self.values.snapshot(self.store)

    def operations(self, append: bool = True) -> bytes | None:
        """What has changed, without forgetting it."""
        return self.values.commit_ops(self.store, append)

    def commit(self, append: bool = True) -> list[dict[str, Any]]:
        """The operations since the last commit; checks that a client that replays them has the present values."""
        operations = self.operations(append)
        before = vars(self).get("committed")
        self.log.discard()
        now = self.snapshot()
        if before is not None:
            assert canonical(replay(before, operations)) == canonical(json.loads(now)), operations
        vars(self)["committed"] = now
        return json.loads(operations) if operations else []

    def commit_size(self, append: bool = True) -> int:
        """Bytes of the operations since the last commit."""
        operations = self.operations(append)
        self.log.discard()
        return len(operations or b"")

    @property
    def changed(self) -> list[str]:
        names = list(self.slots)
        return [names[slot] for slot in self.values.changed_slots(self.store)]

    def version(self, name: str) -> int:
        return self.values.slot_version(self.store, self.slots[name])
