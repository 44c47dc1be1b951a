"""Instructions the processor refuses and a monitor carries out: RDTSC and MOV of control registers.

RDTSC faults on purpose, for the host's clock would differ from run to run; it counts instructions instead. Extenders
look at CR0 before they ask for a DPMI host and around an EXEC, and put back what they read: real hosts carry that out
(reference 11.1: "CR0 emulation"; clients.md on extenders that look at PE). MOV from CR0 gives what the processor has as
SMSW does; MOV to CR0 may say again what is so, but change nothing: emulation of the coprocessor is asked for by INT 31h
AX=0E01h. Real mode knows no privilege at all, so there CR3 may be read too, and CLTS does nothing.
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
_KEPT: Final = 1 << 31 | 0b1111
"""PG, TS, EM, MP, PE."""


def carry_out(code: bytes, regs: Registers, time: int, control: dict[int, int]) -> bool:
    """Carry out an instruction that raised #GP, with EIP behind it; False: it is none of these.

    time: instructions executed with this one; control: the control registers there are to read, by number.
    """
    operation = code[:2]
    if operation == _RDTSC:
        regs.eax, regs.edx = time & _MASK, time >> 32 & _MASK
        regs.eip = regs.eip + 2 & _MASK
        return True
    if operation == _CLTS and regs.is_v86:
        regs.eip = regs.eip + 2 & 0xFFFF
        return True
    if operation not in (_MOV_FROM, _MOV_TO) or len(code) < _LENGTH:
        return False
    number, general = code[2] >> 3 & 7, GENERAL[code[2] & 7]
    if number not in control or (number and (operation == _MOV_TO or not regs.is_v86)):
        return False
    if operation == _MOV_FROM:
        setattr(regs, general, control[number])
    elif (getattr(regs, general) ^ control[0]) & _KEPT:
        return False
    regs.eip = regs.eip + _LENGTH & _MASK
    return True
