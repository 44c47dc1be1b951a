"""Code of ring 0: a driver's, entered without an IRETD, counted and stopped as exactly as any other."""

import struct

import pytest

from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.unicorn_cpu import UnicornCpu
from app.emu.memory import layout
from app.emu.memory.memory import WRITABLE, Memory
from app.emu.registers import Flag, Registers, Segment

CODE = layout.VXDS
ESP = layout.RING0_STACK_TOP - 0x100
FLAT = {"limit": 0xFFFFFFFF, "flags": 0xC}


class Ring0:
    """Driver code at CODE and its stack."""

    def __init__(self) -> None:
        self.memory = Memory(8)
        self.memory.map_range(CODE, self.memory.host_physical(CODE), 0x2000, WRITABLE)
        self.cpu = UnicornCpu(self.memory)
        for selector, access in ((layout.VXD_CODE, 0x9B), (layout.VXD_DATA, 0x93)):
            self.memory.write(layout.GDT + selector, struct.pack("<HHBBBB", 0xFFFF, 0, 0, access, 0xCF, 0))
        data = Segment(layout.VXD_DATA, access=0x93, **FLAT)
        self.regs = Registers(eflags=2, esp=ESP, ss=data, ds=data, es=data, fs=data, gs=data)
        self.regs.cs = Segment(layout.VXD_CODE, access=0x9B, **FLAT)

    def run(self, code: str, count: int = 1000, *, step: int = 1000) -> Exit:
        self.memory.write(CODE, bytes.fromhex(code))
        self.regs.eip, done = CODE, 0
        while True:
            result = self.cpu.run(self.regs, layout.RING0_STACK_TOP, min(step, count - done))
            done += result.executed
            if result.why is not Why.BUDGET or done >= count:
                return Exit(result.why, done, result.vector, result.error_code, result.cr2)


@pytest.fixture
def ring0() -> Ring0:
    return Ring0()


@pytest.mark.parametrize("step", [1, 2, 1000])
def test_it_runs_and_leaves_by_a_dynalink(ring0: Ring0, step: int) -> None:
    result = ring0.run("b878563412 50 5b f9 cd20 01000100", step=step)
    assert result == Exit(Why.INTERRUPT, 5, 0x20)
    assert (ring0.regs.ebx, ring0.regs.esp, ring0.regs.eip) == (0x12345678, ESP, CODE + 10)
    assert ring0.regs.eflags & Flag.CF
    assert ring0.regs.cs.selector == layout.VXD_CODE


def test_nothing_is_written_below_its_stack_pointer(ring0: Ring0) -> None:
    before = ring0.memory.read(ESP - 64, 64)
    ring0.run("404090 cd20", step=1)
    assert ring0.memory.read(ESP - 64, 64) == before


def test_flags_go_in_and_out(ring0: Ring0) -> None:
    ring0.regs.eflags = 2 | Flag.CF | Flag.ZF | Flag.DF | Flag.IF
    assert ring0.run("9c58 cd20", step=1).vector == 0x20
    assert ring0.regs.eax & 0xFD5 == Flag.CF | Flag.ZF | Flag.DF | Flag.IF


def test_ud2_is_a_fault_at_its_address_and_does_not_count(ring0: Ring0) -> None:
    result = ring0.run("90 0f0b")
    assert (result.why, result.executed, result.vector, ring0.regs.eip) == (Why.FAULT, 1, 6, CODE + 1)


@pytest.mark.parametrize("where", [layout.GDT, layout.IDT, layout.TSS, layout.BOOT, layout.PAGE_TABLES + 0x1000])
def test_the_machines_tables_are_out_of_reach(ring0: Ring0, where: int) -> None:
    before = ring0.memory.read(where, 4)
    result = ring0.run("c705" + where.to_bytes(4, "little").hex() + "ffffffff cd20")
    assert (result.vector, result.cr2) == (14, where)
    assert ring0.memory.read(where, 4) == before


def test_a_wild_stack_pointer_faults(ring0: Ring0) -> None:
    ring0.regs.esp = 0x10
    ring0.regs.ss = Segment(layout.VXD_DATA, access=0x93, **FLAT)
    assert ring0.run("bc00000090 50 cd20").vector == 14


def test_a_data_segment_with_a_base_keeps_it_between_slices(ring0: Ring0) -> None:
    ring0.memory.write(layout.LDTS + 8, struct.pack("<HHBBBB", 0xFFFF, 0x500, 0, 0xF3, 0x40, 0))
    ring0.memory.write_u32(0x500, 0x11223344)
    assert ring0.run("b80c000000 8ed8 a100000000 cd20", step=1).vector == 0x20
    assert ring0.regs.eax == 0x11223344
