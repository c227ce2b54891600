"""What a client holds: for each state its instance, perhaps an overlay, each at a revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from statelink.testing.apply import Inapplicable, apply_patch
from statelink.testing.frames import Frame

__all__ = ["Held", "Instance"]


@dataclass
class Instance:
    """An instance (or overlay) as this client knows it.

    Attributes:
        number: unique in the server's life.
        state: name of its state.
        overlay: whether it is laid over the state's instance.
        revision: the newest that the client has seen, also of one that it holds no longer.
        values: as of that revision.
        awaits_snapshot: a patch was missed: others are not applied before a snapshot.
    """

    number: int
    state: str
    overlay: bool
    revision: int
    values: dict[str, Any]
    awaits_snapshot: bool = False


class Held:
    """The instances of one client, and a look at whether the server keeps the order that it promises.

    Args:
        report: is told of each violation of docs/protocol.md. What then happens is what a browser client would do.
        append: whether patches may use the operation `append`.
    """

    def __init__(self, report: Callable[[str], None], *, append: bool = False) -> None:
        self._report = report
        self.append = append
        self._layers: dict[tuple[str, bool], Instance] = {}
        self._known: dict[int, Instance] = {}  # also those that are held no longer

    def introduce(self, frame: Frame) -> None:
        """Takes a snapshot."""
        layer = (frame["s"], "o" in frame)
        made = Instance(frame["i"], *layer, frame["r"], frame["v"])
        known = self._known.get(made.number)
        if known is not None:
            if (known.state, known.overlay) != layer:
                self._report(f"instance {made.number} of {known.state} became one of {made.state}")
            # One that was replaced is forgotten: when it comes back, it may begin at an older snapshot.
            if made.revision < known.revision and self.get(made.number):
                self._report(
                    f"instance {made.number} went back from revision {known.revision} to {made.revision}"
                )
        self._known[made.number] = made
        self._layers[layer] = made
        if made.overlay and not made.values:
            del self._layers[layer]

    def patch(self, frame: Frame) -> bool:
        """Applies a patch, or drops it; false: a snapshot of its instance must be asked for."""
        number, revision = frame["i"], frame["r"]
        instance = self.get(number)
        if instance is None:
            known = self._known.get(number)
            why = (
                f"which was replaced in {known.state}" if known else "which no snapshot introduced"
            )
            self._report(f"a patch of instance {number}, {why}")
            return True
        if instance.awaits_snapshot:
            return True
        if revision <= instance.revision:
            self._report(
                f"instance {number} is at revision {instance.revision}, but {revision} came again"
            )
            return True
        if revision > instance.revision + 1:
            self._report(
                f"a gap in instance {number}: revision {revision} after {instance.revision}"
            )
        else:
            try:
                instance.values = apply_patch(instance.values, frame["p"], append=self.append)
            except Inapplicable as error:
                self._report(f"revision {revision} of instance {number} does not fit: {error}")
            else:
                instance.revision = revision
                if any(name.startswith("_") for name in instance.values):
                    self._report(f"instance {number} shows a backend-only var")
                return True
        instance.awaits_snapshot = True
        return False

    def lacking(self, pairs: Iterable[Iterable[int]]) -> list[Instance]:
        """The held instances that are not at the revisions of `[instance, revision]` pairs yet."""
        held = [(self.get(number), revision) for number, revision in pairs]
        return [
            instance
            for instance, revision in held
            if instance is not None and instance.revision < revision
        ]

    def get(self, number: int) -> Instance | None:
        """An instance by its number, if it is held."""
        known = self._known.get(number)
        if known is not None and self._layers.get((known.state, known.overlay)) is known:
            return known
        return None

    def instance(self, state: str) -> Instance | None:
        """The instance of a state."""
        return self._layers.get((state, False))

    def states(self) -> set[str]:
        """The states that have an instance."""
        return {state for state, overlay in self._layers if not overlay}

    def pairs(self) -> list[list[int]]:
        """`[instance, revision]` of everything that is held, for a resume."""
        return [
            [i.number, i.revision]
            for i in self._layers.values()
            if self.get(i.number) and not i.awaits_snapshot
        ]

    def values(self, state: str) -> dict[str, Any] | None:
        """What the client sees of a state: the overlay laid over the instance."""
        found = [
            self._layers[layer].values
            for layer in ((state, False), (state, True))
            if layer in self._layers
        ]
        if len(found) == 2:
            return {**found[0], **found[1]}
        return found[0] if found else None

    def overlay(self, state: str) -> dict[str, Any]:
        """The values of a state's overlay; none where there is none."""
        layer = self._layers.get((state, True))
        return layer.values if layer else {}

    def all_values(self) -> dict[str, dict[str, Any]]:
        """What the client sees of every state."""
        return {state: self.values(state) or {} for state, _ in self._layers}

    def forget(self) -> None:
        """The server that gave the numbers is gone: they mean nothing now. Values are shown until `prune`."""
        self._known.clear()

    def prune(self) -> None:
        """Ends the values that no snapshot has introduced since `forget`."""
        self._layers = {layer: i for layer, i in self._layers.items() if self.get(i.number)}
