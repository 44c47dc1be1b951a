"""COFF images: what is read from one, and that any other bytes are refused."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.dos import coff
from app.emu.machine_errors import LoadError
from tests.emu.runs import fuzz

CODE = b"\x90" * 16


def image(*, machine: int = 0x14C, magic: int = 0x10B, optional: int = 28) -> bytes:
    """An image with a section of code, one of bss and three symbols, one of them with a long name."""
    data = 20 + 28 + 2 * 40
    table = data + len(CODE)
    header = struct.pack("<HHIIIHH", machine, 2, 0, table, 4, optional, 0)
    header += struct.pack("<HHIIIIII", magic, 0, len(CODE), 0, 0, 0x1004, 0x1000, 0x1000)
    header += struct.pack("<8sIIIIIIHHI", b".text", 0, 0x1000, len(CODE), data, 0, 0, 0, 0, 0x20)
    header += struct.pack("<8sIIIIIIHHI", b".bss", 0, 0x1010, 64, 0, 0, 0, 0, 0, 0x80)
    symbols = (
        struct.pack("<8sIhHBB", b".text", 0x1000, 1, 0, 3, 1) + bytes(18)
        + struct.pack("<8sIhHBB", b"\0\0\0\0\x04", 0x1004, 1, 0, 2, 0)
        + struct.pack("<8sIhHBB", b"absolute", 5, -1, 0, 2, 0)
    )  # fmt: skip
    strings = b"a_rather_long_name\0"
    return header + CODE + symbols + struct.pack("<I", 4 + len(strings)) + strings


def test_entry_sections_and_symbols() -> None:
    found = coff.decode(image(), "A.EXE")
    assert (found.entry, found.entry_name) == (0x1004, "a_rather_long_name")
    assert found.symbols == {"a_rather_long_name": 0x1004}
    assert found.sections == (coff.Section(".text", 0x1000, 16, 128), coff.Section(".bss", 0x1010, 64, None))


@pytest.mark.parametrize(
    "data, says",
    [
        (b"\x4c\x01", "cut off at 2 bytes"),
        (image(machine=0x8664), "no 80386 program"),
        (image(optional=0), "no 80386 program"),
        (image(magic=0x107), "no executable .magic number 0107h."),
        (image()[:140], "cut off at 140 bytes"),
    ],
)
def test_refuses(data: bytes, says: str) -> None:
    with pytest.raises(LoadError, match=f"A.EXE: .*{says}"):
        coff.decode(data, "A.EXE")


@given(place=st.integers(0, 127), change=st.binary(min_size=1, max_size=8), size=st.integers(0, len(image())))
@fuzz(60)
def test_any_bytes_are_read_or_refused(place: int, change: bytes, size: int) -> None:
    data = image()[:place] + change + image()[place + len(change) :]
    for damaged in (data, data[:size], image()[:size]):
        with contextlib.suppress(LoadError):
            coff.decode(damaged, "A.EXE")
