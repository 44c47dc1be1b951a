"""The decoder against Capstone: lengths and explicit memory operands of random instructions."""

import random
from typing import Any

import capstone
import pytest
from capstone import x86_const as cs

from app.emu.cpu.operands import TRUNCATED, UNKNOWN, Instruction, decode

SEGMENTS = {cs.X86_REG_ES: 0, cs.X86_REG_CS: 1, cs.X86_REG_SS: 2, cs.X86_REG_DS: 3, cs.X86_REG_FS: 4, cs.X86_REG_GS: 5}
NAMES = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
PREFIXES = (0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67)
GENERAL = [0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555, 0x66666666, 0x77777777, 0x88888888]
# What a 486 lacks or Capstone tells differently: no access, an implicit operand, a bit offset, a wrong size.
NO_ACCESS = {"lea", "nop", "invlpg", "lgdt", "lidt", "lldt", "ltr", "lmsw", "xlatb"}
BIT_STRINGS = {"bt", "bts", "btr", "btc"}
ODD_SIZES = {"call", "jmp", "lcall", "ljmp", "fldenv", "fnstenv", "fnsave", "frstor", "les", "lds", "lss", "lfs", "lgs"}


def explicit(instruction: Instruction) -> set[tuple[int, int]]:
    """Segment and offset of what is no implicit stack access."""
    return {
        (operand.segment, operand.access(GENERAL, 0xFFFFFFFF).offset)
        for operand in instruction.operands
        if not operand.stack
    }


def offset_of(operand: Any, instruction: Any, mask: int) -> int:
    memory = operand.mem
    total = memory.disp
    for register, scale in ((memory.base, 1), (memory.index, memory.scale)):
        name = instruction.reg_name(register)
        if name:
            total += GENERAL[NAMES.index(name if name[0] == "e" else "e" + name)] * scale
    return total & mask


def segment_of(operand: Any, instruction: Any) -> int:
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
    for _ in range(40_000):
        prefix = chance.choice((b"", b"", b"", bytes((chance.choice(PREFIXES),))))
        code = (prefix + chance.choice((b"", b"", b"\x0f")) + chance.randbytes(16))[:15]
        ours = decode(code, wide=wide)
        theirs = next(engine.disasm(code, 0, 1), None)
        if ours in (UNKNOWN, TRUNCATED) or theirs is None:
            continue
        what = code.hex(), theirs.mnemonic, theirs.op_str
        assert ours.length == theirs.size, what
        name = theirs.mnemonic.split()[-1]
        if name in NO_ACCESS or (name in BIT_STRINGS and code[code.index(0x0F) + 1] != 0xBA):
            continue
        mask = 0xFFFFFFFF if ours.address_size == 4 else 0xFFFF
        operands = [operand for operand in theirs.operands if operand.type == cs.X86_OP_MEM]
        assert explicit(ours) == {(segment_of(o, theirs), offset_of(o, theirs, mask)) for o in operands}, what
        if operands and name not in ODD_SIZES:
            sizes = {operand.size for operand in ours.operands if not operand.stack}
            assert sizes == {operand.size for operand in operands}, what
        compared += 1
    assert compared > 10_000


def touched(code: str, *, wide: bool = True, big_stack: bool = True) -> list[tuple[int, int, int, bool]]:
    return [tuple(access) for access in decode(bytes.fromhex(code), wide=wide).accesses(GENERAL, big_stack=big_stack)]


@pytest.mark.parametrize(
    "code, expected",
    [
        ("50", [(2, 0x55555551, 4, True)]),
        ("58", [(2, 0x55555555, 4, False)]),
        ("c9", [(2, 0x66666666, 4, False)]),
        ("8f4424 04", [(2, 0x55555555, 4, False), (2, 0x5555555D, 4, True)]),
        ("ff33", [(3, 0x44444444, 4, False), (2, 0x55555551, 4, True)]),
        ("ff1b", [(3, 0x44444444, 6, False), (2, 0x55555551, 4, True), (2, 0x5555554D, 4, True)]),
        ("cf", [(2, 0x55555555 + 4 * n, 4, False) for n in range(3)]),
        ("d7", [(3, 0x44444444 + 0x11, 1, False)]),
        ("0fa30b", [(3, 0x44444444 + 0x22222222 // 32 * 4, 4, False)]),
        ("64a4", [(4, 0x77777777, 1, False), (0, 0x88888888, 1, True)]),
        ("c8100001", [(2, 0x55555551, 4, True), (2, 0x5555554D, 4, True)]),
        ("c43b", [(3, 0x44444444, 6, False)]),
        ("db3b", [(3, 0x44444444, 10, True)]),
        ("0fc70b", [(3, 0x44444444, 8, False), (3, 0x44444444, 8, True)]),
    ],
)
def test_implicit_accesses(code: str, expected: list[tuple[int, int, int, bool]]) -> None:
    assert touched(code) == expected


def test_the_stack_segment_gives_the_width_of_pushes() -> None:
    assert touched("50", wide=False, big_stack=False) == [(2, 0x5553, 2, True)]
    assert touched("50", wide=False, big_stack=True) == [(2, 0x55555553, 2, True)]


def test_a_repeated_instruction_with_count_zero_touches_nothing() -> None:
    instruction = decode(b"\xf3\xa4", wide=True)
    assert instruction.accesses([0] * 8, big_stack=True) == []
    assert len(instruction.accesses([0, 1, 0, 0, 0, 0, 0, 0], big_stack=True)) == 2
