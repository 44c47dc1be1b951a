"""The BIOS ROM: one HLT byte for every place where real-mode code enters the machine's own services.

V86 code that executes the HLT at such an address raises #GP; the machine looks the address up here and calls the
service. Addresses act, bytes do not: a copied HLT is only a HLT. The layout never changes while a machine lives, so
it is no part of the saved state; actions are named (component of the state, method) and looked up when they run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from app.emu.address import Far

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

SEGMENT: Final = 0xF000
"""Paragraph of the ROM."""
HLT: Final = b"\xf4"


class After(Enum):
    """What the processor does when the service is done."""

    IRET = auto()
    """Return to the caller of the INT: pop IP, CS, FLAGS; the service's status flags (CF, ZF …) replace the pushed."""
    CONTINUE = auto()
    """Go on with the ROM code behind the HLT."""
    NOTHING = auto()
    """The service has set every register itself."""


@dataclass(frozen=True, slots=True)
class RealTrap:
    """A place where real-mode code enters the machine.

    name shows in the disassembly as `host!NAME`; component is an attribute of `MachineState` (`dos`, `bios`, `host`),
    method one of its methods, called with `argument` when that is not None.
    """

    name: str
    component: str
    method: str
    after: After
    argument: int | None = None


@dataclass(slots=True)
class Rom:
    """Hands out ROM space and remembers which linear address means what."""

    memory: Memory
    traps: dict[int, RealTrap] = field(default_factory=dict)
    _next: int = 0x1000

    def code(self, data: bytes) -> Far:
        """Place bytes of real-mode code in the ROM and return their address."""
        where = Far(SEGMENT, self._next)
        self.memory.write(where.real_linear, data)
        self._next += len(data)
        return where

    def trap(self, trap: RealTrap) -> Far:
        """Place one HLT that means `trap` and return its address."""
        where = self.code(HLT)
        self.traps[where.real_linear] = trap
        return where

    def interrupt(self, vector: int, handler: Far) -> None:
        """Point an interrupt vector of the real-mode table at an address."""
        self.memory.write_u32(vector * 4, handler.to_dword())

    def service(self, vector: int, trap: RealTrap) -> Far:
        """Make a trap the handler of an interrupt vector."""
        where = self.trap(trap)
        self.interrupt(vector, where)
        return where
