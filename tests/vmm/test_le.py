"""LE files: fixups of every kind a driver has, and files that are broken in all ways (VMM 7)."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.machine_errors import LoadError
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from app.emu.vmm.device import load_device
from app.emu.vmm.le import read_le
from tests.emu.runs import fuzz
from tests.vmm.lab import Bench, linker

SECTIONS = """
control: clc
        ret
        section .data
pointers dd     control, the_DDB, pointers
        times 0FF0h - ($ - pointers - 0) db 0
across  dd      control, control, control, control, control, control
        section .itext
begin:  call    control
        ret
        section .bss
room    resb    5000
"""


def le_of(data: bytes) -> int:
    return int(struct.unpack_from("<I", data, 0x3C)[0])


@pytest.fixture
def image(bench: Bench) -> bytes:
    return bench.driver(SECTIONS).read_bytes()


def test_objects_and_fixups(image: bytes) -> None:
    memory = Memory(8)
    device = load_device(memory, read_le(image, "test.vxd"), "test.vxd", layout.VXDS, {})
    assert (device.name, device.number, len(device.parts)) == ("TESTVXD", 0x7F01, 4)
    by_size = {part.size: part.linear for part in device.parts}
    control = device.control_procedure(memory)
    data = next(part for part in device.parts if part.linear <= device.ddb < part.linear + part.size)
    pointers = device.ddb + 0x38
    assert struct.unpack("<3I", memory.read(pointers, 12)) == (control, device.ddb, pointers)
    assert struct.unpack("<6I", memory.read(pointers + 0xFF0, 24)) == (control,) * 6, "one of them across two pages"
    assert data.linear + data.size >= pointers + 0xFF0 + 24
    begin = next(part.linear for part in device.parts if memory.read_u8(part.linear) == 0xE8)
    assert begin + 5 + memory.read_u32(begin + 1) & 0xFFFFFFFF == control
    assert memory.read(by_size[5000], 5000) == bytes(5000)


def test_initialisation_code_is_known_as_such(image: bytes) -> None:
    assert [part.is_discardable for part in read_le(image, "test.vxd").objects].count(True) == 1


def test_a_list_of_source_offsets(image: bytes) -> None:
    """The linker writes single records: make one list of two of them."""
    found = read_le(image, "test.vxd").fixups
    data, at = bytearray(image), le_of(image)
    table, records = (at + struct.unpack_from("<I", data, at + field)[0] for field in (0x68, 0x6C))
    pages = struct.unpack_from("<I", data, at + 0x14)[0]
    ends = list(struct.unpack_from(f"<{pages + 1}I", data, table))
    page = next(number for number in range(pages) if ends[number + 1] - ends[number] >= 18)
    start = records + ends[page]
    first, second = (struct.unpack_from("<BBhBI", data, start + offset) for offset in (0, 9))
    second = (*second[:3], *first[3:])
    merged = struct.pack("<BBBBIhh", first[0] | 0x20, first[1], 2, first[3], first[4], first[2], second[2])
    data[start : records + ends[-1]] = merged + data[start + 18 : records + ends[-1]] + bytes(18 - len(merged))
    for number in range(page + 1, pages + 1):
        struct.pack_into("<I", data, table + 4 * number, ends[number] - 18 + len(merged))
    again = read_le(bytes(data), "test.vxd").fixups
    assert [fixup.offset for fixup in again] == [fixup.offset for fixup in found]
    at = next(number for number, fixup in enumerate(again) if fixup.offset == first[2] and fixup.object > 0)
    assert (again[at].target_object, again[at].target_offset) == (again[at + 1].target_object, first[4])


BROKEN = {
    "no MZ": (lambda data, le: data.__setitem__(slice(0, 2), b"ZZ"), "does not begin with MZ"),
    "LX": (lambda data, le: data.__setitem__(slice(le, le + 2), b"LX"), "OS/2"),
    "W4": (lambda data, le: data.__setitem__(slice(le, le + 2), b"W4"), "packed by Windows"),
    "NE": (lambda data, le: data.__setitem__(slice(le, le + 2), b"NE"), "no LE header"),
    "big endian": (lambda data, le: data.__setitem__(le + 2, 1), "big-endian"),
    "another system": (lambda data, le: data.__setitem__(le + 0x0A, 1), "operating system 1"),
    "page size": (lambda data, le: data.__setitem__(le + 0x29, 0x20), "pages have"),
    "no DDK version": (lambda data, le: data.__setitem__(slice(le + 0xC2, le + 0xC4), b"\0\0"), "DDK version"),
    "no objects": (lambda data, le: data.__setitem__(slice(le + 0x44, le + 0x48), bytes(4)), "0 objects"),
    "header beyond the end": (lambda data, le: data.__setitem__(slice(0x3C, 0x40), b"\xff" * 4), "behind the end"),
    "object table beyond the end": (lambda data, le: data.__setitem__(le + 0x42, 0xFF), "behind the end"),
    "data beyond the end": (lambda data, le: data.__setitem__(le + 0x82, 0xFF), "behind the end"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_files_are_refused_with_a_reason(image: bytes, how: str) -> None:
    breaks, reason = BROKEN[how]
    data = bytearray(image)
    breaks(data, le_of(image))
    with pytest.raises(LoadError, match=reason) as error:
        read_le(bytes(data), "test.vxd")
    assert str(error.value).startswith("test.vxd: ")


def test_every_shorter_file_is_refused(image: bytes) -> None:
    for size in [*range(0, 0x300, 7), *range(0x300, len(image), 997)]:
        with pytest.raises(LoadError):
            load_device(Memory(8), read_le(image[:size], "test.vxd"), "test.vxd", layout.VXDS, {})


_SMALL = Path(__file__).resolve().parents[2] / "resources" / "samples" / "drivers" / "entry.vxd"


@fuzz(400)
@given(st.lists(st.tuples(st.integers(0, 0x400), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_changed_file_loads_or_is_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_SMALL.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(LoadError):  # anything else is a failure
        load_device(Memory(8), read_le(bytes(data), "test.vxd"), "test.vxd", layout.VXDS, {})


@fuzz(200)
@given(st.binary(max_size=600))
def test_any_bytes_behind_a_header_are_refused(tail: bytes) -> None:
    with pytest.raises(LoadError):
        read_le(b"MZ" + bytes(0x3A) + (0x40).to_bytes(4, "little") + b"LE" + tail, "test.vxd")


def test_the_linker_tells_what_is_missing(bench: Bench) -> None:
    source = bench.folder / "none.asm"
    source.write_text("section .text\n nop\n")
    with pytest.raises(ValueError, match="_DDB"):
        linker("link_vxd").build(source, bench.folder / "none.vxd")


def test_a_ddb_that_would_be_freed_is_refused(image: bytes) -> None:
    """Make all objects discardable."""
    data, at = bytearray(image), le_of(image)
    table, count = struct.unpack_from("<II", data, at + 0x40)
    for number in range(count):
        data[at + table + 24 * number + 8] |= 0x10
    with pytest.raises(LoadError, match="initialisation part"):
        load_device(Memory(8), read_le(bytes(data), "test.vxd"), "test.vxd", layout.VXDS, {})
