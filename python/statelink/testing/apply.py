"""Applies the operations of a patch to JSON values, strictly by RFC 6902 and RFC 6901."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["Inapplicable", "apply_patch"]

_FIELDS = {
    "add": {"op", "path", "value"},
    "replace": {"op", "path", "value"},
    "remove": {"op", "path"},
    "move": {"op", "from", "path"},
    "append": {"op", "path", "value"},
}
_INDEX = re.compile(r"0|[1-9][0-9]*")


class Inapplicable(ValueError):
    """An operation that is not well formed or does not fit the values."""


def apply_patch(
    values: dict[str, Any], operations: list[dict[str, Any]], *, append: bool = False
) -> dict[str, Any]:
    """Makes new values; the old ones stay as they are, and parts that do not change are shared.

    Args:
        values: the values of an instance.
        operations: of one patch, applied in order, all or none.
        append: whether the operation `append` was agreed on.

    Raises:
        Inapplicable: one of them is not well formed or does not fit.
    """
    changed: Any = values
    for operation in operations:
        changed = _apply(changed, operation, append)
    if not isinstance(changed, dict):
        raise Inapplicable("the values of an instance are an object")
    return changed


def _apply(values: Any, operation: dict[str, Any], append: bool) -> Any:
    kind = operation.get("op")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or (kind == "append" and not append):
        raise Inapplicable(f"no such operation: {kind!r}")
    if operation.keys() != fields:
        raise Inapplicable(f"{kind} has the fields {sorted(fields)}, not {sorted(operation)}")
    path = _keys(operation["path"])
    if kind == "add":
        return _add(values, path, operation["value"])
    if kind == "replace":
        return _edit(values, path, lambda _: operation["value"])
    if kind == "append":
        return _edit(values, path, lambda text: _append(text, operation["value"]))
    if kind == "remove":
        return _remove(values, path)
    source = _keys(operation["from"])
    if path[: len(source)] == source and path != source:
        raise Inapplicable(f"{operation['from']} cannot move into itself")
    moved = values
    for key in source:
        moved = moved[_existing(moved, key)]
    return _add(_remove(values, source), path, moved)


def _keys(pointer: object) -> list[str]:
    if (
        not isinstance(pointer, str)
        or (pointer and not pointer.startswith("/"))
        or re.search("~(?![01])", pointer)
    ):
        raise Inapplicable(f"no JSON pointer: {pointer!r}")
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def _existing(container: Any, key: str) -> Any:
    """The key or index of something that a container has."""
    if isinstance(container, dict) and key in container:
        return key
    if isinstance(container, list) and _INDEX.fullmatch(key) and int(key) < len(container):
        return int(key)
    raise Inapplicable(f"there is no {key!r}")


def _edit(value: Any, path: list[str], change: Callable[[Any], Any]) -> Any:
    """Changes what is at a path that exists."""
    if not path:
        return change(value)
    key = _existing(value, path[0])
    copy = value.copy()
    copy[key] = _edit(value[key], path[1:], change)
    return copy


def _append(text: object, more: object) -> str:
    if not isinstance(text, str) or not isinstance(more, str):
        raise Inapplicable("append takes a string to a string")
    return text + more


def _add(values: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    key = path[-1]

    def put(container: Any) -> Any:
        if isinstance(container, dict):
            return {**container, key: value}
        if isinstance(container, list):
            if key == "-":
                return [*container, value]
            if _INDEX.fullmatch(key) and int(key) <= len(container):
                return [*container[: int(key)], value, *container[int(key) :]]
        raise Inapplicable(f"nothing can be added at {key!r}")

    return _edit(values, path[:-1], put)


def _remove(values: Any, path: list[str]) -> Any:
    if not path:
        raise Inapplicable("the whole instance cannot be removed")

    def take(container: Any) -> Any:
        key = _existing(container, path[-1])
        copy = container.copy()
        del copy[key]
        return copy

    return _edit(values, path[:-1], take)
