"""Segment descriptors: eight bytes in guest memory, and what they mean."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap
from typing import ClassVar

from app.emu.registers import Segment

PRESENT = 0x80
CODE_OR_DATA = 0x10
CODE = 0x08
EXPAND_DOWN = 0x04
READABLE_OR_WRITABLE = 0x02
ACCESSED = 0x01
GRANULAR = 0x8
BIG = 0x4

_SYSTEM_TYPES = {
    0x1: "286 TSS",
    0x2: "LDT",
    0x3: "286 TSS (busy)",
    0x4: "286 call gate",
    0x5: "task gate",
    0x6: "286 interrupt gate",
    0x7: "286 trap gate",
    0x9: "386 TSS",
    0xB: "386 TSS (busy)",
    0xC: "386 call gate",
    0xE: "386 interrupt gate",
    0xF: "386 trap gate",
}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A segment descriptor.

    base linear address; raw_limit the 20-bit field; access the byte with P, DPL, S and type; flags the nibble
    G, D/B, L, AVL.
    """

    base: int
    raw_limit: int
    access: int
    flags: int

    SIZE: ClassVar[int] = 8
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HHBBBB")

    @classmethod
    def decode(cls, data: bytes) -> Descriptor:
        """Read the eight bytes of a descriptor."""
        return cls.decode_at(data, 0)

    @classmethod
    def decode_at(cls, buffer: bytes | mmap, offset: int) -> Descriptor:
        """Read the eight bytes at an offset of a buffer."""
        limit_low, base_low, base_middle, access, mixed, base_high = cls.LAYOUT.unpack_from(buffer, offset)
        return cls(
            base_high << 24 | base_middle << 16 | base_low,
            (mixed & 0xF) << 16 | limit_low,
            access,
            mixed >> 4,
        )

    def encode(self) -> bytes:
        """The eight bytes as they lie in the table."""
        return self.LAYOUT.pack(
            self.raw_limit & 0xFFFF,
            self.base & 0xFFFF,
            self.base >> 16 & 0xFF,
            self.access,
            self.flags << 4 | self.raw_limit >> 16 & 0xF,
            self.base >> 24 & 0xFF,
        )

    @property
    def limit(self) -> int:
        """The limit in bytes: last valid offset; for expand-down segments the last invalid one."""
        return self.raw_limit << 12 | 0xFFF if self.flags & GRANULAR else self.raw_limit

    @property
    def dpl(self) -> int:
        """Descriptor privilege level."""
        return self.access >> 5 & 3

    @property
    def is_present(self) -> bool:
        """The P bit."""
        return bool(self.access & PRESENT)

    @property
    def is_segment(self) -> bool:
        """The S bit: code or data, not a gate or system descriptor."""
        return bool(self.access & CODE_OR_DATA)

    @property
    def is_code(self) -> bool:
        """An executable segment."""
        return self.access & (CODE_OR_DATA | CODE) == CODE_OR_DATA | CODE

    @property
    def is_writable(self) -> bool:
        """A data segment that may be written."""
        return self.access & (CODE_OR_DATA | CODE | READABLE_OR_WRITABLE) == CODE_OR_DATA | READABLE_OR_WRITABLE

    @property
    def is_readable(self) -> bool:
        """A data segment, or code that may be read."""
        return self.is_segment and (not self.access & CODE or bool(self.access & READABLE_OR_WRITABLE))

    @property
    def is_big(self) -> bool:
        """The D/B bit."""
        return bool(self.flags & BIG)

    def segment(self, selector: int) -> Segment:
        """The hidden part a segment register gets when it is loaded with a selector for this descriptor."""
        return Segment(selector, self.base, self.limit, self.access, self.flags)

    def fields(self) -> dict[str, int]:
        """The form events carry: base, limit in bytes, access, flags."""
        return {"base": self.base, "limit": self.limit, "access": self.access, "flags": self.flags}

    def describe(self) -> str:
        """The type in words: `32-bit code, readable, accessed`, `data, writable, expand-down` …"""
        if not self.is_segment:
            return _SYSTEM_TYPES.get(self.access & 0xF, "reserved")
        words = []
        if self.is_code:
            words.append(f"{32 if self.is_big else 16}-bit code")
            words.append("readable" if self.is_readable else "execute-only")
            if self.access & EXPAND_DOWN:
                words.append("conforming")
        else:
            words.append("data")
            words.append("writable" if self.is_writable else "read-only")
            if self.access & EXPAND_DOWN:
                words.append("expand-down")
            if self.is_big:
                words.append("big")
        if self.access & ACCESSED:
            words.append("accessed")
        return ", ".join(words)


def sized(base: int, limit: int, access: int, flags: int = 0) -> Descriptor:
    """Make a descriptor from a limit in bytes: G is set where the limit needs it (1 MiB and above)."""
    if limit > 0xFFFFF:
        return Descriptor(base, limit >> 12, access, flags | GRANULAR)
    return Descriptor(base, limit, access, flags & ~GRANULAR)
