"""LE files: the format of device drivers (.386, .VXD), as far as a driver needs it (VMM 7)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.emu.machine_errors import LoadError

PAGE: Final = 0x1000
HEADER_SIZE: Final = 0xC4
MOST: Final = 0xB0000
"""Bytes the objects of a driver may have: what there is for all drivers."""
_WINDOWS_386: Final = 4
_WRITE, _EXECUTABLE, _DISCARDABLE, _BIG = 0x02, 0x04, 0x10, 0x2000
_KIND, _RESIDENT = 0x700, 0x200
_INTERNAL: Final = 0
_SOURCE_LIST: Final = 0x20
_OFFSET_32: Final = 7
_RELATIVE_32: Final = 8
_SHORTEST_RECORD: Final = 4


@dataclass(frozen=True, slots=True)
class LeObject:
    """One object: its bytes as they are loaded, fixups not applied yet."""

    data: bytes
    is_code: bool
    is_discardable: bool
    """Initialisation code or data, which is freed after Init_Complete or Sys_Dynamic_Device_Init."""
    is_resident: bool
    """Static: it stays where it is when the driver is unloaded, and serves it again when it is loaded again."""


@dataclass(frozen=True, slots=True)
class Fixup:
    """A 32-bit field to be filled in. Objects count from 0, offsets are in bytes within them."""

    object: int
    offset: int
    target_object: int
    target_offset: int
    is_relative: bool


@dataclass(frozen=True, slots=True)
class LeImage:
    """A driver as its file describes it. ddb: object and offset of the device description block (ordinal 1)."""

    module: str
    objects: tuple[LeObject, ...]
    fixups: tuple[Fixup, ...]
    ddb: tuple[int, int]


class _Bad(Exception):
    """What is wrong with a file."""


def read_le(data: bytes, name: str) -> LeImage:
    """Read a driver. name: of the file, for messages. Raises `LoadError` with a message for the user."""
    try:
        return _Reader(data).image()
    except _Bad as bad:
        raise LoadError(f"{name}: no device driver that can be loaded: {bad}") from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        if data[:2] != b"MZ":
            raise _Bad("it does not begin with MZ; give a driver in LE format (.386 or .VXD)")
        self._le = self._u32(0x3C, "the offset of the LE header")
        signature = self._take(self._le, 2, "the LE header")
        if signature == b"LX":
            raise _Bad("it is an LX file, as OS/2 has them")
        if signature in {b"W3", b"W4"}:
            raise _Bad("it holds several drivers packed by Windows; unpack them first")
        if signature != b"LE":
            raise _Bad("it has no LE header")
        self._take(self._le, HEADER_SIZE, "the LE header")
        if self._header(0x02) & 0xFFFF:
            raise _Bad("its bytes or words are in big-endian order")
        if (system := self._header(0x0A) & 0xFFFF) != _WINDOWS_386:
            raise _Bad(f"it is for operating system {system}, not for Windows 386 (4)")
        if (size := self._header(0x28)) != PAGE:
            raise _Bad(f"its pages have {size} bytes instead of 4096")
        if not self._header(0xC0) >> 16:
            raise _Bad("it has no DDK version in its header (ADDHDR writes it), which Windows refuses")
        self._pages = self._header(0x14)
        self._sizes: list[int] = []
        self._first_pages: list[tuple[int, int]] = []

    def image(self) -> LeImage:
        """All of it."""
        objects = self._objects()
        return LeImage(self._module(), objects, tuple(self._fixups()), self._ddb())

    # Parts of the file

    def _take(self, at: int, size: int, what: str) -> bytes:
        if at + size > len(self._data):
            raise _Bad(f"{what} would lie behind the end of the file, at {at:X}h")
        return self._data[at : at + size]

    def _u32(self, at: int, what: str) -> int:
        return int.from_bytes(self._take(at, 4, what), "little")

    def _u16(self, at: int, what: str) -> int:
        return int.from_bytes(self._take(at, 2, what), "little")

    def _header(self, at: int) -> int:
        return self._u32(self._le + at, "the LE header")

    def _objects(self) -> tuple[LeObject, ...]:
        table, count = self._le + self._header(0x40), self._header(0x44)
        if not 0 < count <= 0xFF:
            raise _Bad(f"it has {count} objects; a driver has 1 to 255")
        objects, total = [], 0
        for number in range(count):
            what = f"object {number + 1}"
            size, _, flags, first, pages, _ = struct.unpack("<6I", self._take(table + number * 24, 24, what))
            total += size + PAGE - 1 & -PAGE
            if total > MOST:
                raise _Bad(f"its objects are larger than {MOST >> 10} KiB")
            if pages * PAGE > size + PAGE - 1 or (pages and first + pages - 1 > self._pages) or (pages and not first):
                raise _Bad(f"{what} claims pages it cannot have")
            data = b"".join(self._page(first + index) for index in range(pages))[:size].ljust(size, b"\0")
            if not flags & _BIG and size and not flags & _DISCARDABLE:
                raise _Bad(f"{what} is 16-bit; only initialisation parts may be")
            self._sizes.append(size)
            self._first_pages.append((first, pages if flags & _BIG else 0))  # nobody runs 16-bit initialisation
            executable, discardable = bool(flags & _EXECUTABLE), bool(flags & _DISCARDABLE)
            resident = flags & _KIND == _RESIDENT and not discardable
            objects.append(LeObject(data, executable, discardable, resident))
        return tuple(objects)

    def _page(self, number: int) -> bytes:
        """The contents of a logical page, which count from 1."""
        what = f"page {number}"
        entry = self._take(self._le + self._header(0x48) + (number - 1) * 4, 4, f"the map entry of {what}")
        physical, kind = int.from_bytes(entry[:3], "big"), entry[3]
        if kind == 3 or not physical:
            return bytes(PAGE)
        if kind != 0:
            raise _Bad(f"{what} is of kind {kind}; drivers have pages of the file (0) and zeros (3)")
        if physical > self._pages:
            raise _Bad(f"{what} is to be page {physical} of the file, which has {self._pages}")
        size = self._header(0x2C) if physical == self._pages else PAGE
        if size > PAGE:
            raise _Bad(f"its last page has {size} bytes")
        return self._take(self._header(0x80) + (physical - 1) * PAGE, size, what).ljust(PAGE, b"\0")

    # Fixups

    def _fixups(self) -> Iterator[Fixup]:
        table, records = self._le + self._header(0x68), self._le + self._header(0x6C)
        for number, (first, pages) in enumerate(self._first_pages):
            for index in range(pages):
                page = first + index
                start, end = (self._u32(table + at * 4, f"the fixups of page {page}") for at in (page - 1, page))
                if end < start:
                    raise _Bad(f"the fixups of page {page} end before they begin")
                self._take(records + start, end - start, f"the fixups of page {page}")
                at = records + start
                while at < records + end:
                    if records + end - at < _SHORTEST_RECORD:
                        raise _Bad(f"the last fixup of page {page} is cut off")
                    at, found = self._record(at, page)
                    for offset, target, target_offset, relative in found:
                        place = index * PAGE + offset
                        if place < 0 or place + 4 > self._sizes[number]:
                            raise _Bad(f"a fixup of page {page} is outside of its object")
                        yield Fixup(number, place, target, target_offset, relative)

    def _record(self, at: int, page: int) -> tuple[int, list[tuple[int, int, int, bool]]]:
        """One fixup record: where the next one begins, and (offset, object, target offset, relative) of each field."""
        what = f"a fixup of page {page}"
        source, flags = self._take(at, 2, what)
        kind = source & 0x0F
        if kind not in (_OFFSET_32, _RELATIVE_32):
            raise _Bad(f"{what} is of kind {kind}; 32-bit drivers have offsets (7) and relative ones (8)")
        if flags & 3 != _INTERNAL:
            raise _Bad(f"{what} refers to another module, which drivers cannot")
        at += 2
        listed = source & _SOURCE_LIST
        count = self._take(at, 1, what)[0] if listed else 1
        offsets = [] if listed else [_signed(self._u16(at, what))]
        at += 1 if listed else 2
        number = self._u16(at, what) if flags & 0x40 else self._take(at, 1, what)[0]
        at += 2 if flags & 0x40 else 1
        target = self._u32(at, what) if flags & 0x10 else self._u16(at, what)
        at += 4 if flags & 0x10 else 2
        if listed:
            offsets = [_signed(self._u16(at + 2 * index, what)) for index in range(count)]
            at += 2 * count
        if not 0 < number <= len(self._sizes):
            raise _Bad(f"{what} refers to object {number}; there are {len(self._sizes)}")
        return at, [(offset, number - 1, target, kind == _RELATIVE_32) for offset in offsets]

    # Names and the entry

    def _module(self) -> str:
        """The module's name: the first resident one."""
        at = self._le + self._header(0x58)
        return self._take(at + 1, self._take(at, 1, "the module's name")[0], "the module's name").decode("cp437")

    def _ddb(self) -> tuple[int, int]:
        """Object and offset of ordinal 1."""
        at = self._le + self._header(0x5C)
        count, kind = self._take(at, 2, "the entry table")
        if not count or kind != 3:
            raise _Bad("ordinal 1 of its entry table is no 32-bit entry: where is its device description block?")
        number, offset = self._u16(at + 2, "the entry table"), self._u32(at + 5, "the entry table")
        if not 0 < number <= len(self._sizes):
            raise _Bad(f"its device description block is to lie in object {number}; there are {len(self._sizes)}")
        return number - 1, offset


def _signed(value: int) -> int:
    return value - 0x10000 if value & 0x8000 else value
