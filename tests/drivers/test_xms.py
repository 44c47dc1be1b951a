"""The extended memory driver: blocks, moves, locks, A20, and the memory it shares with the DPMI host."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.debug.launch import CapturedConsole, Launch, start
from app.emu.drivers.extended_memory import HANDLES
from app.emu.machine import Machine
from app.emu.registers import Flag, Registers, Segment
from tests.emu.runs import SAMPLES

BUFFER = 0x40000
Call = Callable[..., Registers]


@pytest.fixture
def machine() -> Machine:
    return start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())


@pytest.fixture
def xms(machine: Machine) -> Call:
    def call(function: int, **registers: int) -> Registers:
        regs = machine.regs
        regs.eax = regs.eax & ~0xFFFF | function << 8
        for name, value in registers.items():
            if name == "ds":
                regs.ds = Segment.real(value)
            else:
                setattr(regs, "e" + name, value)
        machine.state.xms.call()
        return regs

    return call


def failed(regs: Registers) -> int:
    """The error code of a call that failed, 0 of one that did not."""
    assert regs.ax in {0, 1}
    return 0 if regs.ax else regs.low("bx") & 0xFF


def move(machine: Machine, xms: Call, size: int, source: tuple[int, int], target: tuple[int, int]) -> int:
    machine.memory.write(BUFFER, struct.pack("<IHIHI", size, *source, *target))
    return failed(xms(0x0B, ds=BUFFER >> 4, si=0))


def test_version_is_3(xms: Call) -> None:
    regs = xms(0x00)
    assert (regs.ax, regs.low("dx")) == (0x0300, 1)


def test_flags_stay_the_callers(machine: Machine, xms: Call) -> None:
    for carry in (True, False):
        machine.regs.set_flag(Flag.CF, on=carry)
        xms(0x09, dx=0)
        assert bool(machine.regs.eflags & Flag.CF) == carry


def test_memory_is_the_hosts(machine: Machine, xms: Call) -> None:
    before = xms(0x08).low("dx")
    assert before == machine.state.host.arena.free >> 10
    handle = xms(0x09, dx=100).low("dx")
    assert xms(0x08).low("dx") == before - 100
    block = machine.state.host.arena.allocate(0x10000)
    assert xms(0x08).low("dx") == before - 164
    machine.state.host.arena.free_block(block)
    assert failed(xms(0x0A, dx=handle)) == 0
    regs = xms(0x88)
    assert (regs.edx, regs.ecx) == (before, (8 << 20) - 1)
    assert regs.eax == xms(0x08).ax


def test_no_more_than_there_is(xms: Call) -> None:
    most = xms(0x08).ax
    assert failed(xms(0x09, dx=most + 1)) == 0xA0
    assert failed(xms(0x89, dx=0x100000)) == 0xA0
    assert failed(xms(0x89, dx=most)) == 0
    assert failed(xms(0x08)) == 0xA0


def test_handles_run_out(xms: Call) -> None:
    handles = [xms(0x09, dx=0).low("dx") for _ in range(HANDLES)]
    assert len(set(handles)) == HANDLES
    assert failed(xms(0x09, dx=0)) == 0xA1
    assert xms(0x0E, dx=handles[0]).low("bx") & 0xFF == 0
    xms(0x0A, dx=handles[3])
    assert xms(0x09, dx=1).low("dx") == handles[3]


def test_blocks_are_copied_in_and_out(machine: Machine, xms: Call) -> None:
    handle = xms(0x09, dx=4).low("dx")
    machine.memory.write(0x50000, b"extended")
    assert move(machine, xms, 8, (0, 0x5000_0000), (handle, 4088)) == 0
    assert move(machine, xms, 8, (handle, 4088), (0, 0x4FFF_1010)) == 0
    assert machine.memory.read(0x51000, 8) == b"extended"
    assert move(machine, xms, 6, (handle, 4088), (handle, 4090)) == 0, "overlapping"
    assert machine.memory.read(machine.state.xms.lock(handle) + 4088, 8) == b"exextend"


@pytest.mark.parametrize(
    "size, source, target, code",
    [
        (3, (0, 0), (1, 0), 0xA7), (2, (9, 0), (1, 0), 0xA3), (2, (1, 0), (9, 0), 0xA5), (2, (1, 5000), (0, 0), 0xA4),
        (2, (0, 0), (1, 5000), 0xA6), (0x2000, (0, 0), (1, 0), 0xA7), (0x200000, (0, 0), (1, 0), 0xA7),
        (0xFFFFFFFE, (1, 0), (0, 0), 0xA7), (2, (1, 0xFFFFFFFF), (0, 0), 0xA4),
    ],
)  # fmt: skip
def test_moves_that_cannot_be(
    machine: Machine, xms: Call, size: int, source: tuple[int, int], target: tuple[int, int], code: int
) -> None:
    assert xms(0x09, dx=4).low("dx") == 1
    before = machine.memory.read(0, 0x400)
    assert move(machine, xms, size, source, target) == code
    assert machine.memory.read(0, 0x400) == before


def test_locked_blocks_stay(xms: Call) -> None:
    handle = xms(0x09, dx=16).low("dx")
    regs = xms(0x0C, dx=handle)
    linear = regs.low("dx") << 16 | regs.low("bx")
    assert linear >= 0x100000
    regs = xms(0x0E, dx=handle)
    assert (regs.low("bx"), regs.low("dx")) == (1 << 8 | HANDLES - 1, 16)
    assert failed(xms(0x0A, dx=handle)) == 0xAB
    assert failed(xms(0x0F, dx=handle, bx=32)) == 0xAB
    assert failed(xms(0x0D, dx=handle)) == 0
    assert failed(xms(0x0D, dx=handle)) == 0xAA
    assert [failed(xms(0x0C, dx=handle)) for _ in range(256)][-2:] == [0, 0xAC]


def test_blocks_are_resized_with_their_contents(machine: Machine, xms: Call) -> None:
    handle, other = xms(0x09, dx=0).low("dx"), 0
    assert failed(xms(0x0F, dx=handle, bx=4)) == 0
    other = xms(0x09, dx=4).low("dx")
    machine.memory.write(0x50000, b"abcd")
    move(machine, xms, 4, (0, 0x5000_0000), (handle, 0))
    assert failed(xms(0x8F, dx=handle, bx=100)) == 0, "it has to move"
    move(machine, xms, 4, (handle, 0), (0, 0x5100_0000))
    assert machine.memory.read(0x51000, 4) == b"abcd"
    regs = xms(0x8E, dx=handle)
    assert (regs.edx, regs.low("bx") >> 8, regs.low("cx")) == (100, 0, HANDLES - 2)
    assert failed(xms(0x8F, dx=handle, bx=0x10000)) == 0xA0
    assert failed(xms(0x0F, dx=handle, bx=0)) == 0
    assert failed(xms(0x0A, dx=handle)) == failed(xms(0x0A, dx=other)) == 0


def test_a20_is_counted(machine: Machine, xms: Call) -> None:
    for _ in range(2):
        assert failed(xms(0x05)) == 0
    assert failed(xms(0x06)) == 0x94
    assert xms(0x07).ax == 1
    assert failed(xms(0x06)) == 0
    assert xms(0x07).ax == 0
    assert machine.state.devices.port_in(0x92, 1) == 0
    xms(0x03)
    xms(0x05)
    assert failed(xms(0x04)) == 0x94
    assert failed(xms(0x06)) == 0


def test_high_memory_area_has_one_owner(xms: Call) -> None:
    assert failed(xms(0x02)) == 0x93
    assert failed(xms(0x01, dx=0xFFFF)) == 0
    assert failed(xms(0x01, dx=0xFFFF)) == 0x91
    assert failed(xms(0x02)) == 0


def test_there_is_no_upper_memory(xms: Call) -> None:
    assert failed(xms(0x10, dx=0xFFFF)) == 0xB1
    assert failed(xms(0x11, dx=0xC800)) == 0xB2


def test_unknown_functions_are_told(machine: Machine, xms: Call) -> None:
    assert failed(xms(0x42)) == 0x80
    assert machine.log[len(machine.log) - 1][0].kind == "unsupported_called"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([9, 0xA, 0xC, 0xD, 0xF, 0x8F, 0x89]), st.integers(0, 40), st.integers(0, 3000)),
        max_size=40,
    )
)
def test_nothing_is_lost(calls: list[tuple[int, int, int]]) -> None:
    """Whatever is called, used and free memory are together what there was."""
    machine = MACHINES.setdefault("one", start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole()))
    driver, regs = machine.state.xms, machine.regs
    before = driver.free_memory()
    for function, handle, size in calls:
        regs.eax, regs.edx, regs.ebx = function << 8, size if function in {9, 0x89} else handle, size
        driver.call()
        used = sum(-(-each.size // 4) * 4 for each in driver.blocks.values())
        assert driver.free_memory() + used == before
    for handle, each in list(driver.blocks.items()):
        each.locks = 0
        driver.free(handle)
    assert driver.free_memory() == before


MACHINES: dict[str, Machine] = {}
