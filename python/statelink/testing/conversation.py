"""One client's conversation with the server, without a socket: each input returns the frames to send.

An implementation of docs/protocol.md that shares no code with the server or the browser client. It does what a browser
client would do, and writes down whatever the server did that it promised not to do.
"""

from __future__ import annotations

from collections.abc import Collection
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

    Attributes:
        held: the instances and their values.
        resumed: whether the last hello went on with the client's identity.
        hydrated: everything that the client sees was introduced on this socket.
        identities: the client tokens that it has had, in order.
        violations: sentences about what the server did against docs/protocol.md.
    """

    def __init__(
        self,
        path: str = "/",
        caps: Collection[str] = ("append",),
        identity: Identity | None = None,
        states: Collection[str] | None = None,
    ) -> None:
        self.violations: list[str] = []
        self.held = Held(self.violations.append)
        self.identities: list[str] = [identity.token] if identity else []
        self.resumed = self.hydrated = False
        self._path = path
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

    def opened(self) -> list[str]:
        """A socket is open."""
        self._greeted = self.hydrated = self.resumed = False
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

    def call(self, call: Call) -> list[str]:
        """Calls an event handler; it is sent when the server has greeted."""
        self._calls.add(call)
        if self._ended:
            self._calls.end(EventError("closed", "the connection was closed for good"))
        return self._calls.take_queued() if self._greeted else []

    def lost(self, code: int, reason: str = "") -> None:
        """The socket is closed."""
        self._greeted = self.hydrated = False
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
        elif kind == "patch":
            if not self.held.patch(frame):
                sends.append(compact({"resync": [frame["i"]]}))
        elif kind == "hydrated":
            self._hydrated()
        else:
            for instance in self.held.lacking(frame.get("f", ())):
                self.violations.append(
                    f"{compact(frame)} came while instance {instance.number} was at revision {instance.revision}"
                )
            if kind == "error":
                self._calls.fail(frame)
            else:
                self._calls.acknowledge(frame)
        self._calls.settle(lambda pairs: bool(self.held.lacking(pairs)))
        if self.hydrated:
            sends += self._ask_for_lost_frames()
        return frame, sends

    def _hello(
        self, token: str, secret: str, boot: str, resumed: bool, last: int, caps: list[str]
    ) -> list[str]:
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
        return self._calls.resume(last) + self._calls.take_queued()

    def _snapshot(self, frame: Frame) -> None:
        if self._states is not None and frame["s"] not in self._states:
            self.violations.append(f"a snapshot of {frame['s']}, which is no state of the app")
        self.held.introduce(frame)

    def _hydrated(self) -> None:
        if self.hydrated:
            self.violations.append("hydrated was sent again")
        self.hydrated = True
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
