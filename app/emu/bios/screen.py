"""What is on the screen as a value, for snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.bios import data_area
from app.emu.bios.graphics_text import GRAPHICS
from app.emu.bios.palettes import PC
from app.emu.bios.video import COLOR, GRAPHICS_MODE, GRAPHICS_SIZE, MONOCHROME, MONOCHROME_MODE
from app.emu.devices.vga import CURSOR_END, CURSOR_START

if TYPE_CHECKING:
    from app.emu.devices.vga import Vga
    from app.emu.memory.memory import Memory

_WINDOW: Final = 0x8000
"""Bytes of text memory; addresses beyond wrap."""
_GRAPHICS_WINDOW: Final = 0x10000


class Screen(NamedTuple):
    """Cells as they lie in memory (character, attribute), row by row; the cursor as column and row.

    In mode 13h `pixels` is the picture, a colour number a pixel, and there are no cells.
    """

    columns: int
    rows: int
    cells: bytes
    cursor: tuple[int, int]
    cursor_visible: bool
    cursor_lines: tuple[int, int] = (13, 14)
    """First and last scan line of the cursor."""
    cell_lines: int = 16
    """Scan lines of a cell."""
    colours: bytes = PC
    """Red, green and blue, eight bits each, of the sixteen colours of text or the 256 of mode 13h."""
    blinks: bool = True
    """Bit 7 of an attribute is no colour: the character blinks."""
    pixels: bytes = b""


def screen(memory: Memory, vga: Vga) -> Screen:
    """What the monitor shows: the page the CRTC starts at, in the geometry the data area tells."""
    mode = memory.read_u8(data_area.VIDEO_MODE)
    columns = memory.read_u16(data_area.COLUMNS) or 80
    rows = memory.read_u8(data_area.LAST_ROW) + 1
    if mode == GRAPHICS_MODE:
        start = vga.start * 4 % _GRAPHICS_WINDOW
        pixels = _window(memory, GRAPHICS, start, GRAPHICS_SIZE, _GRAPHICS_WINDOW)
        colours = b"".join(map(vga.colour, range(256)))
        return Screen(columns, rows, b"", (0, 0), cursor_visible=False, colours=colours, pixels=pixels)
    base = MONOCHROME if mode == MONOCHROME_MODE else COLOR
    cells = _window(memory, base, vga.start * 2 % _WINDOW, columns * rows * 2, _WINDOW)
    row, column = divmod(vga.cursor - vga.start & 0xFFFF, columns)
    return Screen(
        columns,
        rows,
        cells,
        (column, row),
        cursor_visible=vga.cursor_is_visible and row < rows,
        cursor_lines=(vga.crtc[CURSOR_START] & 0x1F, vga.crtc[CURSOR_END] & 0x1F),
        cell_lines=vga.character_height,
        colours=b"".join(map(vga.text_colour, range(16))),
        blinks=vga.blinks,
    )


def _window(memory: Memory, base: int, start: int, size: int, window: int) -> bytes:
    """Bytes of video memory; behind the window's end it begins again."""
    data = memory.read(base + start, min(size, window - start))
    return data + memory.read(base, size - len(data))
