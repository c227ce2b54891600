"""Who may include whom: the table that docs/architecture.md describes. Amend it here.

A room is a folder of cpp/src; `bindings` is cpp/bindings; `public` is cpp/include/statelink. Every
room may include public headers and its own. An entry is a room, or one header of a room, written
without its ending.
"""

from __future__ import annotations

PUBLIC = "public"

MAY_INCLUDE: dict[str, set[str]] = {
    "values": set(),
    "wire": set(),
    "link": set(),
    "journal": set(),
    "session": {"wire"},
    "fanout": {"journal", "session", "wire"},
    # The engine makes the batches that it hands over, and knows nothing of who sends them.
    "engine": {"fanout/batch", "journal", "link", "session", "values", "wire"},
    "net": {"fanout", "session", "wire"},
    # A source directly in cpp/src is a room by itself.
    "config": set(),
    "error": set(),
    # The bindings are a user of the library like any other.
    "bindings": set(),
    PUBLIC: set(),
}

# Headers of others that only some rooms may include, by how their names begin.
ONLY_IN: dict[str, set[str]] = {
    "Python.h": {"bindings"},
    "pybind11/": {"bindings"},
    "structmember.h": {"bindings"},
    # Who uses the library needs no Boost: public headers have none.
    "boost/": {"engine", "fanout", "journal", "net"},
    "boost/asio": {"net"},
    "boost/json": set(),
    "boost/beast": {"net"},
}
