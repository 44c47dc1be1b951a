"""VM control blocks: what a VM handle points at (VMM 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.emu.memory import layout
from app.emu.memory.memory import Memory

PM_EXEC: Final = 1 << 5
"""CB_VM_Status: the VM executes protected-mode code."""
PM_APP: Final = 1 << 6
"""A protected-mode application exists in the VM."""
PM_USE32: Final = 1 << 7
"""That application is a 32-bit one."""
VXD_EXEC: Final = 1 << 8
"""It executes an interrupt of Exec_VxD_Int."""
SIGNATURE: Final = 0x62634D56
SYSTEM: Final = 1
PROGRAMS: Final = 2
"""The two VMs' ids (CB_VMID)."""
SIZE: Final = 0x400
"""Bytes of one."""
AREAS: Final = 0x20
"""Where the areas of drivers begin (_Allocate_Device_CB_Area)."""
_STATUS, _HIGH_LINEAR, _CLIENT_POINTER, _ID, _SIGNATURE = range(0, 20, 4)


@dataclass(frozen=True, slots=True)
class ControlBlock:
    """The control block of the VM with an id."""

    memory: Memory
    number: int

    @property
    def handle(self) -> int:
        """Linear address of the block: the VM handle."""
        return layout.VMM + (self.number - 1) * SIZE

    def write(self) -> None:
        """Begin a VM."""
        for at, value in ((_STATUS, 0), (_HIGH_LINEAR, layout.HIGH_LINEAR), (_ID, self.number)):
            self.memory.write_u32(self.handle + at, value)
        self.memory.write_u32(self.handle + _SIGNATURE, SIGNATURE)

    def mark(self, status: int, *, on: bool) -> None:
        """Set or clear bits of CB_VM_Status."""
        before = self.memory.read_u32(self.handle + _STATUS)
        self.memory.write_u32(self.handle + _STATUS, before | status if on else before & ~status)

    def note(self, client_registers: int, status: int) -> None:
        """CB_Client_Pointer, and the bits of CB_VM_Status about protected mode."""
        self.mark(PM_EXEC | PM_APP | PM_USE32, on=False)
        self.mark(status, on=True)
        self.memory.write_u32(self.handle + _CLIENT_POINTER, client_registers)


def number_of(handle: int) -> int | None:
    """The id of the VM with a handle, None if it is none."""
    return {layout.VMM: SYSTEM, layout.VMM + SIZE: PROGRAMS}.get(handle)
