"""From scan codes to INT 16h."""

from __future__ import annotations

import pytest

from app.emu.bios.keyboard import Follow
from app.emu.devices.scan_codes import CHARACTERS
from app.emu.machine_errors import NotYet
from app.emu.registers import Flag
from tests.devices.fake_machine import FakeMachine


def buffered(machine: FakeMachine, *, extended: bool = True) -> list[int]:
    keyboard, words = machine.bios.keyboard, []
    while keyboard.peek(extended=extended) is not None:
        words.append(keyboard.take(extended=extended))
    return words


@pytest.mark.parametrize(
    "text, words",
    [
        ("aA1!", [0x1E61, 0x1E41, 0x0231, 0x0221]),
        ("\n{Esc}\t{Backspace}", [0x1C0D, 0x011B, 0x0F09, 0x0E08]),
        ("{Ctrl+C}{Ctrl+Enter}{Ctrl+2}{Ctrl+Backspace}", [0x2E03, 0x1C0A, 0x0300, 0x0E7F]),
        ("{F1}{Shift+F1}{Ctrl+F10}{Alt+F4}{F12}", [0x3B00, 0x5400, 0x6700, 0x6B00, 0x8600]),
        ("{Up}{Ctrl+Left}{Alt+Del}{Pad7}", [0x48E0, 0x73E0, 0xA300, 0x4700]),
        ("{Alt+x}{Alt+1}{Shift+Tab}", [0x2D00, 0x7800, 0x0F00]),
        ("{NumLock}{Pad7}{NumLock}{Pad7}", [0x4737, 0x4700]),
        ("{CapsLock}aA1{CapsLock}a", [0x1E41, 0x1E61, 0x0231, 0x1E61]),
        ("{PadEnter}{Pad/}{Pad-}", [0xE00D, 0xE02F, 0x4A2D]),
        ("é", [0x0082]),
        ("{Ctrl+1}", []),
    ],
)
def test_keys_become_words(machine: FakeMachine, text: str, words: list[int]) -> None:
    machine.type(text)
    assert words == buffered(machine)


@pytest.mark.parametrize("code", sorted(set(CHARACTERS) - {0x0A}))
def test_every_character_can_be_typed(machine: FakeMachine, code: int) -> None:
    machine.devices.keyboard.type_bytes(bytes((code,)))
    machine.type("")
    assert code == machine.bios.take_key() & 0xFF


def test_function_00h_hides_what_old_programs_do_not_know(machine: FakeMachine) -> None:
    machine.type("{F11}{Up}{PadEnter}{Pad/}a")
    assert buffered(machine, extended=False) == [0x4800, 0x1C0D, 0x352F, 0x1E61]


def test_shift_flags_follow_the_keys(machine: FakeMachine) -> None:
    keyboard = machine.bios.keyboard
    for code, flags in ((0x2A, 0x02), (0x36, 0x03), (0x1D, 0x07), (0x38, 0x0F), (0xAA, 0x0D), (0xB8, 0x05)):
        keyboard.handle(code)
        assert flags == machine.call(0x16, 0x0200).al
    for code in (0xE0, 0x38):  # right Alt
        keyboard.handle(code)
    assert machine.call(0x16, 0x1200).ax == 0x090D
    for code in (0x9D, 0xE0, 0xB8, 0xB6):
        keyboard.handle(code)
    assert machine.call(0x16, 0x1200).ax == 0


def test_lock_keys_turn_once_per_press(machine: FakeMachine) -> None:
    for code in (0x3A, 0x3A, 0x3A):  # the key repeats
        machine.bios.keyboard.handle(code)
    assert machine.memory.read_u8(0x417) == 0x40
    for code in (0xBA, 0x3A, 0xBA):
        machine.bios.keyboard.handle(code)
    assert machine.memory.read_u8(0x417) == 0


def test_ctrl_break_empties_the_buffer_and_asks_for_int_1bh(machine: FakeMachine) -> None:
    machine.type("abc")
    follows = [machine.bios.keyboard.handle(code) for code in (0x1D, 0xE0, 0x46)]
    assert follows[-1] == Follow.BREAK
    assert machine.memory.read_u8(0x471) == 0x80
    assert buffered(machine) == [0]


def test_print_screen_asks_for_int_05h(machine: FakeMachine) -> None:
    assert [machine.bios.keyboard.handle(code) for code in (0xE0, 0x37)] == [Follow.NOTHING, Follow.PRINT_SCREEN]


def test_pause_leaves_nothing_behind(machine: FakeMachine) -> None:
    for code in bytes.fromhex("e1 1d 45 e1 9d c5"):
        assert machine.bios.keyboard.handle(code) == Follow.NOTHING
    assert machine.memory.read_u16(0x417) == 0
    assert buffered(machine) == []


def test_ctrl_alt_del_ends_the_run(machine: FakeMachine) -> None:
    machine.type("{Ctrl+Alt+Del}")
    assert len(machine.ended) == 1


def test_buffer_holds_fifteen_keys(machine: FakeMachine) -> None:
    assert [machine.call(0x16, 0x0500, cx=0x1E61).al for _ in range(15)] == [0] * 15
    assert machine.call(0x16, 0x0500, cx=0x1E61).al == 1
    assert buffered(machine) == [0x1E61] * 15


def test_buffer_wraps(machine: FakeMachine) -> None:
    for _ in range(3):
        machine.type("0123456789")
        assert bytes(word & 0xFF for word in buffered(machine)).decode() == "0123456789"


def test_reading_waits_without_changing_anything(machine: FakeMachine) -> None:
    before = machine.regs.copy()
    before.ax = 0
    machine.inputs = [b""]
    with pytest.raises(NotYet):
        machine.call(0x16, 0x0000)
    assert before == machine.regs
    machine.type("x")
    assert machine.call(0x16, 0x0000).ax == 0x2D78


def test_looking_keeps_the_key_and_tells_by_zf(machine: FakeMachine) -> None:
    machine.inputs = [b""]
    assert machine.call(0x16, 0x0100).eflags & Flag.ZF
    assert machine.regs.ax == 0x0100
    machine.type("x")
    for function in (0x0100, 0x1100):
        assert not machine.call(0x16, function).eflags & Flag.ZF
        assert machine.regs.ax == 0x2D78
    assert buffered(machine) == [0x2D78]


def test_carry_of_the_caller_survives(machine: FakeMachine) -> None:
    machine.regs.set_flag(Flag.CF, on=True)
    assert machine.call(0x16, 0x0200).eflags & Flag.CF


def test_input_ends_when_the_last_typed_key_is_there(machine: FakeMachine) -> None:
    keyboard = machine.devices.keyboard
    assert not machine.bios.key_waiting()
    assert keyboard.wants_input
    keyboard.type_bytes(b"a")
    keyboard.end_input()
    assert not machine.bios.input_ended
    machine.type("")
    assert machine.bios.key_waiting()
    assert machine.bios.input_ended
    assert machine.bios.take_key() == 0x1E61
    assert not machine.bios.key_waiting()


def test_unknown_functions_are_reported_and_change_nothing(machine: FakeMachine) -> None:
    machine.memory.write(0x21000, bytes.fromhex("00 02 00 30"))
    assert machine.call(0x16, 0x5500).ax == 0x5500
    kind, fields = machine.events[-1]
    assert kind == "UnsupportedCalled"
    assert (fields["interrupt"], fields["function"], str(fields["at"])) == (0x16, 0x55, "3000:01FE")
