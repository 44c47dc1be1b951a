"""What lies where in linear memory, as the window sees it: ranges, and behind each of them its pages.

A range carries its page table entries as they were; what they mean is worked out for the pages somebody looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from app.emu.memory.layout import PAGE
from app.emu.memory.memory import ACCESSED, DIRTY, MAPPED, PAGED_OUT, PRESENT, USER, WRITABLE

_ENTRY: Final = 4
"""Bytes of a page table entry."""
_FRAME: Final = 0xFFFFF000


class Purpose(StrEnum):
    """What a range is for."""

    SYSTEM = "DOS and BIOS"
    PROGRAM = "DOS memory"
    BLOCK = "memory block"
    SHARED = "shared memory"
    DEVICE = "device"
    XMS = "XMS block"
    STACK = "host's stack"
    HOST = "host"
    DRIVER = "VMM and drivers"
    FREE = "free"


class PageState(StrEnum):
    """What a page is. The values are words for the user."""

    PRESENT = "present"
    OUT = "paged out"
    """Taken by the host (`--paging`): not present, its frame keeps the contents."""
    MAPPED = "mapped"
    """Present, showing physical addresses that belong to no block."""
    UNCOMMITTED = "uncommitted"
    """Nothing is behind it."""


class Lock(NamedTuple):
    """Who holds a page locked, and how often (INT 31h AX=0600h)."""

    owner: str
    times: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page. physical: of its frame, None when it has none."""

    linear: int
    state: PageState
    physical: int | None
    is_writable: bool
    is_user: bool
    """Clients may use it."""
    accessed: bool
    dirty: bool
    locks: tuple[Lock, ...]
    is_pageable: bool
    """DOS memory a client has marked pageable (INT 31h AX=0602h)."""

    @property
    def lock_count(self) -> int:
        """Locks of all clients together."""
        return sum(lock.times for lock in self.locks)


class Tally(NamedTuple):
    """Numbers of pages of a range."""

    pages: int
    present: int
    out: int
    mapped: int
    uncommitted: int
    accessed: int
    dirty: int


@dataclass(frozen=True, slots=True)
class MapRange:
    """A range of linear addresses with one purpose. Sizes in bytes."""

    linear: int
    size: int
    purpose: Purpose
    what: str
    """`memory block`, `environment`, `ring-0 stack` …"""
    owner: str = ""
    """`client 1`, `client 1: CALLBACK 1005` (program and PSP), `host` …; empty for what nobody owns."""
    handle: int | None = None
    locked: int = 0
    """Pages that somebody has locked."""
    entries: bytes = b""
    """Page table entries of the pages it touches; empty where no pages are told of."""

    @property
    def end(self) -> int:
        """Linear address behind it."""
        return self.linear + self.size

    @property
    def first_page(self) -> int:
        """Linear address of the first page it touches."""
        return self.linear & ~(PAGE - 1)

    @property
    def page_count(self) -> int:
        """Pages told of."""
        return len(self.entries) // _ENTRY

    def entry(self, index: int) -> int:
        """The page table entry of one of its pages."""
        return int.from_bytes(self.entries[index * _ENTRY : (index + 1) * _ENTRY], "little")

    def tally(self) -> Tally:
        """How many of its pages are what."""
        table = np.frombuffer(self.entries, "<u4")
        counted = {name: int(np.count_nonzero(table & bit)) for name, bit in _BITS.items()}
        there = counted["present"] + counted["out"]
        return Tally(
            len(table), counted["present"], counted["out"], counted["mapped"], len(table) - there,
            counted["accessed"], counted["dirty"],
        )  # fmt: skip


_BITS: Final = {"present": PRESENT, "out": PAGED_OUT, "mapped": MAPPED, "accessed": ACCESSED, "dirty": DIRTY}


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """All ranges in address order.

    locks: for everybody who holds some, linear page number -> how often; pageable: DOS pages marked so. Neither is
    changed by anybody.
    """

    ranges: tuple[MapRange, ...] = ()
    locks: tuple[tuple[str, Mapping[int, int]], ...] = ()
    pageable: frozenset[int] = frozenset()

    def range_at(self, linear: int) -> MapRange | None:
        """The range an address lies in."""
        return next((each for each in self.ranges if each.linear <= linear < each.end), None)

    def page(self, of: MapRange, index: int) -> Page:
        """One page of a range."""
        entry = of.entry(index)
        linear = of.first_page + index * PAGE
        number = linear // PAGE
        has_frame = bool(entry & (PRESENT | PAGED_OUT))
        return Page(
            linear=linear,
            state=state_of(entry),
            physical=entry & _FRAME if has_frame else None,
            is_writable=bool(entry & WRITABLE),
            is_user=bool(entry & USER),
            accessed=bool(entry & ACCESSED),
            dirty=bool(entry & DIRTY),
            locks=tuple(Lock(owner, counts[number]) for owner, counts in self.locks if number in counts),
            is_pageable=number in self.pageable,
        )


NO_MAP: Final = MemoryMap()


def state_of(entry: int) -> PageState:
    """What a page table entry says."""
    if entry & PAGED_OUT:
        return PageState.OUT
    if not entry & PRESENT:
        return PageState.UNCOMMITTED
    return PageState.MAPPED if entry & MAPPED else PageState.PRESENT
