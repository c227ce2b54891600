"""A case: one server, one crowd of clients, some phases of load."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One server started, loaded and stopped.

    Attributes:
        peer: which server.
        group: what is the same for all peers that are compared in it, as in "N=100".
        phases: of the loader, in order.
        clients: of each room.
        kind: of events: increment, set_field, append.
        rows: that a room holds.
        stalled: further clients, of the first room, that stop reading.
        at_once: clients that join at a time; 0: as many as the peer can stand.
        joins_count: each join adds one to its room's counter, and all are to see it.
        enter: statelink's handler that joins a room; "" for none.
        counter: the var whose values count the events.
        burn: microseconds that each event's handler computes.
        states: further states that statelink's server has: "personal", "private".
        two_cores: the server may use both cores.
    """

    peer: str
    group: str
    phases: tuple[str, ...]
    clients: int = 1
    rooms: int = 1
    kind: str = "increment"
    rows: int = 0
    stalled: int = 0
    at_once: int = 0
    joins_count: bool = False
    enter: str = "Room.link"
    counter: str = "count"
    burn: int = 0
    states: str = ""
    two_cores: bool = False

    @property
    def name(self) -> str:
        return f"{self.group} {self.peer}"


Record = dict[str, object]


@dataclass
class Run:
    """What came of a case in one round: the reports of its phases, or why there are none."""

    case: Case
    round: int
    phases: list[Record] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failure: str = ""
