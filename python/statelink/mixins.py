"""What a state class takes over from mixins: base vars and computed vars, by the method resolution order."""

from __future__ import annotations

import inspect
from typing import Any, NoReturn

from statelink._core import BaseVar, ComputedVar, StorageVar, View
from statelink.errors import StateError
from statelink.event import EventHandler
from statelink.fields import Declaration, read_declarations
from statelink.var import ComputedVarDefinition

__all__ = ["MixinVar", "collect_vars", "order_bases", "prepare_mixin"]

_Definition = Declaration | ComputedVarDefinition[Any]


class MixinVar:
    """A base var of a mixin, as its class shows it: a value has only a state class that lists it.

    Attributes:
        declared: what the mixin's body says.
    """

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared

    def __get__(self, instance: object | None, owner: type) -> MixinVar:
        return self

    def __repr__(self) -> str:
        return f"<var {self.declared.name} of the mixin {self.declared.owner.__qualname__}>"


def order_bases(bases: tuple[type, ...]) -> tuple[type, ...]:
    """Bases of a class, without those that a later one inherits from: ``(State, Likes)`` is ``(Likes,)``."""
    return tuple(
        base
        for at, base in enumerate(bases)
        if not (
            isinstance(base, type)
            and issubclass(base, View)
            and any(
                isinstance(later, type) and later is not base and issubclass(later, base)
                for later in bases[at + 1 :]
            )
        )
    )


def prepare_mixin(cls: type) -> None:
    """Takes the vars of a mixin's body aside; nothing of it is served.

    Raises:
        StateError: it has a state with vars of its own as a base.
    """
    for base in cls.__mro__[1:]:
        if getattr(base, "__state_class__", None) is not None:
            raise StateError(
                f"the mixin {cls.__qualname__} has the state {base.__qualname__} as a base: "
                "a state lists its mixins, not the other way round"
            )
    for name, declared in read_declarations(cls).items():
        setattr(cls, name, MixinVar(declared))


def collect_vars(
    cls: type, parent: type | None
) -> tuple[dict[str, Declaration], dict[str, ComputedVarDefinition[Any]]]:
    """The base vars and computed vars of a state class: those of its body and of its mixins.

    A mixin is a state class with ``mixin=True``, or a plain class that is not a state (of which only
    annotated attributes are vars). Where several have a name, the first in the method resolution
    order has it.

    Args:
        cls: the state class.
        parent: the state whose vars it shares, if any; what that has from mixins stays there.

    Raises:
        StateError: a name is a var of the parent already.
    """
    found: dict[str, _Definition] = {}
    inherited = parent.__mro__ if parent else ()
    for base in reversed(cls.__mro__):
        if base in inherited or (
            issubclass(base, View) and base is not cls and not _is_mixin(base)
        ):
            continue
        if base is object:
            continue
        own = _definitions(base, cls)
        for name in own.keys() | (vars(base).keys() & found.keys()):
            new, old = own.get(name), found.get(name)
            if new is None:
                del found[name]  # a method, say
            elif (
                isinstance(new, Declaration)
                and not new.has_default
                and isinstance(old, Declaration)
            ):
                # It says of which type the inherited var is.
                found[name] = Declaration(base, name, new.annotation, new.hint, old.value)
            else:
                found[name] = new
    ordered = {name: found[name] for name in _in_order(cls, found)}
    if parent is not None:
        ordered = {n: d for n, d in ordered.items() if not _comes_later(cls, parent, n, d)}
        for name in ordered.keys() | vars(cls).keys():
            _check_redeclared(cls, parent, name, ordered.get(name))
    return (
        {n: d for n, d in ordered.items() if isinstance(d, Declaration)},
        {n: d for n, d in ordered.items() if isinstance(d, ComputedVarDefinition)},
    )


def _is_mixin(cls: type) -> bool:
    return bool(vars(cls).get("__state_is_mixin__", False))


def _definitions(base: type, cls: type) -> dict[str, _Definition]:
    if _is_mixin(base):
        found: dict[str, _Definition] = {
            n: v.declared for n, v in vars(base).items() if isinstance(v, MixinVar)
        }
    else:
        found = dict(read_declarations(base, annotated_only=base is not cls))
    computed = {n: v for n, v in vars(base).items() if isinstance(v, ComputedVarDefinition)}
    handlers = [n for n, v in vars(base).items() if isinstance(v, EventHandler)]
    for name in handlers:
        found.pop(name, None)
    return found | computed


def _in_order(cls: type, found: dict[str, _Definition]) -> list[str]:
    """Mixins first, each in the order of its body."""
    order: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        for name in [*vars(base).get("__annotations__", {}), *vars(base)]:
            if name in found:
                order.setdefault(name)
    return list(order)


def _owner_of(definition: _Definition, cls: type, name: str) -> type:
    if isinstance(definition, Declaration):
        return definition.owner
    return next(b for b in cls.__mro__ if vars(b).get(name) is definition)


def _comes_later(cls: type, parent: type, name: str, definition: _Definition) -> bool:
    """Whether it is a mixin's that stands behind a state which has the name."""
    owner = _owner_of(definition, cls, name)
    before = cls.__mro__[: cls.__mro__.index(owner)]
    return any(name in vars(base) for base in before if base in parent.__mro__)


def _check_redeclared(cls: type, parent: type, name: str, new: _Definition | None) -> None:
    old = inspect.getattr_static(parent, name, None)
    if isinstance(old, (BaseVar, StorageVar)) or (
        isinstance(old, ComputedVar) and not isinstance(new, ComputedVarDefinition)
    ):
        _refuse_redeclared(cls, parent, name)


def _refuse_redeclared(cls: type, parent: type, name: str) -> NoReturn:
    raise StateError(
        f"{cls.__qualname__}.{name}: {parent.__qualname__} has a var of this name, which "
        f"{cls.__qualname__} shares: choose another name, or change the value in a handler"
    )
