"""Characters in mode 13h: drawn with the font vector 43h points at, read back by comparing (IBM VGA BIOS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.bios import data_area
from app.emu.bios.fonts import LETTERS
from app.emu.dos import far_memory

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

GRAPHICS: Final = 0xA0000
GRAPHICS_COLUMNS: Final = 320
"""Pixels of a line, one byte each."""
GRAPHICS_ROWS: Final = 200
CELL: Final = 8
"""Pixels of a character's line."""
COLUMNS: Final = GRAPHICS_COLUMNS // CELL
FONT_VECTOR: Final = 0x43 * 4
_TALLEST: Final = 32


def height(memory: Memory) -> int:
    """Lines of a character."""
    return min(max(memory.read_u8(data_area.CHARACTER_HEIGHT), 1), _TALLEST)


def draw(memory: Memory, column: int, row: int, character: int, color: int) -> None:
    """Draw a character's cell: its pixels in a colour, the others black. What is beside the screen is left out."""
    lines = height(memory)
    if column >= COLUMNS or row * lines >= GRAPHICS_ROWS:
        return
    place = _place(column, row, lines)
    for number, bits in enumerate(_letters(memory, character, 1)):
        if row * lines + number < GRAPHICS_ROWS:
            pixels = bytes(color if bits << x & 0x80 else 0 for x in range(CELL))
            memory.write(place + number * GRAPHICS_COLUMNS, pixels)


def read(memory: Memory, column: int, row: int) -> int:
    """The first character of the font that looks as a cell does; 0 for none."""
    lines = height(memory)
    if column >= COLUMNS or (row + 1) * lines > GRAPHICS_ROWS:
        return 0
    place = _place(column, row, lines)
    seen = bytearray()
    for number in range(lines):
        pixels = memory.read(place + number * GRAPHICS_COLUMNS, CELL)
        seen.append(sum(0x80 >> x for x, pixel in enumerate(pixels) if pixel))
    letters = _letters(memory, 0, LETTERS)
    return next((code for code in range(LETTERS) if letters[code * lines : (code + 1) * lines] == seen), 0)


def _place(column: int, row: int, lines: int) -> int:
    return GRAPHICS + row * lines * GRAPHICS_COLUMNS + column * CELL


def _letters(memory: Memory, first: int, count: int) -> bytes:
    lines = height(memory)
    font = Far.from_dword(memory.read_u32(FONT_VECTOR))
    return far_memory.read(memory, (font.segment, font.offset + first * lines), count * lines)
