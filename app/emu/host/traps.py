"""Every address where control comes back to the host has a name.

One page of HLT bytes, read-only for clients, seen through a 16-bit and a 32-bit code selector with the same offsets.
The address acts, not the byte.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from app.emu.memory import layout
from app.emu.memory.memory import Memory


class Trap(IntEnum):
    """A protected-mode entry point of the host; the value is its offset in the trap segment."""

    DEFAULT_INTERRUPT = 0x000
    """256 of them: what a vector nobody hooked points at."""
    DEFAULT_EXCEPTION = 0x100
    """32: default handlers of protected-mode exceptions."""
    DEFAULT_REAL_EXCEPTION = 0x120
    """32: default handlers of real-mode exceptions (INT 31h AX=0211h)."""
    RETURN_FROM_CALLBACK = 0x140
    RETURN_FROM_INTERRUPT = 0x141
    RETURN_FROM_EXCEPTION = 0x142
    RETURN_FROM_EXTENDED_EXCEPTION = 0x143
    RAW_SWITCH_TO_REAL = 0x144
    SAVE_RESTORE_REAL_STATE = 0x145
    MS_DOS_API = 0x146
    RETURN_FROM_PROVIDER = 0x147
    RETURN_FROM_MOUSE_HANDLER = 0x148


_FIRST_SINGLE: Final = Trap.RETURN_FROM_CALLBACK


def write_traps(memory: Memory) -> None:
    """Fill the trap page."""
    start = memory.host_physical(layout.TRAPS)
    memory.buffer[start : start + 0x1000] = b"\xf4" * 0x1000


def selector_for(bits: int) -> int:
    """The code selector a client of this width gets for trap addresses."""
    return layout.TRAP_CODE32 if bits == 32 else layout.TRAP_CODE16


def is_trap(selector: int) -> bool:
    """Is this one of the two trap code selectors (whatever the RPL)?"""
    return selector | 3 in (layout.TRAP_CODE16, layout.TRAP_CODE32)


def trap_at(offset: int) -> tuple[Trap, int] | None:
    """The trap at an offset of the trap segment and the number within its group; None where there is none."""
    if offset < Trap.DEFAULT_EXCEPTION:
        return Trap.DEFAULT_INTERRUPT, offset
    if offset < Trap.DEFAULT_REAL_EXCEPTION:
        return Trap.DEFAULT_EXCEPTION, offset - Trap.DEFAULT_EXCEPTION
    if offset < _FIRST_SINGLE:
        return Trap.DEFAULT_REAL_EXCEPTION, offset - Trap.DEFAULT_REAL_EXCEPTION
    try:
        return Trap(offset), 0
    except ValueError:
        return None


def trap_name(offset: int) -> str:
    """How the disassembly and the trace call a trap: `RETURN_FROM_CALLBACK`, `DEFAULT_INTERRUPT 21h`."""
    found = trap_at(offset)
    if found is None:
        return ""
    trap, number = found
    return f"{trap.name} {number:02X}h" if trap < _FIRST_SINGLE else trap.name
