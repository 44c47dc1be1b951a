"""Whatever registers a real-mode program calls BIOS, DOS and the drivers with, the machine goes on."""

from __future__ import annotations

import random

import pytest

from app.debug.launch import CapturedConsole, Launch, start
from app.emu.dos.table import INT21
from app.emu.events import ClientEntered, UnsupportedCalled
from app.emu.host.host import far
from app.emu.machine import Machine
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
