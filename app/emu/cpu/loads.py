"""Descriptors a client may load into segment registers without anything having to be prepared for them."""

from __future__ import annotations

from typing import Final

from app.emu.cpu.arming import Arming, Use
from app.emu.cpu.operands import CS
from app.emu.memory import layout
from app.emu.registers import Segment

_TOP: Final = 0xFFFFFFFF
_ACCESSED: Final = 1 << 40
_CODE: Final = 0x18 << 40
_MOST: Final = 4096
"""Descriptors remembered of each kind: a program can make up any number of them."""


class Loads:
    """What is known of descriptors, by their eight bytes; forgotten when less is watched than before."""

    def __init__(self, arming: Arming) -> None:
        self._arming = arming
        self._data: set[int] = set()
        self._code: set[int] = set()
        self._ends: dict[tuple[int, bool], int] = {}
        """Limits of code segments by base and width: blocks were looked through with these in mind."""

    def forget(self) -> None:
        """Something is no longer watched, or code has another width."""
        self._data.clear()
        self._code.clear()

    def note_code(self, code: Segment, end: int) -> bool:
        """A code segment is in use. True: it ends earlier than known (or some are forgotten): look at blocks again."""
        known = self._ends.get((code.base, code.is_big))
        if known == end:
            return False
        is_full = len(self._ends) >= _MOST
        if is_full:
            self._ends.clear()
        self._ends[code.base, code.is_big] = end
        self._code.clear()
        return is_full or end < (_TOP if known is None else known)

    def is_known_data(self, raw: int) -> bool:
        """Seen before, and no code segment: those may be on their way to CS."""
        return raw & ~_ACCESSED in self._data and raw & _CODE != _CODE

    def is_prepared(self, raw: int, segment: Segment, loads: tuple[int, ...], planted: set[int], *, wide: bool) -> bool:
        """Is everything watched that loading a descriptor into these registers calls for?"""
        raw &= ~_ACCESSED
        reach = _TOP if wide else 0xFFFF
        if CS in loads or not loads:
            if raw not in self._code and can_reach_memory(segment):
                watched = CS in planted or self._arming.covers(plain(segment, reach, reads_only=True))
                if not watched or segment.is_big != wide or self._ends.get((segment.base, wide)) != segment.limit:
                    return False
                if len(self._code) >= _MOST:
                    self._code.clear()
                self._code.add(raw)
            return True
        if planted.issuperset(loads):
            return True
        if raw not in self._data:
            if not self._arming.covers(plain(segment, _TOP if segment.is_big else reach)):
                return False
            if len(self._data) >= _MOST:
                self._data.clear()
            self._data.add(raw)
        return True


def can_reach_memory(code: Segment) -> bool:
    """Can anything be executed there that accesses memory? Not in the host's page of HLT, where clients return to."""
    return code.base != layout.TRAPS or code.limit >= layout.PAGE


def plain(segment: Segment, reach: int, *, reads_only: bool = False) -> Use:
    """A use of a segment, without what does not matter for its limits."""
    return Segment(0, segment.base, segment.limit, segment.access & ~1, segment.flags & 4), reach, reads_only
