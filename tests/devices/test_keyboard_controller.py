"""The keyboard controller and the typist behind it."""

from __future__ import annotations

import pytest

from app.emu.devices.clock import RATE
from app.emu.devices.keyboard_controller import HOLD, SERIAL
from app.emu.devices.scan_codes import CHARACTERS, CLICK, KEYS, Stroke, strokes_of_bytes, strokes_of_text
from tests.devices.fake_machine import FakeMachine


def received(machine: FakeMachine, until: int) -> list[tuple[int, int]]:
    """Scan codes with their clocks, each read at once."""
    devices, codes = machine.devices, []
    while (due := devices.next_due()) <= until:
        machine.clock = max(machine.clock, due)
        devices.advance(machine.clock)
        if devices.port_in(0x64, 1) & 1:
            codes.append((machine.clock, devices.port_in(0x60, 1)))
    return codes


def codes(machine: FakeMachine, until: int = RATE) -> bytes:
    return bytes(code for _, code in received(machine, until))


def test_a_key_is_a_make_and_a_break_code_with_irq_1(machine: FakeMachine) -> None:
    machine.devices.keyboard.type_text("a")
    machine.run_until(SERIAL)
    assert machine.devices.pic.pending() == 0x09
    assert machine.devices.port_in(0x60, 1) == 0x1E
    assert machine.devices.pic.pending() is None, "reading the byte takes the request back"
    assert received(machine, RATE) == [(HOLD + SERIAL, 0x9E)]


def test_nothing_more_arrives_until_the_byte_is_read(machine: FakeMachine) -> None:
    machine.devices.keyboard.type_text("a")
    machine.run_until(RATE // 2)
    assert machine.devices.port_in(0x60, 1) == 0x1E
    machine.run_until(RATE // 2 + SERIAL)
    assert machine.devices.port_in(0x60, 1) == 0x9E


@pytest.mark.parametrize(
    "text, expected",
    [
        ("A", "2a 1e 9e aa"),
        ("{Up}", "e0 48 e0 c8"),
        ("{Ctrl+C}", "1d 2e ae 9d"),
        ("{F1}{f12}", "3b bb 58 d8"),
        ("\n", "1c 9c"),
        ("{Ctrl+Alt+Del}", "1d 38 e0 53 e0 d3 b8 9d"),
        ("{Ctrl+Break}", "1d e0 46 e0 c6 9d"),
        ("{Shift+Tab}", "2a 0f 8f aa"),
        ("{Ctrl++}", "1d 2a 0d 8d aa 9d"),
        ("{Pad+}{Ctrl+Pad+}", "4e ce 1d 4e ce 9d"),
        ("{{", "2a 1a 9a aa"),
        ("}}", "2a 1b 9b aa"),
        ("{a}{Alt+x}", "1e 9e 38 2d ad b8"),
        ("{Shift+a}", "2a 1e 9e aa"),
        ("é", "38 4f cf 51 d1 52 d2 b8"),  # 130 on the keypad with Alt
        ("{Esc}{Enter}{Space}", "01 81 1c 9c 39 b9"),
    ],
)
def test_text_becomes_scan_codes(machine: FakeMachine, text: str, expected: str) -> None:
    machine.devices.keyboard.type_text(text)
    assert bytes.fromhex(expected) == codes(machine)


@pytest.mark.parametrize(
    "text",
    ["{Nokey}", "{", "a}b", "{Ctrl+}", "{Meta+x}", "☃", "{}", "{Mouse 1}", "{Mouse -1,2}", "{Click nose}", "{Press}"],
)
def test_what_cannot_be_typed_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        strokes_of_text(text)


def test_the_mouse_is_used_in_turn_with_the_keys(machine: FakeMachine) -> None:
    keyboard, mouse = machine.devices.keyboard, machine.devices.mouse
    keyboard.type_text("a{Mouse 320, 96}{click Left}b{Press right}{Release right}")
    received(machine, 2 * RATE)
    reports = []
    while (report := mouse.take()) is not None:
        reports.append(report)
    assert reports == [(320, 96, 0), (320, 96, 1), (320, 96, 0), (320, 96, 2), (320, 96, 0)]


def test_a_click_takes_as_long_as_a_finger_does(machine: FakeMachine) -> None:
    machine.devices.keyboard.type_text("{Click left}b")
    assert received(machine, RATE)[0][0] >= 2 * CLICK * RATE // 1000


def test_every_byte_has_a_stroke_and_line_ends_are_one_enter() -> None:
    assert set(range(256)) == set(CHARACTERS)
    assert [Stroke((KEYS["enter"],))] * 3 == strokes_of_bytes(b"\r\n\n\r")


def test_wait_holds_the_next_key_back(machine: FakeMachine) -> None:
    machine.devices.keyboard.type_text("{Wait 500}a")
    assert received(machine, RATE)[0][0] == RATE // 2 + SERIAL


def test_the_typist_waits_for_the_program_but_not_for_ever(machine: FakeMachine) -> None:
    """A key in the BIOS buffer that nobody takes delays the next one by a second."""
    machine.devices.keyboard.type_text("ab")
    machine.memory.write_u16(0x41C, 0x20)
    moments = [clock for clock, code in received(machine, 5 * RATE) if code < 0x80]
    assert moments[0] >= RATE
    assert RATE <= moments[1] - moments[0] <= RATE + 3 * HOLD


def test_press_takes_a_scan_code_or_a_character(machine: FakeMachine) -> None:
    machine.devices.keyboard.press(0, 0xE04B)
    machine.devices.keyboard.press(ord("z"))
    assert bytes.fromhex("e0 4b e0 cb 2c ac") == codes(machine)


def test_send_forwards_single_movements(machine: FakeMachine) -> None:
    machine.devices.keyboard.send(b"\x1e")
    machine.run_until(10 * SERIAL)
    assert machine.devices.port_in(0x60, 1) == 0x1E
    machine.devices.keyboard.send(b"\x9e")
    assert codes(machine) == b"\x9e"


def test_a_disabled_keyboard_keeps_its_codes(machine: FakeMachine) -> None:
    machine.devices.port_out(0x64, 1, 0xAD)
    machine.devices.keyboard.type_text("a")
    assert codes(machine) == b""
    machine.devices.port_out(0x64, 1, 0xAE)
    assert bytes.fromhex("1e 9e") == codes(machine, 2 * RATE)


@pytest.mark.parametrize("command, answer", [(0xAA, 0x55), (0xAB, 0x00), (0x20, 0x65), (0xD0, 0x03)])
def test_controller_commands_answer_at_once(machine: FakeMachine, command: int, answer: int) -> None:
    machine.devices.port_out(0x64, 1, command)
    assert machine.devices.port_in(0x64, 1) & 1
    assert machine.devices.port_in(0x60, 1) == answer


def test_command_byte_switches_the_interrupt_off(machine: FakeMachine) -> None:
    machine.devices.port_out(0x64, 1, 0x60)
    assert machine.devices.port_in(0x64, 1) & 0x08
    machine.devices.port_out(0x60, 1, 0x64)
    machine.devices.keyboard.type_text("a")
    machine.run_until(RATE // 100)
    assert machine.devices.port_in(0x64, 1) & 1
    assert machine.devices.pic.pending() is None


def test_keyboard_commands_are_acknowledged(machine: FakeMachine) -> None:
    devices = machine.devices
    devices.port_out(0x60, 1, 0xED)
    assert bytes.fromhex("fa") == codes(machine)
    devices.port_out(0x60, 1, 0x02)
    assert bytes.fromhex("fa") == codes(machine)
    for command, answer in ((0xFF, "fa aa"), (0xF2, "fa ab 83"), (0xEE, "ee"), (0xF4, "fa"), (0x00, "fe")):
        devices.port_out(0x60, 1, command)
        assert bytes.fromhex(answer) == codes(machine)


def test_a20_is_remembered(machine: FakeMachine) -> None:
    devices = machine.devices
    devices.port_out(0x64, 1, 0xD1)
    devices.port_out(0x60, 1, 0xDD)
    assert devices.port_in(0x92, 1) & 2 == 0
    devices.port_out(0x92, 1, 2)
    assert devices.keyboard.a20


def test_a_reset_ends_the_run(machine: FakeMachine) -> None:
    machine.devices.port_out(0x64, 1, 0xFE)
    assert len(machine.ended) == 1


def test_input_is_wanted_only_when_nothing_is_typed(machine: FakeMachine) -> None:
    keyboard = machine.devices.keyboard
    assert not keyboard.wants_input
    keyboard.want_input()
    assert keyboard.wants_input
    keyboard.type_bytes(b"a")
    keyboard.want_input()
    assert not keyboard.wants_input
    assert bytes.fromhex("1e 9e") == codes(machine)
    assert not keyboard.wants_input, "what was typed was what was wanted"
    keyboard.want_input()
    assert keyboard.wants_input
    keyboard.end_input()
    assert not keyboard.wants_input
