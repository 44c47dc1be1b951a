"""Make a device driver in LE format: `python3 link_vxd.py SOURCE.asm DRIVER.vxd` assembles with nasm and links.

One object of the driver for each section of the ELF file nasm writes. The global symbol that ends in `_DDB` becomes
ordinal 1.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SOURCES = Path(__file__).resolve().parent
PAGE: Final = 0x1000
_HEADER: Final = 0x80
"""Where the LE header stands: behind that of DOS."""
_LE_SIZE: Final = 0xC4
_PROGBITS, _SYMTAB, _NOBITS, _REL = 1, 2, 8, 9
_ALLOC, _EXECUTABLE = 2, 4
_ABSOLUTE, _RELATIVE = 1, 2
"""Relocations R_386_32 and R_386_PC32."""
_DISCARDABLE: Final = ".itext"


@dataclass(slots=True)
class Section:
    """A section that is loaded. fixups: (offset, target section's ELF index, target offset, is relative)."""

    name: str
    data: bytearray
    size: int
    is_code: bool
    fixups: list[tuple[int, int, int, bool]] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """Pages of it that lie in the file."""
        return (len(self.data) + PAGE - 1) // PAGE


def _text(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()


def read_elf(data: bytes) -> tuple[dict[int, Section], tuple[int, int]]:
    """The sections of an object file by their ELF index, and where its DDB lies: section and offset."""
    if data[:4] != b"\x7fELF":
        raise ValueError("nasm has not written an ELF file")
    headers_at, size, count, names_index = struct.unpack_from("<I10xHHH", data, 0x20)
    headers = [struct.unpack_from("<10I", data, headers_at + number * size) for number in range(count)]

    def contents(header: tuple[int, ...]) -> bytes:
        return data[header[4] : header[4] + header[5]]

    names = contents(headers[names_index])
    sections = {
        index: Section(
            _text(names, header[0]), bytearray(contents(header) if header[1] == _PROGBITS else b""), header[5],
            bool(header[2] & _EXECUTABLE),
        )
        for index, header in enumerate(headers)
        if header[1] in (_PROGBITS, _NOBITS) and header[2] & _ALLOC and header[5]
    }  # fmt: skip
    table = next(header for header in headers if header[1] == _SYMTAB)
    strings = contents(headers[table[6]])
    symbols = [struct.unpack_from("<IIIBBH", contents(table), at) for at in range(0, table[5], 16)]
    for header in headers:
        if header[1] == _REL and header[7] in sections:
            for at in range(0, header[5], 8):
                offset, info = struct.unpack_from("<II", contents(header), at)
                _add_fixup(sections[header[7]], offset, info & 0xFF, symbols[info >> 8], strings)
    ddb = next(
        ((each[5], each[1]) for each in symbols if each[5] in sections and _text(strings, each[0]).endswith("_DDB")),
        None,
    )
    if ddb is None:
        raise ValueError("no global symbol ends in _DDB: the driver has no description block")
    return sections, ddb


def _add_fixup(section: Section, offset: int, kind: int, symbol: tuple[int, ...], strings: bytes) -> None:
    if not symbol[5]:
        raise ValueError(f"{_text(strings, symbol[0])} is not defined")
    if kind not in (_ABSOLUTE, _RELATIVE):
        raise ValueError(f"relocation {kind} in {section.name} at {offset:X}h: only 32-bit fields can be filled in")
    addend = struct.unpack_from("<i", section.data, offset)[0]
    target = symbol[1] + addend + (4 if kind == _RELATIVE else 0)
    section.fixups.append((offset, symbol[5], target, kind == _RELATIVE))


def write_le(sections: dict[int, Section], ddb: tuple[int, int], name: str) -> bytes:
    """The LE file."""
    numbers = {index: number for number, index in enumerate(sections, 1)}
    objects, pages, records, ends = b"", 0, b"", [0]
    for section in sections.values():
        flags = 0x2041 | (4 if section.is_code else 2) | (0x10 if section.name == _DISCARDABLE else 0)
        objects += struct.pack("<6I", section.size, 0, flags, pages + 1, section.pages, 0)
        for page in range(section.pages):
            for offset, target, target_offset, relative in section.fixups:
                start = offset - page * PAGE
                if -4 < start < PAGE:  # a field across two pages has a record in both
                    record = struct.pack("<BBhBI", 8 if relative else 7, 0x10, start, numbers[target], target_offset)
                    records += record
            ends.append(len(records))
        pages += section.pages
    page_map = b"".join(number.to_bytes(3, "big") + b"\0" for number in range(1, pages + 1))
    module = name.upper().encode()
    resident = bytes((len(module),)) + module + b"\0\0" + b"\0"
    entries = struct.pack("<BBHBI", 1, 3, numbers[ddb[0]], 1, ddb[1]) + b"\0"
    fixup_pages = b"".join(struct.pack("<I", end) for end in ends)
    parts = [objects, page_map, resident, entries, fixup_pages, records]
    places = [_LE_SIZE]
    for part in parts:
        places.append(places[-1] + len(part))
    body = b"".join(
        bytes(section.data).ljust(section.pages * PAGE, b"\0") for section in sections.values() if section.pages
    )
    data_at = _HEADER + places[-1] + PAGE - 1 & -PAGE
    header = bytearray(_LE_SIZE)
    header[:2] = b"LE"
    fields = {
        0x08: 2 | 4 << 16, 0x10: 0x38000, 0x14: pages, 0x28: PAGE, 0x2C: PAGE, 0x40: places[0], 0x44: len(sections),
        0x48: places[1], 0x58: places[2], 0x5C: places[3], 0x68: places[4], 0x6C: places[5], 0x70: places[6],
        0x80: data_at, 0x84: pages, 0xC0: 0x0400 << 16,
    }  # fmt: skip
    for at, value in fields.items():
        struct.pack_into("<I", header, at, value)
    stub = bytearray(_HEADER)
    stub[:2] = b"MZ"
    struct.pack_into("<I", stub, 0x3C, _HEADER)
    front = bytes(stub) + bytes(header) + b"".join(parts)
    return front.ljust(data_at, b"\0") + body


def build(source: Path, target: Path) -> None:
    """Assemble and link one driver. Raises `CalledProcessError` when nasm fails, `ValueError` when linking does."""
    with tempfile.TemporaryDirectory() as folder:
        linked = Path(folder) / "driver.o"
        command = ["nasm", "-f", "elf32", "-Werror", f"-I{SOURCES}/", f"-I{source.parent}/", str(source), "-o", linked]
        subprocess.run(command, check=True)
        sections, ddb = read_elf(linked.read_bytes())
    target.write_bytes(write_le(sections, ddb, target.stem))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: link_vxd.py SOURCE.asm DRIVER.vxd")
    build(Path(sys.argv[1]), Path(sys.argv[2]))
