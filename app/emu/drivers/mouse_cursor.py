"""The mouse pointer as the driver draws it into the guest's own video memory, and what lies under it.

In text modes a cell is masked and exclusive-ored, or the adapter's own cursor is moved there; in mode 13h a shape of
sixteen by sixteen pixels is drawn. Other graphics modes are not drawn here at all, so neither is the pointer.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from app.emu.bios.graphics_text import GRAPHICS, GRAPHICS_COLUMNS, GRAPHICS_ROWS
from app.emu.bios.video import GRAPHICS_MODE

if TYPE_CHECKING:
    from app.emu.drivers.mouse_settings import Settings
    from app.emu.machine import Machine

_ARROW_SCREEN: Final = (
    0x3FFF, 0x1FFF, 0x0FFF, 0x07FF, 0x03FF, 0x01FF, 0x00FF, 0x007F,
    0x003F, 0x001F, 0x01FF, 0x10FF, 0x30FF, 0xF87F, 0xF87F, 0xFC7F,
)  # fmt: skip
_ARROW_CURSOR: Final = (
    0x0000, 0x4000, 0x6000, 0x7000, 0x7800, 0x7C00, 0x7E00, 0x7F00,
    0x7F80, 0x7C00, 0x6C00, 0x4600, 0x0600, 0x0300, 0x0300, 0x0000,
)  # fmt: skip
ARROW: Final = struct.pack("<32H", *_ARROW_SCREEN, *_ARROW_CURSOR)
"""The pointer's shape after a reset: screen mask, cursor mask."""
WIDTH: Final = 640
"""Of the virtual screen in every mode."""
SIDE: Final = 16
"""Pixels of the shape in a row, and rows."""
_WHITE: Final = 0x0F


class Cursor:
    """The pointer on the screen: nothing, or what was there before it was drawn."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._under: list[tuple[int, bytes, bytes]] = []
        """Linear address, the bytes under the pointer, the bytes drawn."""

    def forget(self) -> None:
        """The screen was cleared, the pointer with it."""
        self._under = []

    def erase(self) -> None:
        """Put back what was under the pointer, where the program has not drawn over it."""
        memory = self._machine.memory
        for linear, before, drawn in self._under:
            now = memory.read(linear, len(drawn))
            memory.write(
                linear, bytes(old if here == mark else here for old, here, mark in zip(before, now, drawn, strict=True))
            )
        self._under = []

    def draw(self, settings: Settings, place: tuple[int, int]) -> None:
        """Draw the pointer at a place of the virtual screen."""
        self.erase()
        video = self._machine.state.bios.video
        if video.is_text:
            column, row = place[0] * video.columns // WIDTH, place[1] // 8
            if column < video.columns and row < video.rows:
                self._draw_cell(settings, column, row)
        elif video.mode == GRAPHICS_MODE:
            self._draw_shape(settings, place[0] // 2 - settings.hot_spot[0], place[1] - settings.hot_spot[1])

    def _draw_cell(self, settings: Settings, column: int, row: int) -> None:
        video = self._machine.state.bios.video
        kept, turned = settings.text_masks
        if settings.hardware_cursor:
            video.set_cursor_shape(kept & 0xFF, turned & 0xFF)
            video.vga.cursor = video.vga.start + row * video.columns + column
            return
        linear = video.cell(settings.page, column, row)
        cell = self._machine.memory.read_u16(linear)
        self._put(linear, (cell & kept ^ turned).to_bytes(2, "little"))

    def _draw_shape(self, settings: Settings, left: int, top: int) -> None:
        words = struct.unpack("<32H", settings.shape)
        first, last = max(left, 0), min(left + SIDE, GRAPHICS_COLUMNS)
        if first >= last:
            return
        for line in range(max(-top, 0), min(SIDE, GRAPHICS_ROWS - top)):
            linear = GRAPHICS + (top + line) * GRAPHICS_COLUMNS + first
            pixels = bytearray(self._machine.memory.read(linear, last - first))
            for index in range(len(pixels)):
                bit = 0x8000 >> first - left + index
                if not words[line] & bit:
                    pixels[index] = 0
                if words[SIDE + line] & bit:
                    pixels[index] ^= _WHITE
            self._put(linear, bytes(pixels))

    def _put(self, linear: int, drawn: bytes) -> None:
        self._under.append((linear, self._machine.memory.read(linear, len(drawn)), drawn))
        self._machine.memory.write(linear, drawn)
