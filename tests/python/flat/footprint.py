"""What the process holds: references to objects, objects by type, and memory in four measures."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

_MALLINFO_FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class _MallInfo(ctypes.Structure):
    """glibc's mallinfo2; sizes in bytes."""

    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO_FIELDS.split()]


def _mallinfo() -> Callable[[], _MallInfo] | None:
    function = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if function is not None:
        function.restype = _MallInfo
    return function


# Under another allocator (scripts/py_asan.sh) memory says nothing: that one holds back what was freed.
_IS_OWN_MEMORY = "PYTHONMALLOC" not in os.environ
_MALLINFO = _mallinfo() if _IS_OWN_MEMORY else None
_PAGE = os.sysconf("SC_PAGE_SIZE")


def native_bytes() -> int:
    """Bytes that malloc has given out: C++, and Python objects above 512 bytes. 0 where the C library does not tell."""
    if _MALLINFO is None:
        return 0
    info = _MALLINFO()
    return int(info.uordblks + info.hblkhd)


def resident_bytes() -> int:
    """Memory of the process that is in RAM."""
    if not _IS_OWN_MEMORY:
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * _PAGE


@dataclass
class Footprint:
    """Taken when nothing is under way.

    Attributes:
        references: reference counts of the objects that were asked for, by name.
        types: live objects that the garbage collector knows, by type.
        blocks: small Python objects of every kind, see sys.getallocatedblocks.
        native: see native_bytes.
        resident: see resident_bytes.
    """

    references: dict[str, int]
    types: Counter[str]
    blocks: int
    native: int
    resident: int

    @classmethod
    def take(cls, objects: Mapping[str, Any]) -> Self:
        gc.collect()
        gc.collect()
        blocks, native, resident = sys.getallocatedblocks(), native_bytes(), resident_bytes()
        references = {name: sys.getrefcount(value) for name, value in objects.items()}
        types = Counter(f"{type(o).__module__}.{type(o).__qualname__}" for o in gc.get_objects())
        return cls(references, types, blocks, native, resident)

    def growth_since(self, before: Footprint) -> dict[str, int]:
        """What is more or less than before, by a name for each thing."""
        grown: Counter[str] = Counter()
        for footprint, sign in ((self, 1), (before, -1)):
            for name, count in footprint.references.items():
                grown[f"references to {name}"] += sign * count
            for name, count in footprint.types.items():
                grown[f"objects of {name}"] += sign * count
            for name in ("blocks", "native", "resident"):
                grown[name] += sign * getattr(footprint, name)
        return {name: count for name, count in grown.items() if count}


def steady_growth(growths: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """What grows with every slice of events, and by how much at least.

    Buffers that grow once, to what the largest batch needs, do not: a leak does.
    """
    least = {name: min(growth.get(name, 0) for growth in growths) for name in growths[0]}
    return {name: count for name, count in least.items() if count > 0}
