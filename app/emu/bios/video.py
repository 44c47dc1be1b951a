"""The screen: cells or pixels in guest memory, cursor positions in the BIOS data area, the cursor itself in the CRTC.

Text modes have 25 rows, or as many as a smaller font leaves room for: 28, 43 or 50. Of the graphics modes 13h (320x200
in 256 colours) is drawn, the others are remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.bios import data_area, graphics_text, palettes
from app.emu.bios.graphics_text import CELL, GRAPHICS, GRAPHICS_COLUMNS, GRAPHICS_ROWS
from app.emu.bios.rom_image import FONT_8

if TYPE_CHECKING:
    from app.emu.address import Far
    from app.emu.devices.vga import Vga
    from app.emu.machine import Machine

NORMAL: Final = 0x07
COLOR: Final = 0xB8000
MONOCHROME: Final = 0xB0000
MONOCHROME_MODE: Final = 7
GRAPHICS_MODE: Final = 0x13
GRAPHICS_SIZE: Final = GRAPHICS_COLUMNS * GRAPHICS_ROWS
_FORTY_COLUMNS: Final = {0, 1, 4, 5, 0x0D, GRAPHICS_MODE}
SCAN_LINES: Final = {0x80: 200, 0x00: 350, 0x10: 400}
"""Scan lines of text modes by bits 7 and 4 of the video flags (INT 10h AH=12h BL=30h)."""
TEXT_MODES: Final = {0: 40, 1: 40, 2: 80, 3: 80, MONOCHROME_MODE: 80}
"""Columns by mode number."""
_MODE_CONTROL: Final = {0: 0x2C, 1: 0x28, 2: 0x2D, 3: 0x29, MONOCHROME_MODE: 0x29}
_PAGES: Final = 8


class Window(NamedTuple):
    """A rectangle of cells; the lower right corner belongs to it."""

    top: int
    left: int
    bottom: int
    right: int


class Video:
    """The text services' mechanism. It keeps nothing itself."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def vga(self) -> Vga:
        """The adapter."""
        return self.machine.state.devices.vga

    def _byte(self, address: int) -> int:
        return self.machine.memory.read_u8(address)

    @property
    def mode(self) -> int:
        """The mode number as it was set, without the "do not clear" bit."""
        return self._byte(data_area.VIDEO_MODE)

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return self.machine.memory.read_u16(data_area.COLUMNS) or 80

    @property
    def rows(self) -> int:
        """Rows on the screen."""
        return self._byte(data_area.LAST_ROW) + 1

    @property
    def page(self) -> int:
        """The page shown."""
        return self._byte(data_area.ACTIVE_PAGE)

    @property
    def is_text(self) -> bool:
        """A text mode is set; in others characters have no cells."""
        return self.mode in TEXT_MODES

    def cell(self, page: int, column: int, row: int) -> int:
        """Linear address of a cell."""
        base = MONOCHROME if self.mode == MONOCHROME_MODE else COLOR
        start = page * self.machine.memory.read_u16(data_area.PAGE_SIZE)
        return base + (start + (row * self.columns + column) * 2 & 0x7FFF)

    # Modes and pages

    def set_mode(self, mode: int, *, clear: bool) -> None:
        """Set up the data area, the registers and, in text modes, an empty screen."""
        memory = self.machine.memory
        columns = TEXT_MODES.get(mode, 40 if mode in _FORTY_COLUMNS else 80)
        height = {200: 8, 350: 14, 400: 16}[self.scan_lines] if mode in TEXT_MODES else 8
        memory.write_u8(data_area.VIDEO_MODE, mode)
        memory.write_u16(data_area.COLUMNS, columns)
        memory.write_u16(data_area.PAGE_SIZE, 0x800 if columns == 40 else 0x1000)
        memory.write_u16(data_area.PAGE_START, 0)
        memory.write(data_area.CURSORS, bytes(2 * _PAGES))
        memory.write_u16(data_area.CURSOR_SHAPE, 0x0607)
        memory.write_u8(data_area.ACTIVE_PAGE, 0)
        memory.write_u16(data_area.CRTC_PORT, 0x3B4 if mode == MONOCHROME_MODE else 0x3D4)
        memory.write_u8(data_area.MODE_CONTROL, _MODE_CONTROL.get(mode, 0x29))
        memory.write_u8(data_area.COLOR_SELECT, 0x30)
        memory.write_u8(data_area.LAST_ROW, 24)
        memory.write_u16(data_area.CHARACTER_HEIGHT, height)
        memory.write_u8(data_area.VIDEO_OPTIONS, 0x60 | (not clear) << 7)
        memory.write_u8(data_area.VIDEO_SWITCHES, 0xF9)
        memory.write_u8(data_area.DISPLAY_COMBINATION, 0x0B)
        vga = self.vga
        vga.dac_mask = 0xFF
        if mode in TEXT_MODES:
            vga.set_text_mode(columns)
            vga.character_height = height
            self.set_cursor_shape(6, 7)
            vga.palette[:] = palettes.TEXT
            if clear:
                memory.write(self.cell(0, 0, 0), bytes((0x20, NORMAL)) * 0x4000)
        elif mode == GRAPHICS_MODE:
            vga.set_graphics_mode()
            vga.palette[:] = palettes.GRAPHICS
            memory.write_u32(graphics_text.FONT_VECTOR, FONT_8.to_dword())
            if clear:
                memory.write(GRAPHICS, bytes(0x10000))

    @property
    def scan_lines(self) -> int:
        """Scan lines of text modes."""
        return SCAN_LINES.get(self._byte(data_area.VIDEO_FLAGS) & 0x90, 400)

    @scan_lines.setter
    def scan_lines(self, lines: int) -> None:
        """Have the next text mode set use 200, 350 or 400 scan lines."""
        bits = next(bits for bits, each in SCAN_LINES.items() if each == lines)
        flags = self._byte(data_area.VIDEO_FLAGS)
        self.machine.memory.write_u8(data_area.VIDEO_FLAGS, flags & ~0x90 | bits)

    def set_rows(self, character_height: int) -> None:
        """A font of another height was loaded: the screen's lines hold more or fewer rows."""
        memory = self.machine.memory
        rows = self.scan_lines // character_height
        self.vga.character_height = character_height
        memory.write_u8(data_area.LAST_ROW, rows - 1)
        memory.write_u16(data_area.CHARACTER_HEIGHT, character_height)
        memory.write_u16(data_area.PAGE_SIZE, rows * self.columns * 2 + 0xFF & ~0xFF)
        self.set_cursor_shape(6, 7)

    def set_graphics_font(self, font: Far, character_height: int, rows: int) -> None:
        """Draw characters in mode 13h with another font from now on, so many rows of them."""
        memory = self.machine.memory
        memory.write_u32(graphics_text.FONT_VECTOR, font.to_dword())
        memory.write_u16(data_area.CHARACTER_HEIGHT, character_height)
        memory.write_u8(data_area.LAST_ROW, rows - 1)

    def show_page(self, page: int) -> None:
        """Show one of the pages."""
        memory = self.machine.memory
        start = page * memory.read_u16(data_area.PAGE_SIZE)
        memory.write_u8(data_area.ACTIVE_PAGE, page)
        memory.write_u16(data_area.PAGE_START, start)
        self.vga.start = start // 2
        self.set_cursor(page, *self.cursor(page))

    # The cursor

    def cursor(self, page: int) -> tuple[int, int]:
        """Column and row of a page's cursor."""
        column, row = self.machine.memory.read(data_area.CURSORS + 2 * (page % _PAGES), 2)
        return column, row

    def set_cursor(self, page: int, column: int, row: int) -> None:
        """Move a page's cursor; the one on the screen follows when the page is shown."""
        self.machine.memory.write(data_area.CURSORS + 2 * (page % _PAGES), bytes((column & 0xFF, row & 0xFF)))
        if page == self.page:
            self.vga.cursor = self.vga.start + row * self.columns + column

    def set_cursor_shape(self, first: int, last: int) -> None:
        """Scan lines of the cursor; bit 5 of the first hides it.

        Lines of an eight-line character are scaled to the font's height, an underline (6 and 7) stays one.
        """
        self.machine.memory.write(data_area.CURSOR_SHAPE, bytes((last, first)))
        hidden, height = first & 0x60, self._byte(data_area.CHARACTER_HEIGHT)
        if not hidden and first <= last < 8 < height:
            if last == first + 1:
                first, last = height - 3, height - 2
            else:
                first, last = first * height // 8, (last + 1) * height // 8 - 1
        self.vga.crtc[0x0A] = first & 0x1F | (0x20 if hidden else 0)
        self.vga.crtc[0x0B] = last & 0x1F

    # Cells

    def read_cell(self, page: int) -> tuple[int, int]:
        """Character and attribute at a page's cursor; pixels have no attribute."""
        if self.mode == GRAPHICS_MODE:
            return graphics_text.read(self.machine.memory, *self.cursor(page)), 0
        character, attribute = self.machine.memory.read(self.cell(page, *self.cursor(page)), 2)
        return character, attribute

    def write_cells(self, page: int, character: int, attribute: int | None, count: int) -> None:
        """Write a character from the cursor on, over row ends; the cursor stays.

        None keeps the attributes; in mode 13h the attribute is the colour, None the usual one.
        """
        memory = self.machine.memory
        column, row = self.cursor(page)
        count = min(count, self.columns * self.rows)
        if self.mode == GRAPHICS_MODE:
            for offset in range(count):
                below, across = divmod(column + offset, self.columns)
                graphics_text.draw(memory, across, row + below, character, NORMAL if attribute is None else attribute)
        elif self.is_text:
            for offset in range(count):
                address = self.cell(page, column + offset, row)
                memory.write_u8(address, character)
                if attribute is not None:
                    memory.write_u8(address + 1, attribute)

    def scroll(self, page: int, window: Window, lines: int, attribute: int) -> None:
        """Move the rows of a window up (down when `lines` is negative); 0 or too many lines clear it.

        In mode 13h the attribute is the colour of the empty ones.
        """
        if not self.is_text and self.mode != GRAPHICS_MODE:
            return
        cell_height = graphics_text.height(self.machine.memory)
        columns, rows = (
            (self.columns, self.rows) if self.is_text else (graphics_text.COLUMNS, GRAPHICS_ROWS // cell_height)
        )
        right, bottom = min(window.right, columns - 1), min(window.bottom, rows - 1)
        height, width = bottom - window.top + 1, right - window.left + 1
        if height <= 0 or width <= 0:
            return
        if lines == 0 or abs(lines) > height:
            lines = height
        if self.is_text:
            starts = [self.cell(page, window.left, row) for row in range(window.top, bottom + 1)]
            self._move(starts, lines, bytes((0x20, attribute)) * width)
        else:
            first, last = window.top * cell_height, (bottom + 1) * cell_height
            left = GRAPHICS + window.left * CELL
            starts = [left + row * GRAPHICS_COLUMNS for row in range(first, last)]
            self._move(starts, lines * cell_height, bytes((attribute,)) * (width * CELL))

    def _move(self, starts: list[int], lines: int, empty: bytes) -> None:
        """Move lines of video memory that begin at these addresses up (down when negative), empty ones after them."""
        memory = self.machine.memory
        before = [memory.read(start, len(empty)) for start in starts]
        fill = [empty] * abs(lines)
        moved = before[lines:] + fill if lines > 0 else fill + before[:lines]
        for start, data in zip(starts, moved, strict=True):
            memory.write(start, data)

    # Teletype

    def teletype(self, code: int, attribute: int | None = None, page: int | None = None) -> None:
        """Write one character as a terminal would: CR, LF, BS and BEL act, the last row scrolls."""
        page = self.page if page is None else page
        column, row = self.cursor(page)
        match code:
            case 7:
                return
            case 8:
                column = max(column - 1, 0)
            case 10:
                row += 1
            case 13:
                column = 0
            case _:
                self.write_cells(page, code, attribute, 1)
                column += 1
        if column >= self.columns:
            column, row = 0, row + 1
        if row >= self.rows:
            row = self.rows - 1
            self.set_cursor(page, column, row)
            fill = attribute if attribute is not None else self.read_cell(page)[1] if self.is_text else 0
            self.scroll(page, Window(0, 0, row, self.columns - 1), 1, fill)
        self.set_cursor(page, column, row)
