"""The swappable data area: what DOS knows of the current program, in guest memory where resident programs swap it.

It is the only truth: a program that writes another PSP or transfer area here has changed them (INT 21h AX=5D06h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.address import Far
from app.emu.dos.data_area import SWAPPABLE
from app.emu.dos.mount import DRIVE

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

SIZE: Final = 0x1A
_IN_DOS: Final = 0x01
_CRITICAL_DRIVE: Final = 0x02
_LOCUS: Final = 0x03
_ERROR: Final = 0x04
_ACTION: Final = 0x06
_CLASS: Final = 0x07
_ERROR_POINTER: Final = 0x08
_TRANSFER_AREA: Final = 0x0C
_PSP: Final = 0x10
_RETURN_CODE: Final = 0x14
_DRIVE: Final = 0x16
_BREAK: Final = 0x17
_NO_DRIVE: Final = 0xFF
_CLASSES: Final = {
    1: (7, 4, 1), 2: (8, 3, 2), 3: (8, 3, 2), 4: (1, 4, 1), 5: (3, 3, 1), 6: (7, 4, 1), 7: (7, 5, 5), 8: (1, 4, 5),
    9: (7, 4, 5), 0x0B: (9, 3, 1), 0x0F: (8, 3, 2), 0x12: (8, 3, 2), 0x21: (10, 2, 2), 0x50: (12, 3, 2),
}  # fmt: skip
"""Class, suggested action and locus by code (MS-DOS Programmer's Reference, INT 21h AH=59h)."""


class LastError(NamedTuple):
    """What went wrong last, as INT 21h AH=59h tells it; pointer: of a disk without its label, else 0."""

    code: int
    error_class: int
    action: int
    locus: int
    pointer: Far

    @classmethod
    def of(cls, code: int) -> LastError:
        """A failure with the class, action and locus that go with its code."""
        return cls(code, *_CLASSES.get(code, (13, 4, 1)), Far(0, 0))


class SwappableArea:
    """MS-DOS 4.0 and later (Ralf Brown's Interrupt List, INT 21h AX=5D06h).

    00h critical error flag  01h InDOS flag  02h drive of a critical error  03h locus, 04h code, 06h action, 07h class,
    08h pointer of the last error  0Ch disk transfer area  10h current PSP  12h SP across INT 23h (unused)
    14h return code of the last program that ended  16h current drive  17h Ctrl-C check
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._base = SWAPPABLE.real_linear

    def create(self) -> None:
        """Write the area as it is before the first program."""
        self._memory.write(self._base, bytes(SIZE))
        self._memory.write_u8(self._base + _CRITICAL_DRIVE, _NO_DRIVE)
        self._memory.write_u8(self._base + _DRIVE, DRIVE)

    def _byte(self, offset: int) -> int:
        return self._memory.read_u8(self._base + offset)

    @property
    def in_dos(self) -> int:
        """How many INT 21h calls are in progress."""
        return self._byte(_IN_DOS)

    @in_dos.setter
    def in_dos(self, count: int) -> None:
        self._memory.write_u8(self._base + _IN_DOS, count)

    @property
    def last_error(self) -> LastError:
        """The last failure."""
        code = self._memory.read_u16(self._base + _ERROR)
        pointer = Far.from_dword(self._memory.read_u32(self._base + _ERROR_POINTER))
        return LastError(code, self._byte(_CLASS), self._byte(_ACTION), self._byte(_LOCUS), pointer)

    @last_error.setter
    def last_error(self, error: LastError) -> None:
        data = bytes([error.locus]) + error.code.to_bytes(2, "little") + bytes([error.action, error.error_class])
        self._memory.write(self._base + _LOCUS, data + error.pointer.to_dword().to_bytes(4, "little"))

    @property
    def transfer_area(self) -> Far:
        """The disk transfer area."""
        return Far.from_dword(self._memory.read_u32(self._base + _TRANSFER_AREA))

    @transfer_area.setter
    def transfer_area(self, where: Far) -> None:
        self._memory.write_u32(self._base + _TRANSFER_AREA, where.to_dword())

    @property
    def psp(self) -> int:
        """The current program's PSP."""
        return self._memory.read_u16(self._base + _PSP)

    @psp.setter
    def psp(self, segment: int) -> None:
        self._memory.write_u16(self._base + _PSP, segment)

    @property
    def return_code(self) -> int:
        """Of the last program that ended: how in the high byte (0 exit, 1 Ctrl-C, 2 error, 3 resident)."""
        return self._memory.read_u16(self._base + _RETURN_CODE)

    @return_code.setter
    def return_code(self, code: int) -> None:
        self._memory.write_u16(self._base + _RETURN_CODE, code)

    @property
    def checks_break(self) -> bool:
        """Do all functions look for Ctrl-C, not only those on characters?"""
        return bool(self._byte(_BREAK))

    @checks_break.setter
    def checks_break(self, on: bool) -> None:
        self._memory.write_u8(self._base + _BREAK, int(on))
