"""Unicorn's saved context, read as registers."""

from __future__ import annotations

import struct
from typing import Final

from app.emu.cpu.offsets import Offsets
from app.emu.memory.layout import RING0_DATA
from app.emu.registers import Registers, Segment

_MASK: Final = 0xFFFFFFFF
_NULL_RIGHTS: Final = 0x6000
"""DPL 3, not present: what a null segment register carries so that IRETD leaves its base alone."""
_HIDDEN: Final = struct.Struct("<IIQII")
_GENERAL: Final = struct.Struct("<8Q")


class State:
    """One context's bytes with the meaning `Offsets` gives them."""

    _segments: Final[dict[bytes, Segment]] = {}
    """Segments met so far by their bytes: most loads are of the same few."""

    def __init__(self, blob: memoryview, at: Offsets) -> None:
        self.blob = blob
        self._at = at

    def general(self) -> list[int]:
        """The general registers, EAX to EDI."""
        return [value & _MASK for value in _GENERAL.unpack_from(self.blob, self._at.general)]

    @property
    def eip(self) -> int:
        """EIP."""
        return int(struct.unpack_from("<I", self.blob, self._at.eip)[0])

    def segments(self) -> tuple[Segment, ...]:
        """ES, CS, SS, DS, FS, GS with their hidden parts."""
        size, base = self._at.segment_size, self._at.segments
        return tuple(self.segment(base + number * size) for number in range(6))

    def segment(self, offset: int) -> Segment:
        """The segment register at an offset."""
        raw = bytes(self.blob[offset : offset + _HIDDEN.size])
        known = self._segments.get(raw)
        if known is None:
            selector, _, base, limit, rights = _HIDDEN.unpack(raw)
            if rights & 0xFF00 == _NULL_RIGHTS:
                rights = 0
            known = Segment(selector, base & _MASK, limit, rights >> 8 & 0xFF, rights >> 20 & 0xF)
            if len(self._segments) > 10_000:
                self._segments.clear()
            self._segments[raw] = known
        return known

    def interrupt(self) -> tuple[int, int]:
        """The error code of the last exception, and whether an INT instruction caused it."""
        error_code, is_int = struct.unpack_from("<II", self.blob, self._at.error_code)
        return error_code, is_int

    def set_eip(self, eip: int) -> None:
        """Write (E)IP."""
        struct.pack_into("<Q", self.blob, self._at.eip, eip)

    def straighten_flags(self) -> None:
        """Within an instruction the flags are kept plainly, whatever Unicorn restores when it interrupts one."""
        struct.pack_into("<I", self.blob, self._at.flags_kind, 1)

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
