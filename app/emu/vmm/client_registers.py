"""The client register structure (Client_Reg_Struc, VMM 2.1): a VM's ring-3 registers as drivers see them.

It is guest memory on the ring-0 stack: what PUSHAD leaves, the error code, what the processor pushed, and the
alternate set, which holds the registers of the VM's other mode (protected mode while it is in V86 mode, and back).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.emu.memory.memory import Memory

SIZE: Final = 0x6C
DWORDS: Final = {
    "edi": 0x00, "esi": 0x04, "ebp": 0x08, "ebx": 0x10, "edx": 0x14, "ecx": 0x18, "eax": 0x1C, "error": 0x20,
    "eip": 0x24, "eflags": 0x2C, "esp": 0x30, "alt_eip": 0x48, "alt_eflags": 0x50, "alt_esp": 0x54,
}  # fmt: skip
"""Offsets of the 32-bit fields; the 16- and 8-bit names of the reference are parts of them."""
SEGMENTS: Final = {
    "cs": 0x28, "ss": 0x34, "es": 0x38, "ds": 0x3C, "fs": 0x40, "gs": 0x44,
    "alt_cs": 0x4C, "alt_ss": 0x58, "alt_es": 0x5C, "alt_ds": 0x60, "alt_fs": 0x64, "alt_gs": 0x68,
}  # fmt: skip
"""Offsets of the segment fields: 16 bits, the word behind is padding."""
EXCHANGED: Final = ("eip", "cs", "esp", "ss", "es", "ds", "fs", "gs")
"""What Set_V86_Exec_Mode and Set_PM_Exec_Mode exchange with the alternate set."""


@dataclass(frozen=True, slots=True)
class ClientRegisters:
    """The structure at a linear address."""

    memory: Memory
    linear: int

    def get(self, field: str) -> int:
        """A field by its name without `Client_`: `eax`, `cs`, `alt_esp` …"""
        if field in SEGMENTS:
            return self.memory.read_u16(self.linear + SEGMENTS[field])
        return self.memory.read_u32(self.linear + DWORDS[field])

    def set(self, field: str, value: int) -> None:
        """Write a field; segment fields as a dword, padding included."""
        if field in SEGMENTS:
            self.memory.write_u32(self.linear + SEGMENTS[field], value & 0xFFFF)
        else:
            self.memory.write_u32(self.linear + DWORDS[field], value)

    def set_flag(self, flag: int, *, on: bool) -> None:
        """Set or clear bits of Client_EFlags."""
        flags = self.get("eflags")
        self.set("eflags", flags | flag if on else flags & ~flag)

    def exchange(self) -> None:
        """Exchange the registers of the running mode with the alternate set."""
        for field in EXCHANGED:
            mine, other = self.get(field), self.get(f"alt_{field}")
            self.set(field, other)
            self.set(f"alt_{field}", mine)
