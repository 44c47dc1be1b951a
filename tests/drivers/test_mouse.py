"""INT 33h: pointer, buttons, event handlers, the pointer on the screen."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.devices.mouse import Gesture
from app.emu.drivers.int33 import INT33
from app.emu.drivers.mouse_settings import Settings
from app.emu.registers import Flag, Registers, Segment
from tests.devices.fake_machine import FakeMachine

CELL = 0xB8000


def int33(machine: FakeMachine, ax: int, *, es: int = 0, **registers: int) -> Registers:
    machine.regs.ax, machine.regs.es = ax, Segment.real(es)
    for name, value in registers.items():
        machine.regs.set_low(name, value & 0xFFFF)
    machine.mouse.int33()
    return machine.regs


def words(machine: FakeMachine, ax: int, names: str = "ax bx cx dx", **registers: Any) -> tuple[int, ...]:
    regs = int33(machine, ax, **registers)
    return tuple(regs.low(name) for name in names.split())


def use(machine: FakeMachine, **gesture: Any) -> bool:
    """Do something with the mouse and serve its interrupt; was the handler to be called?"""
    machine.devices.mouse.do(Gesture(**gesture))
    machine.mouse.report()
    return bool(machine.regs.eflags & Flag.CF)


def test_reset_tells_that_there_is_a_mouse_with_three_buttons(machine: FakeMachine) -> None:
    assert words(machine, 0x0000, "ax bx") == (0xFFFF, 3)
    assert words(machine, 0x0021, "ax bx") == (0xFFFF, 3)
    assert words(machine, 0x0003, "bx cx dx") == (0, 320, 96), "in the middle, in steps of a cell"


def test_the_area_is_the_screen_or_how_far_the_pointer_goes(machine: FakeMachine) -> None:
    assert machine.mouse.area is None, "no program has asked for the mouse"
    int33(machine, 0x0000)
    int33(machine, 0x0007, cx=0, dx=319)
    assert machine.mouse.area == (640, 200)
    machine.call(0x10, 0x0013)
    int33(machine, 0x0000)
    int33(machine, 0x0007, cx=0, dx=319)
    assert machine.mouse.area == (320, 200)


def test_irq_12_is_on_after_a_reset(machine: FakeMachine) -> None:
    machine.devices.port_out(0xA1, 1, 0xFF)
    int33(machine, 0x0000)
    assert not machine.devices.port_in(0xA1, 1) & 0x10


def test_pointer_and_buttons(machine: FakeMachine) -> None:
    use(machine, place=(101, 57))
    use(machine, press=2)
    assert words(machine, 0x0003, "bx cx dx") == (2, 96, 56)
    use(machine, place=(205, 57))
    use(machine, release=2)
    assert words(machine, 0x0005, bx=1) == (0, 1, 96, 56)
    assert words(machine, 0x0005, bx=1) == (0, 0, 96, 56), "the count starts anew"
    assert words(machine, 0x0006, bx=1) == (0, 1, 200, 56)
    assert words(machine, 0x0006, bx=0) == (0, 0, 0, 0)
    assert words(machine, 0x0005, bx=9) == (0, 0, 0, 0)


def test_ranges_hold_the_pointer(machine: FakeMachine) -> None:
    int33(machine, 0x0007, cx=400, dx=80)
    int33(machine, 0x0008, cx=16, dx=40)
    use(machine, place=(639, 199))
    assert words(machine, 0x0003, "cx dx") == (400, 40)
    int33(machine, 0x0004, cx=-5, dx=-5)
    assert words(machine, 0x0003, "cx dx") == (80, 16)
    assert words(machine, 0x0031) == (80, 16, 400, 40)


def test_mode_13h_has_pixels_of_two(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0013)
    int33(machine, 0x0000)
    use(machine, place=(401, 151))
    assert words(machine, 0x0003, "cx dx") == (400, 151)
    assert words(machine, 0x0026, "bx cx dx") == (0, 639, 199)


def test_a_new_mode_frees_the_pointer(machine: FakeMachine) -> None:
    int33(machine, 0x0001)
    int33(machine, 0x0008, cx=0, dx=10)
    machine.call(0x10, 0x1112, bx=0)  # fifty lines
    assert words(machine, 0x0031) == (0, 0, 639, 399)
    assert machine.mouse.settings.hidden == 1


def test_mickeys_follow_the_ratio(machine: FakeMachine) -> None:
    use(machine, place=(100, 50))
    assert words(machine, 0x000B, "cx dx") == (100, 100)
    int33(machine, 0x000F, cx=4, dx=8)
    use(machine, place=(97, 40))
    assert words(machine, 0x000B, "cx dx") == (-2 & 0xFFFF, -10 & 0xFFFF)
    use(machine, place=(98, 40))
    assert words(machine, 0x000B, "cx dx") == (1, 0), "the half before is not lost"


def test_the_handler_is_called_for_its_conditions_only(machine: FakeMachine) -> None:
    int33(machine, 0x000C, cx=0x0A, es=0x1234, dx=0x5678)  # left and right pressed
    assert not use(machine, place=(64, 32))
    assert use(machine, press=1)
    regs = machine.regs
    assert [regs.low(name) for name in ("ax", "bx", "cx", "dx", "si", "di")] == [2, 1, 64, 32, 64, 64]
    assert regs.ds.selector == 0xF000
    assert not use(machine, release=1)
    assert not use(machine, press=4)
    assert use(machine, press=2)
    assert (regs.ax, regs.low("bx")) == (8, 6)


def test_handlers_are_exchanged(machine: FakeMachine) -> None:
    int33(machine, 0x000C, cx=0x7F, es=0x1234, dx=0x5678)
    assert words(machine, 0x0014, "cx dx", cx=1, es=0x1111, dx=0x2222) == (0x7F, 0x5678)
    assert machine.regs.es.selector == 0x1234
    assert words(machine, 0x0014, "cx dx", cx=0, es=0, dx=0) == (1, 0x2222)


def test_alternate_handlers_need_their_shift_keys(machine: FakeMachine) -> None:
    int33(machine, 0x000C, cx=1, es=0x1000, dx=0)
    for mask, segment in ((0x21, 0x2000), (0x41, 0x3000), (0x61, 0x4000)):
        assert words(machine, 0x0018, "ax", cx=mask, es=segment, dx=1) == (0x0018,)
    assert words(machine, 0x0018, "ax", cx=0x81, es=1, dx=1) == (0xFFFF,), "three at most"
    assert words(machine, 0x0018, "ax", cx=0x01, es=1, dx=1) == (0xFFFF,), "no shift key"
    assert words(machine, 0x0019, cx=0x40) == (0x0019, 0x3000, 0x41, 1)
    assert words(machine, 0x0019, "ax", cx=0x80) == (0xFFFF,)
    wanted = []
    for number, held in enumerate((0x00, 0x01, 0x04, 0x06, 0x08)):
        machine.memory.write_u8(0x417, held)
        assert use(machine, place=(number + 1, 0))
        wanted.append(machine.memory.read_u32(machine.mouse._handler_at.real_linear) >> 16)
    assert wanted == [0x1000, 0x2000, 0x3000, 0x4000, 0x1000]
    int33(machine, 0x0018, cx=0x40, es=0, dx=0)
    assert words(machine, 0x0018, "ax", cx=0x81, es=1, dx=1) == (0x0018,), "a removed one makes room"


def test_a_disabled_driver_takes_nothing(machine: FakeMachine) -> None:
    int33(machine, 0x000C, cx=0x7F, es=1, dx=1)
    assert words(machine, 0x001F, "ax bx") == (0x001F, 0)
    assert not use(machine, press=1)
    int33(machine, 0x0020)
    assert use(machine, release=1, place=(8, 8))


def test_state_is_saved_and_restored(machine: FakeMachine) -> None:
    assert words(machine, 0x0015, "bx") == (Settings.LAYOUT.size,)
    int33(machine, 0x000C, cx=0x15, es=0xABCD, dx=0x1357)
    int33(machine, 0x0010, cx=8, dx=9, si=20, di=21)
    use(machine, press=1, place=(77, 78))
    before = machine.mouse.settings
    int33(machine, 0x0016, es=0x3000, dx=0x10)
    int33(machine, 0x0000)
    assert machine.mouse.settings != before
    int33(machine, 0x0017, es=0x3000, dx=0x10)
    assert machine.mouse.settings == before


@given(st.binary(min_size=Settings.LAYOUT.size, max_size=Settings.LAYOUT.size))
def test_any_saved_bytes_are_some_settings(data: bytes) -> None:
    settings = Settings.decode(data)
    assert Settings.decode(settings.encode()) == settings


def test_small_settings_are_remembered(machine: FakeMachine) -> None:
    int33(machine, 0x001A, bx=10, cx=20, dx=30)
    assert words(machine, 0x001B, "bx cx dx") == (10, 20, 30)
    int33(machine, 0x0013, dx=0)
    assert words(machine, 0x001B, "dx") == (64,)
    int33(machine, 0x001D, bx=2)
    assert words(machine, 0x001E, "bx") == (2,)
    assert words(machine, 0x0024, "bx cx") == (0x0820, 0x040C)


def test_unknown_functions_change_nothing_and_are_told(machine: FakeMachine) -> None:
    assert words(machine, 0x0055, bx=1, cx=2, dx=3) == (0x0055, 1, 2, 3)
    assert machine.events[-1][0] == "UnsupportedCalled"
    assert machine.events[-1][1]["function"] == 0x0055


class TestTextPointer:
    def test_cell_is_masked_while_the_pointer_shows(self, machine: FakeMachine) -> None:
        machine.memory.write_u16(CELL + 2 * (80 * 3 + 5), 0x1741)
        int33(machine, 0x0004, cx=40, dx=24)
        int33(machine, 0x0001)
        assert machine.memory.read_u16(CELL + 2 * (80 * 3 + 5)) == 0x1741 & 0x77FF ^ 0x7700
        use(machine, place=(48, 24))
        assert machine.memory.read_u16(CELL + 2 * (80 * 3 + 5)) == 0x1741
        int33(machine, 0x0002)
        assert machine.memory.read_u16(CELL + 2 * (80 * 3 + 6)) == 0x0720

    def test_hiding_counts(self, machine: FakeMachine) -> None:
        int33(machine, 0x0004, cx=0, dx=0)
        int33(machine, 0x0002)
        int33(machine, 0x0001)
        assert machine.memory.read_u16(CELL) == 0x0720
        int33(machine, 0x0001)
        assert machine.memory.read_u16(CELL) == 0x7020
        assert words(machine, 0x002A, "ax") == (0,)

    def test_what_the_program_wrote_meanwhile_stays(self, machine: FakeMachine) -> None:
        int33(machine, 0x0004, cx=0, dx=0)
        int33(machine, 0x0001)
        machine.memory.write_u16(CELL, 0x1E5A)
        int33(machine, 0x0002)
        assert machine.memory.read_u16(CELL) == 0x1E5A

    def test_excluded_region(self, machine: FakeMachine) -> None:
        int33(machine, 0x0004, cx=16, dx=16)
        int33(machine, 0x0001)
        int33(machine, 0x0010, cx=8, dx=8, si=32, di=32)
        assert machine.memory.read_u16(CELL + 2 * (80 * 2 + 2)) == 0x0720
        use(machine, place=(80, 0))
        assert machine.memory.read_u16(CELL + 2 * 10) == 0x7020

    def test_hardware_cursor_is_moved(self, machine: FakeMachine) -> None:
        int33(machine, 0x000A, bx=1, cx=0, dx=15)
        int33(machine, 0x0004, cx=80, dx=8)
        int33(machine, 0x0001)
        assert machine.devices.vga.cursor == 80 + 10


def test_graphics_pointer_is_drawn_and_taken_away(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0013)
    int33(machine, 0x0000)
    before = machine.memory.read(0xA0000, 64000)
    masks = struct.pack("<32H", *[0x7FFF] * 16, *[0x4000] * 16)
    machine.memory.write(0x30000, masks)
    int33(machine, 0x0009, bx=0, cx=0, es=0x3000, dx=0)
    machine.memory.write(0xA0000 + 320 * 199 + 319, b"\x55")
    int33(machine, 0x0004, cx=638, dx=199)
    int33(machine, 0x0001)
    assert machine.memory.read_u8(0xA0000 + 320 * 199 + 319) == 0, "cut off at the corner"
    int33(machine, 0x0004, cx=20, dx=5)
    assert machine.memory.read(0xA0000 + 320 * 5 + 10, 3) == b"\x00\x0f\x00"
    int33(machine, 0x0002)
    machine.memory.write(0xA0000 + 320 * 199 + 319, b"\x00")
    assert machine.memory.read(0xA0000, 64000) == before


@pytest.mark.parametrize("row", list(INT33), ids=lambda row: row.name)
def test_every_function_takes_any_registers(machine: FakeMachine, row: Any) -> None:
    machine.memory.write(0x20000, bytes(range(256)))
    for value in (0, 1, 0x7FFF, 0x8000, 0xFFFF):
        int33(machine, row.number, es=0x2000, bx=value, cx=value, dx=value, si=value)
        use(machine, place=(value % 700, value % 300), press=1)
        use(machine, release=1)
        assert not machine.events


def test_the_driver_can_be_saved(machine: FakeMachine) -> None:
    int33(machine, 0x0001)
    use(machine, place=(8, 8), press=1)
    other = machine.copy()
    assert other.mouse.settings == machine.mouse.settings
    int33(other, 0x0002)
    int33(machine, 0x0002)
    assert other.memory.bytes == machine.memory.bytes
