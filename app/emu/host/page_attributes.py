"""Attributes of pages in the words of INT 31h AX=0506h and 0507h (DPMI 1.0).

Bits 0-2 type: 0 uncommitted, 1 committed, 2 mapped (when setting: 0 uncommit, 1 commit, 3 leave the type alone);
bit 3 writable; bit 4 bits 5 and 6 are valid; bit 5 accessed; bit 6 dirty.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from app.emu.host import failures
from app.emu.host.arena import Arena
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import ACCESSED, COMMITTED, DIRTY, MAPPED, WRITABLE


class PageType(IntEnum):
    """What a page is, or is to become."""

    UNCOMMITTED = 0
    COMMITTED = 1
    MAPPED = 2
    KEEP = 3


_TYPE: Final = 0x07
_WRITABLE: Final = 0x08
_HAS_MARKS: Final = 0x10
_MARKS: Final = {0x20: ACCESSED, 0x40: DIRTY}


def attributes(entry: int) -> int:
    """The attribute word of a page table entry."""
    if not entry & (COMMITTED | MAPPED):
        return PageType.UNCOMMITTED
    word = (PageType.COMMITTED if entry & COMMITTED else PageType.MAPPED) | _HAS_MARKS
    word |= sum(bit for bit, mark in _MARKS.items() if entry & mark)
    return word | _WRITABLE if entry & WRITABLE else word


def page_type(word: int) -> PageType:
    """The type an attribute word asks for. Raises `InvalidValue` for those that cannot be set."""
    wanted = word & _TYPE
    if wanted not in (PageType.UNCOMMITTED, PageType.COMMITTED, PageType.KEEP):
        raise failures.InvalidValue
    return PageType(wanted)


def set_attributes(arena: Arena, linear: int, word: int) -> None:
    """Give a page of a block other attributes. linear: its first address.

    Raises `InvalidValue` for a type that cannot be set, `InvalidState` when an uncommitted page is to keep its type,
    `PhysicalMemoryUnavailable` when there is no frame to commit.
    """
    wanted, memory = page_type(word), arena.memory
    if wanted is PageType.UNCOMMITTED:
        arena.uncommit(linear, PAGE)
        return
    if wanted is PageType.COMMITTED and not arena.is_committed(linear):
        if not arena.free:
            raise failures.PhysicalMemoryUnavailable
        arena.uncommit(linear, PAGE)
        arena.commit(linear, PAGE)
    entry = memory.page_entry(linear)
    if not entry & (COMMITTED | MAPPED):
        raise failures.InvalidState
    entry = entry | WRITABLE if word & _WRITABLE else entry & ~WRITABLE
    if word & _HAS_MARKS:
        for bit, mark in _MARKS.items():
            entry = entry | mark if word & bit else entry & ~mark
    memory.set_page_entry(linear, entry)
