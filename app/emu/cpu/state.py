"""Unicorn's saved context, read as registers."""

from __future__ import annotations

import struct
from typing import Final

from app.emu.cpu.offsets import SHADOW, Offsets
from app.emu.memory.layout import RING0_DATA
from app.emu.registers import SEGMENTS, STATUS, Flag, Registers, Segment

_MASK: Final = 0xFFFFFFFF
_NULL_RIGHTS: Final = 0x6000
"""DPL 3, not present: what a null segment register carries so that IRETD leaves its base alone."""
_HIDDEN: Final = struct.Struct("<IIQII")
_GENERAL: Final = struct.Struct("<8Q")
_DWORD: Final = struct.Struct("<I")
_WORD: Final = struct.Struct("<H")
_NO_EXCEPTIONS: Final = 0x7F00
_FLAGS: Final = struct.Struct("<Q8xQ8xIi")
"""EFLAGS without the arithmetic flags, these, how they are kept, -1 or 1 for DF."""
_FPU_REGISTER: Final = 10
_FPU_SLOT: Final = 16
"""Bytes of a register, and from one to the next."""
_ARITHMETIC: Final = int(STATUS) | int(Flag.DF)
_MODE: Final = 48
"""From EIP to the bits Unicorn derives from modes, and those there must be in ring 0: CS and SS are 32-bit."""
_MODE_MASK: Final = 0xB3
_RING0: Final = 0xB0
_BASED: Final = 0x40
"""Some of DS, ES and SS has a base."""


class State:
    """One context's bytes with the meaning `Offsets` gives them."""

    _known: Final[dict[bytes, tuple[Segment, ...]]] = {}
    """Sets of segment registers met so far by their bytes: most exits find the same few."""

    def __init__(self, blob: memoryview, at: Offsets) -> None:
        self.blob = blob
        self._at = at
        self._span = slice(at.segments, at.segments + 6 * at.segment_size)

    def general(self) -> list[int]:
        """The general registers, EAX to EDI."""
        return [value & _MASK for value in _GENERAL.unpack_from(self.blob, self._at.general)]

    @property
    def eip(self) -> int:
        """EIP."""
        return int(_DWORD.unpack_from(self.blob, self._at.eip)[0])

    @property
    def raw_segments(self) -> bytes:
        """All segment registers: to see whether anything changed."""
        return bytes(self.blob[self._span])

    def segments(self) -> tuple[Segment, ...]:
        """ES, CS, SS, DS, FS, GS with their hidden parts."""
        raw = bytes(self.blob[self._span])
        known = self._known.get(raw)
        if known is None:
            size = self._at.segment_size
            known = tuple(_segment(raw[number * size :]) for number in range(6))
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[raw] = known
        return known

    def eflags(self) -> int | None:
        """EFLAGS, if the engine keeps the arithmetic flags as they are just now."""
        flags, source, kind, direction = _FLAGS.unpack_from(self.blob, self._at.eip + 8)
        return (flags & ~_ARITHMETIC | source | direction & Flag.DF) & _MASK if kind == 1 else None

    @property
    def is_shadowed(self) -> bool:
        """The instruction executed last was STI, MOV SS or POP SS: interrupts wait for one more."""
        return bool(_DWORD.unpack_from(self.blob, self._at.shadow)[0] & SHADOW)

    def interrupt(self) -> tuple[int, int]:
        """The error code of the last exception, and whether an INT instruction caused it."""
        error_code, is_int = struct.unpack_from("<II", self.blob, self._at.error_code)
        return error_code, is_int

    def set_eip(self, eip: int) -> None:
        """Write (E)IP."""
        struct.pack_into("<Q", self.blob, self._at.eip, eip)

    def straighten_flags(self) -> None:
        """Within an instruction the flags are kept plainly, whatever Unicorn restores when it interrupts one.

        EFLAGS itself counts when the engine starts anew.
        """
        flags, source, _, _ = _FLAGS.unpack_from(self.blob, self._at.eip + 8)
        _DWORD.pack_into(self.blob, self._at.eip + 8, flags & ~int(STATUS) & _MASK | source & STATUS)
        _DWORD.pack_into(self.blob, self._at.flags_kind, 1)

    @property
    def flags_are_straight(self) -> bool:
        """They are kept plainly already."""
        return bool(_DWORD.unpack_from(self.blob, self._at.flags_kind)[0] == 1)

    def load(self, regs: Registers, frame: int) -> None:
        """Write the general registers and in protected mode the data segments, with ring 0's stack at a linear address.

        An IRETD to a 16-bit stack loads SP only, so ring 0's ESP gets the high half the client's must have.
        """
        esp = regs.esp & 0xFFFF0000 | frame & 0xFFFF
        _GENERAL.pack_into(
            self.blob, self._at.general,
            regs.eax, regs.ecx, regs.edx, regs.ebx, esp, regs.ebp, regs.esi, regs.edi,
        )  # fmt: skip
        self.load_segment(2, Segment(RING0_DATA, frame - esp & _MASK, _MASK, 0x93, 0xC))
        if not regs.is_v86:
            for number, segment in ((0, regs.es), (3, regs.ds), (4, regs.fs), (5, regs.gs)):
                self.load_segment(number, segment)

    @property
    def is_ring0(self) -> bool:
        """Is this flat 32-bit code of ring 0, as far as the layout is understood?"""
        return bool(_DWORD.unpack_from(self.blob, self._at.eip + _MODE)[0] & _MODE_MASK == _RING0)

    def load_ring0(self, regs: Registers) -> None:
        """Write a whole context of ring 0 into one that is there already: no IRETD switches stacks within a ring."""
        _GENERAL.pack_into(
            self.blob, self._at.general,
            regs.eax, regs.ecx, regs.edx, regs.ebx, regs.esp, regs.ebp, regs.esi, regs.edi,
        )  # fmt: skip
        for number, name in enumerate(SEGMENTS):
            self.load_segment(number, getattr(regs, name))
        self.set_eip(regs.eip)
        _DWORD.pack_into(self.blob, self._at.eip + 8, regs.eflags)  # EFLAGS itself counts when the engine starts anew
        mode = _DWORD.unpack_from(self.blob, self._at.eip + _MODE)[0] & ~_BASED
        based = _BASED if regs.ds.base | regs.es.base | regs.ss.base else 0
        _DWORD.pack_into(self.blob, self._at.eip + _MODE, mode | based)

    def load_segment(self, number: int, segment: Segment) -> None:
        """Write one segment register; 6 is LDTR."""
        offset = self._at.segments + number * self._at.segment_size
        if segment.is_null:
            values = (segment.selector, 0, segment.base, 0, _NULL_RIGHTS)
        else:
            rights = segment.access << 8 | segment.flags << 20
            values = (segment.selector, 0, segment.base, segment.limit, rights)
        _HIDDEN.pack_into(self.blob, offset, *values)

    def store(self, regs: Registers) -> None:
        """Copy everything but EFLAGS to `regs`."""
        regs.eax, regs.ecx, regs.edx, regs.ebx, regs.esp, regs.ebp, regs.esi, regs.edi = self.general()
        regs.eip = self.eip
        regs.es, regs.cs, regs.ss, regs.ds, regs.fs, regs.gs = self.segments()

    @property
    def fpu(self) -> memoryview:
        """The FPU's part."""
        return self.blob[self._at.fpu : self._at.fpu_end]

    def clear_fpu_exceptions(self) -> None:
        """What FNCLEX does."""
        (status,) = _WORD.unpack_from(self.blob, self._at.fpu_status)
        _WORD.pack_into(self.blob, self._at.fpu_status, status & _NO_EXCEPTIONS)

    def fpu_content(self) -> bytes:
        """The FPU's part without what lies between its registers, which is whatever the engine's stack held."""
        content = bytearray(self.fpu)
        first = self._at.fpu_registers - self._at.fpu
        for register in range(first, first + 8 * _FPU_SLOT, _FPU_SLOT):
            content[register + _FPU_REGISTER : register + _FPU_SLOT] = bytes(_FPU_SLOT - _FPU_REGISTER)
        return bytes(content)


def _segment(raw: bytes) -> Segment:
    selector, _, base, limit, rights = _HIDDEN.unpack_from(raw)
    if rights & 0xFF00 == _NULL_RIGHTS:
        rights = 0
    return Segment(selector, base & _MASK, limit, rights >> 8 & 0xFF, rights >> 20 & 0xF)
