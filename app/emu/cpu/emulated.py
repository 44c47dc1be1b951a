"""Instructions the processor refuses and a monitor carries out: RDTSC, and control registers in V86 mode.

RDTSC faults on purpose, for the host's clock would differ from run to run; it counts instructions instead. Real mode
knows no privilege: extenders look at CR0 before they ask for a DPMI host, and put back what they read. MOV from CR0 and
CR3 gives what the processor has, as SMSW does; MOV to CR0 may say again what is so, but neither leave protected mode
nor switch paging off. Source: processor manual; reference, clients.md, on extenders that look at PE.
"""

from __future__ import annotations

from typing import Final

from app.emu.registers import GENERAL, Registers

_MASK: Final = 0xFFFFFFFF
_CLTS: Final = b"\x0f\x06"
_MOV_FROM: Final = b"\x0f\x20"
_MOV_TO: Final = b"\x0f\x22"
_LENGTH: Final = 3
"""Of both."""
_RDTSC: Final = b"\x0f\x31"
_KEPT: Final = 1 << 31 | 1
"""PG and PE."""


def carry_out(code: bytes, regs: Registers, time: int, control: dict[int, int]) -> bool:
    """Carry out an instruction that raised #GP, with EIP behind it; False: it is none of these.

    time: instructions executed with this one; control: the control registers that V86 code may read, by number.
    """
    operation = code[:2]
    if operation == _RDTSC:
        regs.eax, regs.edx = time & _MASK, time >> 32 & _MASK
        regs.eip = regs.eip + 2 & _MASK
        return True
    if not regs.is_v86:
        return False
    if operation == _CLTS:
        regs.eip = regs.eip + 2 & 0xFFFF
        return True
    if operation not in (_MOV_FROM, _MOV_TO) or len(code) < _LENGTH:
        return False
    number, general = code[2] >> 3 & 7, GENERAL[code[2] & 7]
    if operation == _MOV_FROM and number in control:
        setattr(regs, general, control[number])
    elif operation == _MOV_FROM or number or (getattr(regs, general) ^ control[0]) & _KEPT:
        return False
    regs.eip = regs.eip + _LENGTH & 0xFFFF
    return True
