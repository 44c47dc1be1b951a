"""Characters in and out: INT 21h AH=01h to 0Ch, and the console behind handles."""

from __future__ import annotations

import pytest

from app.emu.machine_errors import NotYet
from app.emu.registers import Flag, Segment
from tests.dos.fake_machine import FakeMachine


def test_character_goes_to_screen_and_stdout(machine: FakeMachine) -> None:
    machine.int21(0x0200, dx=ord("A"))
    assert machine.written[1] == b"A"
    assert machine.bios.screen == b"A"


def test_string_ends_at_dollar(machine: FakeMachine) -> None:
    machine.int21(0x0900, **machine.put(b"Hello\r\n$no"))
    assert machine.written[1] == b"Hello\r\n"


def test_string_wraps_at_the_end_of_its_segment(machine: FakeMachine) -> None:
    segment = machine.dos.current_psp + 0x1000
    machine.memory.write((segment << 4) + 0xFFFE, b"ab")
    machine.memory.write(segment << 4, b"cd$")
    machine.int21(0x0900, ds=segment, dx=0xFFFE)
    assert machine.written[1] == b"abcd"


def test_handle_2_is_stderr(machine: FakeMachine) -> None:
    machine.int21(0x4000, bx=2, cx=3, **machine.put(b"err"))
    assert machine.written == {1: b"", 2: b"err"}
    assert machine.regs.ax == 3


def test_redirected_output_goes_to_the_file_only(machine: FakeMachine) -> None:
    handle = machine.int21(0x3C00, cx=0, **machine.path("OUT.TXT")).ax
    machine.int21(0x4600, bx=handle, cx=1)
    machine.int21(0x0200, dx=ord("x"))
    assert machine.written[1] == b""
    assert machine.dos.mount.file("out.txt").read(0, 9) == b"x"


def test_read_waits_without_changing_anything(machine: FakeMachine) -> None:
    before = machine.regs.copy()
    with pytest.raises(NotYet):
        machine.int21(0x0800)
    assert machine.regs.interrupts_on, "interrupts must be on while DOS waits"
    machine.bios.type("k")
    machine.trap()
    assert machine.regs.al == ord("k")
    assert (machine.regs.cs, machine.regs.eip, machine.regs.esp) == (before.cs, before.eip, before.esp)


def test_waiting_call_is_reported_once(machine: FakeMachine) -> None:
    machine.events.clear()
    with pytest.raises(NotYet):
        machine.int21(0x0700)
    with pytest.raises(NotYet):
        machine.trap()
    machine.bios.type("k")
    machine.trap()
    assert [kind for kind, _ in machine.events] == ["ServiceCalled", "ServiceReturned"]


def test_extended_key_is_read_in_two_steps(machine: FakeMachine) -> None:
    machine.bios.keys = [0x4800]
    assert [machine.int21(0x0700).al, machine.int21(0x0700).al] == [0, 0x48]


def test_poll_sets_zero_flag_when_nothing_was_typed(machine: FakeMachine) -> None:
    assert machine.int21(0x0600, dx=0xFF).eflags & Flag.ZF
    machine.bios.type("q")
    regs = machine.int21(0x0600, dx=0xFF)
    assert not regs.eflags & Flag.ZF
    assert regs.al == ord("q")


def test_character_read_at_end_of_input_is_ctrl_z(machine: FakeMachine) -> None:
    machine.bios.input_ended = True
    assert machine.int21(0x0100).al == 0x1A


def test_line_is_edited_and_ends_with_return(machine: FakeMachine) -> None:
    machine.bios.type("helxx\b\blo")
    where = machine.put(bytes([20, 0]))
    with pytest.raises(NotYet):
        machine.int21(0x0A00, **where)
    machine.bios.type("\r")
    machine.trap()
    assert machine.memory.read((where["ds"] << 4) + where["dx"] + 1, 7) == b"\x05hello\r"


def test_line_takes_no_more_than_fits(machine: FakeMachine) -> None:
    machine.bios.type("abcdef\r")
    where = machine.put(bytes([4, 0]))
    machine.int21(0x0A00, **where)
    assert machine.memory.read((where["ds"] << 4) + where["dx"] + 1, 5) == b"\x03abc\r"


def test_handle_read_delivers_a_line_in_pieces(machine: FakeMachine) -> None:
    machine.bios.type("abc\r")
    where = machine.put(bytes(8))
    pieces = []
    for _ in range(2):
        size = machine.int21(0x3F00, bx=0, cx=3, **where).ax
        pieces.append(machine.memory.read((where["ds"] << 4) + where["dx"], size))
    assert pieces == [b"abc", b"\r\n"]


def test_handle_read_at_end_of_input(machine: FakeMachine) -> None:
    machine.bios.type("ab")
    machine.bios.input_ended = True
    where = machine.put(bytes(8))
    assert machine.int21(0x3F00, bx=0, cx=8, **where).ax == 2
    assert machine.int21(0x3F00, bx=0, cx=8, **where).ax == 0


def test_raw_read_waits_for_all_bytes_and_does_not_echo(machine: FakeMachine) -> None:
    machine.int21(0x4401, bx=0, dx=0xA3 & 0xFF)
    machine.bios.type("a")
    where = machine.put(bytes(8))
    with pytest.raises(NotYet):
        machine.int21(0x3F00, bx=0, cx=2, **where)
    machine.bios.type("\r")
    machine.trap()
    assert machine.memory.read((where["ds"] << 4) + where["dx"], 2) == b"a\r"
    assert machine.bios.screen == b""


def test_flush_forgets_once(machine: FakeMachine) -> None:
    machine.bios.type("old")
    with pytest.raises(NotYet):
        machine.int21(0x0C08)
    machine.bios.type("n")
    machine.trap()
    assert machine.regs.al == ord("n")


class TestCtrlC:
    """INT 23h: issued through the vector, both kinds of return."""

    @pytest.fixture
    def handler(self, machine: FakeMachine) -> FakeMachine:
        machine.int21(0x2523, ds=machine.dos.current_psp, dx=0x2000)
        machine.bios.keys = [0x2E03]
        machine.int21(0x0800)
        assert (machine.regs.cs.selector, machine.regs.eip) == (machine.dos.current_psp, 0x2000)
        return machine

    def test_iret_starts_the_function_again(self, handler: FakeMachine) -> None:
        handler.iret()
        handler.trap()  # INT 23h returned
        handler.bios.type("z")
        handler.trap()  # INT 21h again
        assert handler.regs.al == ord("z")

    def test_retf_with_carry_ends_the_program(self, handler: FakeMachine) -> None:
        handler.regs.eip = handler.pop()
        handler.regs.cs = Segment.real(handler.pop())
        handler.regs.set_flag(Flag.CF, on=True)
        handler.trap()
        assert handler.ended == (0, "terminated", "Ctrl-C")

    def test_retf_without_carry_goes_on(self, handler: FakeMachine) -> None:
        handler.regs.eip = handler.pop()
        handler.regs.cs = Segment.real(handler.pop())
        handler.regs.set_flag(Flag.CF, on=False)
        handler.trap()
        handler.bios.type("y")
        handler.trap()
        assert handler.regs.al == ord("y")
        assert handler.ended is None

    def test_without_a_handler_the_program_ends(self, machine: FakeMachine) -> None:
        machine.bios.keys = [0x2E03]
        machine.int21(0x0200, dx=ord("x"))
        machine.trap()
        assert machine.ended == (0, "terminated", "Ctrl-C")
        assert machine.written[1] == b""

    def test_ctrl_break_is_found_by_the_next_check(self, machine: FakeMachine) -> None:
        machine.interrupt(0x1B)
        machine.int21(0x0B00)
        machine.trap()
        assert machine.ended is not None

    def test_direct_input_reads_it_as_a_character(self, machine: FakeMachine) -> None:
        machine.bios.keys = [0x2E03]
        assert machine.int21(0x0700).al == 3
