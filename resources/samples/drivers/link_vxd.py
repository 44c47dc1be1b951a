"""Make a device driver in LE format: `python3 link_vxd.py SOURCE.asm DRIVER.vxd` assembles with nasm and links.

One object of the driver for each section of the ELF file nasm writes. The global symbol that ends in `_DDB` becomes
ordinal 1.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

from elf import PAGE, Section, assemble

_HEADER: Final = 0x80
"""Where the LE header stands: behind that of DOS."""
_LE_SIZE: Final = 0xC4
_DISCARDABLE: Final = ".itext"
_RESIDENT: Final = ".static"


def find_ddb(sections: dict[int, Section], symbols: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Section and offset of the DDB. Raises `ValueError`."""
    undefined = [target for each in sections.values() for _, target, _, _ in each.fixups if isinstance(target, str)]
    if undefined:
        raise ValueError(f"{undefined[0]} is not defined")
    found = next((place for name, place in symbols.items() if name.endswith("_DDB")), None)
    if found is None:
        raise ValueError("no global symbol ends in _DDB: the driver has no description block")
    return found


def write_le(sections: dict[int, Section], ddb: tuple[int, int], name: str) -> bytes:
    """The LE file."""
    numbers = {index: number for number, index in enumerate(sections, 1)}
    objects, pages, records, ends = b"", 0, b"", [0]
    for section in sections.values():
        flags = 0x2041 | (4 if section.is_code else 2)
        flags |= {_DISCARDABLE: 0x10, _RESIDENT: 0x200}.get(section.name, 0)
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
    sections, symbols = assemble(source)
    target.write_bytes(write_le(sections, find_ddb(sections, symbols), target.stem))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: link_vxd.py SOURCE.asm DRIVER.vxd")
    build(Path(sys.argv[1]), Path(sys.argv[2]))
