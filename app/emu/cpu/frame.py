"""The frame a monitor finds on its ring-0 stack when the guest was interrupted.

It has the order of the Virtual Machine Manager's client registers: what PUSHAD leaves, the error code, what the CPU
pushed itself (EIP, CS, EFLAGS, ESP, SS) and the V86 segments (ES, DS, FS, GS).
"""

from __future__ import annotations

import struct
from mmap import mmap
from typing import Final

from app.emu.registers import Registers

FRAME: Final = struct.Struct("<18I")
FRAME_SIZE: Final = FRAME.size
FIELDS: Final = (
    "edi", "esi", "ebp", "reserved", "ebx", "edx", "ecx", "eax", "error code",
    "eip", "cs", "eflags", "esp", "ss", "es", "ds", "fs", "gs",
)  # fmt: skip
"""Names of the dwords, lowest address first; IRETD pops from `eip` on."""


def write_frame(buffer: mmap, physical: int, regs: Registers, error_code: int) -> None:
    """Write the frame of a context at a physical address."""
    FRAME.pack_into(
        buffer, physical,
        regs.edi, regs.esi, regs.ebp, 0, regs.ebx, regs.edx, regs.ecx, regs.eax, error_code,
        regs.eip, regs.cs.selector, regs.eflags, regs.esp, regs.ss.selector,
        regs.es.selector, regs.ds.selector, regs.fs.selector, regs.gs.selector,
    )  # fmt: skip
