"""The verdict on one instruction: which fault its segments would raise on a 386, before it does anything.

The order is the processor's: the code segment's limit when the instruction is fetched, then each access in turn, its
segment before its page. So an access to a missing page ends the judgement: #PF comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.emu.cpu.limits import allows
from app.emu.cpu.operands import CS, SS, Access, Instruction, decode
from app.emu.memory.layout import CONVENTIONAL_END
from app.emu.memory.memory import PRESENT, USER, WRITABLE, Memory, PageNotPresent
from app.emu.registers import Registers, Segment

STACK_FAULT, PROTECTION = 12, 13
_LONGEST = 15


def instruction_at(memory: Memory, linear: int, *, wide: bool) -> Instruction:
    """Decode the instruction at a linear address."""
    if linear + _LONGEST <= CONVENTIONAL_END:
        return decode(memory.buffer[linear : linear + _LONGEST], wide=wide)
    for size in (_LONGEST, 0x1000 - (linear & 0xFFF)):
        try:
            return decode(memory.read(linear, min(size, _LONGEST)), wide=wide)
        except PageNotPresent:
            continue
    return decode(b"", wide=wide)


def general_registers(regs: Registers) -> list[int]:
    """EAX to EDI in the CPU's order."""
    return [regs.eax, regs.ecx, regs.edx, regs.ebx, regs.esp, regs.ebp, regs.esi, regs.edi]


def segment_registers(regs: Registers) -> tuple[Segment, ...]:
    """ES to GS in the CPU's order."""
    return regs.es, regs.cs, regs.ss, regs.ds, regs.fs, regs.gs


def violation(
    memory: Memory,
    instruction: Instruction,
    eip: int,
    general: Sequence[int],
    segments: Sequence[Segment],
    *,
    v86: bool,
    page_fault: int | None = None,
) -> int:
    """The vector raised, 0 for none. page_fault: the linear address the engine reports one for (CR2)."""
    if eip + max(instruction.length, 1) - 1 > (0xFFFF if v86 else segments[CS].limit):
        return PROTECTION
    accesses = instruction.accesses(general, big_stack=not v86 and segments[SS].is_big)
    for number, access in enumerate(accesses):
        segment = segments[access.segment]
        _, offset, size, write = access
        if offset > 0xFFFF if v86 else not allows(segment, offset, size, write=write):
            if any(not _is_there(memory, segments, before) for before in accesses[:number]):
                return 0
            return STACK_FAULT if access.segment == SS else PROTECTION
        if page_fault is not None and (page_fault - segment.base - access.offset) & 0xFFFFFFFF < access.size:
            return 0
    return 0


def _is_there(memory: Memory, segments: Sequence[Segment], access: Access) -> bool:
    """Could the access get through paging?"""
    linear = segments[access.segment].base + access.offset & 0xFFFFFFFF
    return memory.is_mapped(linear, access.size, flags=PRESENT | USER | (WRITABLE if access.write else 0))
