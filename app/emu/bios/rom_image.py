"""The BIOS's own bytes: handlers in real code around a trap, and the tables and marks programs look for.

Code is given as bytes with the assembly beside it; HLT stands for a trap. Data has the addresses every PC has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.bios import fonts
from app.emu.rom import HLT, SEGMENT, After, RealTrap

if TYPE_CHECKING:
    from app.emu.rom import Rom

IRET: Final = Far(SEGMENT, 0xFF53)
"""The interrupt return every unused vector points to, where IBM's BIOS has it."""
CONFIGURATION: Final = Far(SEGMENT, 0xE6F5)
"""System descriptor table (INT 15h AH=C0h)."""
VIDEO_PARAMETERS: Final = Far(SEGMENT, 0xF0A4)
DISKETTE_PARAMETERS: Final = Far(SEGMENT, 0xEFC7)
FONT_8: Final = Far(SEGMENT, 0xD800)
FONT_8_UPPER: Final = Far(SEGMENT, 0xDC00)
"""Its second half, characters 80h to FFh."""
FONT_14: Final = Far(SEGMENT, 0xBA00)
FONT_16: Final = Far(SEGMENT, 0xC800)
FONT_OF_OLD: Final = Far(SEGMENT, 0xFA6E)
"""Where every PC has the first half of its eight-line font."""
FIXED_DISK_PARAMETERS: Final = Far(SEGMENT, 0xE401)

DATA: Final[dict[Far, bytes]] = {
    IRET: b"\xcf",
    # Length 8; model FC (AT), submodel 1, revision 0; second PIC, clock, INT 15h AH=4Fh called.
    CONFIGURATION: bytes.fromhex("0800 fc 01 00 70 00 00 00 00"),
    DISKETTE_PARAMETERS: bytes.fromhex("df 02 25 02 12 1b ff 6c f6 0f 08"),
    VIDEO_PARAMETERS: bytes.fromhex("38 28 2d 0a 1f 06 19 1c 02 07 06 07 00 00 00 00")
    + bytes.fromhex("71 50 5a 0a 1f 06 19 1c 02 07 06 07 00 00 00 00"),
    FONT_8: fonts.LINES_8,
    FONT_14: fonts.LINES_14,
    FONT_16: fonts.LINES_16,
    FONT_OF_OLD: fonts.LINES_8[: FONT_8_UPPER.offset - FONT_8.offset],
    Far(SEGMENT, 0xFFF0): b"\xea\x5b\xe0\x00\xf0",  # jmp F000:E05B
    Far(SEGMENT, 0xE05B): b"\xcd\x19\xeb\xfc",  # int 19h / jmp to it
    Far(SEGMENT, 0xFFF5): b"01/01/94",
    Far(SEGMENT, 0xFFFE): b"\xfc\x00",
}
"""What lies at fixed places."""


@dataclass(frozen=True, slots=True)
class Handler:
    """An interrupt handler in ROM: code, with at most one trap between the two parts."""

    before: bytes = b""
    trap: RealTrap | None = None
    behind: bytes = b""

    def place(self, rom: Rom) -> Far:
        """Put the handler into the ROM and return its address."""
        code = self.before + (HLT if self.trap is not None else b"") + self.behind
        where = rom.code(code)
        if self.trap is not None:
            rom.traps[where.real_linear + len(self.before)] = self.trap
        return where


def _within(name: str, method: str) -> RealTrap:
    return RealTrap(name, "bios", method, After.CONTINUE)


_EOI: Final = b"\xb0\x20\xe6\x20"  # mov al, 20h / out 20h, al
_EOI_BOTH: Final = b"\xb0\x20\xe6\xa0\xe6\x20"  # mov al, 20h / out A0h, al / out 20h, al

HANDLERS: Final[dict[int, Handler]] = {
    0x08: Handler(
        b"\x1e\x50\x52"  # push ds / push ax / push dx
        b"\xb8\x40\x00\x8e\xd8",  # mov ax, 40h / mov ds, ax
        _within("TIMER_TICK", "timer_tick"),
        b"\xcd\x1c" + _EOI + b"\x5a\x58\x1f\xcf",  # int 1Ch / EOI / pop dx / pop ax / pop ds / iret
    ),
    0x09: Handler(
        b"\x50\xe4\x60\xb4\x4f\xf9\xcd\x15",  # push ax / in al, 60h / mov ah, 4Fh / stc / int 15h
        _within("KEYBOARD_BYTE", "keyboard_byte"),  # takes AL unless CF is clear; AH says what follows
        _EOI + b"\x80\xfc\x01\x72\x08\x77\x04"  # EOI / cmp ah, 1 / jb done / ja print
        b"\xcd\x1b\xeb\x02"  # int 1Bh / jmp done
        b"\xcd\x05"  # print: int 05h
        b"\x58\xcf",  # done: pop ax / iret
    ),
    **{vector: Handler(b"\x50" + _EOI + b"\x58\xcf") for vector in range(0x0A, 0x10)},
    0x70: Handler(
        b"\x50",  # push ax
        _within("CLOCK_INTERRUPT", "clock_interrupt"),  # CF when the alarm rings
        b"\x73\x02\xcd\x4a" + _EOI_BOTH + b"\x58\xcf",  # jnc +2 / int 4Ah / EOI both / pop ax / iret
    ),
    0x71: Handler(b"\x50\xb0\x20\xe6\xa0\x58\xcd\x0a\xcf"),  # EOI to the slave / int 0Ah / iret
    **{vector: Handler(b"\x50" + _EOI_BOTH + b"\x58\xcf") for vector in (0x72, 0x73, 0x74, 0x76, 0x77)},
    0x75: Handler(
        b"\x50\x30\xc0\xe6\xf0"
        + _EOI_BOTH
        + b"\x58\xcd\x02",  # push ax / xor al, al / out F0h, al / EOI both / pop ax / int 02h
        _within("COPROCESSOR_HANDLED", "coprocessor_handled"),
        b"\xcf",
    ),
}
"""Hardware interrupts, as real code that programs may chain to."""

SERVICES: Final = (0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A)
"""Software interrupts: a trap each, `Bios.intNN`."""

POINTERS: Final[dict[int, Far]] = {
    0x1D: VIDEO_PARAMETERS,
    0x1E: DISKETTE_PARAMETERS,
    0x1F: FONT_8_UPPER,
    0x41: FIXED_DISK_PARAMETERS,
    0x43: FONT_8,
    0x46: FIXED_DISK_PARAMETERS,
}
"""Vectors that point to data."""

ALIASES: Final = {0x40: 0x13, 0x42: 0x10}
"""Where a newer BIOS keeps the vector it replaced."""


def install(rom: Rom) -> None:
    """Fill the ROM and the interrupt vector table. Vectors not named here return at once."""
    for where, data in DATA.items():
        rom.memory.write(where.real_linear, data)
    for vector in range(0x100):
        rom.interrupt(vector, IRET)
    for vector, handler in HANDLERS.items():
        rom.interrupt(vector, handler.place(rom))
    for vector in SERVICES:
        rom.service(vector, RealTrap(f"BIOS_INT_{vector:02X}H", "bios", f"int{vector:02x}", After.IRET))
    for vector, where in POINTERS.items():
        rom.interrupt(vector, where)
    for vector, original in ALIASES.items():
        rom.memory.write_u32(vector * 4, rom.memory.read_u32(original * 4))
