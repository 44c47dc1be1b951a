"""The decoder against Capstone: lengths and explicit memory operands of random instructions."""

import random

import capstone
import pytest
from capstone import x86_const as cs

from app.emu.cpu.operands import UNKNOWN, Instruction, decode

SEGMENTS = {cs.X86_REG_ES: 0, cs.X86_REG_CS: 1, cs.X86_REG_SS: 2, cs.X86_REG_DS: 3, cs.X86_REG_FS: 4, cs.X86_REG_GS: 5}
NAMES = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
GENERAL = [0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555, 0x66666666, 0x77777777, 0x88888888]
# What Capstone and a Pentium see differently.
UNUSUAL_SIZE = {"lea", "nop", "fxsave", "fxrstor", "invlpg", "lgdt", "lidt", "sgdt", "sidt", "bound", "prefetch"}
LATER = ("cmov", "fcmov", "fisttp")


def explicit(instruction: Instruction, *, wide: bool) -> set[tuple[int, int]]:
    """Segment and offset of what is no implicit stack access."""
    del wide
    return {
        (operand.segment, operand.access(GENERAL, 0xFFFFFFFF).offset)
        for operand in instruction.operands
        if not operand.stack
    }


def offset_of(operand: object, instruction: object, mask: int) -> int:
    memory = operand.mem
    total = memory.disp
    for register, scale in ((memory.base, 1), (memory.index, memory.scale)):
        name = instruction.reg_name(register)
        if name:
            total += GENERAL[NAMES.index(name if name[0] == "e" else "e" + name)] * scale
    return total & mask


def default_segment(operand: object, instruction: object) -> int:
    memory = operand.mem
    if memory.segment in SEGMENTS:
        return SEGMENTS[memory.segment]
    for prefix in reversed(instruction.prefix):
        if prefix in (0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65):
            return {0x26: 0, 0x2E: 1, 0x36: 2, 0x3E: 3, 0x64: 4, 0x65: 5}[prefix]
    return 2 if instruction.reg_name(memory.base) in ("esp", "ebp", "bp") else 3


@pytest.mark.parametrize("wide", [False, True])
def test_lengths_and_operands_agree_with_capstone(wide: bool) -> None:
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_32 if wide else capstone.CS_MODE_16)
    engine.detail = True
    chance = random.Random(386 + wide)
    compared = 0
    for _ in range(60_000):
        prefixes = bytes(chance.choice((0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67)) for _ in range(chance.choice((0, 0, 0, 1))))
        code = (prefixes + chance.randbytes(16))[:15]
        ours = decode(code, wide=wide)
        if ours is UNKNOWN:
            continue
        theirs = next(engine.disasm(code, 0, 1), None)
        if theirs is None or theirs.mnemonic.startswith(LATER) or theirs.mnemonic.split()[0] in ("call", "jmp", "ret", "lcall", "ljmp") and 0x66 in theirs.prefix:
            continue
        assert ours.length == theirs.size, (code.hex(), theirs.mnemonic, theirs.op_str)
        if theirs.mnemonic.split()[-1] in UNUSUAL_SIZE or theirs.mnemonic.split()[0] in ("bt", "bts", "btr", "btc", "xlatb", "rep", "repne", "enter", "leave", "pop"):
            continue
        mask = 0xFFFFFFFF if ours.address_size == 4 else 0xFFFF
        operands = [operand for operand in theirs.operands if operand.type == cs.X86_OP_MEM]
        if any(theirs.reg_name(o.mem.base) in ("eip", "ip") for o in operands):
            continue
        expected = {(default_segment(o, theirs), offset_of(o, theirs, mask)) for o in operands}
        assert explicit(ours, wide=wide) == expected, (code.hex(), theirs.mnemonic, theirs.op_str)
        sizes = {o.size for o in operands}
        ours_sizes = {operand.size for operand in ours.operands if not operand.stack}
        if sizes and theirs.mnemonic not in ("fnsave", "frstor", "fldenv", "fnstenv", "les", "lds", "lss", "lfs", "lgs"):
            assert sizes == ours_sizes, (code.hex(), theirs.mnemonic, theirs.op_str)
        compared += 1
    assert compared > 10_000
