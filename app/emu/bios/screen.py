"""The text screen as a value, for snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.emu.bios import data_area
from app.emu.bios.video import COLOR, MONOCHROME, MONOCHROME_MODE

if TYPE_CHECKING:
    from app.emu.devices.vga import Vga
    from app.emu.memory.memory import Memory

_WINDOW = 0x8000
"""Bytes of text memory; addresses beyond wrap."""


class Screen(NamedTuple):
    """Cells as they lie in memory (character, attribute), row by row; the cursor as column and row."""

    columns: int
    rows: int
    cells: bytes
    cursor: tuple[int, int]
    cursor_visible: bool


def screen(memory: Memory, vga: Vga) -> Screen:
    """What the monitor shows: the page the CRTC starts at, in the geometry the data area tells."""
    base = MONOCHROME if memory.read_u8(data_area.VIDEO_MODE) == MONOCHROME_MODE else COLOR
    columns = memory.read_u16(data_area.COLUMNS) or 80
    rows = memory.read_u8(data_area.LAST_ROW) + 1
    size, start = columns * rows * 2, vga.start * 2 % _WINDOW
    cells = memory.read(base + start, min(size, _WINDOW - start))
    cells += memory.read(base, size - len(cells))
    row, column = divmod(vga.cursor - vga.start & 0xFFFF, columns)
    return Screen(columns, rows, cells, (column, row), vga.cursor_is_visible and row < rows)
