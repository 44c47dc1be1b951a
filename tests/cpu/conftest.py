"""A bare processor with a few segments, to run some bytes on."""

from __future__ import annotations

import pytest

from app.emu.cpu.exits import Exit
from app.emu.cpu.unicorn_cpu import UnicornCpu
from app.emu.descriptor import BIG, Descriptor, sized
from app.emu.memory import layout
from app.emu.memory.memory import USER, WRITABLE, Memory
from app.emu.registers import Flag, Registers, Segment

CODE, DATA, STACK = 0x400000, 0x410000, 0x420000
CS, DS, SS = 0x87, 0x8F, 0x97
FREE = 0x9F
"""The first selector tests define themselves."""
TOP = 0x1000
PRESENT_DATA, READ_ONLY, EXPAND_DOWN, CODE_ACCESS, EXECUTE_ONLY = 0xF3, 0xF1, 0xF7, 0xFB, 0xF9


class Lab:
    """Code at CODE, 64 KiB of data at DATA, a stack of TOP bytes; `wide` for 32-bit segments, `v86` for V86 mode."""

    def __init__(self, mode: str = "pm32", *, limit_checks: bool = True) -> None:
        self.memory = Memory(8)
        self.memory.map_range(CODE, CODE, 0x100000, USER | WRITABLE)
        self.cpu = UnicornCpu(self.memory, limit_checks=limit_checks)
        self.mode = mode
        self.wide = mode == "pm32"
        big = BIG if self.wide else 0
        self.define(CS, sized(CODE, 0xFFFF, CODE_ACCESS, big))
        self.define(DS, sized(DATA, 0xFFF, PRESENT_DATA, big))
        self.define(SS, sized(STACK, TOP - 1, PRESENT_DATA, big))
        self.regs = Registers(eflags=0x3202, esp=TOP)
        if mode == "v86":
            self.regs.eflags |= Flag.VM
            self.base = 0x20000
            self.regs.cs, self.regs.ds = Segment.real(0x2000), Segment.real(0x3000)
            self.regs.ss = self.regs.es = self.regs.fs = self.regs.gs = Segment.real(0x4000)
        else:
            self.base = CODE
            self.regs.cs, self.regs.ds, self.regs.ss = self.segment(CS), self.segment(DS), self.segment(SS)
            null = Segment(0, layout.NULL_BASE)
            self.regs.es, self.regs.fs, self.regs.gs = self.regs.ds, null, null

    def define(self, selector: int, descriptor: Descriptor) -> None:
        self.memory.write(layout.LDTS + (selector & ~7), descriptor.encode())

    def segment(self, selector: int) -> Segment:
        raw = self.memory.read(layout.LDTS + (selector & ~7), 8)
        return Descriptor.decode(raw).segment(selector)

    def put(self, code: str, at: int = 0) -> None:
        self.memory.write(self.base + at, bytes.fromhex(code))

    def run(self, code: str | None = None, count: int = 1000, *, step: int = 0) -> Exit:
        """Run code from its start; with step, in slices, and add up."""
        if code is not None:
            self.put(code)
            self.regs.eip = 0
        done = 0
        while True:
            result = self.cpu.run(self.regs, layout.RING0_STACK_TOP, min(step or count, count - done))
            done += result.executed
            if result.why.name != "BUDGET" or done >= count:
                return Exit(result.why, done, result.vector, result.error_code, result.cr2)


@pytest.fixture(params=["v86", "pm16", "pm32"])
def lab(request: pytest.FixtureRequest) -> Lab:
    return Lab(request.param)


@pytest.fixture(params=["pm16", "pm32"])
def pm(request: pytest.FixtureRequest) -> Lab:
    return Lab(request.param)
