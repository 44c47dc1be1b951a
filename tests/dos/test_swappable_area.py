"""The swappable data area: what DOS keeps about the current program is what lies in guest memory."""

from __future__ import annotations

import struct

import pytest

from tests.dos.fake_machine import FakeMachine


@pytest.fixture
def area(machine: FakeMachine) -> int:
    regs = machine.int21(0x5D06)
    assert not machine.carry
    assert regs.low("cx") == regs.low("dx") == 0x1A
    return (regs.ds.selector << 4) + regs.low("si")


def test_the_area_holds_psp_and_transfer_area(machine: FakeMachine, area: int) -> None:
    machine.int21(0x1A00, ds=0x4321, dx=0x0765)
    assert machine.memory.read_u32(area + 0x0C) == 0x4321_0765
    assert machine.memory.read_u16(area + 0x10) == machine.dos.current_psp
    assert machine.memory.read_u8(area + 0x16) == 2


def test_swapping_the_area_swaps_the_program(machine: FakeMachine, area: int) -> None:
    kept = machine.memory.read(area, 0x1A)
    psp = machine.dos.current_psp
    machine.int21(0x5000, bx=0x7777)
    machine.int21(0x1A00, ds=0x1111, dx=0x2222)
    machine.memory.write(area, kept)
    assert machine.int21(0x5100).low("bx") == psp
    regs = machine.int21(0x2F00)
    assert (regs.es.selector, regs.low("bx")) == (psp, 0x80)


def test_in_dos_flag_lies_in_the_area(machine: FakeMachine, area: int) -> None:
    regs = machine.int21(0x3400)
    assert (regs.es.selector << 4) + regs.low("bx") == area + 1


def test_the_last_error_can_be_put_back(machine: FakeMachine, area: int) -> None:
    machine.int21(0x3D00, **machine.path("none"))
    assert machine.memory.read_u16(area + 4) == 2
    given = machine.put(struct.pack("<8H", 0x20, 0x0B02, 0x0300, 0, 0, 0x1234, 0, 0x5678), 0x3000)
    machine.int21(0x5D0A, **given)
    regs = machine.int21(0x5900, bx=0)
    assert (regs.ax, regs.low("bx"), regs.low("cx") >> 8) == (0x20, 0x0B02, 3)
    assert (regs.es.selector, regs.low("di")) == (0x5678, 0x1234)


def test_other_internal_functions_fail(machine: FakeMachine) -> None:
    assert machine.int21(0x5D00).ax == 1
    assert machine.carry
