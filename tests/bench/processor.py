"""How fast the processor runs, against Unicorn alone in the same minute."""

from __future__ import annotations

from collections.abc import Iterable

import unicorn
from unicorn import x86_const as x86

from app.emu.descriptor import BIG, sized
from app.emu.memory import layout
from app.emu.registers import Flag
from tests.bench.table import Measure, rate, row
from tests.cpu.conftest import CODE, CODE_ACCESS, DATA, FREE, PRESENT_DATA, STACK, TOP, Lab

SLICE = 100_000
LOOPS = {
    "registers": "40 41 42 43 01d8 31c1 29ca ebf4",
    "memory": "8b06 8907 0306 894604 ff4608 8b4e04 ebef",
    "calls": "e803000000 40 ebf8 55 89e5 5d c3",
}
"""32-bit code; ESI and EDI point to data. Address-size prefixes make no difference to 16-bit code's speed."""


def raw(code: str, count: int) -> float:
    """Unicorn alone, ring 0, flat, no hooks."""
    uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_32)
    uc.mem_map(0, 0x800000)
    uc.mem_write(CODE, bytes.fromhex(code))

    places = ((x86.UC_X86_REG_ESI, DATA), (x86.UC_X86_REG_EDI, DATA), (x86.UC_X86_REG_ESP, STACK + TOP))
    for register, value in places:
        uc.reg_write(register, value)

    def work() -> int:
        uc.emu_start(CODE, 0x7FFFFF, 0, count)
        return count

    return rate(work)


def uncounted(code: str) -> float:
    """Unicorn alone without a count: DEC EDX, JNZ ends the loop, so two instructions more per turn."""
    uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_32)
    uc.mem_map(0, 0x800000)
    turns, body = 100_000, bytes.fromhex(code)[:-2].replace(b"\x42", b"").replace(b"\x29\xca", b"")
    loop = body + b"\x4a\x75" + bytes((0x100 - len(body) - 3,))
    uc.mem_write(CODE, loop)
    uc.reg_write(x86.UC_X86_REG_ESI, DATA)
    uc.reg_write(x86.UC_X86_REG_EDI, DATA)

    def work() -> int:
        uc.reg_write(x86.UC_X86_REG_EDX, turns)
        uc.emu_start(CODE, CODE + len(loop))
        return turns * 8

    return rate(work)


def prepared(kind: str, *, limit_checks: bool) -> Lab:
    """A lab at the start of a loop.

    flat: all segments reach everywhere. limits: one limited segment for data and stack. apart: one each, so that
    either lies beyond the other's limit. 16-bit: segments of 64 KiB, and a small ES (a PSP) in the way.
    """
    lab = Lab("pm16" if kind == "16-bit" else "pm32", limit_checks=limit_checks)
    regs = lab.regs
    big = BIG if kind != "16-bit" else 0
    if kind == "flat":
        lab.define(FREE, sized(0, 0xFFFFFFFF, PRESENT_DATA, BIG))
        lab.define(FREE + 8, sized(0, 0xFFFFFFFF, CODE_ACCESS, BIG))
        regs.ds = regs.es = regs.ss = lab.segment(FREE)
        regs.cs, regs.eip = lab.segment(FREE + 8), CODE
        regs.esp, regs.esi, regs.edi = STACK + TOP, DATA, DATA
        return lab
    regs.esi = regs.edi = 0x100
    regs.esp = TOP - 0x100
    if kind != "apart":
        lab.define(FREE, sized(DATA, 0xFFFF, PRESENT_DATA, big))
        regs.ds = regs.es = regs.ss = lab.segment(FREE)
    if kind == "16-bit":
        lab.define(FREE + 8, sized(DATA - 0x80, 0x7F, PRESENT_DATA))
        regs.es = lab.segment(FREE + 8)
    return lab


def ours(code: str, kind: str, *, limit_checks: bool, size: int = SLICE) -> float:
    lab = prepared(kind, limit_checks=limit_checks)
    lab.put(narrow(code) if kind == "16-bit" else code)

    def work() -> int:
        return lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, size).executed

    return rate(work)


def narrow(code: str) -> str:
    """The loops' 16-bit twins."""
    return {
        LOOPS["registers"]: LOOPS["registers"],
        LOOPS["memory"]: "8b04 8905 0304 894404 ff4408 8b4c04 ebef",
        LOOPS["calls"]: "e80300 40 ebfa 55 89e5 5d c3",
    }[code]


def loops(name: str) -> Iterable[Measure]:
    code, counted = LOOPS[name], "Unicorn, counted"
    yield Measure(counted, raw(code, SLICE))
    if name != "calls":
        yield Measure("Unicorn, not counted", uncounted(code), counted)
    for kind in ("flat", "limits", "apart", "16-bit"):
        for checks in (True, False):
            what = f"{kind}, checks {'on' if checks else 'off'}, slices of {SLICE // 1000} k"
            yield Measure(what, ours(code, kind, limit_checks=checks), counted)


for _name in LOOPS:
    row(f"processor: {_name}")(lambda name=_name: loops(name))  # type: ignore[misc]


@row("processor: slices and steps")
def slices() -> Iterable[Measure]:
    for size in (1, 10, 100, 1000, 10_000, 100_000):
        yield Measure(
            f"instructions in slices of {size}", ours(LOOPS["memory"], "limits", limit_checks=True, size=size)
        )


@row("processor: an interrupt request waits")
def waiting() -> Iterable[Measure]:
    """With IF off; POPF is looked at each time it is executed."""
    for name, code in (("loop in registers", LOOPS["registers"]), ("PUSHF, three INC, POPF", "9c 40 41 42 9d ebf9")):
        lab = Lab("v86")
        lab.regs.set_flag(Flag.IF, on=False)
        lab.put(code)

        def work(lab: Lab = lab) -> int:
            return lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, SLICE, until_interruptible=True).executed

        yield Measure(f"instructions, {name}", rate(work))


@row("processor: round trips")
def round_trips() -> Iterable[Measure]:
    for mode in ("v86", "pm16", "pm32"):
        lab = Lab(mode)
        lab.put("cd21ebfc")
        yield Measure(f"INT from {mode}, host, back", rate(lambda lab=lab: bool(lab.run(count=10))))  # type: ignore[misc]


@row("processor: accesses near limits")
def near() -> Iterable[Measure]:
    lab = Lab("pm32")
    lab.regs.fs = lab.regs.ds
    lab.put("648b05 00000000 ebf7")
    yield Measure("instructions, half of them MOV through FS", rate(lambda: lab.run(count=10_000).executed))
    lab = Lab("pm32")
    lab.define(FREE, sized(STACK, 0xFFF, PRESENT_DATA, BIG))
    lab.regs.es, lab.regs.eax = lab.segment(FREE), FREE
    lab.put("8ec0 ebfc")
    yield Measure("instructions, half of them MOV ES, AX", rate(lambda: lab.run(count=10_000).executed))
    lab = Lab("pm32")
    lab.define(FREE, sized(0xB8000, 0x7FFF, PRESENT_DATA, BIG))
    lab.regs.es = lab.segment(FREE)
    lab.put("31ff b900100000 f3ab ebf5")
    yield Measure("instructions, REP STOSD to the screen", rate(lambda: lab.run(count=10_000).executed))
