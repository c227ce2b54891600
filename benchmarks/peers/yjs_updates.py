"""Writes Y.js sync updates of one author to a file, for the loader: a room's rows, then the events.

    python yjs_updates.py FILE increment|set_field|append ROWS

Records of a length in 4 bytes (little endian) and a message. The first event brings the rows.
"""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

from pycrdt import Array, Doc, Map
from rooms import make_row

EVENTS = 20_000
UPDATE = b"\0\2"  # sync message, update


def varint(n: int) -> bytes:
    encoded = b""
    while n > 127:
        encoded += bytes([128 | n & 127])
        n >>= 7
    return encoded + bytes([n])


def main(path: str, kind: str, rows: int) -> None:
    doc: Doc[Map] = Doc()
    updates: list[bytes] = []
    values = doc.get("m", type=Map)
    table = doc.get("rows", type=Array)
    doc.observe(lambda event: updates.append(event.update))
    with doc.transaction():
        values["c"] = 0
        for i in range(rows):
            table.append(Map(make_row(i)))
    chosen = random.Random(1)
    for k in range(1, EVENTS + 1):
        with doc.transaction():
            values["c"] = k
            if kind == "set_field":
                table[chosen.randrange(rows)]["x"] = k
            elif kind == "append":
                table.append(Map(make_row(rows + k)))
    with Path(path).open("wb") as file:
        for update in updates:
            message = UPDATE + varint(len(update)) + update
            file.write(struct.pack("<I", len(message)) + message)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
