"""What a run must have met, counted from the frames that clients got and the codes with which sockets were closed."""

from __future__ import annotations

from collections import Counter

from statelink.testing.client import Client
from statelink.testing.frames import Frame

RELINK = "relink with frames in flight"
FELL_OFF = "snapshot after falling off the ring"
DETACHED = "rollback after a detach"
PERSONAL = "a var that turned personal"
SUPERSEDED = "a superseded socket"
LEFT = "a client that comes back after it has left its rooms"
EXPIRED = "a client that comes back too late"
ALL = (RELINK, FELL_OFF, DETACHED, PERSONAL, SUPERSEDED, LEFT, EXPIRED)


class Watch:
    """Reads one client's frames, each once."""

    def __init__(self, client: Client, met: Counter[str]) -> None:
        self._client = client
        self._met = met
        self._read = 0
        self._loading = True
        self._held: dict[tuple[str, bool], int] = {}
        self._revisions: dict[int, int] = {}
        self._asked: set[int] = set()
        self._shared: set[str] = set()  # states whose `turning` came to all
        self._relinks_since: int | None = None

    def asks_for(self, number: int) -> None:
        """The client has asked for a snapshot."""
        self._asked.add(number)

    def relinks(self) -> None:
        """The client is about to relink while others are at work."""
        self.read()
        self._relinks_since = self._read

    def relinked(self) -> None:
        """All that was under way has come."""
        self.read()
        self._relinks_since = None

    def read(self) -> None:
        """Looks at what has come."""
        while self._read < len(self._client.frames):
            frame = self._client.frames[self._read]
            if "hello" in frame:
                self._loading = True
            elif "hydrated" in frame:
                self._loading = False
            elif "s" in frame:
                self._snapshot(frame)
            elif "p" in frame:
                self._revisions[frame["i"]] = frame["r"]
                if any(op["path"] == "/turning" for op in frame["p"]):
                    self._see_turning(frame["i"])
            elif "x" in frame and frame["m"].startswith("Undone: "):
                self._met[DETACHED] += not frame["m"].startswith("Undone: 0")
            self._read += 1

    def _snapshot(self, frame: Frame) -> None:
        layer, number = (frame["s"], "o" in frame), frame["i"]
        before = self._held.get(layer)
        if before == number and not self._loading and number not in self._asked:
            self._met[FELL_OFF] += frame["r"] > self._revisions[number] + 1
        if before not in (None, number) and self._relinks_since is not None:
            between = self._client.frames[self._relinks_since : self._read]
            self._met[RELINK] += any("p" in f and f["i"] == before for f in between)
        self._asked.discard(number)
        self._held[layer] = number
        self._revisions[number] = frame["r"]
        if "turning" in frame["v"]:
            self._see_turning(number)

    def _see_turning(self, number: int) -> None:
        for (state, is_overlay), held in self._held.items():
            if held == number and not is_overlay:
                self._shared.add(state)
            elif held == number and state in self._shared:
                self._shared.discard(state)
                self._met[PERSONAL] += 1
