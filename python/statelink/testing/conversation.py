"""One client's conversation with the server, without a socket: each input returns the frames to send.

An implementation of docs/protocol.md that shares no code with the server or the browser client. It does what a browser
client would do, and writes down whatever the server did that it promised not to do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from statelink.errors import EventError
from statelink.testing.calls import Call, Calls, compact
from statelink.testing.frames import BadFrame, Frame, read_frame
from statelink.testing.held import Held

__all__ = ["Conversation", "Identity"]

_ENDING_CODES = frozenset({1000, 1002, 1003, 1007, 1009, 4400})
_SUPERSEDED = 4409


class Identity(NamedTuple):
    """Who a client is to the server.

    Attributes:
        token: the public identity.
        secret: proves it in a resume; None: says none.
        boot: the server's life in which it was issued.
        acked: the highest event id below or at which every event was answered.
    """

    token: str
    secret: str | None
    boot: str
    acked: int = 0


class Conversation:
    """What a client says and holds, over as many sockets as it takes.

    Args:
        path: of the page.
        caps: the capabilities that it offers.
        identity: the one to go on with, if any, as a reloaded page does.
        states: names of all states that the server has; None: any.
        storage: what its browser keeps at the beginning, by key.

    Attributes:
        held: the instances and their values.
        resumed: whether the last hello went on with the client's identity.
        storage: what its browser keeps, by key: the values of client-storage vars.
        identities: the client tokens that it has had, in order.
        violations: sentences about what the server did against docs/protocol.md.
        emitted: names and payloads of what handlers emitted, in order.
        redirects: the frames of redirects, in order.
        reported: failures of what followed its events, as follow-ups, background handlers.
    """

    def __init__(
        self,
        path: str = "/",
        caps: Collection[str] = ("append",),
        identity: Identity | None = None,
        states: Collection[str] | None = None,
        storage: Mapping[str, str] | None = None,
    ) -> None:
        self.violations: list[str] = []
        self.held = Held(self.violations.append)
        self.emitted: list[tuple[str, Any]] = []
        self.redirects: list[Frame] = []
        self.reported: list[EventError] = []
        self.identities: list[str] = [identity.token] if identity else []
        self.storage: dict[str, str] = dict(storage or {})
        self.resumed = False
        self._path = path
        self._pages: list[str] = []  # gone to before the server has greeted
        self._owed = 0  # so often the server is to say hydrated
        self._stored_vars: list[Frame] = []
        self._caps = list(caps)
        self._identity = identity
        self._states = None if states is None else frozenset(states)
        self._calls = Calls(self.violations.append, identity.acked if identity else 0)
        self._greeted = False  # on this socket
        self._was_greeted = False  # on any
        self._ended = False

    @property
    def identity(self) -> Identity | None:
        """Who the client is; None before it was told, and when another took it over."""
        return self._identity and self._identity._replace(acked=self._calls.acked)

    @property
    def hydrated(self) -> bool:
        """Everything that its page shows was introduced on this socket."""
        return self._greeted and self._owed == 0

    def opened(self) -> list[str]:
        """A socket is open."""
        self._greeted = self.resumed = False
        self._owed = 1
        self._pages.clear()
        hello: dict[str, Any] = {"path": self._path, "caps": self._caps}
        if self.identity:
            token, secret, boot, acked = self.identity
            have = self.held.pairs()
            hello["resume"] = {
                "token": token,
                **({} if secret is None else {"secret": secret}),
                "boot": boot,
                "have": have,
                "acked": acked,
            }
        return [compact({"hello": hello})]

    def navigate(self, path: str) -> list[str]:
        """Goes to another page without a reload."""
        self._path = path
        self._pages.append(path)
        return self._take_pages() if self._greeted else []

    def _take_pages(self) -> list[str]:
        pages = [compact({"page": path}) for path in self._pages]
        self._owed += len(pages)
        self._pages.clear()
        return pages

    def store(self, key: str, value: str) -> list[str]:
        """Another tab of its browser has changed what is kept."""
        self.storage[key] = value
        return self._say_stored([var for var in self._stored_vars if var["key"] == key])

    def _say_stored(self, stored_vars: list[Frame]) -> list[str]:
        if not stored_vars:
            return []
        kept: dict[str, dict[str, str]] = {}
        for var in stored_vars:
            if var["key"] in self.storage:
                kept.setdefault(var["s"], {})[var["v"]] = self.storage[var["key"]]
        return [compact({"stored": kept})]

    def _keep_stored(self) -> None:
        for var in self._stored_vars:
            value = self.held.overlay(var["s"]).get(var["v"])
            if value is not None:
                self.storage[var["key"]] = value

    def call(self, call: Call) -> list[str]:
        """Calls an event handler; it is sent when the server has greeted."""
        self._calls.add(call)
        if self._ended:
            self._calls.end(EventError("closed", "the connection was closed for good"))
        return self._calls.take_queued() if self._greeted else []

    def lost(self, code: int, reason: str = "") -> None:
        """The socket is closed."""
        self._greeted = False
        self._pages.clear()
        if code in _ENDING_CODES:
            self._ended = True
            self._calls.end(
                EventError("closed", f"the server closed the connection: {code} {reason}".rstrip())
            )
        elif code == _SUPERSEDED:
            self._identity = None

    @property
    def ended(self) -> bool:
        """Whether the server has closed for good: a browser client would not come back."""
        return self._ended

    def received(self, text: str | bytes) -> tuple[Frame, list[str]]:
        """A message has arrived: what it says (nothing where it is unreadable), and the frames to send then."""
        try:
            kind, frame = read_frame(text)
        except BadFrame as error:
            self.violations.append(f"{error}: {text[:300]!r}")
            return {}, []
        if (kind == "hello") == self._greeted:
            self.violations.append("a second hello" if self._greeted else f"{kind} before hello")
            return frame, []
        sends = []
        if kind == "hello":
            sends += self._hello(**frame["hello"])
        elif kind == "snapshot":
            self._snapshot(frame)
            self._keep_stored()
        elif kind == "patch":
            if not self.held.patch(frame):
                sends.append(compact({"resync": [frame["i"]]}))
            self._keep_stored()
        elif kind == "hydrated":
            self._hydrated()
        elif kind == "emit":
            self.emitted.append((frame["emit"], frame["d"]))
        elif kind == "redirect":
            self.redirects.append(frame)
        else:
            for instance in self.held.lacking(frame.get("f", ())):
                self.violations.append(
                    f"{compact(frame)} came while instance {instance.number} was at revision {instance.revision}"
                )
            if kind == "error" and frame["x"] == 0:
                self.reported.append(EventError(frame["c"], frame["m"]))
            elif kind == "error":
                self._calls.fail(frame)
            else:
                self._calls.acknowledge(frame)
        self._calls.settle(lambda pairs: bool(self.held.lacking(pairs)))
        if self.hydrated:
            sends += self._ask_for_lost_frames()
        return frame, sends

    def _hello(
        self,
        token: str,
        secret: str,
        boot: str,
        resumed: bool,
        last: int,
        caps: list[str],
        storage: list[Frame] | None = None,
    ) -> list[str]:
        if storage and "storage" not in caps:
            self.violations.append("the server names vars to keep, without the capability")
        self._stored_vars = storage or []
        stored = self._say_stored(self._stored_vars)
        if not set(caps) <= set(self._caps):
            self.violations.append(f"the server took capabilities that were not offered: {caps}")
        if resumed and (self._identity is None or self._identity.token != token):
            self.violations.append("the server resumed another client than the one that asked")
        if not resumed and last != 0:
            self.violations.append("a new client has sent nothing")
        if self._identity is None or not resumed or self._identity.boot != boot:
            self.held.forget()
        if not resumed:
            if self._was_greeted:
                self._calls.end(
                    EventError("identity_lost", "the server gave this client a new identity")
                )
            self._calls.restart()
        self._identity = Identity(token, secret, boot)
        self.resumed = resumed
        if self.identities[-1:] != [token]:
            self.identities.append(token)
        self._greeted = self._was_greeted = True
        self.held.append = "append" in caps
        return stored + self._take_pages() + self._calls.resume(last) + self._calls.take_queued()

    def _snapshot(self, frame: Frame) -> None:
        if self._states is not None and frame["s"] not in self._states:
            self.violations.append(f"a snapshot of {frame['s']}, which is no state of the app")
        self.held.introduce(frame)

    def _hydrated(self) -> None:
        if self._owed == 0:
            self.violations.append("hydrated was sent again")
        self._owed = max(0, self._owed - 1)
        self.held.prune()
        if missing := (self._states or frozenset()) - self.held.states():
            self.violations.append(
                f"hydrated was sent before {', '.join(sorted(missing))} were introduced"
            )

    def _ask_for_lost_frames(self) -> list[str]:
        """A resync of what answers wait for: it should have been here before them."""
        lost = {
            i.number: i for i in self.held.lacking(self._calls.followed) if not i.awaits_snapshot
        }
        for instance in lost.values():
            instance.awaits_snapshot = True
        return [compact({"resync": list(lost)})] if lost else []
