"""As much of a VGA as programs touch: its registers store, retrace runs by the clock, the cursor is in the CRTC.

Characters and attributes are ordinary memory at B800:0000 (B000:0000 in mode 7), the pixels of mode 13h at A000:0000;
nothing here draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.clock import RATE
from app.emu.devices.device import Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.machine import Machine

FRAME: Final = RATE // 70
"""Clocks per picture: 70 Hz."""
_LINES: Final = 449
_VISIBLE_LINES: Final = 400
_RETRACE: Final = range(412, 414)
"""Lines of the vertical retrace pulse."""
SCAN_LINES: Final = 0x09
"""CRTC register: bits 0-4, scan lines of a character less one."""
CURSOR_START: Final = 0x0A
CURSOR_END: Final = 0x0B
START_HIGH: Final = 0x0C
CURSOR_HIGH: Final = 0x0E
# CRTC registers 00h-18h of 80x25 text (IBM VGA, mode 3), with the BIOS's cursor in scan lines 13 and 14.
_TEXT_CRTC: Final = bytes.fromhex("5f4f50825581bf1f004f0d0e00000000 9c8e8f281f96b9a3ff")
_TEXT_SEQUENCER: Final = bytes.fromhex("0300030002")
_TEXT_GRAPHICS: Final = bytes.fromhex("0000000000100e00ff")
_TEXT_ATTRIBUTE: Final = bytes.fromhex("000102030405140738393a3b3c3d3e3f0c000f0800")
_GRAPHICS_CRTC: Final = bytes.fromhex("5f4f50825480bf1f0041000000000000 9c8e8f284096b9a3ff")
_GRAPHICS_SEQUENCER: Final = bytes.fromhex("03010f000e")
_GRAPHICS_GRAPHICS: Final = bytes.fromhex("000000000040050fff")
_GRAPHICS_ATTRIBUTE: Final = bytes(range(16)) + bytes.fromhex("41000f0000")
_BLINK: Final = 0x08


class Vga(Device):
    """The registers at 3B4h-3DAh."""

    PORTS: ClassVar[Iterable[int]] = (*range(0x3B4, 0x3BB), *range(0x3C0, 0x3D0), *range(0x3D4, 0x3DB))

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.crtc = bytearray(_TEXT_CRTC)
        self.sequencer = bytearray(_TEXT_SEQUENCER)
        self.graphics = bytearray(_TEXT_GRAPHICS)
        self.attribute = bytearray(_TEXT_ATTRIBUTE)
        self.palette = bytearray(768)
        """The DAC: 256 times red, green, blue, six bits each."""
        self._crtc_index = self._sequencer_index = self._graphics_index = self._attribute_index = 0
        self._attribute_wants_data = False
        self._dac_read = self._dac_write = 0
        """Byte offsets into the palette."""
        self._dac_reads = True
        self.dac_mask = 0xFF
        """Bits of a colour number that reach the DAC."""
        self._misc = 0x67
        self._mode_control = 0x29
        self._color_select = 0x30

    @property
    def cursor(self) -> int:
        """Cell of the cursor, counted from the start of text memory."""
        return self.crtc[CURSOR_HIGH] << 8 | self.crtc[CURSOR_HIGH + 1]

    @cursor.setter
    def cursor(self, cell: int) -> None:
        self.crtc[CURSOR_HIGH : CURSOR_HIGH + 2] = (cell & 0xFFFF).to_bytes(2, "big")

    @property
    def start(self) -> int:
        """Cell shown in the upper left corner."""
        return self.crtc[START_HIGH] << 8 | self.crtc[START_HIGH + 1]

    @start.setter
    def start(self, cell: int) -> None:
        self.crtc[START_HIGH : START_HIGH + 2] = (cell & 0xFFFF).to_bytes(2, "big")

    @property
    def cursor_is_visible(self) -> bool:
        """Register 0Ah bit 5 hides the cursor, and so does a start line behind the end line."""
        first, last = self.crtc[CURSOR_START], self.crtc[CURSOR_END]
        return not first & 0x20 and first & 0x1F <= last & 0x1F

    def set_text_mode(self, columns: int) -> None:
        """The registers of a text mode with 80 or 40 columns."""
        self.crtc[:] = _TEXT_CRTC
        self.crtc[0x01] = columns - 1
        self.crtc[0x13] = columns // 2
        self.sequencer[:], self.graphics[:], self.attribute[:] = _TEXT_SEQUENCER, _TEXT_GRAPHICS, _TEXT_ATTRIBUTE

    def set_graphics_mode(self) -> None:
        """The registers of mode 13h."""
        self.crtc[:], self.sequencer[:] = _GRAPHICS_CRTC, _GRAPHICS_SEQUENCER
        self.graphics[:], self.attribute[:] = _GRAPHICS_GRAPHICS, _GRAPHICS_ATTRIBUTE

    @property
    def character_height(self) -> int:
        """Scan lines of a character."""
        return (self.crtc[SCAN_LINES] & 0x1F) + 1

    @character_height.setter
    def character_height(self, lines: int) -> None:
        self.crtc[SCAN_LINES] = self.crtc[SCAN_LINES] & 0xE0 | lines - 1 & 0x1F

    @property
    def blinks(self) -> bool:
        """Bit 7 of an attribute means blinking; else it makes the ground bright."""
        return bool(self.attribute[0x10] & _BLINK)

    def colour(self, number: int) -> bytes:
        """A colour of the DAC as red, green and blue of eight bits."""
        at = 3 * (number & self.dac_mask & 0xFF)
        return bytes(value << 2 | value >> 4 for value in self.palette[at : at + 3])

    def text_colour(self, number: int) -> bytes:
        """One of the sixteen colours of text, as the attribute controller and the DAC make it."""
        chosen = self.attribute[number] & 0x3F
        select = self.attribute[0x14]
        high = select << 4 & 0xC0 | (select << 4 & 0x30 if self.attribute[0x10] & 0x80 else chosen & 0x30)
        return self.colour(high | chosen & 0x0F)

    def _status(self) -> int:
        """Input status 1: bit 0 display off (either retrace), bit 3 vertical retrace."""
        position = self.clock % FRAME * _LINES
        line = position // FRAME
        horizontal = position % FRAME >= FRAME * 4 // 5
        return (horizontal or line >= _VISIBLE_LINES) | (line in _RETRACE) << 3

    def read(self, port: int) -> int:
        """A register."""
        match port:
            case 0x3BA | 0x3DA:
                self._attribute_wants_data = False
                return self._status()
            case 0x3B4 | 0x3D4:
                return self._crtc_index
            case 0x3B5 | 0x3D5:
                return _at(self.crtc, self._crtc_index)
            case 0x3C0:
                return self._attribute_index
            case 0x3C1:
                return _at(self.attribute, self._attribute_index & 0x1F)
            case 0x3C4:
                return self._sequencer_index
            case 0x3C5:
                return _at(self.sequencer, self._sequencer_index)
            case 0x3C6:
                return self.dac_mask
            case 0x3C7:
                return 3 if self._dac_reads else 0
            case 0x3C8:
                return self._dac_write // 3
            case 0x3C9:
                value = self.palette[self._dac_read]
                self._dac_read = (self._dac_read + 1) % 768
                return value
            case 0x3CC:
                return self._misc
            case 0x3CE:
                return self._graphics_index
            case 0x3CF:
                return _at(self.graphics, self._graphics_index)
            case 0x3D8:
                return self._mode_control
            case 0x3D9:
                return self._color_select
        return 0xFF

    def write(self, port: int, value: int) -> None:
        """A register."""
        match port:
            case 0x3B4 | 0x3D4:
                self._crtc_index = value
            case 0x3B5 | 0x3D5:
                _put(self.crtc, self._crtc_index, value)
            case 0x3C0:
                if self._attribute_wants_data:
                    _put(self.attribute, self._attribute_index & 0x1F, value)
                else:
                    self._attribute_index = value & 0x3F
                self._attribute_wants_data = not self._attribute_wants_data
            case 0x3C2:
                self._misc = value
            case 0x3C4:
                self._sequencer_index = value
            case 0x3C5:
                _put(self.sequencer, self._sequencer_index, value)
            case 0x3C6:
                self.dac_mask = value
            case 0x3C7:
                self._dac_read, self._dac_reads = value * 3, True
            case 0x3C8:
                self._dac_write, self._dac_reads = value * 3, False
            case 0x3C9:
                self.palette[self._dac_write] = value & 0x3F
                self._dac_write = (self._dac_write + 1) % 768
            case 0x3CE:
                self._graphics_index = value
            case 0x3CF:
                _put(self.graphics, self._graphics_index, value)
            case 0x3B8 | 0x3D8:
                self._mode_control = value
            case 0x3D9:
                self._color_select = value


def _at(registers: bytearray, index: int) -> int:
    return registers[index] if index < len(registers) else 0xFF


def _put(registers: bytearray, index: int, value: int) -> None:
    if index < len(registers):
        registers[index] = value
