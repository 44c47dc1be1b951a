"""Object files in ELF format, as nasm writes them: what the linkers here start from."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SOURCES = Path(__file__).resolve().parent
PAGE: Final = 0x1000
_PROGBITS, _SYMTAB, _NOBITS, _REL = 1, 2, 8, 9
_ALLOC, _EXECUTABLE = 2, 4
_ABSOLUTE, _RELATIVE = 1, 2
"""Relocations R_386_32 and R_386_PC32."""


@dataclass(slots=True)
class Section:
    """A section that is loaded. fixups: (offset, target section's ELF index, target offset, is relative).

    The target is a name where the source does not define it.
    """

    name: str
    data: bytearray
    size: int
    is_code: bool
    fixups: list[tuple[int, int | str, int, bool]] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """Pages of it that lie in the file."""
        return (len(self.data) + PAGE - 1) // PAGE


def _text(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()


def read_elf(data: bytes) -> tuple[dict[int, Section], dict[str, tuple[int, int]]]:
    """The sections of an object file by their ELF index, and where its symbols lie: section and offset."""
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
    return sections, {_text(strings, each[0]): (each[5], each[1]) for each in symbols if each[5] in sections}


def _add_fixup(section: Section, offset: int, kind: int, symbol: tuple[int, ...], strings: bytes) -> None:
    if kind not in (_ABSOLUTE, _RELATIVE):
        raise ValueError(f"relocation {kind} in {section.name} at {offset:X}h: only 32-bit fields can be filled in")
    addend = struct.unpack_from("<i", section.data, offset)[0]
    target = symbol[1] + addend + (4 if kind == _RELATIVE else 0)
    section.fixups.append((offset, symbol[5] or _text(strings, symbol[0]), target, kind == _RELATIVE))


def assemble(source: Path) -> tuple[dict[int, Section], dict[str, tuple[int, int]]]:
    """`read_elf` for a source. Raises `CalledProcessError` when nasm fails."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.o"
        command = ["nasm", "-f", "elf32", "-Werror", f"-I{SOURCES}/", f"-I{source.parent}/", str(source), "-o", made]
        subprocess.run(command, check=True)
        return read_elf(made.read_bytes())
