"""Faults against the processor manual, mode by mode: vector, error code, EIP, and nothing else changed."""

import struct

import pytest

from app.emu.cpu.exits import Exit, Why
from app.emu.descriptor import BIG, Descriptor, sized
from app.emu.memory import layout
from app.emu.registers import Flag, Registers, Segment
from app.emu.watchpoint import SINGLE_STEP
from tests.cpu.conftest import CODE, CS, DATA, DS, FREE, PRESENT_DATA, SS, STACK, TOP, Lab

DE, DB, BP, OF, BR, UD, NP, SF, GP, PF, MF = 0, 1, 3, 4, 5, 6, 11, 12, 13, 14, 16


def fault(vector: int, error_code: int = 0, *, executed: int = 0) -> Exit:
    return Exit(Why.FAULT, executed, vector, error_code)


def check_pristine(lab: Lab, code: str, expected: Exit, *, skip: int = 0) -> None:
    """The fault comes, in one run and in steps, and changes nothing; `skip` bytes of code run before it."""
    lab.put(code)
    lab.regs.eip = 0
    if skip:
        assert lab.run(count=expected.executed).executed == expected.executed
        assert lab.regs.eip == skip
    before, memory = lab.regs.copy(), lab.memory.read(DATA, 0x20000)
    expected = expected._replace(executed=0)
    for step in (0, 1):
        result = lab.run(step=step)
        assert result._replace(cr2=0) == expected
        lab.regs.eflags &= ~Flag.RF
        assert lab.regs == before
        assert lab.memory.read(DATA, 0x20000) == memory


# Every mode


def test_divide_error(lab: Lab) -> None:
    lab.regs.eax, lab.regs.ecx = 5, 0
    check_pristine(lab, "f7f1", fault(DE))


def test_single_step_traps_behind_the_instruction(lab: Lab) -> None:
    lab.put("40 43")
    lab.regs.eflags |= Flag.TF
    assert lab.run() == fault(DB, SINGLE_STEP, executed=1)
    assert (lab.regs.eip, lab.regs.eax, lab.regs.ebx) == (1, 1, 0)
    assert lab.run() == fault(DB, SINGLE_STEP, executed=1)
    assert (lab.regs.eip, lab.regs.eax, lab.regs.ebx) == (2, 1, 1)


@pytest.mark.parametrize("code, vector, length", [("cd21", 0x21, 2), ("cc", BP, 1), ("cd03", BP, 2), ("cd06", UD, 2)])
def test_software_interrupts_point_behind_themselves(lab: Lab, code: str, vector: int, length: int) -> None:
    assert lab.run("90" + code) == Exit(Why.INTERRUPT, 2, vector)
    assert lab.regs.eip == 1 + length


def test_int1_is_a_trap(lab: Lab) -> None:
    assert lab.run("90f1") == fault(DB, executed=2)
    assert lab.regs.eip == 2


def test_into(lab: Lab) -> None:
    assert lab.run("ce90", 2).why is Why.BUDGET
    lab.regs.eflags |= Flag.OF
    result = lab.run("ce")
    assert (result.vector, lab.regs.eip) == (OF, 1)


def test_bound(lab: Lab) -> None:
    base = lab.regs.ds.base
    lab.memory.write(base + 0x100, struct.pack("<ii" if lab.wide else "<hh", -2, 7))
    code = "621d00010000" if lab.wide else "621e0001"
    lab.regs.ebx = 7
    assert lab.run(code, 1).why is Why.BUDGET
    lab.regs.ebx = 8
    check_pristine(lab, code, fault(BR))


@pytest.mark.parametrize("code", ["0f0b", "f090", "0f05", "0f34", "0f77", "0f6fc0", "c5c1", "fef8", "8ec8"])
def test_invalid_opcode(lab: Lab, code: str) -> None:
    check_pristine(lab, code, fault(UD))


@pytest.mark.parametrize("code", ["f4", "0f0018", "0f0010", "0f01f0", "0f011f", "0f22c0", "0f23c0", "0f08", "0f30"])
def test_privileged_instructions(lab: Lab, code: str) -> None:
    no_v86 = code.startswith("0f00")
    check_pristine(lab, code, fault(UD if no_v86 and lab.mode == "v86" else GP))


def test_an_instruction_of_more_than_15_bytes(lab: Lab) -> None:
    check_pristine(lab, "26" * 15 + "90", fault(GP))


def test_the_fpu_reports_an_unmasked_error_at_the_next_instruction(lab: Lab) -> None:
    lab.run("dbe3", 1)
    control = "2d00010000" if lab.wide else "2e0001"
    lab.memory.write(lab.regs.ds.base + 0x100, b"\x7b\x03")  # zero divide unmasked
    lab.run("d9" + control + "d9e8 d9ee def9", 4)
    check_pristine(lab, "9b", fault(MF))


def test_page_faults_tell_address_and_kind(lab: Lab) -> None:
    if lab.mode == "v86":
        lab.memory.set_page_entry(0x35000, 0)
        where, code = 0x35000, "8906 0050".replace(" ", "")
    else:
        lab.define(FREE, sized(0x3000000, 0xFFFF, PRESENT_DATA, BIG if lab.wide else 0))
        lab.regs.ds = lab.segment(FREE)
        where, code = 0x3005000, "890500500000" if lab.wide else "89060050"
    result = lab.run(code)
    assert (result.vector, result.error_code, result.cr2, result.executed) == (PF, 6, where, 0)
    result = lab.run("8b" + code[2:])
    assert (result.vector, result.error_code, result.cr2) == (PF, 4, where)


def test_a_write_to_the_trap_page_is_a_protection_violation(pm: Lab) -> None:
    pm.define(FREE, sized(layout.TRAPS, 0xFFF, PRESENT_DATA, BIG if pm.wide else 0))
    pm.regs.ds = pm.segment(FREE)
    result = pm.run("890510000000" if pm.wide else "89061000")
    assert (result.vector, result.error_code, result.cr2) == (PF, 7, layout.TRAPS + 0x10)


def test_faults_do_not_add_up(lab: Lab) -> None:
    for _ in range(5):
        assert lab.run("0f0b") == fault(UD)
        assert lab.run("f4") == fault(GP)
        lab.regs.ecx = 0
        assert lab.run("f7f1") == fault(DE)
    assert lab.run("90cd21") == Exit(Why.INTERRUPT, 2, 0x21)


# Loading segment registers (AX holds the selector)

LOADS = {"es": "8ec0", "ss": "8ed0", "ds": "8ed8", "fs": "8ee0", "gs": "8ee8"}


@pytest.mark.parametrize("register", LOADS)
@pytest.mark.parametrize(
    "access, selector, vector",
    [
        (0x73, FREE, NP),  # not present
        (0x82, FREE, GP),  # a system descriptor
        (0xF9, FREE, GP),  # execute-only code
        (0x00, FREE, GP),  # nothing
        (0x93, FREE, GP),  # DPL 0
        (0xF3, 0xFFFF, GP),  # beyond nothing: the LDT's last descriptor is empty
    ],
)
def test_bad_selectors(pm: Lab, register: str, access: int, selector: int, vector: int) -> None:
    pm.define(FREE, Descriptor(DATA, 0xFFF, access, 0))
    pm.regs.eax = selector
    if register == "ss" and vector == NP:
        vector = SF
    check_pristine(pm, LOADS[register], fault(vector, selector & ~3))


def test_the_stack_must_be_writable_and_not_null(pm: Lab) -> None:
    pm.define(FREE, Descriptor(DATA, 0xFFF, 0xF1, 0))
    pm.regs.eax = FREE
    check_pristine(pm, LOADS["ss"], fault(GP, FREE & ~3))
    pm.regs.eax = 0
    check_pristine(pm, LOADS["ss"], fault(GP))
    pm.regs.eax = FREE & ~3
    pm.define(FREE, Descriptor(DATA, 0xFFF, 0xF3, 0))
    check_pristine(pm, LOADS["ss"], fault(GP, FREE & ~3))


def test_far_jumps_to_bad_selectors(pm: Lab) -> None:
    offset = "00000000" if pm.wide else "0000"
    pm.define(FREE, Descriptor(CODE, 0xFFF, 0x7B, 0))
    check_pristine(pm, f"ea{offset}0000", fault(GP))
    check_pristine(pm, f"ea{offset}9f00", fault(NP, FREE & ~3))
    check_pristine(pm, f"ea{offset}8f00", fault(GP, DS & ~3))
    check_pristine(pm, f"ea{offset}0800", fault(GP, 8))


def test_a_far_jump_beyond_the_limit(pm: Lab) -> None:
    pm.define(FREE, Descriptor(CODE, 0xFF, 0xFB, 4 if pm.wide else 0))
    check_pristine(pm, "ea00010000 9f00" if pm.wide else "ea0001 9f00", fault(GP))


# Types and limits

READ, WRITE = "a1", "a3"


def direct(lab: Lab, opcode: str, offset: int, prefix: str = "") -> str:
    """MOV eAX, [offset] or back."""
    return prefix + opcode + offset.to_bytes(4 if lab.wide else 2, "little").hex()


SIZE = {"pm16": 2, "pm32": 4}


@pytest.mark.parametrize("opcode", [READ, WRITE])
@pytest.mark.parametrize("register", ["ds", "es", "fs", "gs", "ss", "cs"])
def test_limits(pm: Lab, register: str, opcode: str) -> None:
    prefix = {"ds": "", "es": "26", "fs": "64", "gs": "65", "ss": "36", "cs": "2e"}[register]
    pm.regs.es = pm.regs.fs = pm.regs.gs = pm.regs.ds
    limit = getattr(pm.regs, register).limit
    vector = SF if register == "ss" else GP
    last = limit + 1 - SIZE[pm.mode]
    if register == "cs" and opcode == WRITE:
        check_pristine(pm, direct(pm, opcode, 0x200, prefix), fault(GP))
        return
    assert pm.run(direct(pm, opcode, last, prefix), 1) == Exit(Why.BUDGET, 1)
    for offset in {last + 1, limit} | ({limit + 1, 0xFFFE} if limit < 0xFFFF else set()):
        check_pristine(pm, direct(pm, opcode, offset, prefix), fault(vector))


@pytest.mark.parametrize("opcode", [READ, WRITE])
def test_expand_down(pm: Lab, opcode: str) -> None:
    pm.define(FREE, Descriptor(DATA, 0x3FF, 0xF7, 0))
    pm.regs.ds = pm.segment(FREE)
    for offset in (0, 0x3FE, 0x3FF):
        check_pristine(pm, direct(pm, opcode, offset), fault(GP))
    assert pm.run(direct(pm, opcode, 0x400), 1).why is Why.BUDGET
    check_pristine(pm, direct(pm, opcode, 0xFFFF), fault(GP))


@pytest.mark.parametrize("access, reads, writes", [(0xF1, True, False), (0xFB, True, False), (0xF9, False, False)])
def test_types(pm: Lab, access: int, reads: bool, writes: bool) -> None:
    for register, prefix in (("ds", ""), ("es", "26"), ("fs", "64")):
        pm.define(FREE, Descriptor(DATA, 0xFFF, access, 0))
        setattr(pm.regs, register, pm.segment(FREE))
        for opcode, allowed in ((READ, reads), (WRITE, writes)):
            code = direct(pm, opcode, 0x10, prefix)
            if allowed:
                assert pm.run(code, 1).why is Why.BUDGET
            else:
                check_pristine(pm, code, fault(GP))


@pytest.mark.parametrize("by", ["host", "guest"])
@pytest.mark.parametrize("register, prefix", [("ds", ""), ("es", "26"), ("fs", "64"), ("gs", "65")])
def test_null_selectors(pm: Lab, register: str, prefix: str, by: str) -> None:
    offsets = [0, 0x100, 0xFFFE, 0xFFFF] + ([0x10000, 0x410000, 0xB8000, 0xFFFFFFFF] if pm.wide else [])
    for offset in offsets:
        setattr(pm.regs, register, Segment(0, layout.NULL_BASE) if by == "host" else pm.regs.ss)
        code = direct(pm, READ, offset, prefix)
        if by == "host":
            check_pristine(pm, code, fault(GP))
        else:
            pm.regs.eax = 0
            check_pristine(pm, LOADS[register] + code, fault(GP, executed=1), skip=2)


PUSHES = {"push": "50", "pushf": "9c", "call": "e80000", "push immediate": "6a05", "pusha": "60", "enter": "c8100003"}


@pytest.mark.parametrize("what", PUSHES)
def test_stack_overflow(pm: Lab, what: str) -> None:
    """An expand-down stack, its limit just below the stack pointer."""
    pm.define(FREE, Descriptor(STACK, 0x7FF, 0xF7, 4 if pm.wide else 0))
    pm.regs.ss = pm.segment(FREE)
    pm.regs.ebp = 0xC00
    code = PUSHES[what] + ("0000" if what == "call" and pm.wide else "")
    for esp in (0x800, 0x801):
        pm.regs.esp = esp
        check_pristine(pm, code, fault(SF))
    if what == "pusha":
        pm.regs.esp = 0x804
        check_pristine(pm, code, fault(SF))


@pytest.mark.parametrize("code", ["58", "c3", "9d", "61", "07", "cf", "cb", "8f00", "c9"])
def test_stack_underflow(pm: Lab, code: str) -> None:
    for esp in (TOP, TOP - 1):
        pm.regs.esp = pm.regs.ebp = esp
        check_pristine(pm, code, fault(SF))


def test_pushing_over_zero(pm: Lab) -> None:
    pm.regs.esp = 0
    check_pristine(pm, "50", fault(SF))


@pytest.mark.parametrize("code", ["a4", "a5", "a6", "a7", "aa", "ab", "ac", "ad", "ae", "af", "6c", "6e"])
@pytest.mark.parametrize("repeat", ["", "f3"])
def test_strings_stop_at_the_limit(pm: Lab, code: str, repeat: str) -> None:
    pm.regs.ecx, pm.regs.esi, pm.regs.edi = 4, 0x1000, 0x1000
    check_pristine(pm, repeat + code, fault(GP))


def test_a_repeated_string_does_what_it_can(pm: Lab) -> None:
    pm.regs.ecx, pm.regs.edi, pm.regs.eax = 10, 0xFFC, 0x5A
    for _ in range(2):
        result = pm.run("f3aa")
        assert (result.vector, pm.regs.ecx, pm.regs.edi, pm.regs.eip) == (GP, 6, 0x1000, 0)
    assert pm.memory.read(DATA + 0xFFC, 5) == b"ZZZZ\0"


@pytest.mark.parametrize(
    "code", ["fe00", "f610", "0000", "8600", "8900", "ff30", "c400", "d800", "dd18", "0fab00", "d9 30"]
)
def test_other_operands(pm: Lab, code: str) -> None:
    pm.regs.eax, pm.regs.ebx, pm.regs.esi = 0x1FFE, 0xFFF, 0xFFF
    check_pristine(pm, code, fault(GP))


# The end of the code


def test_running_off_the_code_segment(pm: Lab) -> None:
    big = 4 if pm.wide else 0
    pm.define(FREE, Descriptor(CODE, 0x10F, 0xFB, big))
    pm.regs.cs = pm.segment(FREE)
    pm.put("90" * 32, 0x100)
    pm.regs.eip = 0x100
    for step in (0, 1, 7):
        pm.regs.eip = 0x100
        assert pm.run(step=step) == fault(GP, executed=16)
        assert pm.regs.eip == 0x110
    pm.put("b811111111", 0x10E)
    pm.regs.eip = 0x10D
    assert pm.run() == fault(GP, executed=1)
    assert pm.regs.eip == 0x10E


def test_a_smaller_limit_over_the_same_code(pm: Lab) -> None:
    """What was translated under one selector still ends early under another."""
    pm.put("90" * 16 + "cd21", 0x100)
    pm.regs.eip = 0x100
    assert pm.run() == Exit(Why.INTERRUPT, 17, 0x21)
    pm.define(FREE, Descriptor(CODE, 0x103, 0xFB, 4 if pm.wide else 0))
    for selector, expected in ((FREE, fault(GP, executed=4)), (CS, Exit(Why.INTERRUPT, 17, 0x21))) * 2:
        pm.regs.cs, pm.regs.eip = pm.segment(selector), 0x100
        assert pm.run() == expected


def test_jumping_beyond_the_limit() -> None:
    pm = Lab("pm32")
    assert pm.run("e9fbff0100") == fault(GP, executed=1)
    assert pm.regs.eip == 0x20000


def test_v86_code_ends_at_64k() -> None:
    lab = Lab("v86")
    lab.put("9090", 0xFFFE)
    lab.regs.eip = 0xFFFE
    assert lab.run() == fault(GP, executed=2)


@pytest.mark.parametrize("code, vector", [("67a100000100", GP), ("3667a100000100", SF), ("67a104000000", None)])
def test_32_bit_addresses_in_v86(code: str, vector: int | None) -> None:
    lab = Lab("v86")
    if vector is None:
        assert lab.run(code, 1).why is Why.BUDGET
    else:
        check_pristine(lab, code, fault(vector))


def test_32_bit_addresses_in_16_bit_code() -> None:
    pm = Lab("pm16")
    check_pristine(pm, "67a100000100", fault(GP))
    assert pm.run("67a104000000", 1).why is Why.BUDGET


def test_without_limit_checks_everything_passes() -> None:
    pm = Lab("pm32", limit_checks=False)
    assert pm.run("a100200000", 1).why is Why.BUDGET


def test_interrupts_off_at_iopl_0() -> None:
    lab = Lab("v86")
    lab.regs.eflags &= ~Flag.IOPL
    for code in ("cd21", "fa", "fb", "9c", "9d", "cf"):
        check_pristine(lab, code, fault(GP))


def test_registers_survive(pm: Lab) -> None:
    pm.regs.eax, pm.regs.edi = 0x12345678, 0x9ABCDEF0
    before = pm.regs.copy()
    pm.run("90", 1)
    assert replace_eip(pm.regs) == before
    assert pm.regs.ss == pm.segment(SS)


def replace_eip(regs: Registers) -> Registers:
    copy = regs.copy()
    copy.eip = 0
    return copy


def test_a_client_cannot_return_to_v86_mode(pm: Lab) -> None:
    image = struct.pack("<III", 0x30, CS, 0x23202)
    pm.memory.write(STACK + 0x800, image)
    pm.put("90cd21", 0x30)
    pm.regs.esp = 0x800
    assert pm.run("cf" if pm.wide else "66cf") == Exit(Why.INTERRUPT, 3, 0x21)
    assert (pm.regs.eip, pm.regs.is_v86, pm.regs.esp) == (0x33, False, 0x80C)
    assert pm.memory.read(STACK + 0x800, 12) == image


def test_a_code_segment_known_as_data_still_ends(pm: Lab) -> None:
    """Load a readable code segment into DS, then jump to it: its limit counts from then on."""
    pm.define(FREE, Descriptor(CODE, 0x103, 0xFB, 4 if pm.wide else 0))
    pm.put("90" * 32, 0x100)
    pm.regs.eax = FREE
    jump = "ea000100009f00" if pm.wide else "ea00019f00"
    assert pm.run(LOADS["ds"] * 3 + jump) == fault(GP, executed=8)
    assert pm.regs.eip == 0x104
