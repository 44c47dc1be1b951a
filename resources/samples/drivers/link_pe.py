"""Make a Win32 console program: `python3 link_pe.py SOURCE.asm PROGRAM.exe` assembles with nasm and links.

It begins at the global symbol `start`. What the source does not define is imported from KERNEL32.DLL: the symbol is
the dword that holds the function's address, so that `call [ExitProcess]` calls it.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

from elf import PAGE, Section, assemble

_BASE: Final = 0x400000
_PE: Final = 0x80
_FILE: Final = 0x200
"""Sections begin in the file at multiples of it."""
_STACK: Final = 0x10000
_CODE, _DATA, _BSS, _RELOCATIONS = 0x60000020, 0xC0000040, 0xC0000080, 0x42000040
_STUB: Final = (
    bytes.fromhex("0E1F BA0E00 B409 CD21 B8014C CD21") + b"A Win32 program: dpmiscope --vxd DRIVER PROGRAM\r\n$"
)
"""push cs / pop ds / mov dx, text / mov ah, 9 / int 21h / mov ax, 4C01h / int 21h"""


def _up(value: int, unit: int) -> int:
    return value + unit - 1 & -unit


def _imports(names: list[str], at: int) -> tuple[bytes, dict[str, int]]:
    """The table of imports, to lie at an address relative to the image, and where each function's dword is."""
    slots = 40
    texts = slots + 4 * (len(names) + 1)
    data, places = b"", {}
    for name in names:
        places[name] = texts + len(data)
        data += b"\0\0" + name.encode() + b"\0"
    library = texts + len(data)
    table = struct.pack("<5I", 0, 0, 0, at + library, at + slots) + bytes(20)
    table += b"".join(struct.pack("<I", at + places[name]) for name in names) + bytes(4)
    return table + data + b"KERNEL32.DLL\0", {name: at + slots + 4 * number for number, name in enumerate(names)}


def _relocations(places: list[int]) -> bytes:
    blocks = b""
    for page in sorted({place & -PAGE for place in places}):
        entries = [0x3000 | place - page for place in sorted(places) if place & -PAGE == page]
        entries += [0] * (len(entries) % 2)
        blocks += struct.pack(f"<II{len(entries)}H", page, 8 + 2 * len(entries), *entries)
    return blocks


def write_pe(sections: dict[int, Section], entry: tuple[int, int]) -> bytes:
    """The PE file."""
    bases, at = {}, PAGE
    for index, section in sections.items():
        bases[index] = at
        at = _up(at + section.size, PAGE)
    names = sorted({target for each in sections.values() for _, target, _, _ in each.fixups if isinstance(target, str)})
    imports, slots = _imports(names, at)
    places = []
    for index, section in sections.items():
        for offset, target, target_offset, relative in section.fixups:
            base = slots[target] if isinstance(target, str) else bases[target]
            place = bases[index] + offset
            value = base + target_offset - (place + 4 if relative else -_BASE)
            struct.pack_into("<i", section.data, offset, value)
            places += [] if relative else [place]
    relocations = _relocations(places)
    relocations_at = _up(at + len(imports), PAGE)
    parts = [
        (section.name, bytes(section.data), section.size, bases[index],
         _CODE if section.is_code else _DATA if section.data else _BSS)
        for index, section in sections.items()
    ]  # fmt: skip
    parts.append((".idata", imports, len(imports), at, _DATA))
    parts.append((".reloc", relocations, len(relocations), relocations_at, _RELOCATIONS))
    directories = {1: (at, 40), 5: (relocations_at, len(relocations))}
    return _file(parts, bases[entry[0]] + entry[1], directories)


def _file(parts: list[tuple[str, bytes, int, int, int]], entry: int, directories: dict[int, tuple[int, int]]) -> bytes:
    size = _up(parts[-1][3] + parts[-1][2], PAGE)
    headers = _up(_PE + 24 + 224 + 40 * len(parts), _FILE)
    stub = bytearray(
        struct.pack("<2s13H", b"MZ", _PE, 1, 0, 4, 0x20, 0xFFFF, 0, 0x100, 0, 0, 0, 0x40, 0).ljust(0x40, b"\0")
    )
    struct.pack_into("<I", stub, 0x3C, _PE)
    front = bytes(stub) + _STUB
    head = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x14C, len(parts), 0, 0, 0, 224, 0x0102)
    optional = struct.pack("<HBB9I", 0x10B, 1, 0, 0, 0, 0, entry, PAGE, 0, _BASE, PAGE, _FILE)
    optional += struct.pack("<6H4I2H", 4, 0, 0, 0, 4, 0, 0, size, headers, 0, 3, 0)
    optional += struct.pack("<6I", _STACK, PAGE, 0, 0, 0, 16)
    optional += b"".join(struct.pack("<II", *directories.get(number, (0, 0))) for number in range(16))
    table, body, place = b"", b"", headers
    for name, data, virtual, rva, flags in parts:
        raw = _up(len(data), _FILE)
        table += struct.pack("<8s6I2HI", name.encode()[:8], virtual, rva, raw, place if raw else 0, 0, 0, 0, 0, flags)
        body += data.ljust(raw, b"\0")
        place += raw
    return (front.ljust(_PE, b"\0") + head + optional + table).ljust(headers, b"\0") + body


def build(source: Path, target: Path) -> None:
    """Assemble and link one program. Raises `CalledProcessError` when nasm fails, `ValueError` when linking does."""
    sections, symbols = assemble(source)
    if "start" not in symbols:
        raise ValueError("no global symbol is called start: where does the program begin?")
    target.write_bytes(write_pe(sections, symbols["start"]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: link_pe.py SOURCE.asm PROGRAM.exe")
    build(Path(sys.argv[1]), Path(sys.argv[2]))
