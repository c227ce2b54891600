"""``State``: the base class of states. One private instance for each client."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, cast, overload

from statelink._background import enter_block
from statelink._core import BaseVar, ComputedVar, StateClass, StorageVar, View
from statelink._locks import wait_for_lock
from statelink.errors import StateError
from statelink.event import EventHandler, wrap_handlers
from statelink.fields import Field, make_field
from statelink.mixins import MixinVar, collect_vars, order_bases, prepare_mixin
from statelink.registry import register
from statelink.storage import ClientStorage
from statelink.var import ComputedVarDefinition

if TYPE_CHECKING:
    from statelink.router import Router

__all__ = ["State", "event_handlers"]

S = TypeVar("S", bound="State")
T = TypeVar("T")

# Names that the body of a state class cannot give to a var, handler or computed var.
_RESERVED = frozenset(
    {
        "router",
        "get_state",
        "get_var_value",
        "reset",
        "_link_to",
        "_unlink",
        "_linked_to",
        "_linked_from",
        "_turn",
        "_background",
    }
)


class StateMeta(type):
    """Makes state classes whose instances hold no attributes of their own: everything is a var."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any
    ) -> StateMeta:
        body.setdefault("__slots__", ())
        if "_shared_root" not in options and any(isinstance(base, StateMeta) for base in bases):
            wrap_handlers(body)
        return super().__new__(mcs, name, order_bases(bases), body, **options)


class State(View, metaclass=StateMeta):
    """A state: vars that clients see, and the event handlers that change them.

    Annotated attributes of the class body are *base vars*; with a leading underscore they are
    *backend-only*, never sent to a client. Methods with ``@statelink.event`` are *event
    handlers*, methods with ``@statelink.var`` *computed vars*. Every client has an instance of
    its own, made of the defaults. In a handler `self` is a view: it is good until the handler is
    over.

    A subclass of a state shares its vars: a client has one value of each, through either class. A
    class made with ``mixin=True`` is no state: its vars, computed vars and handlers become those of
    each state class that lists it as a base.

    Example:
        >>> class Counter(State):
        ...     count: int = 0
        ...
        ...     @event
        ...     def add(self, amount: int = 1) -> None:
        ...         self.count += amount
    """

    __slots__ = ()
    __state_class__: ClassVar[StateClass | None] = None
    __state_is_shared__: ClassVar[bool] = False
    __state_is_mixin__: ClassVar[bool] = False

    if TYPE_CHECKING:

        @property
        def router(self) -> Router:
            """The triggering client: ``router.session.client_token``, ``router.headers``, ``router.page``."""

    def __init_subclass__(
        cls, *, mixin: bool = False, _shared_root: bool = False, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        cls.__state_is_mixin__ = mixin
        if _shared_root:
            cls.__state_is_shared__ = True
            return
        for name in (
            _RESERVED & cls.__dict__.keys()
            | _RESERVED & cls.__dict__.get("__annotations__", {}).keys()
        ):
            raise StateError(
                f"{cls.__qualname__}.{name}: this name is statelink's own, choose another"
            )
        if mixin:
            prepare_mixin(cls)
            return
        parent = _parent(cls)
        declared, computed = collect_vars(cls, parent)
        fields = [make_field(cls, d) for d in declared.values()]
        for name, definition in computed.items():
            _check_computed(cls, name, definition)
        above = parent.__state_class__ if parent else None
        record = StateClass(
            cls,
            cls.__qualname__,
            cls.__state_is_shared__,
            above,
            [_slot_of(f) for f in fields],
            [
                (
                    name,
                    not (name.startswith("_") or d.backend),
                    d.is_async,
                    d.function,
                    d.options(_deps(cls, name, d, declared | computed)),
                )
                for name, d in computed.items()
            ]
            # Each client sees its own: it travels as a personal computed var that reads it.
            + [
                (f.name, True, False, operator.attrgetter(f.name), {"stored": slot})
                for slot, f in enumerate(fields)
                if isinstance(f.default, ClientStorage)
            ],
        )
        cls.__state_class__ = record
        for slot, f in enumerate(fields):
            if isinstance(f.default, ClientStorage):
                setattr(cls, f.name, StorageVar(f.name, f.default, cls, record.depth, slot))
            else:
                setattr(
                    cls, f.name, BaseVar(f.name, f.types, f.annotation, cls, record.depth, slot)
                )
        for index, (name, definition) in enumerate(computed.items()):
            setattr(cls, name, ComputedVar(name, definition, cls, record.depth, index))
        register(cls)

    async def get_state(self, state: type[S]) -> S:
        """The triggering client's view of another state: the linked instance where it is linked.

        Waits for its lock when another event is at it; the lock is kept until the handler is over.

        Args:
            state: a state class of this app.

        Raises:
            LookupError: the app does not serve it.
            StateError: a mixin, which is no state of its own.
            DeadlockError: the other event waits for what this one holds.
        """
        turn = self._turn
        try:
            while not isinstance(view := turn.view(state), View):
                await wait_for_lock(turn, view)
        except LookupError:
            _check_is_state(state)
            raise
        return cast("S", view)

    @overload
    async def get_var_value(self, var: ComputedVarDefinition[Coroutine[Any, Any, T]]) -> T: ...
    @overload
    async def get_var_value(self, var: ComputedVarDefinition[T]) -> T: ...
    @overload
    async def get_var_value(self, var: T) -> T: ...
    async def get_var_value(self, var: Any) -> Any:
        """The value of a var of any state, as the triggering client sees it.

        Args:
            var: a var as its class shows it, as in ``Room.count``; its state is got as by
                `get_state`. What is no var is returned as it is.

        Raises:
            LookupError: the app does not serve its state.
            StateError: a var of a mixin, which has no values of its own.
        """
        if isinstance(var, (MixinVar, ComputedVarDefinition)):
            raise StateError(
                f"{var!r} has no value: name the var of a state class that lists the mixin"
            )
        if not isinstance(var, (BaseVar, ComputedVar, StorageVar)):
            return var
        view = self if isinstance(self, var.owner) else await self.get_state(var.owner)
        value = var.__get__(view, var.owner)
        if isinstance(var, ComputedVar) and var.definition.is_async:
            return await value
        return value

    def reset(self) -> None:
        """Gives the vars of this class their defaults, public and backend-only ones, as fresh copies.

        Vars of parents and of other states stay, and so do the links: where the state is linked, the
        room's values are reset, for all who are linked. Vars that the browser keeps are the
        client's own and only reset for it.
        """
        for var in vars(type(self)).values():
            if isinstance(var, (BaseVar, StorageVar)):
                var.reset(self)

    async def __aenter__(self) -> Self:
        """Begins a block of a background handler: until its end `self` is as in any other handler."""
        await enter_block(self._background, type(self))
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Ends it: commits what it has changed, or undoes that where it raised."""
        self._background.close(error)

    def __enter__(self) -> NoReturn:
        raise TypeError(
            f"a block of {type(self).__qualname__} waits for its lock: write `async with`"
        )

    def __exit__(self, *error: object) -> None:
        """There is none to leave: `__enter__` raises."""


def event_handlers(cls: type[State]) -> dict[str, EventHandler[Any, Any]]:
    """The public methods of a class by name, also inherited ones: its event handlers."""
    found: dict[str, EventHandler[Any, Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, EventHandler):
                found[name] = value
            else:
                found.pop(name, None)
    return found


def _parent(cls: type[State]) -> type[State] | None:
    states = [b for b in cls.__bases__ if issubclass(b, State) and b.__state_class__ is not None]
    if len(states) > 1:
        raise StateError(f"{cls.__qualname__} has several states as bases; a state has one parent")
    return states[0] if states else None


def _slot_of(field: Field) -> tuple[str, bool, Any]:
    if isinstance(field.default, ClientStorage):
        return f"{field.name} (kept by the browser)", False, str(field.default)
    return field.name, field.travels, field.default


def _check_computed(cls: type, name: str, definition: ComputedVarDefinition[Any]) -> None:
    where = f"{cls.__qualname__}.{name}"
    if len(inspect.signature(definition.function).parameters) != 1:
        raise StateError(f"{where}: a computed var is a function of self alone")


def _deps(
    cls: type[State],
    name: str,
    definition: ComputedVarDefinition[Any],
    own: Mapping[str, Any],
) -> list[str]:
    """The names of the vars whose change makes a computed var run."""
    where = f"{cls.__qualname__}.{name}"
    found: list[str] = []
    for dep in definition.deps:
        of = dep if isinstance(dep, str) else getattr(dep, "name", "")
        var = own.get(of) if of in own else inspect.getattr_static(cls, of, None)
        is_var = of in own or isinstance(var, (BaseVar, ComputedVar, StorageVar))
        if not is_var or of == name or not (isinstance(dep, str) or dep is var):
            raise StateError(
                f"{where}: deps has {dep!r}, which is no other var of {cls.__qualname__} or of its parents: "
                'write names, as in deps=["count"]. What it reads of other states counts by itself'
            )
        if isinstance(var, ComputedVar):
            var = var.definition
        if isinstance(var, ComputedVarDefinition) and var.is_async:
            raise StateError(f"{where}: deps has the async {of}: name what that reads instead")
        found.append(of)
    return found


def _check_is_state(state: object) -> None:
    """Raises where get_state was given something that no app could serve."""
    if not isinstance(state, type) or not issubclass(state, State):
        raise TypeError(f"get_state takes a state class, not {state!r}")
    if state.__state_is_mixin__:
        raise StateError(
            f"{state.__qualname__} is a mixin and no state of its own: give get_state a state class that lists it"
        )
    if state.__state_class__ is None:
        raise StateError(f"{state.__qualname__} has no vars: give get_state a subclass of it")
