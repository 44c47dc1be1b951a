"""What programs may look at of DOS itself, at segment 0060h.

002Eh segment of the first MCB  0030h list of lists
0080h country information  00B0h upper-case table  0140h collating table  0250h file name characters
0280h table of double-byte characters (none)  0290h swappable data area (swappable_area.py)
02AAh media descriptor of drive C:
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.dos import names
from app.emu.dos.memory_blocks import FIRST_MCB
from app.emu.dos.mount import DRIVE

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

DATA: Final = 0x0060
SWAPPABLE: Final = Far(DATA, 0x290)
MEDIA: Final = Far(DATA, 0x2AA)
IN_DOS: Final = Far(DATA, 0x291)
LIST_OF_LISTS: Final = Far(DATA, 0x30)
COUNTRY: Final = Far(DATA, 0x80)
COUNTRY_SIZE: Final = 34
UPPER_CASE: Final = Far(DATA, 0xB0)
COLLATING: Final = Far(DATA, 0x140)
NAME_CHARACTERS: Final = Far(DATA, 0x250)
DOUBLE_BYTE: Final = Far(DATA, 0x280)
_FIXED_DISK: Final = 0xF8
_NOWHERE: Final = 0xFFFFFFFF
_TERMINATORS: Final = b'."/\\[]:|<>+=;,'


def write(memory: Memory, case_map: Far) -> None:
    """Lay out the area. case_map: the routine behind the country information's pointer."""
    memory.write(DATA << 4, bytes(0x300))
    memory.write_u16(LIST_OF_LISTS.real_linear - 2, FIRST_MCB)
    memory.write(LIST_OF_LISTS.real_linear, _list_of_lists())
    memory.write(COUNTRY.real_linear, country_information(case_map))
    upper = bytes(upper_byte(byte) for byte in range(128, 256))
    memory.write(UPPER_CASE.real_linear, len(upper).to_bytes(2, "little") + upper)
    order = bytes(range(97)) + bytes(range(65, 91)) + bytes(range(123, 256))
    memory.write(COLLATING.real_linear, len(order).to_bytes(2, "little") + order)
    characters = struct.pack("<B2BB2BB", 1, 0, 255, 0, 0, 32, 2) + bytes([len(_TERMINATORS)]) + _TERMINATORS
    memory.write_u8(MEDIA.real_linear, _FIXED_DISK)
    memory.write(NAME_CHARACTERS.real_linear, len(characters).to_bytes(2, "little") + characters)


def _list_of_lists() -> bytes:
    """The variables INT 21h AH=52h points to; a pointer to what this DOS does not have leads nowhere (FFFF:FFFF)."""
    null_device = struct.pack("<IHHH8s", _NOWHERE, 0x8004, 0xFFFF, 0xFFFF, b"NUL     ")
    pointers = struct.pack("<IIIIHIIIHBB", *[_NOWHERE] * 4, 512, *[_NOWHERE] * 3, 0, 1, DRIVE + 1)
    return pointers + null_device


def country_information(case_map: Far) -> bytes:
    """The 34 bytes of INT 21h AH=38h for the United States (MS-DOS Programmer's Reference, COUNTRYINFO).

    00h date format  02h currency  07h thousands  09h decimal  0Bh date  0Dh time separator  0Fh currency format
    10h digits after the decimal  11h 12-hour clock  12h case map routine  16h list separator  18h reserved
    """
    return struct.pack("<H5s2s2s2s2sBBBI2s10x", 0, b"$", b",", b".", b"-", b":", 0, 2, 0, case_map.to_dword(), b",")


def upper_byte(byte: int) -> int:
    """A character of code page 437 in upper case."""
    return names.upper(bytes([byte]).decode("cp437")).encode("cp437")[0]
