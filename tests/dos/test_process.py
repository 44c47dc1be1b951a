"""Programs start programs and end: EXEC, the PSP chain, vectors, memory, return codes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from app.emu.address import Far
from app.emu.dos.dos import SERVICES
from app.emu.dos.table import INT21
from app.emu.registers import Flag, Segment
from tests.dos.fake_machine import FakeMachine


def execute(machine: FakeMachine, path: str, *, function: int = 0, tail: bytes = b"", environment: int = 0) -> None:
    """INT 21h AH=4Bh with a parameter block."""
    psp = machine.dos.current_psp
    machine.put(bytes([len(tail)]) + tail + b"\r", 0x2000)
    fields = environment.to_bytes(2, "little") + Far(psp, 0x2000).to_dword().to_bytes(4, "little") + b"\xff" * 8
    machine.put(fields.ljust(0x16, b"\0"), 0x2100)
    machine.int21(0x4B00 | function, es=psp, bx=0x2100, **machine.path(path))


def test_first_program_ends_the_run(machine: FakeMachine) -> None:
    psp = machine.dos.current_psp
    machine.int21(0x4C07)
    assert machine.ended == (7, "exit", "")
    assert machine.of_kind("ProgramEnded") == [{"psp": psp, "code": 7, "how": "exit"}]
    assert machine.host.ended == [psp]
    assert all(entry is None for entry in machine.dos.handles.entries)


@pytest.mark.parametrize("end", [lambda m: m.interrupt(0x20), lambda m: m.int21(0x0000)])
def test_old_ways_to_end(machine: FakeMachine, end: Callable[[FakeMachine], None]) -> None:
    end(machine)
    assert machine.ended == (0, "exit", "")


def test_resident_first_program(machine: FakeMachine) -> None:
    machine.int21(0x3105, dx=0x20)
    assert machine.ended == (5, "resident", "")
    assert machine.dos.blocks.find(machine.dos.current_psp).size == 0x20


def test_host_ends_a_program(machine: FakeMachine) -> None:
    machine.dos.end_program(0xFF, "general protection fault")
    assert machine.ended == (0xFF, "terminated", "general protection fault")


class TestChild:
    @pytest.fixture
    def parent(self, machine: FakeMachine) -> int:
        return machine.dos.current_psp

    def test_runs_and_returns(self, machine: FakeMachine, parent: int) -> None:
        before = list(machine.dos.blocks)
        machine.regs.set_low("bp", 0x7777)
        came_from = machine.regs.copy()
        execute(machine, "prog.com", tail=b" x y")
        child = machine.dos.current_psp
        assert child != parent
        assert (machine.regs.cs.selector, machine.regs.eip, machine.regs.ds.selector) == (child, 0x100, child)
        assert machine.memory.read((child << 4) + 0x80, 6) == b"\x04 x y\r"
        assert machine.memory.read_u16((child << 4) + 0x16) == parent
        machine.regs.set_low("bp", 0)
        machine.int21(0x4C2A)
        regs = machine.regs
        assert machine.dos.current_psp == parent
        assert (regs.cs, regs.eip, regs.ss, regs.esp) == (came_from.cs, came_from.eip, came_from.ss, came_from.esp)
        assert (regs.low("bp"), regs.ds.selector, regs.low("dx")) == (0x7777, parent, 0x1000)
        assert not machine.carry
        assert list(machine.dos.blocks) == before
        assert machine.int21(0x4D00).ax == 0x2A
        assert machine.int21(0x4D00).ax == 0
        assert machine.host.ended == [child]
        assert machine.ended is None

    def test_vectors_are_restored(self, machine: FakeMachine, parent: int) -> None:
        before = machine.memory.read(0x22 * 4, 12)
        execute(machine, "prog.com")
        for vector in (0x22, 0x23, 0x24):
            machine.int21(0x2500 | vector, ds=0x1234, dx=0x5678)
        machine.int21(0x4C00)
        assert machine.memory.read(0x23 * 4, 8) == before[4:]

    def test_inherits_handles(self, machine: FakeMachine, folder: Path) -> None:
        (folder / "f").write_bytes(b"0123456789")
        shared = machine.int21(0x3D00, **machine.path("f")).ax
        private = machine.int21(0x3D80, **machine.path("f")).ax
        execute(machine, "prog.com")
        assert machine.int21(0x3F00, bx=private, cx=1, **machine.put(b"")).ax == 6
        machine.int21(0x3F00, bx=shared, cx=4, **machine.put(b""))
        machine.int21(0x4C00)
        assert machine.int21(0x4201, bx=shared, cx=0, dx=0).ax == 4, "the position is shared, the file still open"

    def test_environment_is_copied(self, machine: FakeMachine) -> None:
        execute(machine, "prog.com")
        segment = machine.memory.read_u16((machine.dos.current_psp << 4) + 0x2C)
        assert machine.memory.read(segment << 4, 24) == b"PATH=C:\\\0\0\1\0C:\\PROG.COM\0"

    def test_stays_resident(self, machine: FakeMachine, parent: int) -> None:
        execute(machine, "prog.com")
        child = machine.dos.current_psp
        machine.interrupt(0x27, dx=0x200)
        assert machine.dos.current_psp == parent
        assert machine.dos.blocks.find(child).size == 0x20
        assert machine.int21(0x4D00).ax == 0x0300

    def test_load_only(self, machine: FakeMachine, parent: int) -> None:
        execute(machine, "prog.com", function=1)
        assert not machine.carry
        child = machine.dos.current_psp
        block = machine.memory.read((parent << 4) + 0x2100 + 0x0E, 8)
        assert Far.from_dword(int.from_bytes(block[:4], "little")) == Far(child, 0xFFFC)
        assert Far.from_dword(int.from_bytes(block[4:], "little")) == Far(child, 0x100)
        machine.int21(0x4C00)
        assert machine.dos.current_psp == parent

    def test_overlay(self, machine: FakeMachine, folder: Path) -> None:
        (folder / "over.bin").write_bytes(b"overlay")
        psp = machine.dos.current_psp
        machine.put((psp + 0x800).to_bytes(2, "little") + b"\0\0", 0x2100)
        machine.int21(0x4B03, es=psp, bx=0x2100, **machine.path("over.bin"))
        assert not machine.carry
        assert machine.memory.read((psp + 0x800) << 4, 7) == b"overlay"

    @pytest.mark.parametrize("path, code", [("none.com", 2), ("no\\prog.com", 3), ("bad.exe", 0x0B), ("con", 2)])
    def test_failures_leave_everything(self, machine: FakeMachine, folder: Path, path: str, code: int) -> None:
        (folder / "bad.exe").write_bytes(b"MZ")
        before = machine.memory.read(0, 0x400), list(machine.dos.blocks)
        execute(machine, path)
        assert (machine.carry, machine.regs.ax) == (True, code)
        assert (machine.memory.read(0, 0x400), list(machine.dos.blocks)) == before

    def test_without_memory(self, machine: FakeMachine) -> None:
        machine.int21(0x4800, bx=0xFFFF)
        machine.int21(0x4800, bx=machine.regs.low("bx"))
        execute(machine, "prog.com")
        assert (machine.carry, machine.regs.ax) == (True, 8)

    def test_bad_function(self, machine: FakeMachine) -> None:
        execute(machine, "prog.com", function=2)
        assert machine.regs.ax == 1


def test_program_that_is_its_own_parent_goes_on_at_its_vector(machine: FakeMachine) -> None:
    """A debugger or shell sets PSP:0Ah to itself: nothing is freed, the run goes on there."""
    psp = machine.dos.current_psp
    machine.memory.write_u32((psp << 4) + 0x0A, Far(psp, 0x321).to_dword())
    machine.int21(0x4C05)
    assert machine.ended is None
    assert (machine.regs.cs.selector, machine.regs.eip, machine.dos.current_psp) == (psp, 0x321, psp)
    assert machine.dos.blocks.find(psp).owner == psp


def test_jump_to_the_end_ends_the_run(machine: FakeMachine) -> None:
    machine.regs.cs, machine.regs.eip = (
        Segment.real(machine.memory.read_u16(0x22 * 4 + 2)),
        machine.memory.read_u16(0x22 * 4),
    )
    machine.trap()
    assert machine.ended == (0, "exit", "")


def test_psp_services(machine: FakeMachine) -> None:
    psp = machine.dos.current_psp
    assert machine.int21(0x6200).low("bx") == machine.int21(0x5100).low("bx") == psp
    machine.int21(0x5500, dx=psp + 0x800, si=0x9000)
    assert machine.dos.current_psp == psp + 0x800
    assert machine.memory.read_u16(((psp + 0x800) << 4) + 0x16) == psp
    machine.int21(0x5000, bx=psp)
    assert machine.dos.current_psp == psp


def test_a_program_the_caller_has_loaded_may_start(machine: FakeMachine) -> None:
    machine.int21(0x4B05, ds=0x1234, dx=0)
    assert not machine.carry


class TestEntry:
    def test_registers_and_flags_come_back(self, machine: FakeMachine) -> None:
        machine.regs.set_flag(Flag.CF | Flag.ZF, on=True)
        machine.regs.ebx = 0xAAAA5555
        before = machine.regs.copy()
        machine.int21(0x1900)
        assert machine.regs.al == 2
        machine.regs.eax = before.eax
        assert machine.regs == before

    def test_unknown_functions_answer_as_dos(self, machine: FakeMachine) -> None:
        assert machine.int21(0x7A42).ax == 0x7A00
        assert not machine.carry
        assert machine.int21(0x5300).ax == 1
        assert machine.carry
        assert machine.int21(0x0F00).al == 0xFF
        assert [event["function"] for event in machine.of_kind("UnsupportedCalled")] == [0x7A, 0x53, 0x0F]

    def test_extended_error_remembers(self, machine: FakeMachine) -> None:
        machine.int21(0x3D00, **machine.path("none"))
        assert machine.int21(0x5900, bx=0).ax == 2

    def test_calls_are_reported_with_their_registers(self, machine: FakeMachine) -> None:
        machine.events.clear()
        machine.int21(0x2540, ds=0x1111, dx=0x2222)
        called, returned = machine.events
        assert called[1] == {
            "interrupt": 0x21,
            "function": 0x25,
            "name": "set_vector",
            "registers": {"AL": 0x40, "DS:DX": "1111:2222"},
        }
        assert (returned[0], returned[1]["error"]) == ("ServiceReturned", None)
        assert machine.int21(0x3540).low("bx") == 0x2222
        assert machine.regs.es.selector == 0x1111

    def test_saved_stack_holds_the_callers_registers(self, machine: FakeMachine) -> None:
        sp = machine.regs.esp
        machine.int21(0x1900, bx=0x1234)
        psp = machine.dos.current_psp
        saved = machine.memory.read_u32((psp << 4) + 0x2E)
        assert saved == psp << 16 | sp - 6 - 18
        assert machine.memory.read_u16((psp << 4) + (saved & 0xFFFF) + 2) == 0x1234

    def test_every_row_has_a_name_and_a_summary(self) -> None:
        assert len(SERVICES) == 8
        rows = list(INT21)
        assert len(rows) > 70
        assert all(row.summary and row.handler for row in rows)

    def test_state_can_be_saved(self, machine: FakeMachine) -> None:
        dos = machine.dos
        dos.machine = dos.handles.machine = dos.con.machine = None
        again = pickle.loads(pickle.dumps(dos))  # noqa: S301 - our own bytes
        assert again.end_of_run == dos.end_of_run
        assert again.int21_entry == dos.int21_entry


# What the host and the command line ask for


def test_all_descendants_of_a_program_end_and_it_is_current_again(machine: FakeMachine) -> None:
    first, before = machine.dos.current_psp, list(machine.dos.blocks)
    started = []
    for _ in range(3):
        execute(machine, "prog.com")
        machine.int21(0x4A00, es=machine.dos.current_psp, bx=0x400)
        started.append(machine.dos.current_psp)
    machine.dos.end_descendants(started[0], 0xFF)
    assert machine.dos.current_psp == started[0]
    assert machine.host.ended == [started[2], started[1]]
    machine.dos.end_descendants(first, 0xFF)
    assert (machine.dos.current_psp, list(machine.dos.blocks)) == (first, before)
    machine.dos.end_descendants(first, 0xFF)
    assert machine.dos.current_psp == first, "a program is no descendant of its own"
    assert machine.ended is None


def test_what_a_resident_program_kept_can_be_given_back(machine: FakeMachine, folder: Path) -> None:
    (folder / "f").write_bytes(b"0123456789")
    before = list(machine.dos.blocks)
    execute(machine, "prog.com")
    child = machine.dos.current_psp
    machine.int21(0x3D00, **machine.path("f"))
    machine.int21(0x3100, dx=0x20)
    held = sum(entry is not None for entry in machine.dos.handles.entries)
    assert list(machine.dos.blocks) != before
    machine.dos.release_resident(child)
    assert list(machine.dos.blocks) == before
    assert sum(entry is not None for entry in machine.dos.handles.entries) < held


def test_the_host_may_put_off_the_end_of_a_program(machine: FakeMachine) -> None:
    """It ends its client first; then DOS begins again, and all is as if nothing had been in between."""
    asked = []

    def put_off(psp: int, code: int, how: int, message: str) -> bool:
        asked.append((psp, code, how, message))
        return len(asked) == 1

    machine.host.program_ending = put_off  # type: ignore[method-assign]
    psp = machine.dos.current_psp
    machine.int21(0x4C2A)
    assert machine.ended is None
    assert not machine.of_kind("ProgramEnded")
    machine.dos.end_now(*asked[0][1:])
    assert asked == [(psp, 0x2A, 0, "")] * 2
    assert machine.ended == (0x2A, "exit", "")


def test_programs_are_loaded_one_after_the_other(machine: FakeMachine) -> None:
    segments = []
    for name, tail in (("prog.com", "one"), ("prog.com", "two")):
        machine.dos.load_afterwards(name, tail, {"PATH": "C:\\"})
    first = machine.dos.current_psp
    machine.int21(0x3100, dx=0x20)
    while machine.dos.load_next():
        psp = machine.dos.current_psp
        segments.append((psp, machine.memory.read((psp << 4) + 0x81, 4)))
        machine.int21(0x4C00)
    assert [tail for _, tail in segments] == [b" one", b" two"]
    assert segments[0][0] == segments[1][0] > first, "behind what stays resident, and in the memory of the one before"
