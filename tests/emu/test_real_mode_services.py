"""Whatever registers a real-mode program calls BIOS, DOS and the drivers with, the machine goes on."""

from __future__ import annotations

import random

import pytest

from app.debug.launch import CapturedConsole, Launch, start
from app.emu.dos.table import INT21
from app.emu.events import ClientEntered, UnsupportedCalled
from app.emu.host.host import far
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.registers import Flag, Segment
from tests.emu.runs import SAMPLES

CODE = 0x9000
"""Paragraph of the calling code, an INT, and of its stack."""
FUNCTIONS = {0x10: range(0x20), 0x21: range(0x75), 0x2F: (0x16, 0x43, 0x4A), 0x33: range(1)}
ENDS = {0x00, 0x31, 0x4C}
"""INT 21h functions that end the program."""
LONG_NAMES = [row.number & 0xFF for row in INT21 if row.number >> 8 == 0x71]
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFF0, 0xFFFF, 0xFFFFFFFF)
SEGMENTS = (0, 0x40, 0x1005, CODE, 0xA000, 0xB800, 0xF000, 0xFFFF)


def scramble(machine: Machine, chance: random.Random) -> None:
    regs = machine.regs
    for name in ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"):
        setattr(regs, name, chance.choice(EDGES) if chance.random() < 0.5 else chance.getrandbits(32))
    regs.ds, regs.es = (Segment.real(chance.choice(SEGMENTS)) for _ in range(2))
    regs.cs = regs.ss = Segment.real(CODE)
    regs.eip, regs.esp = 0x100, 0x1000
    regs.eflags = int(Flag.VM | Flag.IOPL | Flag.IF) | 2


@pytest.mark.parametrize("seed", range(4))
def test_any_call_is_survived(seed: int) -> None:
    machine = start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())
    chance, first = random.Random(seed), machine.save()
    for number in range(300):
        if number % 100 == 0 or machine.has_ended:
            machine.restore(first)
        scramble(machine, chance)
        vector = chance.choice([0x10, 0x21, 0x21, 0x2F, 0x33, 0x33])
        machine.regs.ah = chance.choice(FUNCTIONS[vector])
        if vector == 0x21 and machine.regs.ah in ENDS:
            continue
        if vector == 0x33:
            machine.regs.al = chance.randrange(0x40)
        if vector == 0x21 and machine.regs.ah == 0x71:
            machine.regs.al = chance.choice(LONG_NAMES)
        machine.memory.write((CODE << 4) + 0x100, bytes((0xCD, vector, 0xEB, 0xFE)))  # int / jmp $
        for _ in range(4):
            machine.slice(50)


@pytest.mark.parametrize("seed", range(2))
def test_any_call_of_the_extended_memory_driver_is_survived(seed: int) -> None:
    machine = start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())
    chance, driver = random.Random(seed), machine.state.xms
    before = driver.free_memory()
    for _ in range(500):
        scramble(machine, chance)
        machine.regs.ah = chance.choice([*range(0x13), *range(0x88, 0x90)])
        if chance.random() < 0.7:
            machine.regs.edx = chance.randrange(1, 40)
        machine.state.xms.call()
    used = sum(-(-each.size // 4) * 4 for each in driver.blocks.values())
    assert driver.free_memory() + used == before


def in_protected_mode() -> Machine:
    """A client whose program has just entered."""
    machine = start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())
    while machine.regs.is_v86:
        machine.slice(1)
    assert any(isinstance(event, ClientEntered) for event, _ in machine.log)
    return machine


@pytest.mark.parametrize("is_client", [False, True])
def test_a_jump_to_any_address_of_the_rom_is_survived(*, is_client: bool) -> None:
    plain = Launch(str(SAMPLES / "hello16.com"), memory=8)
    machine = in_protected_mode() if is_client else start(plain, CapturedConsole())
    chance, first = random.Random(0), machine.save()
    for linear in machine.rom.traps:
        machine.restore(first)
        scramble(machine, chance)
        machine.regs.cs, machine.regs.eip = Segment.real(layout.ROM >> 4), linear - layout.ROM
        for _ in range(2):
            machine.slice(50)


@pytest.mark.parametrize("seed", range(2))
def test_any_call_from_protected_mode_is_survived(seed: int) -> None:
    """Whatever ends the client, a fault mostly, says so; what it wrote has stayed in memory."""
    machine = in_protected_mode()
    chance, first = random.Random(seed), machine.save()
    selectors = [machine.regs.ds.selector, machine.regs.es.selector, 0, 4]
    for _ in range(200):
        machine.restore(first)
        regs = machine.regs
        at = regs.cs.base + regs.eip
        for name in ("ebx", "ecx", "edx", "esi", "edi"):
            setattr(regs, name, chance.choice(EDGES) if chance.random() < 0.5 else chance.getrandbits(16))
        vector = chance.choice([0x21, 0x21, 0x21, 0x25, 0x2F, 0x33, 0x41])
        regs.ax = chance.randrange(0x40) if vector == 0x33 else chance.choice(FUNCTIONS[0x21]) << 8
        if vector == 0x21 and regs.ah == 0x71:
            regs.al = chance.choice(LONG_NAMES)
        if chance.random() < 0.5:
            regs.es = machine.state.host.load(chance.choice(selectors))
        machine.memory.write(at, bytes((0xCD, vector, 0xEB, 0xFE)))  # int / jmp $
        for _ in range(4):
            machine.slice(50)
        assert machine.state.end is None or machine.state.end.how in {"exit", "terminated", "resident"}


@pytest.mark.parametrize(
    "vector, ax, function",
    [
        (0x10, 0xDE00, 0xDE), (0x13, 0x4100, 0x41), (0x15, 0xDE00, 0xDE), (0x16, 0x7F00, 0x7F), (0x21, 0xFF00, 0xFF),
        (0x21, 0x5300, 0x53), (0x21, 0x71B0, 0x71B0), (0x2F, 0x1607, 0x1607), (0x33, 0x0099, 0x0099),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["real", "protected"])
def test_unknown_calls_are_told_with_their_caller(vector: int, ax: int, function: int, mode: str) -> None:
    if mode == "real":
        machine = start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())
    else:
        machine = in_protected_mode()
    regs = machine.regs
    here, regs.ax = str(far(regs, regs.cs, regs.eip)), ax
    machine.memory.write(regs.cs.base + regs.eip, bytes((0xCD, vector, 0xEB, 0xFE)))
    for _ in range(4):
        machine.slice(20)
    told = [event for event, _ in machine.log if isinstance(event, UnsupportedCalled)]
    assert [(each.interrupt, each.function, str(each.at)) for each in told] == [(vector, function, here)]


ASKED = (
    0x0200, 0x0900, 0x0B00, 0x0E02, 0x1900, 0x1A00, 0x2501, 0x2900, 0x2A00, 0x2B00, 0x2C00, 0x2F00, 0x3000, 0x3100,
    0x3300, 0x3301, 0x3306, 0x3400, 0x3501, 0x3700, 0x3800, 0x3900, 0x3A00, 0x3B00, 0x3C00, 0x3D00, 0x3E00, 0x3F00,
    0x4000, 0x4100, 0x4200, 0x4300, 0x4400, 0x4401, 0x4409, 0x4411, 0x4500, 0x4600, 0x4700, 0x4800, 0x4900, 0x4A00,
    0x4B00, 0x4D00, 0x4E00, 0x4F00, 0x5000, 0x5100, 0x5200, 0x5500, 0x5600, 0x5700, 0x5704, 0x5706, 0x5800, 0x5801,
    0x5802, 0x5803, 0x5D06, 0x5E00, 0x5F02, 0x6000, 0x6200, 0x6300, 0x6400, 0x6501, 0x6502, 0x6506, 0x6601, 0x6700,
    0x6800, 0x6C00, 0x713B, 0x7141, 0x7143, 0x7147, 0x714E, 0x714F, 0x7160, 0x716C, 0x71A0, 0x71A1, 0x71A6, 0x71A8,
    0x7303,
)  # fmt: skip
"""INT 21h as real programs called it (clients.md), but for the functions that end a program; FFh is unknown to DOS."""


@pytest.mark.parametrize("mode", ["real", "protected"])
def test_dos_knows_all_that_real_programs_asked_for(mode: str) -> None:
    if mode == "real":
        machine = start(Launch(str(SAMPLES / "hello16.com"), memory=8), CapturedConsole())
    else:
        machine = in_protected_mode()
    first = machine.save()
    for ax in ASKED:
        machine.restore(first)
        regs = machine.regs
        data = regs.ds.base + 0x8000
        machine.memory.write(data, b"NAME$\0")
        regs.es = regs.ds
        regs.ax, regs.ebx, regs.ecx, regs.edx, regs.esi, regs.edi = ax, 0, 1, 0x8000, 0x8000, 0x8100
        if ax == 0x4B00:
            regs.ebx = 0x8200  # an empty parameter block
        machine.memory.write(regs.cs.base + regs.eip, b"\xcd\x21\xeb\xfe")
        seen = len(machine.log)
        for _ in range(6):
            machine.slice(50)
        new = [machine.log[number][0] for number in range(seen, len(machine.log))]
        assert not [event for event in new if isinstance(event, UnsupportedCalled)], f"AX={ax:04X}h"
        assert machine.state.end is None or ax in {0x3100, 0x5000, 0x5500}, f"AX={ax:04X}h"
