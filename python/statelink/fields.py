"""Reads the body of a state class: which of its names are base vars, of which types, with which defaults."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from statelink.errors import StateError
from statelink.storage import ClientStorage

__all__ = ["Declaration", "Field", "make_field", "outer_types", "read_declarations"]

_NO_DEFAULT = object()
_ZERO_VALUES = (bool, int, float, str, bytes, list, dict, set, tuple)


@dataclasses.dataclass(frozen=True)
class Field:
    """A base var as declared.

    Attributes:
        name: its name; with a leading underscore it is backend-only.
        annotation: text of its annotation, for messages.
        types: the types that a value may have (a shallow check), None for any.
        default: the class's default; each instance gets a deep copy.
    """

    name: str
    annotation: str
    types: tuple[type, ...] | None
    default: Any

    @property
    def travels(self) -> bool:
        """Whether clients see it."""
        return not self.name.startswith("_")


@dataclasses.dataclass(frozen=True)
class Declaration:
    """A base var as the body of a class has it, before what it inherits is looked at.

    Attributes:
        owner: the class.
        name: its name.
        annotation: text of its annotation; None where it has none.
        hint: its annotation, or the type of its default.
        value: its default; `NO_DEFAULT` where it has none.
    """

    owner: type
    name: str
    annotation: str | None
    hint: Any
    value: Any

    @property
    def has_default(self) -> bool:
        """Whether the body gives it a value."""
        return self.value is not _NO_DEFAULT


def read_declarations(cls: type, *, annotated_only: bool = False) -> dict[str, Declaration]:
    """The base vars that the body of a class declares, in order.

    Args:
        cls: the class.
        annotated_only: a value without an annotation is none.

    Raises:
        StateError: an annotation cannot be resolved.
    """
    own = cls.__dict__
    annotations = own.get("__annotations__", {})
    hints = _resolve(cls) if annotations else {}
    names = [*annotations, *(n for n in own if n not in annotations)]
    found = {}
    for name in names:
        hint = hints.get(name, _NO_DEFAULT)
        if not _is_var_name(cls, name) or _is_class_var(hint):
            continue
        value = own.get(name, _NO_DEFAULT)
        if isinstance(value, types.MemberDescriptorType):
            continue
        if hint is _NO_DEFAULT:
            if annotated_only or _is_no_var(value):
                continue
            hint = type(value) if value is not None else Any
        annotation = annotations.get(name)
        text = None if annotation is None else _text(annotation)
        found[name] = Declaration(cls, name, text, hint, value)
    return found


def make_field(cls: type, declared: Declaration) -> Field:
    """The base var of a class that a declaration in its body, or in a mixin's, makes.

    Raises:
        StateError: it has no default and no natural one, or one that does not fit.
    """
    value, hint = declared.value, declared.hint
    if isinstance(value, ClientStorage):
        _check_storage(cls, declared)
        hint = str
    if value is _NO_DEFAULT:
        value = _zero_value(cls, declared.name, hint)
    text = declared.annotation or _text(hint)
    field = Field(declared.name, text, outer_types(hint), value)
    _check_default(cls, field)
    return field


def outer_types(hint: Any) -> tuple[type, ...] | None:
    """The types of which a value must be an instance to fit an annotation at its outside; None: any value fits.

    Example:
        >>> outer_types(list[int] | None)
        (<class 'list'>, <class 'NoneType'>)
    """
    found = tuple(_flatten(hint))
    return None if None in found else typing.cast("tuple[type, ...]", found)


def _flatten(hint: Any) -> Iterator[type | None]:
    origin = get_origin(hint)
    if hint is None or hint is type(None):
        yield type(None)
    elif hint is float:
        yield from (float, int)
    elif hint is complex or isinstance(hint, str) or hint is Any:
        yield None
    elif origin is Union or origin is types.UnionType:
        for part in get_args(hint):
            yield from _flatten(part)
    elif origin is typing.Annotated:
        yield from _flatten(get_args(hint)[0])
    elif origin is Literal:
        yield from {type(value) for value in get_args(hint)}
    elif typing.is_typeddict(hint):
        yield dict
    elif isinstance(hint, typing.NewType):
        yield from _flatten(hint.__supertype__)
    elif isinstance(origin, type):
        yield origin
    elif isinstance(hint, type) and not getattr(hint, "_is_protocol", False):
        yield hint
    else:
        yield None


def _resolve(cls: type) -> dict[str, Any]:
    try:
        # Only the class itself: its bases have been read already, some are not states.
        alone = type(
            cls.__name__,
            (),
            {
                "__annotations__": dict(cls.__dict__["__annotations__"]),
                "__module__": cls.__module__,
            },
        )
        return typing.get_type_hints(alone, localns={cls.__name__: cls}, include_extras=True)
    except NameError as error:
        raise StateError(
            f"{cls.__qualname__}: {error}. Import what its annotations name at run time, not only under TYPE_CHECKING"
        ) from error


def _is_var_name(cls: type, name: str) -> bool:
    mangled = name.startswith(f"_{cls.__name__.lstrip('_')}__")
    return not mangled and not (name.startswith("__") and name.endswith("__"))


def _is_class_var(hint: Any) -> bool:
    return hint is ClassVar or get_origin(hint) is ClassVar


def _is_no_var(value: Any) -> bool:
    """Whether an unannotated value of a class body is no default: a method, a nested class."""
    return (
        callable(value)
        or inspect.isdatadescriptor(value)
        or isinstance(value, (staticmethod, classmethod, property))
        or hasattr(type(value), "__get__")
    )


def _zero_value(cls: type, name: str, hint: Any) -> Any:
    allowed = outer_types(hint)
    if allowed is None or type(None) in allowed:
        return None
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    for candidate in _ZERO_VALUES:
        if allowed[0] is candidate:
            return candidate()
    raise StateError(
        f"{cls.__qualname__}.{name} needs a default: write `{name}: {_text(hint)} = ...`"
    )


def _check_storage(cls: type, declared: Declaration) -> None:
    where = f"{cls.__qualname__}.{declared.name}"
    kind = type(declared.value).__name__
    if declared.hint not in (str, type(declared.value)):
        raise StateError(
            f"{where}: what a browser keeps is a str: write `{declared.name}: str = {kind}()`"
        )
    if declared.name.startswith("_"):
        raise StateError(
            f"{where}: a name with a leading underscore never reaches the browser, which is to keep it: "
            f"write `{declared.name.lstrip('_')}: str = {kind}()`"
        )


def _check_default(cls: type, field: Field) -> None:
    if field.types is not None and not isinstance(field.default, field.types):
        raise StateError(
            f"{cls.__qualname__}.{field.name} is declared {field.annotation}, but its default is a "
            f"{type(field.default).__name__}"
        )


def _text(hint: Any) -> str:
    if isinstance(hint, str):
        return hint
    return (
        hint.__name__
        if isinstance(hint, type) and not get_args(hint)
        else str(hint).replace("typing.", "")
    )
