"""INT 21h functions that look for files by wildcards, the answers in the disk transfer area."""

from __future__ import annotations

import struct
from typing import Final

from app.emu.dos import far_memory
from app.emu.dos.failures import FileNotFound, NoMoreFiles
from app.emu.dos.kernel import Kernel
from app.emu.dos.mount import DRIVE
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import CX, DS_DX

_ENTRY: Final = struct.Struct("<BHHI13s")
"""From 15h on: attributes, time, date, size, name and zero."""
_SEARCH_NUMBER: Final = 0x0D
"""Where, in the 21 bytes DOS keeps for itself, the number of the search is."""


@INT21.service(0x4E, since=SINCE)
def find_first(dos: Kernel, attributes: CX, path: DS_DX) -> None:
    """Find the first entry of a name with wildcards."""
    name = dos.path(path)
    number = dos.mount.search(name, attributes)
    reserved = bytes([DRIVE + 1]) + bytes(11) + bytes([attributes & 0xFF]) + number.to_bytes(2, "little") + bytes(6)
    far_memory.write(dos.memory, (dos.dta.segment, dos.dta.offset), reserved)
    try:
        _answer(dos, number)
    except NoMoreFiles:
        if not any(letter in name for letter in "*?"):
            raise FileNotFound from None
        raise


@INT21.service(0x4F, since=SINCE)
def find_next(dos: Kernel) -> None:
    """Find the next entry of the search in the disk transfer area."""
    _answer(dos, far_memory.read_u16(dos.memory, (dos.dta.segment, dos.dta.offset + _SEARCH_NUMBER)))


def _answer(dos: Kernel, number: int) -> None:
    found = dos.mount.search_next(number)
    node, (date, time) = found.node, found.node.stamp
    entry = _ENTRY.pack(node.attributes, time, date, min(found.size, 0xFFFFFFFF), found.name.encode("cp437") + b"\0")
    far_memory.write(dos.memory, (dos.dta.segment, dos.dta.offset + 0x15), entry)
