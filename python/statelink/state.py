"""``State``: the base class of states. One private instance for each client."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from statelink._core import BaseVar, ComputedVar, StateClass, View
from statelink.errors import StateError
from statelink.event import is_event
from statelink.fields import read_fields
from statelink.registry import register
from statelink.var import ComputedVarDefinition

if TYPE_CHECKING:
    from statelink.router import Router

__all__ = ["State", "event_handlers"]

S = TypeVar("S", bound="State")

# Names that the body of a state class cannot give to a var, handler or computed var.
_RESERVED = frozenset(
    {"router", "get_state", "_link_to", "_unlink", "_linked_to", "_linked_from", "_turn"}
)


class StateMeta(type):
    """Makes state classes whose instances hold no attributes of their own: everything is a var."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any
    ) -> StateMeta:
        body.setdefault("__slots__", ())
        return super().__new__(mcs, name, bases, body, **options)


class State(View, metaclass=StateMeta):
    """A state: vars that clients see, and the event handlers that change them.

    Annotated attributes of the class body are *base vars*; with a leading underscore they are
    *backend-only*, never sent to a client. Methods with ``@statelink.event`` are *event
    handlers*, methods with ``@statelink.var`` *computed vars*. Every client has an instance of
    its own, made of the defaults. In a handler `self` is a view: it is good until the handler is
    over.

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

    if TYPE_CHECKING:

        @property
        def router(self) -> Router:
            """The triggering client: ``router.session.client_token``, ``router.headers``, ``router.page``."""

    def __init_subclass__(cls, *, _shared_root: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
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
        parent = _parent(cls)
        fields = read_fields(cls)
        computed = [(n, v) for n, v in cls.__dict__.items() if isinstance(v, ComputedVarDefinition)]
        for name, definition in computed:
            _check_computed(cls, name, definition)
        record = StateClass(
            cls,
            cls.__qualname__,
            cls.__state_is_shared__,
            parent,
            [(f.name, f.travels, f.default) for f in fields],
            [
                (
                    name,
                    not name.startswith("_"),
                    inspect.iscoroutinefunction(d.function),
                    d.function,
                )
                for name, d in computed
            ],
        )
        cls.__state_class__ = record
        for slot, f in enumerate(fields):
            setattr(cls, f.name, BaseVar(f.name, f.types, f.annotation, record.depth, slot))
        for index, (name, definition) in enumerate(computed):
            setattr(cls, name, ComputedVar(name, definition, record.depth, index))
        register(cls)

    async def get_state(self, state: type[S]) -> S:
        """The triggering client's view of another state: the linked instance where it is linked.

        Waits for its lock when another event is at it; the lock is kept until the handler is over.

        Args:
            state: a state class of this app.

        Raises:
            DeadlockError: the other event waits for what this one holds.
        """
        turn = self._turn
        while not isinstance(view := turn.view(state), View):
            await wait_for_lock(turn, view)
        return cast("S", view)


async def wait_for_lock(turn: Any, future: Any) -> None:
    """Waits for a lock of a turn; a cancelled wait leaves the queue."""
    try:
        await future
    except BaseException:
        turn.stop_waiting(future)
        raise


def event_handlers(cls: type[State]) -> dict[str, Callable[..., Any]]:
    """The event handlers of a class by name, also those it inherits from states without vars of their own."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if is_event(value):
                found[name] = value
            else:
                found.pop(name, None)
    return found


def _parent(cls: type[State]) -> StateClass | None:
    states = [b for b in cls.__bases__ if issubclass(b, State) and b.__state_class__ is not None]
    if len(states) > 1:
        raise StateError(f"{cls.__qualname__} has several states as bases; a state has one parent")
    return states[0].__state_class__ if states else None


def _check_computed(cls: type, name: str, definition: ComputedVarDefinition[Any]) -> None:
    where = f"{cls.__qualname__}.{name}"
    if len(inspect.signature(definition.function).parameters) != 1:
        raise StateError(f"{where}: a computed var is a function of self alone")
