"""COFF images, as they stand behind the stub of a go32 program: what is in them, without loading them.

DOS only loads the stub; the stub loads the image. Source: System V ABI, "Common Object File Format"; the executables of
GNU ld for DJGPP. All numbers are little-endian; addresses are offsets into the program's segments.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.emu.machine_errors import LoadError

MACHINE: Final = 0x14C
"""An 80386."""
EXECUTABLE: Final = 0x10B
"""Magic number of the optional header: the image can be loaded as it is."""
BSS: Final = 0x80
"""Flag of a section of which nothing is in the file."""

_HEADER: Final = struct.Struct("<HHIIIHH")
"""Machine, sections, time, symbol table, symbols, size of the optional header, flags."""
_OPTIONAL: Final = struct.Struct("<HHIIIIII")
"""Magic, version, sizes of code, data and bss, entry, addresses of code and data."""
_SECTION: Final = struct.Struct("<8sIIIIIIHHI")
"""Name, physical address, address, size, data, relocations, line numbers, how many of both, flags."""
_SYMBOL: Final = struct.Struct("<8sIhHBB")
"""Name, value, section, type, class, how many auxiliary entries follow."""


class Section(NamedTuple):
    """A part of the image: at `address` for `size` bytes. place: where they stand in the image; None: all are 0."""

    name: str
    address: int
    size: int
    place: int | None


@dataclass(frozen=True, slots=True)
class Image:
    """An executable image: where it begins, its sections in order, addresses of symbols by name."""

    entry: int
    sections: tuple[Section, ...]
    symbols: dict[str, int]

    @property
    def entry_name(self) -> str:
        """A symbol at the entry, or empty."""
        return next((name for name, address in self.symbols.items() if address == self.entry), "")


def decode(data: bytes, name: str) -> Image:
    """Read an image. name: of the file, for messages. Raises `LoadError` when it is damaged or no executable."""
    machine, sections, _time, table, symbols, optional_size, _flags = _part(_HEADER, data, 0, name)
    if machine != MACHINE or optional_size < _OPTIONAL.size:
        raise LoadError(f"{name}: its COFF image is no 80386 program; a stub loads only what ld has linked")
    magic, *_, entry, _code, _data = _part(_OPTIONAL, data, _HEADER.size, name)
    if magic != EXECUTABLE:
        raise LoadError(f"{name}: its COFF image is no executable (magic number {magic:04X}h); link it again")
    first = _HEADER.size + optional_size
    found = tuple(_section(data, first + number * _SECTION.size, name) for number in range(sections))
    return Image(entry, found, dict(_symbols(data, table, symbols, name)))


def _part(layout: struct.Struct, data: bytes, offset: int, name: str) -> tuple[int, ...]:
    return layout.unpack(_bytes(data, offset, layout.size, name))


def _bytes(data: bytes, offset: int, size: int, name: str) -> bytes:
    _check_size(data, offset + size, name)
    return data[offset : offset + size]


def _check_size(data: bytes, size: int, name: str) -> None:
    if len(data) < size:
        raise LoadError(f"{name}: its COFF image is cut off at {len(data)} bytes; get a fresh copy of the file")


def _text(data: bytes, start: int = 0) -> str:
    """A text that ends with a zero or with the data."""
    end = data.find(b"\0", start)
    return data[start : end if end >= 0 else None].decode("cp437")


def _section(data: bytes, offset: int, name: str) -> Section:
    raw_name, _, address, size, place, _, _, _, _, flags = _SECTION.unpack(_bytes(data, offset, _SECTION.size, name))
    if flags & BSS:
        return Section(_text(raw_name), address, size, None)
    _check_size(data, place + size, name)
    return Section(_text(raw_name), address, size, place)


def _symbols(data: bytes, table: int, count: int, name: str) -> Iterator[tuple[str, int]]:
    """Names and addresses of the symbols that lie in a section. Long names stand behind the table."""
    entries = _bytes(data, table, count * _SYMBOL.size, name)
    strings = data[table + len(entries) :]
    number = 0
    while number < count:
        raw_name, value, section, _type, _class, auxiliary = _SYMBOL.unpack_from(entries, number * _SYMBOL.size)
        number += 1 + auxiliary
        if section > 0:
            short = raw_name[:4] != bytes(4)
            symbol = _text(raw_name) if short else _text(strings, int.from_bytes(raw_name[4:], "little"))
            if not symbol.startswith("."):
                yield symbol, value
