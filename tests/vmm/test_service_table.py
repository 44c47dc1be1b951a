"""Every offered service against the tables of the reference (VMM 3.2): what it takes, gives, sets and leaves alone.

Rows are called from a driver below V86 code and below 16- and 32-bit protected-mode code. Whatever the row does not
say is changed has to be as it was: registers, and for services that fail all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from app.emu.devices.clock import RATE
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.registers import Flag
from app.emu.vmm.breaks import POOL_SIZE
from app.emu.vmm.client_registers import SIZE
from app.emu.vmm.control_block import AREAS
from app.emu.vmm.ordinals import NAMES
from app.emu.vmm.places import (
    DEFAULT_FAULT,
    PM_APPLICATION_HEAD,
    PM_APPLICATIONS,
    SERVICES,
    THREAD,
)
from app.emu.vmm.schedule import ALWAYS_SCHED, WAIT_FOR_STI, WAIT_NOT_CRIT
from app.emu.vmm.table import VMM
from tests.vmm.lab import DRIVERS
from tests.vmm.stand import MODES, Ended, Stand, flag, kept, loaded

PM: Final = ("pm16", "pm32")
V86: Final = ("v86",)
SYSTEM_VM, VM = layout.VMM, layout.VMM + 0x400
ENTRY: Final = 0x7F10
"""Device id of entry.vxd."""
MISSING: Final = 0xFFFFFFFF
Given = dict[str, int]


def nothing(_stand: Stand) -> Any:
    return {}


@dataclass(frozen=True, slots=True)
class Row:
    """A call. given: registers; pushed: parameters; gives: registers afterwards, None for "any value"."""

    ordinal: int
    given: Callable[[Stand], Given] = nothing
    pushed: Callable[[Stand], tuple[int, ...]] = lambda _stand: ()
    gives: Callable[[Stand], dict[str, int | None]] = nothing
    carry: bool = False
    zero: bool | None = None
    modes: tuple[str, ...] = MODES
    before: Callable[[Stand], object] = nothing
    after: Callable[[Stand], object] = nothing
    """Must be true or None."""
    esp: int = 0
    """Bytes it takes off the stack itself."""


def initialising(stand: Stand) -> None:
    stand.vmm.is_initialised = False


def with_interrupts(*, on: bool) -> Callable[[Stand], None]:
    return lambda stand: stand.client.set_flag(Flag.IF, on=on)


def frame(stand: Stand, *words: int) -> None:
    """Push words on the client's stack, the last one on top."""
    for word in words:
        stand.vmm.simulation.push(word)


V86_CODE: Final = 0x20000


def far(segment: int, offset: int) -> int:
    return segment << 16 | offset


def heap(stand: Stand, size: int = 100) -> int:
    return stand.call(0x4F, size, 1).eax


DATA: Final = (0x12CFF234, 0x5678FFFF)
"""A descriptor of an application's data segment with base 12345678h, high dword first."""


def a_selector(stand: Stand) -> int:
    return stand.call(0x78, VM, *DATA, 1, 0).eax


def a_list(stand: Stand, *, nodes: int = 0) -> tuple[int, list[int]]:
    handle = stand.call(0x9B, eax=0, ecx=24).esi
    made = [stand.call(0x9D, esi=handle).eax for _ in range(nodes)]
    for node in made:
        stand.call(0x9F, esi=handle, eax=node)
    return handle, made


def a_list_with_a_freed_node(stand: Stand) -> int:
    handle, made = a_list(stand, nodes=2)
    stand.call(0x51, made[1], 0)
    return handle


def pages(stand: Stand, count: int) -> int:
    return stand.call(0x53, count, 1, 0, 0, 0, 0, 0, 0).eax


def node_of(stand: Stand) -> Given:
    """A list of one node, and another node that is in no list."""
    handle, made = a_list(stand, nodes=1)
    return {"esi": handle, "eax": stand.call(0x9D, esi=handle).eax, "ecx": made[0]}


def table(stand: Stand, *ports: int) -> int:
    rows = b"".join(port.to_bytes(2, "little") + bytes(4) for port in ports)
    return stand.put(len(ports).to_bytes(2, "little") + rows)


def second_of_two(stand: Stand) -> Given:
    handle, made = a_list(stand, nodes=2)
    return {"esi": handle, "eax": made[1]}


MODE_SENSITIVE: Final = frozenset(
    (0x0B, 0x0C, 0x0D, 0x14, 0x19, *range(0x1A, 0x1E), *range(0x41, 0x4F), 0x6E, *range(0x78, 0x7D), *range(0x82, 0x90))
)
"""Services that look at the program's mode or its registers; the others are tried with one mode each."""
ROWS: Final = (
    # Handles and versions
    Row(0x00, gives=lambda _: {"eax": 0x0400}),
    Row(0x01, gives=lambda _: {"ebx": VM}, given=lambda _: {"ebx": 5}),
    Row(0x02, lambda _: {"ebx": VM}, zero=True),
    Row(0x02, lambda _: {"ebx": SYSTEM_VM}, zero=False),
    Row(0x03, gives=lambda _: {"ebx": SYSTEM_VM}),
    Row(0x04, lambda _: {"ebx": SYSTEM_VM}, zero=True),
    Row(0x04, lambda _: {"ebx": VM}, zero=False),
    Row(0x05, lambda _: {"ebx": VM}),
    Row(0x05, lambda _: {"ebx": VM + 4}, carry=True),
    Row(0x06, gives=lambda _: {"ecx": 0}),
    Row(0x30, gives=lambda _: {"ebx": VM}),
    Row(0x3B, lambda _: {"ebx": VM}, gives=lambda _: {"ebx": SYSTEM_VM}),
    Row(0x3B, lambda _: {"ebx": SYSTEM_VM}, gives=lambda _: {"ebx": VM}),
    Row(0x108, gives=lambda _: {"edi": THREAD}),
    Row(0x109, lambda _: {"edi": THREAD}, zero=True),
    Row(0x109, lambda _: {"edi": 0}, zero=False),
    Row(0x10C, lambda _: {"edi": THREAD}),
    Row(0x10C, lambda _: {"edi": 4}, carry=True),
    # Callbacks and breakpoints (VMM 1)
    Row(
        0x0B,
        lambda s: {"edx": 7, "esi": s.procedure()},
        gives=lambda s: {"eax": s.vmm.breaks.arpl.to_dword() - 0x20000 + 0x20},
    ),
    Row(0x0C, lambda s: {"edx": 7, "esi": s.procedure()}, gives=lambda _: {"eax": 0x003B0004}),
    Row(
        0x0B,
        lambda _: {"esi": 1},
        gives=lambda _: {"eax": MISSING},
        carry=True,
        before=lambda s: setattr(s.vmm.breaks, "callbacks", POOL_SIZE),
    ),
    Row(
        0x0C,
        lambda _: {"esi": 1},
        gives=lambda _: {"eax": MISSING},
        carry=True,
        before=lambda s: setattr(s.vmm.breaks, "callbacks", POOL_SIZE),
    ),
    Row(
        0x0D,
        lambda s: {"eax": 0, "edx": 1, "esi": s.procedure()},
        after=lambda s: s.client.get("cs") == (s.vmm.breaks.arpl.segment - 0x400 if s.mode == "v86" else 0x3B),
    ),
    Row(
        0x09,
        lambda _: {"eax": far(V86_CODE >> 4, 4), "edx": 1, "esi": 2},
        after=lambda s: s.machine.memory.read_u8(V86_CODE + 4) == 0x63,
    ),
    Row(0x09, lambda _: {"eax": far(0xF000, 4)}, carry=True),
    Row(
        0x09,
        lambda _: {"eax": far(V86_CODE >> 4, 4)},
        carry=True,
        before=lambda s: s.call(0x09, eax=far(V86_CODE >> 4, 4)),
    ),
    Row(
        0x09,
        lambda _: {"eax": far(V86_CODE >> 4, 4)},
        carry=True,
        before=lambda s: setattr(s.vmm.breaks, "callbacks", POOL_SIZE),
    ),
    Row(
        0x0A,
        lambda _: {"eax": far(V86_CODE >> 4, 4)},
        before=lambda s: (s.machine.memory.write_u8(V86_CODE + 4, 0x90), s.call(0x09, eax=far(V86_CODE >> 4, 4))),
        after=lambda s: s.machine.memory.read_u8(V86_CODE + 4) == 0x90,
    ),
    Row(0x0A, lambda _: {"eax": far(1, 4)}, carry=True),
    # The interrupt flag
    Row(0x1A, before=with_interrupts(on=False), after=lambda s: bool(s.client.get("eflags") & Flag.IF)),
    Row(0x1B, before=with_interrupts(on=True), after=lambda s: not s.client.get("eflags") & Flag.IF),
    # Addresses
    Row(
        0x1C,
        lambda _: {"eax": 0x28FF},
        gives=lambda s: {"eax": s.vmm.simulation.linear(s.client.get("cs"), 0) + layout.HIGH_LINEAR},
    ),
    Row(
        0x1C,
        lambda _: {"eax": 0x3C14},
        before=lambda s: s.client.set("edx", 0x10005),
        gives=lambda s: {
            "eax": s.vmm.simulation.linear(s.client.get("ds"), 0x10005 if s.width == 4 else 5) + layout.HIGH_LINEAR
        },
    ),
    Row(0x1C, lambda _: {"eax": 0x0104}, gives=lambda _: {"eax": MISSING}),
    Row(0x1D, lambda _: {"eax": 0x12345, "ecx": 15}, gives=lambda _: {"ecx": 0x1234, "edx": 5}, modes=V86),
    Row(
        0x1D,
        lambda _: {"eax": layout.HIGH_LINEAR + 0x12345, "ecx": 15},
        gives=lambda _: {"ecx": 0x1234, "edx": 5},
        modes=V86,
    ),
    Row(0x1D, lambda _: {"eax": 0x123456, "ecx": 15}, carry=True, modes=V86),
    Row(
        0x1D,
        lambda s: {"eax": s.data, "ecx": 15},
        gives=lambda _: {"ecx": None, "edx": 0},
        modes=PM,
        after=lambda s: (
            (s.vmm.host.segment(s.regs.ecx & 0xFFFF).base, s.vmm.host.segment(s.regs.ecx & 0xFFFF).limit)
            == (s.data, 15)
        ),
    ),
    # Vectors
    Row(
        0x41,
        lambda s: {"eax": 0x60, "esi": s.procedure()},
        after=lambda s: s.vmm.interrupt_hooks[0x60] == [s.procedure()],
    ),
    Row(0x41, lambda _: {"eax": 0x100}, carry=True),
    Row(
        0x118,
        lambda s: {"eax": 0x60, "esi": s.procedure()},
        before=lambda s: s.call(0x41, eax=0x60, esi=s.procedure()),
        after=lambda s: not s.vmm.interrupt_hooks,
    ),
    Row(0x118, lambda _: {"eax": 0x60, "esi": 1}, carry=True),
    Row(
        0x42,
        lambda _: {"eax": 0x60, "ecx": 0},
        before=lambda s: s.machine.memory.write_u32(0x180, far(0x1234, 0x5678)),
        gives=lambda _: {"ecx": 0x1234, "edx": 0x5678},
    ),
    Row(0x42, lambda _: {"eax": 0x100}, carry=True),
    Row(
        0x43, lambda _: {"eax": 0x60, "ecx": 0x1234, "edx": 0x5678}, after=lambda s: s.u32(0x180) == far(0x1234, 0x5678)
    ),
    Row(0x44, lambda _: {"eax": 0x60}, gives=lambda _: {"ecx": None, "edx": None}, zero=True),
    Row(
        0x44,
        lambda _: {"eax": 0x60, "ecx": 0},
        before=lambda s: s.call(0x45, eax=0x60, ecx=0x97, edx=0x5678),
        gives=lambda _: {"ecx": 0x97, "edx": 0x5678},
        zero=False,
    ),
    Row(0x45, lambda _: {"eax": 0x100}, carry=True),
    Row(0xCD, lambda _: {"eax": 0x60}, gives=lambda _: {"edx": 0}),
    Row(0xCD, lambda _: {"eax": 0x60}, before=lambda s: s.call(0xCE, eax=0x60, edx=9), gives=lambda _: {"edx": 1}),
    Row(
        0xCE,
        lambda _: {"eax": 0x60, "edx": 0},
        before=lambda s: s.call(0xCE, eax=0x60, edx=9),
        after=lambda s: not s.vmm.interrupt_gates,
    ),
    Row(0xCE, lambda _: {"eax": 0x100}, carry=True),
    # Simulation: width n of the client's mode (VMM 3.3)
    Row(
        0x46,
        lambda _: {"eax": 0x60},
        modes=V86,
        before=lambda s: (s.client.set_flag(Flag.IF, on=True), s.machine.memory.write_u32(0x180, far(0x1234, 0x5678))),
        after=lambda s: (
            (s.client.get("cs"), s.client.get("eip"), s.client.get("eflags") & Flag.IF) == (0x1234, 0x5678, 0)
        ),
    ),
    Row(
        0x46,
        lambda _: {"eax": 0x60},
        modes=PM,
        before=lambda s: (s.client.set_flag(Flag.IF, on=True), s.call(0x45, eax=0x60, ecx=0x97, edx=0x5678)),
        after=lambda s: (
            (s.client.get("cs"), s.client.get("eip"), s.client.get("eflags") & Flag.IF) == (0x97, 0x5678, Flag.IF)
        ),
    ),
    Row(
        0x46,
        lambda _: {"eax": 0x60},
        modes=PM,
        before=lambda s: (
            s.client.set_flag(Flag.IF, on=True),
            s.call(0x45, eax=0x60, ecx=0x97, edx=0x5678),
            s.call(0xCE, eax=0x60, edx=1),
        ),
        after=lambda s: not s.client.get("eflags") & Flag.IF,
    ),
    Row(
        0x47,
        before=lambda s: frame(s, 0x0246, 0x1234, 0x5678),
        after=lambda s: (
            (s.client.get("cs"), s.client.get("eip"), s.client.get("eflags") & 0xFFF) == (0x1234, 0x5678, 0x246)
        ),
    ),
    Row(
        0x48,
        lambda _: {"ecx": 0x1234, "edx": 0x5678},
        before=lambda s: (s.client.set("cs", 0x77), s.client.set("eip", 0x88)),
        after=lambda s: (s.client.get("cs"), s.client.get("eip"), s.stack_words(2)) == (0x1234, 0x5678, [0x88, 0x77]),
    ),
    Row(
        0x49,
        lambda _: {"ecx": 0x1234, "edx": 0x15678},
        after=lambda s: (s.client.get("cs"), s.client.get("eip")) == (0x1234, 0x15678 if s.width == 4 else 0x5678),
    ),
    Row(
        0x4A,
        before=lambda s: frame(s, 0x1234, 0x5678),
        after=lambda s: (s.client.get("cs"), s.client.get("eip")) == (0x1234, 0x5678),
    ),
    Row(
        0x4B,
        lambda s: {"eax": 2 * s.width},
        before=lambda s: frame(s, 11, 22, 33, 0x1234, 0x5678),
        after=lambda s: (s.client.get("cs"), s.client.get("eip"), s.stack_words(1)) == (0x1234, 0x5678, [11]),
    ),
    Row(
        0x4C,
        lambda _: {"ecx": 0x1234, "edx": 0x5678},
        before=lambda s: (s.client.set("cs", 0x77), s.client.set("eip", 0x88)),
        after=lambda s: (
            s.stack_words(2) == [0x88, 0x77] and s.stack_words(3)[2] & 0xFFFF == s.client.get("eflags") & 0xFFFF
        ),
    ),
    Row(0x4D, lambda _: {"eax": 0x12345678}, after=lambda s: s.stack_words(1) == [0x12345678 & (1 << 8 * s.width) - 1]),
    Row(0x4E, before=lambda s: frame(s, 0x12345678), gives=lambda s: {"eax": 0x12345678 & (1 << 8 * s.width) - 1}),
    # Copies of the client registers
    Row(
        0x8D,
        lambda s: {"edi": s.data},
        after=lambda s: s.machine.memory.read(s.data, SIZE) == s.machine.memory.read(s.level.frame, SIZE),
    ),
    Row(
        0x8E,
        lambda s: {"esi": s.data},
        before=lambda s: (s.call(0x8D, edi=s.data), s.client.set("eax", 99)),
        after=lambda s: s.client.get("eax") != 99,
    ),
    # Nested execution and modes
    Row(0x82, after=lambda s: not s.level.in_pm and bool(s.level.nests)),
    Row(0x83, after=lambda s: s.level.in_pm == (s.mode != "v86")),
    Row(0x84, lambda _: {"eax": 0x12}, before=lambda s: s.call(0x82)),
    Row(0x85, before=lambda s: s.call(0x82)),
    Row(0x86, before=lambda s: s.call(0x83), after=lambda s: not s.level.nests and s.level.in_pm == (s.mode != "v86")),
    Row(0x89, after=lambda s: not s.level.in_pm and bool(s.client.get("eflags") & Flag.VM)),
    Row(
        0x8A,
        before=lambda s: s.call(0x89),
        modes=PM,
        after=lambda s: s.level.in_pm and not s.client.get("eflags") & Flag.VM,
    ),
    Row(
        0x8B,
        modes=PM,
        after=lambda s: s.client.get("ss") == s.vmm.host.current.locked_selector and s.client.get("esp") == 0x1000,
    ),
    Row(0x8C, modes=PM, before=lambda s: s.call(0x8B), after=lambda s: s.vmm.host.current.locked_depth == 0),
    Row(0x88, lambda _: {"ebx": VM, "edi": 1}, gives=lambda s: {"edi": PM_APPLICATIONS if s.mode != "v86" else 0}),
    Row(
        0x8F,
        lambda _: {"eax": 0x3000},
        lambda _: (0x21,),
        gives=lambda _: {"eax": 5, "ebx": VM & 0xFFFF0000, "ecx": 0},
        esp=4,
    ),
    # Time
    *(Row(ordinal, gives=lambda s: {"eax": s.machine.clock * 1000 // RATE}) for ordinal in (0x3F, 0x40, 0xCF, 0xD0)),
    # The critical section, semaphores, the scheduler
    Row(0x1F, lambda _: {"ecx": 0}, after=lambda s: s.vmm.schedule.claims == 1),
    Row(0x20, before=lambda s: s.call(0x1F), after=lambda s: s.vmm.schedule.claims == 0),
    Row(0x22, lambda _: {"eax": 5, "ecx": 0}, after=lambda s: s.vmm.schedule.claims == 5),
    Row(
        0x23,
        lambda _: {"eax": 3},
        before=lambda s: s.call(0x22, eax=5, ecx=0),
        after=lambda s: s.vmm.schedule.claims == 2,
    ),
    Row(0x29, before=lambda s: s.call(0x22, eax=5), gives=lambda _: {"ebx": VM, "ecx": 5}),
    Row(0xF1, gives=lambda _: {"ebx": VM, "ecx": 0}),
    Row(
        0x25,
        lambda _: {"ecx": 1},
        gives=lambda _: {"eax": None},
        after=lambda s: s.vmm.schedule.semaphores[s.regs.eax] == 1,
    ),
    Row(0x26, lambda s: {"eax": s.call(0x25, ecx=1).eax}, after=lambda s: not s.vmm.schedule.semaphores),
    Row(
        0x27,
        lambda s: {"eax": s.call(0x25, ecx=1).eax, "ecx": 0},
        after=lambda s: s.vmm.schedule.semaphores[s.regs.eax] == 0,
    ),
    Row(0x28, lambda s: {"eax": s.call(0x25, ecx=-1).eax}, after=lambda s: s.vmm.schedule.semaphores[s.regs.eax] == 0),
    Row(0x1E, lambda _: {"eax": 0x1000, "ebx": VM}),
    Row(0x38),
    Row(0x39, lambda _: {"ebx": VM}),
    # Events and time-outs: what waits
    Row(
        0x0E,
        lambda s: {"esi": s.procedure(), "edx": 7},
        gives=lambda _: {"esi": None},
        after=lambda s: len(s.vmm.schedule.waiting) == 1,
    ),
    Row(
        0x0F,
        lambda s: {"ebx": VM, "esi": s.procedure(), "edx": 7},
        gives=lambda _: {"esi": None},
        after=lambda s: s.vmm.schedule.waiting[0].vm == s.vmm.vm,
    ),
    Row(0x10, lambda s: {"esi": s.procedure(), "edx": 7}, gives=lambda _: {"esi": 0}),
    Row(0x11, lambda s: {"ebx": VM, "esi": s.procedure(), "edx": 7}, gives=lambda _: {"esi": 0}),
    Row(
        0x11,
        lambda s: {"ebx": SYSTEM_VM, "esi": s.procedure(), "edx": 7},
        gives=lambda _: {"esi": None},
        after=lambda s: len(s.vmm.schedule.waiting) == 1,
    ),
    Row(
        0x14,
        lambda s: {"eax": 0, "ebx": VM, "ecx": 0, "edx": 7, "esi": s.procedure(), "edi": 0},
        gives=lambda _: {"esi": 0},
    ),
    *(
        Row(
            0x14,
            lambda s, flags=flags: {"ebx": VM, "ecx": flags, "esi": s.procedure()},
            gives=lambda _: {"esi": None},
            before=lambda s: (s.client.set_flag(Flag.IF, on=False), s.call(0x1F)),
            after=lambda s: len(s.vmm.schedule.waiting) == 1,
        )
        for flags in (ALWAYS_SCHED, WAIT_FOR_STI, WAIT_NOT_CRIT)
    ),
    *(
        Row(
            ordinal,
            lambda s: {"ebx": VM, "esi": s.call(0x0E, esi=s.procedure()).esi},
            after=lambda s: not s.vmm.schedule.waiting,
        )
        for ordinal in (0x12, 0x13, 0x15)
    ),
    *(
        Row(ordinal, lambda _: {"ebx": VM, "esi": 0}, after=lambda s: not s.findings())
        for ordinal in (0x12, 0x13, 0x15)
    ),
    Row(0x12, lambda _: {"esi": 4}, after=lambda s: s.findings() == ["vxd_event_gone"]),
    Row(0x19, lambda s: {"edx": 7, "esi": s.procedure()}, before=with_interrupts(on=True)),
    Row(
        0x19,
        lambda s: {"edx": 7, "esi": s.procedure()},
        before=with_interrupts(on=False),
        after=lambda s: len(s.vmm.schedule.waiting) == 1,
    ),
    Row(0x24, lambda s: {"edx": 7, "esi": s.procedure()}, after=lambda s: len(s.vmm.schedule.waiting) == 1),
    Row(
        0x3C,
        lambda s: {"eax": 10, "edx": 7, "esi": s.procedure()},
        gives=lambda _: {"esi": None},
        after=lambda s: s.vmm.schedule.waiting[0].deadline == s.machine.clock + RATE // 100,
    ),
    Row(0x3D, lambda s: {"eax": 10, "ebx": VM, "edx": 7, "esi": s.procedure()}, gives=lambda _: {"esi": None}),
    Row(0x3E, lambda s: {"esi": s.call(0x3C, eax=10, esi=1).esi}, after=lambda s: not s.vmm.schedule.waiting),
    Row(0x3E, lambda _: {"esi": 4}, after=lambda s: s.findings() == ["vxd_event_gone"]),
    # The heap
    Row(0x4F, pushed=lambda _: (100, 1), gives=lambda _: {"eax": layout.VXD_HEAP}),
    Row(0x4F, pushed=lambda _: (0, 0), gives=lambda _: {"eax": 0}),
    Row(0x4F, pushed=lambda _: (0x7FFFFFFF, 0), gives=lambda _: {"eax": 0}),
    Row(
        0x50,
        pushed=lambda s: (heap(s), 5000, 0),
        gives=lambda _: {"eax": None},
        after=lambda s: s.call(0x52, s.regs.eax, 0).eax == 5000,
    ),
    Row(0x50, pushed=lambda _: (12, 5000, 0), gives=lambda _: {"eax": 0}),
    Row(0x51, pushed=lambda s: (heap(s), 0), gives=lambda _: {"eax": 1}, after=lambda s: not s.vmm.storage.heap),
    Row(0x51, pushed=lambda _: (12, 0), gives=lambda _: {"eax": 0}),
    Row(0x52, pushed=lambda s: (heap(s, 33), 0), gives=lambda _: {"eax": 33}),
    # Areas
    Row(0xA7, pushed=lambda _: (10, 0), gives=lambda _: {"eax": AREAS}, before=initialising),
    Row(
        0xA7,
        pushed=lambda _: (10, 0),
        gives=lambda _: {"eax": AREAS + 12},
        before=lambda s: (initialising(s), s.call(0xA7, 10, 0)),
    ),
    Row(0xA7, pushed=lambda _: (0x4000, 0), gives=lambda _: {"eax": 0}, before=initialising),
    Row(0x87, lambda _: {"ecx": 8}, gives=lambda _: {"eax": PM_APPLICATION_HEAD}, before=initialising),
    Row(0xA8, pushed=lambda _: (0x1000, 8), gives=lambda _: {"eax": layout.GLOBAL_V86}, before=initialising),
    Row(0xA8, pushed=lambda _: (0x100000, 8), gives=lambda _: {"eax": 0}, before=initialising),
    Row(
        0xA8, pushed=lambda _: (0, 0x808), gives=lambda _: {"eax": layout.ROM - layout.GLOBAL_V86}, before=initialising
    ),
    Row(
        0xA6,
        pushed=lambda s: (s.put(bytes(8) + (0x500).to_bytes(4, "little") + b"\x10" + bytes(7)), 0),
        gives=lambda _: {"eax": 1},
    ),
    Row(0xA6, pushed=lambda s: (s.put(bytes(8) + b"\xff" * 12), 0), gives=lambda _: {"eax": 0}),
    # Pages
    Row(
        0x53,
        pushed=lambda _: (2, 1, 0, 0, 0, 0, 0, 1),
        gives=lambda _: {"eax": layout.VXD_PAGES, "edx": layout.VXD_PAGES},
        after=lambda s: s.machine.memory.read(layout.VXD_PAGES, 2 * PAGE) == bytes(2 * PAGE),
    ),
    Row(
        0x53,
        pushed=lambda _: (2, 0, VM, 0, 0, 0, 0, 9),
        gives=lambda _: {"eax": layout.VXD_PAGES, "edx": layout.VXD_PAGES},
    ),
    Row(0x53, pushed=lambda _: (0xFFFFF, 1, 0, 0, 0, 0, 0, 0), gives=lambda _: {"eax": 0, "edx": 0}),
    Row(0x53, pushed=lambda _: (0, 1, 0, 0, 0, 0, 0, 0), gives=lambda _: {"eax": 0, "edx": 0}),
    Row(
        0x54,
        pushed=lambda s: (pages(s, 2), 3, 0),
        gives=lambda _: {"eax": layout.VXD_PAGES + 2 * PAGE, "edx": layout.VXD_PAGES + 2 * PAGE},
    ),
    Row(0x54, pushed=lambda _: (4, 3, 0), gives=lambda _: {"eax": 0, "edx": 0}),
    Row(
        0x55,
        pushed=lambda s: (pages(s, 2), 0),
        gives=lambda _: {"eax": 1},
        after=lambda s: not s.machine.memory.is_mapped(layout.VXD_PAGES, 1),
    ),
    Row(0x55, pushed=lambda _: (4, 0), gives=lambda _: {"eax": 0}),
    Row(0x56, pushed=lambda s: (pages(s, 2), 1, 1, 0), gives=lambda _: {"eax": 1}),
    Row(0x56, pushed=lambda s: (pages(s, 2), 2, 1, 0), gives=lambda _: {"eax": 0}),
    Row(0x57, pushed=lambda s: (pages(s, 2), 1, 1, 0), gives=lambda _: {"eax": 0}),
    Row(
        0x57,
        before=lambda s: s.call(0x56, pages(s, 2), 1, 1, 0),
        pushed=lambda _: (layout.VXD_PAGES, 1, 1, 0),
        gives=lambda _: {"eax": 1},
    ),
    Row(0x58, pushed=lambda s: (pages(s, 2), 0), gives=lambda _: {"eax": 2, "edx": layout.VXD_PAGES}),
    Row(0x58, pushed=lambda _: (4, 0), gives=lambda _: {"eax": 0, "edx": 0}),
    *(
        Row(ordinal, pushed=lambda _: (0,), gives=lambda s: dict.fromkeys(("eax", "edx"), s.vmm.host.arena.frames.free))
        for ordinal in (0x59, 0x5A)
    ),
    *(
        Row(ordinal, pushed=lambda s: (pages(s, 2) // PAGE, 2, 0), gives=lambda _: {"eax": 1})
        for ordinal in (0x63, 0x64)
    ),
    *(Row(ordinal, pushed=lambda _: (0xC0900, 1, 0), gives=lambda _: {"eax": 0}) for ordinal in (0x63, 0x64)),
    Row(0x6C, pushed=lambda _: (0xA0000, 0x10000, 0), gives=lambda _: {"eax": layout.HIGH_LINEAR + 0xA0000}),
    Row(0x6C, pushed=lambda _: (0x500010, 16, 0), gives=lambda _: {"eax": layout.VXD_PAGES + 0x10}),
    Row(0x6C, pushed=lambda _: (0, 0, 0), gives=lambda _: {"eax": MISSING}),
    Row(0x6C, pushed=lambda s: (s.machine.memory.directory, 4, 0), gives=lambda _: {"eax": MISSING}),
    Row(0x6C, pushed=lambda s: (s.machine.memory.ram_size - 4, 8, 0), gives=lambda _: {"eax": MISSING}),
    Row(0x6C, pushed=lambda s: (s.machine.memory.size, 16, 0), gives=lambda _: {"eax": layout.VXD_PAGES}),
    Row(0x5F, pushed=lambda _: (0x500, 0x10, 0), gives=lambda _: {"eax": 1}),
    Row(0x5F, pushed=lambda _: (0x30000, 0x10, 0), gives=lambda _: {"eax": 0}),
    Row(0x5F, pushed=lambda _: (0x500, 0x30000, 0), gives=lambda _: {"eax": 2}),
    Row(0x11D, pushed=lambda _: (0x80080000, 4, 0), gives=lambda _: {"eax": layout.VXD_PAGES}),
    *(
        Row(0x11D, pushed=lambda _, page=page: (page, 4, 0), gives=lambda _: {"eax": MISSING})
        for page in (0, 5, 0xFFFFFFFF)
    ),
    Row(
        0x11E,
        before=lambda s: s.call(0x11D, 0x80080000, 4, 0),
        pushed=lambda _: (layout.VXD_PAGES // PAGE + 1, 2, 1, 0, 0x20000),
        gives=lambda _: {"eax": 1},
        after=lambda s: s.machine.memory.is_mapped(layout.VXD_PAGES + PAGE, 2 * PAGE),
    ),
    Row(0x11E, pushed=lambda _: (5, 2, 1, 0, 0), gives=lambda _: {"eax": 0}),
    Row(
        0x11F,
        pushed=lambda s: (pages(s, 2) // PAGE, 2, 0),
        gives=lambda _: {"eax": 1},
        after=lambda s: not s.machine.memory.is_mapped(layout.VXD_PAGES, 1),
    ),
    Row(0x11F, pushed=lambda _: (5, 2, 0), gives=lambda _: {"eax": 0}),
    # Lists
    Row(0x9B, lambda _: {"eax": 0, "ecx": 8}, gives=lambda _: {"esi": None}),
    Row(0x9B, lambda _: {"eax": 0, "ecx": 0}, carry=True),
    Row(0x9C, lambda s: {"esi": a_list(s, nodes=2)[0]}, after=lambda s: not s.vmm.lists and not s.vmm.storage.heap),
    Row(0x9C, lambda s: {"esi": a_list_with_a_freed_node(s)}, after=lambda s: not s.vmm.lists),
    Row(0x9D, lambda s: {"esi": a_list(s)[0]}, gives=lambda _: {"eax": layout.VXD_HEAP}),
    Row(0x9D, lambda s: {"esi": s.call(0x9B, eax=2, ecx=0x7FFFFFFF).esi}, carry=True),
    *(
        Row(ordinal, node_of, after=lambda s, at=at: s.vmm.lists[s.regs.esi].nodes[at] == s.regs.eax)
        for ordinal, at in ((0x9E, 0), (0x9F, -1), (0xA0, 1))
    ),
    Row(0xA1, second_of_two, after=lambda s: len(s.vmm.lists[s.regs.esi].nodes) == 1),
    Row(0xA1, lambda s: {"esi": a_list(s, nodes=2)[0], "eax": 4}, carry=True),
    Row(0xA2, node_of, after=lambda s: s.regs.eax not in s.vmm.storage.heap),
    Row(0xA3, lambda s: {"esi": a_list(s, nodes=2)[0]}, gives=lambda _: {"eax": layout.VXD_HEAP}, zero=False),
    Row(0xA3, lambda s: {"esi": a_list(s)[0]}, gives=lambda _: {"eax": 0}, zero=True),
    Row(
        0xA4,
        lambda s: {"esi": a_list(s, nodes=2)[0], "eax": layout.VXD_HEAP},
        gives=lambda _: {"eax": layout.VXD_HEAP + 0x20},
        zero=False,
    ),
    Row(0xA4, lambda s: {"esi": a_list(s, nodes=1)[0], "eax": layout.VXD_HEAP}, gives=lambda _: {"eax": 0}, zero=True),
    Row(
        0xA5,
        lambda s: {"esi": a_list(s, nodes=1)[0]},
        gives=lambda _: {"eax": layout.VXD_HEAP},
        zero=False,
        after=lambda s: not s.vmm.lists[s.regs.esi].nodes,
    ),
    Row(0xA5, lambda s: {"esi": a_list(s)[0]}, gives=lambda _: {"eax": 0}, zero=True),
    # Strings
    Row(
        0x17B,
        pushed=lambda s: (s.data, s.put(b"hello\0", 0x20), 4),
        gives=lambda s: {"eax": s.data},
        after=lambda s: s.machine.memory.read(s.data, 4) == b"hel\0",
    ),
    Row(0x17C, pushed=lambda s: (s.put(b"hello\0"),), gives=lambda _: {"eax": 5}),
    Row(
        0x17D,
        pushed=lambda s: (s.data, s.put(b"a\0b", 0x20), 3),
        gives=lambda s: {"eax": s.data},
        after=lambda s: s.machine.memory.read(s.data, 3) == b"a\0b",
    ),
    # Faults and ports
    *(
        Row(ordinal, lambda s: {"eax": 13, "esi": s.procedure()}, gives=lambda _: {"esi": DEFAULT_FAULT})
        for ordinal in (0x7F, 0x80, 0x81)
    ),
    *(
        Row(
            ordinal,
            lambda s: {"eax": 13, "esi": s.procedure()},
            before=lambda s, ordinal=ordinal: s.call(ordinal, eax=13, esi=0x1234),
            gives=lambda _: {"esi": 0x1234},
        )
        for ordinal in (0x7F, 0x80, 0x81)
    ),
    *(
        Row(ordinal, lambda _, vector=vector: {"eax": vector}, carry=True)
        for ordinal in (0x7F, 0x80, 0x81)
        for vector in (2, 0x50)
    ),
    Row(
        0x96, lambda s: {"edx": 0x300, "esi": s.procedure()}, before=initialising, after=lambda s: 0x300 in s.vmm.ports
    ),
    Row(0x96, lambda _: {"edx": 0x300}, before=lambda s: (initialising(s), s.call(0x96, edx=0x300)), carry=True),
    Row(0x96, lambda _: {"edx": 0x10000}, before=initialising, carry=True),
    Row(
        0x95,
        lambda s: {"edi": table(s, 0x300, 0x301)},
        before=initialising,
        after=lambda s: set(s.vmm.ports) == {0x300, 0x301},
    ),
    Row(
        0x95, lambda s: {"edi": table(s, 0x300, 0x300)}, before=initialising, carry=True, gives=lambda _: {"edx": 0x300}
    ),
    Row(
        0x116,
        lambda _: {"edx": 0x300},
        before=lambda s: (initialising(s), s.call(0x96, edx=0x300)),
        after=lambda s: not s.vmm.ports,
    ),
    Row(0x116, lambda _: {"edx": 0x300}, carry=True),
    *(
        Row(
            ordinal,
            lambda _: {"ebx": VM, "edx": 0x300},
            before=lambda s: (initialising(s), s.call(0x96, edx=0x300), s.vmm.ports[0x300].vms.clear()),
            after=lambda s, vms=vms: s.vmm.ports[0x300].vms == vms,
        )
        for ordinal, vms in ((0x97, {1, 2}), (0x98, {2}))
    ),
    *(
        Row(
            ordinal,
            lambda _: {"ebx": VM, "edx": 0x300},
            before=lambda s: (initialising(s), s.call(0x96, edx=0x300)),
            after=lambda s, vms=vms: s.vmm.ports[0x300].vms == vms,
        )
        for ordinal, vms in ((0x99, set()), (0x9A, {1}))
    ),
    Row(
        0x94,
        lambda _: {"eax": 0x12345600, "ebx": VM, "ecx": 0, "edx": 0x21},
        gives=lambda s: {"eax": 0x12345600 | s.machine.state.devices.pic.master.imr},
    ),
    Row(
        0x94,
        lambda _: {"eax": 0xFF, "ebx": VM, "ecx": 4, "edx": 0x21},
        after=lambda s: s.machine.state.devices.pic.master.imr == 0xFF,
    ),
    Row(
        0x7E,
        lambda _: {"eax": 6},
        before=lambda s: (s.call(0x7F, eax=6, esi=1), s.call(0x81, eax=6, esi=3)),
        gives=lambda _: {"edx": 1, "esi": 0, "edi": 3},
    ),
    Row(0x7E, lambda _: {"eax": 2}, carry=True),
    *(
        Row(
            unhook,
            lambda _: {"eax": 6, "esi": 1},
            before=lambda s, hook=hook: s.call(hook, eax=6, esi=1),
            after=lambda s, hook=hook: s.call(hook, eax=6, esi=1).esi == DEFAULT_FAULT,
        )
        for hook, unhook in ((0x7F, 0x119), (0x80, 0x11A), (0x81, 0x11B))
    ),
    *(Row(unhook, lambda _: {"eax": 6, "esi": 1}, carry=True) for unhook in (0x119, 0x11A, 0x11B)),
    # Selectors
    Row(
        0x7A,
        pushed=lambda _: (0x12345678, 0xFFFFF, 0x92, 0xC0, 0),
        gives=lambda _: {"edx": 0x12CFF234, "eax": 0x5678FFFF},
    ),
    Row(
        0x7A,
        pushed=lambda _: (0x12345678, 0xFFFFF, 0x92, 0xC0, 1),
        gives=lambda _: {"edx": 0x12CF9234, "eax": 0x5678FFFF},
    ),
    Row(
        0x78,
        pushed=lambda _: (VM, *DATA, 2, 0),
        gives=lambda _: {"eax": None, "edx": 0x20000018},
        modes=PM,
        after=lambda s: s.vmm.host.segment(s.regs.eax + 8).base == 0x12345678,
    ),
    Row(0x78, pushed=lambda _: (VM, *DATA, 1, 0), gives=lambda _: {"eax": 0, "edx": 0}, modes=V86),
    Row(0x78, pushed=lambda _: (VM, 0xEC00, 0x80000, 1, 0), gives=lambda _: {"eax": 0, "edx": 0}),
    Row(0x79, pushed=lambda s: (VM, a_selector(s), 0), gives=lambda _: {"eax": 1}, modes=PM),
    Row(0x79, pushed=lambda _: (VM, 0x17, 0), gives=lambda _: {"eax": 0}),
    Row(0x7B, pushed=lambda s: (a_selector(s), VM, 0), gives=lambda _: {"edx": DATA[0], "eax": DATA[1]}, modes=PM),
    Row(0x7B, pushed=lambda _: (0xFFF8, VM, 0), gives=lambda _: {"edx": 0, "eax": 0}),
    Row(0x7C, pushed=lambda s: (a_selector(s), VM, 0x00CFF300, 0x0000FFFF, 0), gives=lambda _: {"eax": 1}, modes=PM),
    Row(0x7C, pushed=lambda s: (a_selector(s), VM, 0xEC00, 0, 0), gives=lambda _: {"eax": 0}, modes=PM),
    Row(0x7C, pushed=lambda _: (0x17, VM, *DATA, 0), gives=lambda _: {"eax": 0}),
    Row(0x6E, pushed=lambda s: (VM, a_selector(s), 0), gives=lambda _: {"eax": 0x12345678}, modes=PM),
    Row(0x6E, pushed=lambda _: (VM, 0x7777, 0), gives=lambda _: {"eax": MISSING}),
    # Drivers among themselves
    Row(0x90, lambda s: {"eax": 0x10000, "esi": s.procedure()}, gives=lambda _: {"esi": SERVICES}),
    Row(0x90, lambda _: {"eax": 0x1002E, "esi": 1}, carry=True),
    Row(0x90, lambda _: {"eax": ENTRY << 16, "esi": 1}, carry=True),
    Row(
        0x11C,
        lambda _: {"eax": 0x10000, "esi": 5},
        before=lambda s: s.call(0x90, eax=0x10000, esi=5),
        after=lambda s: not s.vmm.service_hooks,
    ),
    Row(0x11C, lambda _: {"eax": 0x10000, "esi": 5}, carry=True),
    Row(
        0x91,
        lambda _: {"eax": ENTRY, "esi": 5},
        gives=lambda s: {"esi": s.base},
        after=lambda s: s.vmm.devices[0].api(s.machine.memory, pm=False) == 5,
    ),
    Row(0x91, lambda _: {"eax": 0x7777, "esi": 5}, carry=True),
    Row(0x92, lambda s: {"eax": ENTRY, "esi": s.base}, gives=lambda s: {"esi": s.base}),
    Row(0x92, lambda _: {"eax": 0x7777, "esi": 5}, carry=True),
    Row(0x93, lambda _: {"eax": 0x5000, "ebx": VM}),
    Row(0x146, lambda s: {"eax": ENTRY, "edi": s.data}, gives=lambda s: {"ecx": s.vmm.devices[0].ddb}),
    Row(0x146, lambda s: {"eax": 0, "edi": s.put(b"ENTRY   ")}, gives=lambda s: {"ecx": s.vmm.devices[0].ddb}),
    Row(0x146, lambda _: {"eax": 0x7777}, gives=lambda _: {"ecx": 0}),
    # Debug output, information
    Row(0xC1, zero=False),
    Row(0xC2, lambda s: {"esi": s.put(b"told\0")}),
    Row(0xC3, lambda _: {"eax": 0x41}),
    Row(0xC9),
    Row(0xC7, lambda _: {"ebx": SYSTEM_VM}),
    Row(0xCC, lambda _: {"ebx": VM}),
    Row(
        0xBB,
        gives=lambda s: {
            "eax": 0x500,
            "ebx": 0x10000 | s.machine.memory.read_u8(0xFFFFE),
            "ecx": 0,
            "edx": s.machine.memory.read_u16(0x410),
        },
    ),
    *(Row(ordinal, lambda _: {"eax": 77}, carry=True) for ordinal in (0xAB, 0xAF, 0xB1)),
    Row(0xB3, lambda _: {"edx": 77}, carry=True),
    Row(
        0xE8,
        lambda _: {"eax": 0x63},
        gives=lambda _: {"eax": None},
        before=initialising,
        after=lambda s: s.regs.eax >= layout.ROM and s.machine.memory.read_u8(s.regs.eax) == 0x63,
    ),
)


ENDS: Final = {
    0x2F: ({}, "Crash_Cur_VM"),
    0xBE: ({"esi": 0}, "fatal error"),
    0xBF: ({}, "not enough memory"),
    0x20: ({}, "more often than the critical section was claimed"),
    0x23: ({"eax": 1}, "more often"),
    0x26: ({"eax": 1}, "as a semaphore, which is none"),
    0x85: ({}, "Begin_Nest_Exec is missing"),
    0x86: ({}, "without Begin_Nest_Exec"),
    0xE8: ({}, "after the initialisation"),
    0x87: ({}, "after the initialisation"),
    0x97: ({"edx": 0x300}, "has no procedure"),
    0x94: ({"ebx": VM, "ecx": 0x20}, "string instructions come element by element"),
    0x14: ({"ebx": VM, "ecx": 0x80}, "of which not all are offered"),
    0x0F: ({"ebx": 1}, "as the handle of a VM, which is none"),
    0xA3: ({"esi": 1}, "as a list, which is none"),
    0xC7: ({"ebx": 1}, "as the handle of a VM, which is none"),
    0xCC: ({"ebx": 1}, "not the current VM"),
    0x154: ({}, "not offered: what is known of it is not verified"),
}
"""Services that never return, and wrong uses of others: registers, and what the report says."""


def ids(row: Row) -> str:
    return f"{NAMES[row.ordinal]}{'-fails' if row.carry else ''}"


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_service_does_what_its_row_says(row: Row) -> None:
    for mode in row.modes if row.ordinal in MODE_SENSITIVE else (row.modes[row.ordinal % len(row.modes)],):
        stand = Stand.of(mode)
        row.before(stand)
        given, pushed = row.given(stand), row.pushed(stand)
        before = loaded(given, stand.regs)
        after = stand.call(row.ordinal, *pushed, **given)
        gives = row.gives(stand)
        assert {name: getattr(after, name) for name, value in gives.items() if value is not None} == {
            name: value for name, value in gives.items() if value is not None
        }, mode
        assert flag(after, Flag.CF) == row.carry, mode
        if row.zero is not None:
            assert flag(after, Flag.ZF) == row.zero, mode
        before.esp -= 4 * len(pushed) - row.esp
        assert not kept(before, after, set(gives)), mode
        assert row.after(stand) in (True, None, {}), mode


@pytest.mark.parametrize("ordinal", ENDS, ids=lambda ordinal: NAMES[ordinal])
def test_a_service_ends_the_vm_and_says_why(ordinal: int) -> None:
    given, says = ENDS[ordinal]
    stand = Stand.of(MODES[ordinal % 3])
    with pytest.raises(Ended, match=says):
        stand.call(ordinal, **given)
    assert stand.events("finding")[-1].to_object()["severity"] == "error"


def test_every_offered_service_has_a_row() -> None:
    assert {row.ordinal for row in ROWS} | set(ENDS) >= {row.number for row in VMM if row.offered}
    given = {row.ordinal: row.pushed for row in ROWS}
    for row in VMM:
        if row.offered and row.pushed and row.number in given:
            assert row.name.startswith("_") or row.number == 0x8F, f"{row.name} has the C convention"


def test_services_that_are_not_offered_are_named() -> None:
    missing = [row for row in VMM if not row.offered]
    assert len(missing) > 100
    for row in missing[::29]:
        with pytest.raises(Ended, match=f"VMM service {row.number:04X}h \\({row.name}\\), which is not offered"):
            Stand.of("v86").call(row.number)


def test_the_include_file_of_the_drivers_names_every_offered_service() -> None:
    text = (DRIVERS / "vxd.inc").read_text(encoding="ascii")
    named = {name: int(number, 16) for name, number in re.findall(r"^(\w+) +equ +([0-9A-F]+)h$", text, re.MULTILINE)}
    offered = {row.name: row.number for row in VMM if row.offered}
    assert {name: named.get(name) for name in offered} == offered
