"""The video registers programs poll and store to."""

from __future__ import annotations

from app.emu.devices.clock import RATE
from app.emu.devices.vga import FRAME
from tests.devices.fake_machine import FakeMachine


def test_vertical_retrace_comes_seventy_times_a_second(machine: FakeMachine) -> None:
    rises, before = 0, 0
    for machine.clock in range(0, RATE, 50):
        now = machine.devices.port_in(0x3DA, 1) & 8
        rises += bool(now and not before)
        before = now
    assert 70 <= rises <= 71
    assert RATE // 70 == FRAME


def test_retrace_implies_display_off(machine: FakeMachine) -> None:
    states = set()
    for machine.clock in range(0, FRAME, 5):
        states.add(machine.devices.port_in(0x3DA, 1) & 9)
    assert {0, 1, 9} == states


def test_crtc_registers_store_through_word_writes(machine: FakeMachine) -> None:
    machine.devices.port_out(0x3D4, 2, 0x120E)
    machine.devices.port_out(0x3D4, 2, 0x340F)
    assert machine.devices.vga.cursor == 0x1234
    assert machine.devices.port_in(0x3D4, 2) == 0x340F
    machine.devices.port_out(0x3D4, 1, 0xFF)
    assert machine.devices.port_in(0x3D5, 1) == 0xFF, "there is no such register"


def test_attribute_flip_flop_is_reset_by_the_status_read(machine: FakeMachine) -> None:
    devices = machine.devices
    devices.port_in(0x3DA, 1)
    devices.port_out(0x3C0, 1, 0x01)
    devices.port_in(0x3DA, 1)
    devices.port_out(0x3C0, 1, 0x02)
    devices.port_out(0x3C0, 1, 0x3F)
    assert devices.vga.attribute[2] == 0x3F
    assert devices.vga.attribute[1] == 0x01, "the first index was never followed by data"
    assert devices.port_in(0x3C1, 1) == 0x3F


def test_dac_stores_triples(machine: FakeMachine) -> None:
    devices = machine.devices
    devices.port_out(0x3C8, 1, 5)
    for value in (1, 2, 0xFF, 4, 5, 6):
        devices.port_out(0x3C9, 1, value)
    devices.port_out(0x3C7, 1, 5)
    assert [devices.port_in(0x3C9, 1) for _ in range(6)] == [1, 2, 63, 4, 5, 6]


def test_sequencer_and_graphics_store(machine: FakeMachine) -> None:
    for port in (0x3C4, 0x3CE):
        machine.devices.port_out(port, 2, 0x0B02)
        assert machine.devices.port_in(port + 1, 1) == 0x0B


def test_cursor_is_hidden_by_bit_5_or_an_empty_shape(machine: FakeMachine) -> None:
    vga = machine.devices.vga
    assert vga.cursor_is_visible
    vga.crtc[0x0A] |= 0x20
    assert not vga.cursor_is_visible
    vga.crtc[0x0A] = 0x0F
    assert not vga.cursor_is_visible
