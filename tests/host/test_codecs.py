"""Structures in guest memory and addresses on paper: reading and writing are each other's inverse."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.address import Far
from app.emu.descriptor import Descriptor, sized
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import Registers, Segment
from tests.emu.runs import fuzz

words, dwords = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)

# The real mode call structure, DPMI 0.9: name, offset, bytes.
FIELDS = (
    ("edi", 0x00, 4), ("esi", 0x04, 4), ("ebp", 0x08, 4), ("reserved", 0x0C, 4), ("ebx", 0x10, 4), ("edx", 0x14, 4),
    ("ecx", 0x18, 4), ("eax", 0x1C, 4), ("flags", 0x20, 2), ("es", 0x22, 2), ("ds", 0x24, 2), ("fs", 0x26, 2),
    ("gs", 0x28, 2), ("ip", 0x2A, 2), ("cs", 0x2C, 2), ("sp", 0x2E, 2), ("ss", 0x30, 2),
)  # fmt: skip


@given(st.binary(min_size=50, max_size=50))
@fuzz(100)
def test_a_real_mode_call_survives_decoding_and_encoding(data: bytes) -> None:
    call = RealModeCall.decode(data)
    assert call.encode() == data
    for name, offset, size in FIELDS:
        assert getattr(call, name) == int.from_bytes(data[offset : offset + size], "little"), name


def test_the_real_mode_call_structure_is_the_specifications() -> None:
    assert RealModeCall.SIZE == RealModeCall.LAYOUT.size == 0x32
    assert sum(size for _, _, size in FIELDS) == 0x32
    assert FIELDS[[name for name, _, _ in FIELDS].index("ip")][1] == RealModeCall.UPDATED


@given(st.lists(dwords, min_size=8, max_size=8), st.lists(words, min_size=8, max_size=8))
@fuzz(50)
def test_a_callbacks_structure_holds_all_registers(general: list[int], segments: list[int]) -> None:
    eax, ebx, ecx, edx, esi, edi, ebp, esp = general
    cs, ds, es, fs, gs, ss, ip, flags = segments
    regs = Registers(
        eax=eax, ebx=ebx, ecx=ecx, edx=edx, esi=esi, edi=edi, ebp=ebp, esp=esp, eip=ip, eflags=0x20000 | flags,
        cs=Segment.real(cs), ds=Segment.real(ds), es=Segment.real(es), fs=Segment.real(fs), gs=Segment.real(gs),
        ss=Segment.real(ss),
    )  # fmt: skip
    call = RealModeCall.of(regs)
    expected = (edi, esi, ebp, 0, ebx, edx, ecx, eax, flags, es, ds, fs, gs, ip, cs, esp & 0xFFFF, ss)
    assert astuple(call) == expected
    assert (call.target, call.stack) == (Far(cs, ip), Far(ss, esp & 0xFFFF))


@given(st.binary(min_size=8, max_size=8))
@fuzz(200)
def test_a_descriptor_survives_decoding_and_encoding(data: bytes) -> None:
    assert Descriptor.decode(data).encode() == data


@given(dwords, st.integers(0, 0xFFFFF), st.integers(0, 255), st.integers(0, 15))
@fuzz(100)
def test_a_descriptor_survives_encoding_and_decoding(base: int, raw_limit: int, access: int, flags: int) -> None:
    descriptor = Descriptor(base, raw_limit, access, flags)
    assert Descriptor.decode(descriptor.encode()) == descriptor


def test_a_descriptor_lies_in_memory_as_the_processor_manual_says() -> None:
    # limit 15-0, base 15-0, base 23-16, access, flags and limit 19-16, base 31-24
    assert Descriptor(0x12345678, 0xABCDE, 0xFA, 0x4).encode() == bytes.fromhex("DEBC 7856 34 FA 4A 12")


@given(dwords)
@fuzz(100)
def test_a_limit_in_bytes_is_kept_where_it_can_be(limit: int) -> None:
    descriptor = sized(0, limit, 0xF2, 4)
    expected = limit if limit <= 0xFFFFF else limit | 0xFFF
    assert (descriptor.limit, descriptor.is_big) == (expected, True)
    assert bool(descriptor.flags & 8) == (limit > 0xFFFFF)


@pytest.mark.parametrize(
    "access, flags, words",
    [
        (0xFA, 0, "16-bit code, readable"),
        (0xFB, 4, "32-bit code, readable, accessed"),
        (0xF8, 0, "16-bit code, execute-only"),
        (0xF2, 0, "data, writable"),
        (0xF0, 4, "data, read-only, big"),
        (0xF7, 0, "data, writable, expand-down, accessed"),
        (0x89, 0, "386 TSS"),
        (0xEE, 0, "386 interrupt gate"),
        (0x82, 0, "LDT"),
    ],
)
def test_a_descriptor_in_words(access: int, flags: int, words: str) -> None:
    assert Descriptor(0, 0, access, flags).describe() == words


@given(words, words)
@fuzz(50)
def test_a_narrow_address_survives_printing_and_parsing(segment: int, offset: int) -> None:
    far = Far(segment, offset)
    assert Far.parse(str(far)) == far
    assert Far.from_dword(far.to_dword()) == far
    assert len(str(far)) == 9


@given(words, dwords)
@fuzz(50)
def test_a_wide_address_survives_printing_and_parsing(segment: int, offset: int) -> None:
    far = Far(segment, offset, wide=True)
    assert Far.parse(str(far)) == far
    assert len(str(far)) == 13


def test_addresses_print_as_the_interface_says() -> None:
    assert str(Far(0xA7, 0x12C, wide=True)) == "00A7:0000012C"
    assert str(Far(0x1234, 0x100)) == "1234:0100"
    assert Far.parse(" a7:12c ") == Far(0xA7, 0x12C)


@pytest.mark.parametrize("text", ["", "1234", ":0100", "1234:", "12345:0", "1234:123456789", "wxyz:0000", "1:2:3", "-1:0", "1_0:0", "+1:0"])  # fmt: skip # noqa: E501
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="0087:0100"):
        Far.parse(text)


@given(st.text(max_size=20))
@fuzz(200)
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        far = Far.parse(text)
    except ValueError:
        return
    assert 0 <= far.segment <= 0xFFFF
    assert 0 <= far.offset <= 0xFFFFFFFF
    assert Far.parse(str(far)) == far
