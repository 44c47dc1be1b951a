"""Profiles: each difference is something a program can see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.debug.launch import CapturedConsole, Launch, start
from app.emu.descriptor import Descriptor
from app.emu.events import CallbackAllocated, ClientEntered, Door, ExceptionRaised, ProgramEnded
from app.emu.host.callbacks import SLOTS
from app.emu.host.client import Client
from app.emu.host.dpmi import DpmiHost
from app.emu.host.host import Level
from app.emu.host.profile import V10, Profile, Tables
from app.emu.host.profiles import PROFILES, SPEC
from app.emu.int31 import dispatch
from app.emu.int31.table import INT31
from app.emu.machine import Machine
from app.emu.machine_errors import LoadError
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import Flag, Registers
from tests.emu.programs import parent
from tests.emu.runs import client, com, forward, machine
from tests.guest import build

BUFFER = 0x5000
"""Offset of free memory in the client's data segment."""
NOP, CLI, UD2 = b"\x90", b"\xfa", b"\x0f\x0b"
IF = int(Flag.IF)


class Lab:
    """A machine that plays a host, and what can be asked of it."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self.folder = folder
        self.profile = profile

    # What is run

    def load(self, program: Path) -> None:
        self.running: Machine = machine(program)
        self.running.options = replace(self.running.options, profile=self.profile)

    def client(self, bits: int = 32, before: bytes = b"") -> Client:
        """A client in front of its first instruction."""
        self.load(com(self.folder, before + client(bits, NOP)))
        return self.entered(1)

    def family(self, child: bytes) -> Client:
        """A client that is about to run a child."""
        com(self.folder, child, "CHILD.COM")
        self.load(com(self.folder, parent(32, b"CHILD.COM")))
        return self.entered(1)

    def entered(self, count: int) -> Client:
        """The last one when so many clients are there, in front of its first instruction."""
        while len(self.host.clients) != count:
            assert not self.running.has_ended
            self.running.slice(1)
        return self.host.clients[-1]

    def left_alone(self) -> None:
        """The child has ended and the first client goes on."""
        self.entered(1)
        while self.regs.is_v86:
            self.running.slice(1)

    def entries_to_the_end(self) -> list[int]:
        """The widths of all clients that enter until the run ends."""
        forward(self.running, 5000)
        assert self.running.has_ended
        return [event.bits for event, _ in self.running.log.since(0) if isinstance(event, ClientEntered)]

    def in_callback(self) -> Level:
        """In front of the first instruction of a callback's handler."""
        self.load(build.BUILT / "callback_entry_conditions-32.com")
        while (level := self.host.innermost(Door.CALLBACK)) is None:
            assert not self.running.has_ended
            self.running.slice(1_000_000)
        return level

    # What is asked

    @property
    def host(self) -> DpmiHost:
        return self.running.state.host

    @property
    def regs(self) -> Registers:
        return self.running.regs

    def set(self, registers: dict[str, Any]) -> None:
        for name, value in registers.items():
            setattr(self.regs, name, value)

    def call(self, function: int, **registers: Any) -> Registers:
        """INT 31h; the registers afterwards."""
        self.set(registers)
        self.regs.set_low("ax", function)
        dispatch.call_int31(self.host)
        return self.regs

    def fails(self, function: int, **registers: Any) -> bool:
        return bool(self.call(function, **registers).eflags & Flag.CF)

    def interrupt(self, vector: int, **registers: Any) -> Registers:
        """Another INT; the registers where the host gives control back."""
        self.set(registers)
        self.host.software_interrupt(vector)
        return self.regs

    def write(self, data: bytes) -> dict[str, Any]:
        """Data in the buffer, and the registers that point there."""
        self.running.memory.write(self.regs.ds.base + BUFFER, data)
        return {"es": self.regs.ds, "edi": BUFFER, "esi": BUFFER}

    def selector(self) -> int:
        """Of a new descriptor."""
        return self.call(0x0000, ecx=1).ax

    def descriptor(self, function: int, **registers: Any) -> tuple[bool, Descriptor | None]:
        """Does a change of a new descriptor fail, and what is it then?"""
        selector = self.selector()
        return self.fails(function, ebx=selector, **registers), self.host.descriptor(selector)

    def hook(self, function: int, number: int) -> None:
        """A handler of an interrupt (0205h) or exception (0203h)."""
        assert not self.fails(function, ebx=number, ecx=self.regs.cs.selector, edx=0x100)

    def handler_of(self, vector: int) -> str:
        """Who gets an exception that happens now."""
        self.host.fault(vector, 0, 0)
        raised = [event for event, _ in self.running.log.since(0) if isinstance(event, ExceptionRaised)]
        return raised[-1].handled_by

    def callback(self) -> int:
        """Allocate one: its slot."""
        assert not self.fails(0x0303, **self.write(b""))
        allocated = [event for event, _ in self.running.log.since(0) if isinstance(event, CallbackAllocated)]
        return allocated[-1].slot


# What a program sees of each difference


def missing(lab: Lab) -> object:
    lab.client()
    functions = (0x000E, 0x0210, 0x0211, 0x0401, 0x0504, 0x0801, 0x0D01, 0x0E00)
    return [lab.fails(number, ebx=0, ecx=1, edx=0, **lab.write(bytes(16))) and lab.regs.ax for number in functions]


def silent(lab: Lab) -> object:
    lab.client()
    return [lab.call(function, ebx=0).ax for function in (0x0001, 0x0006)]


def tells_unknown(lab: Lab) -> object:
    lab.client()
    return lab.call(0xFFFF).ax


def yields(lab: Lab) -> object:
    lab.client()
    return lab.interrupt(0x2F, eax=0x1680).ax


def names_vendors(lab: Lab) -> object:
    lab.client()
    return lab.interrupt(0x2F, eax=0x168A, **lab.write(b"MS-DOS\0")).al


def translates(lab: Lab) -> object:
    lab.client()
    found = not lab.fails(0x0A00, **lab.write(b"MS-DOS\0"))
    is_reflected = lab.interrupt(0x21, eax=0x3521).is_v86
    return found, is_reflected


def is_windows(lab: Lab) -> object:
    lab.client()
    return [lab.interrupt(0x2F, eax=function, ebx=0).eax & 0xFFFF for function in (0x1600, 0x1683)], lab.regs.low("bx")


def capabilities(lab: Lab) -> object:
    lab.client()
    return lab.call(0x0401, **lab.write(b"")).ax


def vendor(lab: Lab) -> object:
    lab.client()
    lab.call(0x0401, **lab.write(b""))
    return lab.running.memory.read(lab.regs.ds.base + BUFFER + 2, 10)


def clears_reserved(lab: Lab) -> object:
    lab.client()
    return lab.call(0x0401, edx=0x3333, **lab.write(b"")).edx


def virtual_memory(lab: Lab) -> object:
    lab.client()
    played = next(each for each in PROFILES.values() if each.virtual_memory is lab.profile.virtual_memory)
    claimed = lab.call(0x0400).low("bx") & 4
    try:
        start(Launch(str(lab.folder / "PROG.COM"), paging="strict", profile=played.name), CapturedConsole())
    except LoadError as error:
        return claimed, str(error)
    return claimed, ""


def locking(lab: Lab) -> object:
    block = lab.client().blocks.allocate(0x1000)
    where = {"ebx": block.linear >> 16, "ecx": block.linear & 0xFFFF, "esi": 0, "edi": 1}
    counts = [lab.fails(function, **where) or len(lab.host.locked_pages) for function in (0x600, 0x600, 0x601)]
    return counts, lab.fails(0x0600, ebx=1, ecx=0)


def private_paragraphs(lab: Lab) -> object:
    """What it asks for, where its stack begins, and whether data still gets through to DOS."""
    owner = lab.client()
    asked = owner.private_stack.offset
    lab.interrupt(0x21, eax=0x3900, edx=BUFFER, ds=lab.regs.ds, **lab.write(b"MADE\0"))
    assert lab.regs.is_v86
    name = lab.running.memory.read(lab.regs.ds.base + lab.regs.low("dx"), 5)
    assert name == b"MADE\0"
    return asked, owner.buffer == owner.private_stack.segment


def takes_16_bits(lab: Lab) -> object:
    lab.load(com(lab.folder, client(16, NOP)))
    return lab.entries_to_the_end()


def mixes_widths(lab: Lab) -> object:
    lab.family(client(16, NOP))
    return lab.entries_to_the_end()


def tables(lab: Lab) -> object:
    """Is the child's table the first client's, its descriptor there when it has ended, its vector still set?"""
    first = lab.family(client(32, NOP))
    child = lab.entered(2)
    lab.hook(0x0205, 0x65)
    selector = lab.selector()
    is_same = child.ldt.linear == first.ldt.linear
    lab.left_alone()
    return is_same, selector >> 3 in first.ldt.entries, first.is_hooked(0x65)


def descriptors(lab: Lab) -> object:
    lab.client()
    return lab.fails(0x0000, ecx=200)


def has_whole_limits(lab: Lab) -> object:
    lab.client()
    return lab.regs.es.limit


def enters_enabled(lab: Lab) -> object:
    lab.client(before=CLI)
    return lab.regs.interrupts_on


def failure_code(lab: Lab) -> object:
    lab.load(com(lab.folder, client(32, UD2)))
    return forward(lab.running, 1000).state.end


def follows_segments(lab: Lab) -> object:
    lab.client()
    selector = lab.selector()
    lab.regs.fs = lab.regs.gs = lab.host.load(selector)
    lab.call(0x0007, ebx=selector, ecx=1, edx=0)
    follows = lab.regs.fs.base
    lab.call(0x0001, ebx=selector)
    return follows, lab.regs.gs.selector


def has_big_descriptors(lab: Lab) -> object:
    lab.client()
    return lab.host.descriptor(lab.selector())


def sets_granularity(lab: Lab) -> object:
    lab.client()
    return lab.descriptor(0x0009, ecx=0x80F2)


def mends_rights(lab: Lab) -> object:
    lab.client()
    return [lab.descriptor(0x0009, ecx=rights) for rights in (0x00E2, 0x20F2, 0x00F8, 0x00FE, 0x0092)]


def checks_limits(lab: Lab) -> object:
    lab.client()
    return lab.descriptor(0x0008, ecx=0x1F, edx=0xF000)


def has_one_dos_descriptor(lab: Lab) -> object:
    owner = lab.client(16)
    assert not lab.fails(0x0100, ebx=0x1800)
    return [len(block.entries) for block in owner.dos_blocks.values()]


def locks_stack_in_gdt(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0203, 6)
    lab.handler_of(6)
    return lab.regs.ss.selector & 4


def judges_stack_by_segment(lab: Lab) -> object:
    lab.client()
    return lab.call(0x0301, ecx=0, **lab.write(RealModeCall(sp=0x8000).encode())).ss.selector


def keeps_flag_in_0302(lab: Lab) -> object:
    lab.client()
    return lab.call(0x0302, ecx=0, **lab.write(RealModeCall(flags=IF).encode())).interrupts_on


def callbacks(lab: Lab) -> object:
    lab.client()
    return [lab.fails(0x0303, **lab.write(b"")) for _ in range(SLOTS + 1)].index(True)


def pools_callbacks(lab: Lab) -> object:
    lab.family(client(32, NOP))
    lab.callback()
    lab.entered(2)
    return lab.callback()


def keeps_callbacks(lab: Lab) -> object:
    lab.family(client(32, NOP))
    lab.entered(2)
    lab.callback()
    lab.left_alone()
    return lab.callback()


def frees_twice(lab: Lab) -> object:
    lab.client()
    lab.callback()
    where = {"ecx": lab.regs.ecx, "edx": lab.regs.edx}
    assert not lab.fails(0x0304, **where)
    return lab.fails(0x0304, **where), lab.fails(0x0304, ecx=0x1234, edx=0x5678)


def has_flat_callback_data(lab: Lab) -> object:
    level = lab.in_callback()
    assert lab.regs.ds.base + lab.regs.esi == level.saved.stack_linear
    return lab.regs.ds.selector & 4, lab.regs.ds.limit, lab.fails(0x0006, ebx=lab.regs.ds.selector)


def shows_last_call(lab: Lab) -> object:
    level = lab.in_callback()
    call = RealModeCall.decode(lab.running.memory.read(level.structure, RealModeCall.SIZE))
    return call.target == level.client.callbacks[level.vector].real


def saves_state(lab: Lab) -> object:
    lab.client()
    size = lab.call(0x0305).ax
    selector, offset = lab.regs.low("si"), lab.regs.edi
    lab.set({"cs": lab.host.load(selector), "eip": offset, "eax": 0, **lab.write(b"")})
    lab.running.slice(1)
    return size, [event for event, _ in lab.running.log.since(0) if isinstance(event, ExceptionRaised)]


def switches_disabled(lab: Lab) -> object:
    owner, regs = lab.client(), lab.regs
    lab.set({"eax": regs.ds.selector, "ecx": 0, "edx": regs.ss.selector, "esi": regs.cs.selector})
    regs.eflags |= Flag.VM | Flag.IF
    lab.host.raw_to_protected(owner.index)
    return regs.interrupts_on


def interrupts_disabled(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0205, 0x65)
    lab.regs.eflags |= Flag.IF
    return lab.interrupt(0x65).interrupts_on


def answers_critical_errors(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0205, 0x24)
    lab.regs.eflags |= Flag.VM
    assert lab.host.hooks(0x24)
    lab.host.real_to_protected(0x24)
    return lab.regs.is_v86, lab.regs.al


def raised_by_int(lab: Lab) -> object:
    lab.load(com(lab.folder, client(32, b"\xcd\x04")))
    forward(lab.running, 1000)
    return [event.vector for event, _ in lab.running.log.since(0) if isinstance(event, ExceptionRaised)]


def asks_interrupt_first(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0203, 6)
    lab.hook(0x0205, 6)
    return lab.handler_of(6)


def to_interrupt(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0205, 6)
    return lab.handler_of(6)


def to_real(lab: Lab) -> object:
    lab.client()
    lab.running.memory.write_u32(0, lab.running.real_vector(0x10).to_dword())  # no bare IRET
    return lab.handler_of(0)


def exceptions(lab: Lab) -> object:
    owner = lab.client()
    lab.hook(0x0203, 0x11)
    return owner.exceptions[0x11].offset == 0x100


def has_default_handlers(lab: Lab) -> object:
    owner = lab.client()
    before = owner.exceptions[14]
    regs = lab.call(0x0202, ebx=14)
    selector, offset = regs.low("cx"), regs.edx
    lab.hook(0x0203, 14)
    assert not lab.fails(0x0203, ebx=14, ecx=selector, edx=offset)
    assert owner.exceptions[14] == before, "what it returned can be set again"
    return selector, offset


def extends_frames(lab: Lab) -> object:
    lab.client()
    lab.hook(0x0203, 6)
    lab.handler_of(6)
    return lab.regs.esp


def exception_depth(lab: Lab) -> object:
    owner = lab.client()
    lab.hook(0x0203, 6)
    owner.locked_depth = 6
    return lab.handler_of(6)


SEEN: dict[str, Callable[[Lab], object]] = {
    look.__name__: look
    for look in (
        missing, silent, tells_unknown, yields, names_vendors, translates, is_windows, capabilities, vendor,
        clears_reserved, virtual_memory, locking, private_paragraphs, takes_16_bits, mixes_widths, tables, descriptors,
        has_whole_limits,
        enters_enabled, failure_code, follows_segments, has_big_descriptors, sets_granularity, mends_rights,
        checks_limits, has_one_dos_descriptor, locks_stack_in_gdt, judges_stack_by_segment, keeps_flag_in_0302,
        callbacks, pools_callbacks, keeps_callbacks, frees_twice, has_flat_callback_data, shows_last_call, saves_state,
        switches_disabled, interrupts_disabled, answers_critical_errors, raised_by_int, asks_interrupt_first,
        to_interrupt, to_real, exceptions, has_default_handlers, extends_frames, exception_depth,
    )
}  # fmt: skip


def test_a_look_is_taken_at_every_difference() -> None:
    assert set(SEEN) == {each.name for each in fields(Profile) if each.metadata}


@pytest.mark.parametrize("name", SEEN)
def test_a_program_sees_every_difference(tmp_path: Path, name: str) -> None:
    """One field alone, with each value some host has, shows something else than `spec`."""
    values = list(dict.fromkeys(getattr(profile, name) for profile in PROFILES.values()))
    seen = [SEEN[name](Lab(tmp_path, replace(SPEC, **{name: value}))) for value in values]
    assert len(values) > 1, "no host differs in it"
    assert all(what != seen[0] for what in seen[1:]), seen


def test_the_functions_of_1_0_are_those_of_the_table() -> None:
    assert {row.number for row in INT31 if row.since == "1.0"} == V10
    assert all(INT31.find(number) for profile in PROFILES.values() for number in profile.missing)


def test_clients_that_share_tables_have_one_width() -> None:
    """Default handlers stand in the vectors as addresses that are the width's."""
    shared = [profile for profile in PROFILES.values() if profile.tables is not Tables.OWN]
    assert all(not (profile.mixes_widths and profile.takes_16_bits) for profile in shared)


def test_no_host_has_more_callbacks_or_descriptors_than_there_is_room_for() -> None:
    assert all(16 <= profile.callbacks <= SLOTS for profile in PROFILES.values())
    assert all(profile.descriptors <= SPEC.descriptors for profile in PROFILES.values())


def test_differences_are_told_in_words() -> None:
    assert not list(SPEC.differences)
    told = {each.field: each for each in PROFILES["cwsdpmi"].differences}
    assert told["failure_code"].words == "an unhandled exception ends the program with code 01h"
    assert told["missing"].words.startswith("not offered: 000Eh to 000Fh, 0210h to 0213h, 0504h to 0505h,")
    assert told["tables"].source == "2.12, 8.4, 17.14; EXECCH"
    every = [each for profile in PROFILES.values() for each in profile.differences]
    assert all(each.source and each.words and "{" not in each.words for each in every)


def test_a_full_table_refuses_the_next_client(tmp_path: Path) -> None:
    """AX=8011h, and nothing is left of the attempt."""
    lab = Lab(tmp_path, PROFILES["cwsdpmi"])
    first = lab.family(client(32, NOP))
    lab.call(0x0000, ecx=first.ldt.free - 6)
    before = dict(first.ldt.entries)
    while not any(isinstance(event, ProgramEnded) for event, _ in lab.running.log.since(0)):
        lab.running.slice(100)
    assert lab.host.clients == [first]
    assert first.ldt.entries == before
    assert lab.entries_to_the_end() == [32]
