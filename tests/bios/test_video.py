"""INT 10h: what programs write is in text memory, and the screen helper shows it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.bios.palettes import PC
from app.emu.bios.screen import screen
from tests.devices.fake_machine import FakeMachine


def rows(machine: FakeMachine) -> list[str]:
    shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
    text = shown.cells[::2].decode("cp437")
    return [text[start : start + shown.columns].rstrip() for start in range(0, len(text), shown.columns)]


def cursor(machine: FakeMachine) -> tuple[int, int]:
    return screen(machine.memory, machine.devices.vga).cursor  # type: ignore[arg-type]


def write(machine: FakeMachine, text: str) -> None:
    for code in text.encode("cp437"):
        machine.call(0x10, 0x0E00 | code, bx=0x0007)


def test_the_screen_is_empty_at_first(machine: FakeMachine) -> None:
    shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
    assert (shown.columns, shown.rows, shown.cursor, shown.cursor_visible) == (80, 25, (0, 0), True)
    assert shown.cells == b" \x07" * 2000


def test_teletype_writes_and_moves(machine: FakeMachine) -> None:
    write(machine, "Hello\r\nworld\b!\a")
    assert rows(machine)[:2] == ["Hello", "worl!"]
    assert cursor(machine) == (5, 1)


def test_teletype_wraps_at_the_end_of_a_row(machine: FakeMachine) -> None:
    write(machine, "x" * 81)
    assert rows(machine)[:2] == ["x" * 80, "x"]
    assert cursor(machine) == (1, 1)


def test_teletype_scrolls_at_the_bottom_and_keeps_the_attribute(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0200, bx=0, dx=0x1800)
    machine.call(0x10, 0x09DB, bx=0x001E, cx=80)
    write(machine, "last\n\rnext")
    assert [row.rstrip("█") for row in rows(machine)[23:]] == ["last", "next"]
    assert machine.memory.read_u8(0xB8000 + 24 * 160 + 159) == 0x1E
    assert cursor(machine) == (4, 24)


def test_backspace_stops_at_the_left_edge(machine: FakeMachine) -> None:
    write(machine, "\b\b")
    assert cursor(machine) == (0, 0)


def test_console_tabs_go_to_the_next_eighth_column(machine: FakeMachine) -> None:
    for code in b"ab\tc\td":
        machine.bios.teletype(code)
    assert rows(machine)[0] == "ab      c       d"


def test_console_attribute_colours_the_cells(machine: FakeMachine) -> None:
    machine.bios.teletype(ord("x"), 0x4F)
    assert machine.memory.read(0xB8000, 4) == b"x\x4f \x07"


@pytest.mark.parametrize(
    "function, expected",
    [(0x0601, ["0", "22", "33", "", "4"]), (0x0701, ["0", "", "11", "22", "4"]), (0x0600, ["0", "", "", "", "4"])],
)
def test_scroll_moves_a_window(machine: FakeMachine, function: int, expected: list[str]) -> None:
    write(machine, "0\r\n11\r\n22\r\n33\r\n4")
    machine.call(0x10, function, bx=0x7000, cx=0x0100, dx=0x034F)
    assert expected == rows(machine)[:5]
    assert 0x70 in machine.memory.read(0xB8000, 800)[1::2]


def test_scroll_of_a_narrow_window_leaves_the_rest(machine: FakeMachine) -> None:
    write(machine, "abcd\r\nefgh\r\nijkl")
    machine.call(0x10, 0x0601, bx=0x0700, cx=0x0001, dx=0x0202)
    assert rows(machine)[:3] == ["afgd", "ejkh", "i  l"]


def test_scroll_with_a_window_past_the_screen_is_clipped(machine: FakeMachine) -> None:
    write(machine, "top\r\nnext")
    machine.call(0x10, 0x0601, bx=0x0700, cx=0x0000, dx=0xFFFF)
    assert rows(machine)[:2] == ["next", ""]
    machine.call(0x10, 0x0601, bx=0x0700, cx=0x0505, dx=0x0000)
    assert rows(machine)[0] == "next"


def test_cells_are_written_and_read_at_the_cursor(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0200, bx=0, dx=0x034E)
    machine.call(0x10, 0x0941, bx=0x0017, cx=4)
    assert machine.call(0x10, 0x0800, bx=0).ax == 0x1741
    assert rows(machine)[3:5] == [" " * 78 + "AA", "AA"]
    machine.call(0x10, 0x0A42, bx=0x0055, cx=1)
    assert machine.call(0x10, 0x0800, bx=0).ax == 0x1742
    assert cursor(machine) == (0x4E, 3), "the cursor stays"


def test_cursor_and_shape_are_told(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0200, bx=0, dx=0x0A05)
    machine.call(0x10, 0x0100, cx=0x2000)
    regs = machine.call(0x10, 0x0300, bx=0)
    assert (regs.low("cx"), regs.low("dx")) == (0x2000, 0x0A05)
    assert not screen(machine.memory, machine.devices.vga).cursor_visible  # type: ignore[arg-type]
    machine.call(0x10, 0x0100, cx=0x0607)
    assert screen(machine.memory, machine.devices.vga).cursor_visible  # type: ignore[arg-type]
    assert list(machine.devices.vga.crtc[0x0A:0x0C]) == [13, 14]


def test_pages_have_their_own_cursors(machine: FakeMachine) -> None:
    write(machine, "page 0")
    machine.call(0x10, 0x0200, bx=0x0100, dx=0x0203)
    machine.call(0x10, 0x0501)
    write(machine, "page 1")
    assert rows(machine)[2] == "   page 1"
    assert cursor(machine) == (9, 2)
    assert machine.memory.read_u8(0xB8000 + 0x1000 + 2 * 163) == ord("p")
    assert machine.call(0x10, 0x0F00).low("bx") >> 8 == 1
    machine.call(0x10, 0x0500)
    assert rows(machine)[0] == "page 0"
    assert cursor(machine) == (6, 0)


def test_mode_is_set_and_told(machine: FakeMachine) -> None:
    write(machine, "gone")
    machine.call(0x10, 0x0001)
    assert machine.call(0x10, 0x0F00).ax == 0x2801
    assert screen(machine.memory, machine.devices.vga)[:2] == (40, 25)  # type: ignore[arg-type]
    assert rows(machine)[0] == ""
    write(machine, "stays")
    machine.call(0x10, 0x0083)
    assert rows(machine)[0] == "stays"
    assert machine.call(0x10, 0x0F00).ax == 0x5083
    assert machine.events == []


def test_monochrome_text_lies_at_b000(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0007)
    write(machine, "m")
    assert machine.memory.read_u16(0xB0000) == 0x0700 | ord("m")
    assert machine.memory.read_u16(0x463) == 0x3B4
    assert rows(machine)[0] == "m"


def test_graphics_modes_are_reported_and_remembered(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0012)
    write(machine, "x" * 100 + "\n" * 30)
    assert machine.events[-1][0] == "UnsupportedCalled"
    assert machine.call(0x10, 0x0F00).al == 0x12
    assert machine.memory.read_u16(0xB8000) == 0x0720, "there are no cells to write to"


def test_a_small_font_gives_fifty_rows(machine: FakeMachine) -> None:
    machine.call(0x10, 0x1112, bx=0)
    write(machine, "\n" * 60 + "x")
    assert len(rows(machine)) == 50
    assert rows(machine)[49] == "x"
    regs = machine.call(0x10, 0x1130, bx=0)
    assert (regs.low("cx"), regs.low("dx") & 0xFF) == (8, 49)


def test_text_of_350_lines_has_43_rows(machine: FakeMachine) -> None:
    machine.call(0x10, 0x1201, bx=0x0030)
    assert machine.regs.al == 0x12
    machine.call(0x10, 0x0003)
    assert len(rows(machine)) == 25
    machine.call(0x10, 0x1112, bx=0)
    assert len(rows(machine)) == 43
    machine.call(0x10, 0x1202, bx=0x0030)
    machine.call(0x10, 0x0003)
    machine.call(0x10, 0x1111, bx=0)
    assert len(rows(machine)) == 28


def test_cursor_lines_are_those_of_the_font(machine: FakeMachine) -> None:
    def lines() -> tuple[tuple[int, int], int]:
        shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
        return shown.cursor_lines, shown.cell_lines

    assert lines() == ((13, 14), 16)
    machine.call(0x10, 0x0100, cx=0x0007)
    assert lines() == ((0, 15), 16), "a block"
    machine.call(0x10, 0x1112, bx=0)
    assert lines() == ((6, 7), 8)


class TestMode13h:
    @pytest.fixture(autouse=True)
    def set_mode(self, machine: FakeMachine) -> None:
        machine.memory.write(0xA0000, b"\xee" * 64000)
        machine.call(0x10, 0x0013)

    def picture(self, machine: FakeMachine) -> bytes:
        return screen(machine.memory, machine.devices.vga).pixels  # type: ignore[arg-type]

    def test_the_picture_is_empty_and_told(self, machine: FakeMachine) -> None:
        assert self.picture(machine) == bytes(64000)
        assert machine.call(0x10, 0x0F00).ax == 0x2813
        assert machine.events == []

    def test_pixels_are_bytes_of_memory(self, machine: FakeMachine) -> None:
        machine.memory.write(0xA0000 + 320 * 7 + 5, b"\x2a")
        assert self.picture(machine)[320 * 7 + 5] == 0x2A
        assert machine.call(0x10, 0x0D00, cx=5, dx=7).al == 0x2A
        machine.call(0x10, 0x0C33, cx=319, dx=199)
        machine.call(0x10, 0x0C44, cx=320, dx=0)
        assert self.picture(machine)[-1] == 0x33
        assert self.picture(machine)[320] == 0

    def test_a_mode_set_may_keep_the_picture(self, machine: FakeMachine) -> None:
        machine.call(0x10, 0x0C33, cx=1, dx=1)
        machine.call(0x10, 0x0093)
        assert self.picture(machine)[321] == 0x33

    def test_scrolling_moves_eight_lines_a_row(self, machine: FakeMachine) -> None:
        machine.call(0x10, 0x0C33, cx=17, dx=30)
        machine.call(0x10, 0x0601, bx=0x0500, cx=0x0000, dx=0x184F)
        assert self.picture(machine)[22 * 320 + 17] == 0x33
        assert self.picture(machine)[192 * 320 :] == b"\x05" * 8 * 320
        machine.call(0x10, 0x0600, bx=0x0700, cx=0x0000, dx=0x184F)
        assert self.picture(machine) == b"\x07" * 64000

    def cell(self, machine: FakeMachine, column: int, row: int) -> list[str]:
        """A cell of the picture: a letter for each pixel, blank or the colour's last digit."""
        shown = self.picture(machine)
        starts = [(8 * row + line) * 320 + 8 * column for line in range(8)]
        return ["".join(f"{pixel:X}"[-1] if pixel else " " for pixel in shown[at : at + 8]) for at in starts]

    def test_characters_are_drawn(self, machine: FakeMachine) -> None:
        machine.call(0x10, 0x0200, bx=0, dx=0x0127)
        machine.call(0x10, 0x0900 | ord("T"), bx=0x0C, cx=2)
        drawn = ["CCCCCC  ", *["  CC    "] * 5, " " * 8, " " * 8]
        assert self.cell(machine, 39, 1) == self.cell(machine, 0, 2) == drawn, "over the end of a row"
        assert machine.call(0x10, 0x0300, bx=0).low("dx") == 0x0127
        assert machine.call(0x10, 0x0800, bx=0).ax == ord("T")
        machine.call(0x10, 0x0A00 | ord("T"), bx=0x2F, cx=1)
        assert self.cell(machine, 39, 1)[0] == "FFFFFF  ", "all eight bits are the colour"
        machine.call(0x10, 0x0E00 | ord("T"), bx=0x05)
        assert self.cell(machine, 39, 1)[0] == "555555  "
        assert machine.call(0x10, 0x0300, bx=0).low("dx") == 0x0200
        machine.call(0x10, 0x0E00 | ord(" "), bx=0x05)
        assert self.cell(machine, 0, 2) == [" " * 8] * 8, "what was there is gone"

    def test_the_console_writes_in_grey_and_scrolls(self, machine: FakeMachine) -> None:
        machine.call(0x10, 0x0200, bx=0, dx=0x1800)
        machine.bios.teletype(ord("T"))
        assert self.cell(machine, 0, 24)[0] == "777777  "
        machine.bios.teletype(10)
        assert self.cell(machine, 0, 23)[0] == "777777  "
        assert self.picture(machine)[192 * 320 :] == bytes(8 * 320)

    def test_a_program_may_have_letters_of_its_own(self, machine: FakeMachine) -> None:
        machine.memory.write(0x30000 + 2 * ord("x"), b"\xff\x81")
        machine.regs.es = type(machine.regs.es).real(0x3000)
        machine.call(0x10, 0x1121, bp=0, cx=2, bx=0, dx=100)
        machine.call(0x10, 0x0200, bx=0, dx=0x0100)
        machine.call(0x10, 0x0900 | ord("x"), bx=0x04, cx=1)
        assert self.cell(machine, 0, 0)[2:4] == ["44444444", "4      4"]
        assert machine.call(0x10, 0x1130, bx=0x0100).low("cx") == 2
        assert (machine.regs.es.selector, machine.regs.ebp & 0xFFFF) == (0x3000, 0)
        machine.call(0x10, 0x1124, bx=0x0002)
        assert machine.memory.read(0x484, 2) == b"\x18\x10"

    def test_nothing_is_drawn_beside_the_screen(self, machine: FakeMachine) -> None:
        for place in (0x1900, 0x0028, 0xFFFF):
            machine.call(0x10, 0x0200, bx=0, dx=place)
            machine.call(0x10, 0x0900 | ord("x"), bx=0x04, cx=1)
            assert machine.call(0x10, 0x0800, bx=0).al in {0, 0x20}
        assert not any(self.picture(machine)[192 * 320 :])
        assert machine.memory.read(0xA0000 + 64000, 0x600) == bytes(0x600)

    def test_the_picture_starts_where_the_crtc_says(self, machine: FakeMachine) -> None:
        machine.memory.write_u8(0xA0000 + 4 * 80, 0x66)
        machine.devices.port_out(0x3D4, 2, 0x000C)
        machine.devices.port_out(0x3D4, 2, 0x500D)
        assert self.picture(machine)[0] == 0x66

    def test_colours_are_those_of_the_dac(self, machine: FakeMachine) -> None:
        def colour(number: int) -> tuple[int, ...]:
            return tuple(screen(machine.memory, machine.devices.vga).colours[3 * number : 3 * number + 3])  # type: ignore[arg-type]

        assert [colour(number) for number in (1, 6, 15, 31, 32, 40, 255)] == [
            (0, 0, 170), (170, 85, 0), (255, 255, 255), (255, 255, 255), (0, 0, 255), (255, 0, 0), (0, 0, 0),
        ]  # fmt: skip
        machine.devices.port_out(0x3C8, 1, 200)
        for value in (63, 0, 21):
            machine.devices.port_out(0x3C9, 1, value)
        assert colour(200) == (255, 0, 85)
        machine.devices.port_out(0x3C6, 1, 0x0F)
        assert colour(200) == colour(8)


@pytest.mark.parametrize("which, size", [(2, 14), (3, 8), (6, 16)])
def test_the_rom_has_letters(machine: FakeMachine, which: int, size: int) -> None:
    machine.call(0x10, 0x1130, bx=which << 8)
    font = machine.regs.es.base + (machine.regs.ebp & 0xFFFF)
    letter = machine.memory.read(font + size * ord("T"), size)
    assert bytes.fromhex("FC3030303030")[1:] in bytes(bytearray(letter)[:: 1 if size == 8 else 2])
    assert machine.memory.read(font + size * 0xDB, size) == b"\xff" * size
    machine.call(0x10, 0x1130, bx=0)
    upper = machine.regs.es.base + (machine.regs.ebp & 0xFFFF)
    assert machine.memory.read(upper + 8 * 0x5B, 8) == b"\xff" * 8
    assert machine.memory.read(0xFFA6E, 1024) == machine.memory.read(upper - 1024, 1024)


def test_text_has_the_colours_of_the_palette_registers(machine: FakeMachine) -> None:
    shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
    assert shown.colours == PC
    machine.call(0x10, 0x1000, bx=0x3F01)
    machine.call(0x10, 0x1010, bx=0x3F, cx=0, dx=0x3F00)
    machine.call(0x10, 0x1003, bx=0)
    shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
    assert shown.colours[3:6] == b"\xff\0\0"
    assert not shown.blinks


def test_pages_of_colours_are_chosen(machine: FakeMachine) -> None:
    machine.call(0x10, 0x1013, bx=0x0100)
    machine.call(0x10, 0x1013, bx=0x0501)
    assert machine.call(0x10, 0x101A).low("bx") == 0x0501
    machine.devices.vga.palette[3 * 0x5F : 3 * 0x60] = b"\x3f\x00\x3f"
    shown = screen(machine.memory, machine.devices.vga)  # type: ignore[arg-type]
    assert shown.colours[45:] == b"\xff\x00\xff"
    machine.call(0x10, 0x1018, bx=0x0F)
    assert machine.call(0x10, 0x1019, bx=0x7700).low("bx") == 0x770F


def test_colours_become_greys(machine: FakeMachine) -> None:
    machine.call(0x10, 0x0013)
    machine.call(0x10, 0x101B, bx=14, cx=2)
    assert machine.devices.vga.palette[3 * 13 : 3 * 16] == bytes((63, 21, 63, 58, 58, 58, 63, 63, 63))


def test_strings_with_and_without_attributes(machine: FakeMachine) -> None:
    machine.memory.write(0x30000, b"AB\x1fC\x2f")
    machine.regs.es = type(machine.regs.es).real(0x3000)
    machine.call(0x10, 0x1300, bx=0x0004, cx=1, dx=0x0100, bp=0)
    assert cursor(machine) == (0, 0)
    machine.call(0x10, 0x1303, bx=0x0004, cx=2, dx=0x0101, bp=1)
    assert machine.memory.read(0xB8000 + 160, 6) == b"A\x04B\x1fC\x2f"
    assert cursor(machine) == (3, 1)


def test_display_is_a_colour_vga(machine: FakeMachine) -> None:
    regs = machine.call(0x10, 0x1A00)
    assert (regs.al, regs.low("bx")) == (0x1A, 0x0008)
    regs = machine.call(0x10, 0x1200, bx=0x0010)
    assert (regs.low("bx"), regs.low("cx")) == (0x0003, 0x0009)


def test_palette_functions_store(machine: FakeMachine) -> None:
    machine.call(0x10, 0x1000, bx=0x3F05)
    assert machine.call(0x10, 0x1007, bx=0x0005).low("bx") == 0x3F05
    machine.call(0x10, 0x1010, bx=7, cx=0x0203, dx=0x0100)
    regs = machine.call(0x10, 0x1015, bx=7)
    assert (regs.low("cx"), regs.low("dx") >> 8) == (0x0203, 0x01)
    machine.regs.es = type(machine.regs.es).real(0x3000)
    machine.memory.write(0x30000, bytes(range(6)))
    machine.call(0x10, 0x1012, bx=254, cx=4, dx=0)
    machine.call(0x10, 0x1017, bx=254, cx=2, dx=0x100)
    assert machine.memory.read(0x30100, 6) == bytes(range(6))
    machine.call(0x10, 0x1003, bx=0)
    assert not machine.devices.vga.attribute[0x10] & 8
    machine.call(0x10, 0x1009, dx=0x200)
    assert machine.memory.read_u8(0x30205) == 0x3F
    assert machine.events == []
    machine.call(0x10, 0x10FE)
    assert machine.events[-1][1]["function"] == 0x10


def test_direct_crtc_writes_move_the_shown_cursor(machine: FakeMachine) -> None:
    machine.devices.port_out(0x3D4, 2, 0x000E)
    machine.devices.port_out(0x3D4, 2, 0x510F)
    assert cursor(machine) == (1, 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 0x1F), *[st.integers(0, 0xFFFF)] * 4), max_size=30))
def test_no_call_breaks_the_machine(calls: list[tuple[int, int, int, int, int]]) -> None:
    """Whatever the registers hold, the BIOS answers and writes to nothing but video memory and its own data."""
    machine = FakeMachine()
    machine.bios.install()
    machine.memory.write(0x500, b"\xa5" * 0x1000)
    for function, ax, bx, cx, dx in calls:
        machine.call(0x10, function << 8 | ax & 0xFF, bx=bx, cx=min(cx, 300), dx=dx)
        rows(machine)
    if not any(function == 0x10 for function, *_ in calls):
        assert machine.memory.read(0x500, 0x1000) == b"\xa5" * 0x1000
