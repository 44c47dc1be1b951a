"""A descriptor in words: columns of the table, and its eight bytes field by field. No Qt."""

from __future__ import annotations

from typing import NamedTuple

from app.debug.snapshot import DescriptorRow
from app.emu.descriptor import ACCESSED, BIG, CODE, EXPAND_DOWN, GRANULAR, READABLE_OR_WRITABLE, Descriptor
from app.ui.format import byte, word

_AVAILABLE = 0x1
_GATE_TYPES = frozenset({0x4, 0x5, 0x6, 0x7, 0xC, 0xE, 0xF})


class Part(NamedTuple):
    """Some of the eight bytes that hold one field: bytes `first` to `last`."""

    first: int
    last: int
    name: str
    value: str


class Bit(NamedTuple):
    """One bit, or pair of bits, of the access byte or the flags."""

    name: str
    value: int
    words: str


def is_gate(descriptor: Descriptor) -> bool:
    """A gate holds a selector and an offset where a segment has base and limit."""
    return not descriptor.is_segment and descriptor.access & 0xF in _GATE_TYPES


def is_unused(row: DescriptorRow) -> bool:
    """A free entry: all eight bytes are zero."""
    return not any(row.raw)


def flags_words(descriptor: Descriptor) -> str:
    """The flags nibble in words: `32-bit, 4 KiB units`."""
    if is_gate(descriptor):
        return ""
    words = []
    if descriptor.is_segment:
        words.append("32-bit" if descriptor.flags & BIG else "16-bit")
    words.append("4 KiB units" if descriptor.flags & GRANULAR else "byte units")
    if descriptor.flags & _AVAILABLE:
        words.append("AVL")
    return ", ".join(words)


def flags_text(descriptor: Descriptor) -> str:
    """Bits and words: `0100  32-bit, byte units`."""
    return f"{descriptor.flags:04b}  {flags_words(descriptor)}".rstrip()


def parts(raw: bytes, descriptor: Descriptor) -> tuple[Part, ...]:
    """What each of the eight bytes holds."""
    if is_gate(descriptor):
        return (
            Part(0, 1, "offset 15–0", word(raw[1] << 8 | raw[0])),
            Part(2, 3, "selector", word(raw[3] << 8 | raw[2])),
            Part(4, 4, "words", f"{raw[4] & 0x1F}"),
            Part(5, 5, "access", byte(raw[5])),
            Part(6, 7, "offset 31–16", word(raw[7] << 8 | raw[6])),
        )
    return (
        Part(0, 1, "limit 15–0", word(raw[1] << 8 | raw[0])),
        Part(2, 4, "base 23–0", byte(raw[4]) + word(raw[3] << 8 | raw[2])),
        Part(5, 5, "access", byte(raw[5])),
        Part(6, 6, "flags", f"{raw[6] >> 4:X}·{raw[6] & 0xF:X}"),
        Part(7, 7, "31–24", byte(raw[7])),
    )


def access_bits(descriptor: Descriptor) -> tuple[Bit, ...]:
    """The access byte from its highest bit down."""
    access = descriptor.access
    shared = (
        Bit("P", access >> 7, "present" if descriptor.is_present else "not present"),
        Bit("DPL", descriptor.dpl, f"ring {descriptor.dpl}"),
        Bit("S", access >> 4 & 1, "code or data" if descriptor.is_segment else "system"),
    )
    if not descriptor.is_segment:
        return (*shared, Bit("type", access & 0xF, descriptor.describe()))
    second, third = bool(access & EXPAND_DOWN), bool(access & READABLE_OR_WRITABLE)
    if access & CODE:
        own = (
            Bit("code", 1, "code"),
            Bit("C", int(second), "conforming" if second else "not conforming"),
            Bit("R", int(third), "readable" if third else "execute-only"),
        )
    else:
        own = (
            Bit("code", 0, "data"),
            Bit("E", int(second), "expand-down" if second else "expand-up"),
            Bit("W", int(third), "writable" if third else "read-only"),
        )
    touched = bool(access & ACCESSED)
    return (*shared, *own, Bit("A", int(touched), "accessed" if touched else "not accessed yet"))


def flag_bits(descriptor: Descriptor) -> tuple[Bit, ...]:
    """The flags nibble from its highest bit down."""
    if is_gate(descriptor):
        return ()
    units = Bit("G", descriptor.flags >> 3, "4 KiB units" if descriptor.flags & GRANULAR else "byte units")
    if not descriptor.is_segment:
        return (units,)
    big = bool(descriptor.flags & BIG)
    return (
        units,
        Bit("D/B", int(big), "32-bit" if big else "16-bit"),
        Bit("AVL", descriptor.flags & 1, "client's own use"),
    )
