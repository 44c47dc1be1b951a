"""Debug watchpoints of clients (INT 31h AX=0B00h): machine state, unlike what a debugger looks out for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from app.emu.probes import MemoryProbe


class WatchType(IntEnum):
    """What triggers a watchpoint, as in DH of INT 31h AX=0B00h."""

    EXECUTE = 0
    WRITE = 1
    READ_WRITE = 2


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """One debug register. linear address, aligned to `size` (1, 2 or 4 bytes)."""

    handle: int
    linear: int
    size: int
    kind: WatchType

    @property
    def probe(self) -> MemoryProbe:
        """The accesses that trigger it, for data."""
        return MemoryProbe(self.linear, self.size, reads=self.kind is WatchType.READ_WRITE, writes=True)


NO_WATCHPOINTS: Final[tuple[Watchpoint, ...]] = ()
SINGLE_STEP: Final = 1 << 15
"""The bit of the virtual DR6 that stands for the trap flag; the lower ones stand for handles."""
