"""The events of one client, from the call to what the answer follows: their ids, their order, who still waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from statelink.errors import EventError
from statelink.testing.frames import Frame

__all__ = ["Call", "Calls", "compact"]


def compact(value: Any) -> str:
    """JSON as it travels: no spaces, characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass
class Call:
    """A call of an event handler.

    Attributes:
        handler: its name on the wire.
        arguments: by name.
        settle: is told once: that it was answered (None), or by which error.
        follows: `[instance, revision]` pairs that the answer follows.
        error: of an answer that is one.
    """

    handler: str
    arguments: dict[str, Any]
    settle: Callable[[EventError | None], None]
    follows: list[list[int]] = field(default_factory=list)
    error: EventError | None = None

    def frame(self, event: int) -> str:
        """The event's frame."""
        named: Frame = {"e": event, "h": self.handler}
        if self.arguments:
            named["a"] = self.arguments
        return compact(named)


class Calls:
    """The calls of one client, and a look at whether each is answered once, in order.

    Args:
        report: is told of each violation of docs/protocol.md.
        acked: the highest event id that was answered, of an identity that goes on.
    """

    def __init__(self, report: Callable[[str], None], acked: int = 0) -> None:
        self._report = report
        self._next_event = acked + 1
        self._next_answer = acked + 1
        self._queued: list[Call] = []
        self._sent: dict[int, Call] = {}
        self._answered: list[Call] = []

    def add(self, call: Call) -> None:
        """A new call; it gets its event id when it is sent."""
        compact(call.arguments)  # raises here where it is no JSON
        self._queued.append(call)

    def take_queued(self) -> list[str]:
        """The frames of the calls that were not sent yet; they are now."""
        frames = []
        for call in self._queued:
            self._sent[self._next_event] = call
            frames.append(call.frame(self._next_event))
            self._next_event += 1
        self._queued.clear()
        return frames

    @property
    def acked(self) -> int:
        """The highest event id below or at which every event was answered."""
        return min(self._sent, default=self._next_event) - 1

    def resume(self, last: int) -> list[str]:
        """The server has received the events up to `last`: the frames to send again."""
        self._next_event = max(self._next_event, last + 1)
        return [call.frame(event) for event, call in self._sent.items() if event > last]

    def restart(self) -> None:
        """A new identity: event ids start anew. Only when none is sent and unanswered."""
        self._next_event = self._next_answer = 1

    def acknowledge(self, frame: Frame) -> None:
        """Takes an acknowledgement."""
        self._answer(frame["a"], frame, None)

    def fail(self, frame: Frame) -> None:
        """Takes an error."""
        if isinstance(frame["x"], list) and frame["c"] != "outcome_unknown":
            self._report(f"{frame['c']} answers a range of events")
        self._answer(frame["x"], frame, EventError(frame["c"], frame["m"]))

    def _answer(self, events: Any, frame: Frame, error: EventError | None) -> None:
        first, last = events if isinstance(events, list) else (events, events)
        if first < self._next_answer:
            self._report(f"event {first} was answered again, or after {self._next_answer - 1}")
        elif first > self._next_answer:
            self._report(f"event {first} was answered before {self._next_answer}")
        if last >= self._next_event:
            self._report(
                f"event {last} was answered, but {self._next_event - 1} was the last to be sent"
            )
        self._next_answer = max(self._next_answer, last + 1)
        for event in [e for e in self._sent if first <= e <= last]:
            call = self._sent.pop(event)
            call.follows, call.error = frame.get("f", []), error
            self._answered.append(call)

    @property
    def followed(self) -> list[list[int]]:
        """What the answers follow that are not settled."""
        return [pair for call in self._answered for pair in call.follows]

    def settle(self, lacks: Callable[[list[list[int]]], bool]) -> None:
        """Settles the answered calls that follow nothing which is lacking."""
        if not self._answered:
            return
        ready = [call for call in self._answered if not lacks(call.follows)]
        self._answered = [call for call in self._answered if call not in ready]
        for call in ready:
            call.settle(call.error)

    def end(self, error: EventError) -> None:
        """Settles every call by an error."""
        calls = [*self._answered, *self._sent.values(), *self._queued]
        for waiting in (self._answered, self._queued):
            waiting.clear()
        self._sent.clear()
        for call in calls:
            call.settle(error)
