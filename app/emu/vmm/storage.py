"""Memory of drivers: the heap, blocks of pages, and areas in control blocks and in V86 memory.

What a driver gets is guest memory in supervisor pages; the frames behind it come from those the DPMI host has for its
clients. What is where is kept here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.emu.host.failures import PhysicalMemoryUnavailable
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import MAPPED, WRITABLE
from app.emu.vmm.control_block import AREAS, SIZE
from app.emu.vmm.places import PM_APPLICATION_HEAD, PM_APPLICATION_SIZE

if TYPE_CHECKING:
    from app.emu.host.arena import Arena

_GRAIN: Final = 16
"""Blocks of the heap begin at multiples of it."""


@dataclass(slots=True, eq=False)
class PageBlock:
    """Linear addresses of a driver, in pages. locks: {page number within it: how often it is locked}."""

    linear: int
    pages: int
    locks: dict[int, int] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """Behind its last page."""
        return self.linear + self.pages * PAGE


@dataclass(slots=True, eq=False)
class Areas:
    """Parts of all control blocks of a kind that drivers have. end: how much is taken; room: bytes of a block."""

    end: int
    room: int

    def take(self, size: int) -> int:
        """The offset of another one; 0: no room."""
        offset, end = self.end, self.end + (size + 3 & -4)
        if end > self.room:
            return 0
        self.end = end
        return offset


@dataclass(slots=True)
class Storage:
    """All of it. The arena is the DPMI host's."""

    heap: dict[int, int] = field(default_factory=dict)
    """{linear address: bytes}"""
    heap_end: int = layout.VXD_HEAP
    """So far there are pages."""
    blocks: dict[int, PageBlock] = field(default_factory=dict)
    """{linear address, which is the handle too: block}"""
    physical: dict[int, PageBlock] = field(default_factory=dict)
    """{physical page: block that shows it and what follows} (_MapPhysToLinear)"""
    v86_end: int = layout.GLOBAL_V86
    """Where the global V86 data area goes on."""
    v86_buffer: int = 0
    """Where DOS finds data of drivers (Exec_VxD_Int); 0 before anybody needs it."""
    vm_areas: Areas = field(default_factory=lambda: Areas(AREAS, SIZE))
    """Of VM control blocks."""
    application_areas: Areas = field(default_factory=lambda: Areas(PM_APPLICATION_HEAD, PM_APPLICATION_SIZE))
    """Of those of protected-mode applications."""

    # The heap

    def allocate(self, arena: Arena, size: int) -> int:
        """The address of a new block of the heap; 0 when there is no room."""
        needed = max(size + _GRAIN - 1 & -_GRAIN, _GRAIN)
        at = layout.VXD_HEAP
        for start, taken in sorted(self.heap.items()):
            if start - at >= needed:
                break
            at = start + (taken + _GRAIN - 1 & -_GRAIN)
        if at + needed > self.heap_end:
            more = at + needed - self.heap_end + PAGE - 1 & -PAGE
            if self.heap_end + more > layout.VXD_PAGES or not commit(arena, self.heap_end, more // PAGE):
                return 0
            self.heap_end += more
        self.heap[at] = size
        return at

    # Pages

    def reserve(self, pages: int, at: int | None = None) -> PageBlock | None:
        """Addresses for so many pages, at a certain place or where there is room; None when there is none."""
        size, start = pages * PAGE, layout.VXD_PAGES if at is None else at
        for block in sorted((*self.blocks.values(), *self.physical.values()), key=lambda each: each.linear):
            if block.end > start and block.linear < start + size:
                if at is not None:
                    return None
                start = block.end
        if not pages or start < layout.VXD_PAGES or start + size > layout.VXD_PAGES_END:
            return None
        self.blocks[start] = PageBlock(start, pages)
        return self.blocks[start]

    def free(self, arena: Arena, block: PageBlock) -> None:
        """Give a block of pages back."""
        arena.uncommit(block.linear, block.pages * PAGE)
        del self.blocks[block.linear]

    def holding(self, linear: int, pages: int) -> PageBlock | None:
        """The block that has all of some pages; None: no block has."""
        return next(
            (each for each in self.blocks.values() if each.linear <= linear and linear + pages * PAGE <= each.end), None
        )

    def show_physical(self, arena: Arena, physical: int, size: int) -> int:
        """The linear address of physical memory, mapped when it is asked for first; 0 when there is no room."""
        first = physical // PAGE
        pages = (physical + size - 1) // PAGE - first + 1
        for start, shown in self.physical.items():
            if start <= first and first + pages <= start + shown.pages:
                return shown.linear + (physical - start * PAGE)
        block = self.reserve(pages)
        if block is None:
            return 0
        self.physical[first] = self.blocks.pop(block.linear)
        arena.memory.map_range(block.linear, first * PAGE, pages * PAGE, WRITABLE | MAPPED)
        return block.linear + physical % PAGE

    # V86 memory

    def take_v86(self, size: int, alignment: int) -> int:
        """A linear address of V86 memory for a driver; 0: no room."""
        start = self.v86_end + alignment - 1 & -alignment
        if not size or start + size > layout.ROM:
            return 0
        self.v86_end = start + size
        return start

    def transfer_buffer(self, size: int) -> int:
        """The linear address of the buffer for data of drivers, of a size; 0: no room."""
        self.v86_buffer = self.v86_buffer or self.take_v86(size, _GRAIN)
        return self.v86_buffer

    def largest_v86(self, alignment: int) -> int:
        """Bytes `take_v86` can give at once."""
        return max(layout.ROM - (self.v86_end + alignment - 1 & -alignment), 0)


def commit(arena: Arena, linear: int, pages: int, rights: int = WRITABLE) -> bool:
    """Put frames behind pages, zero filled; False: there are not enough."""
    try:
        arena.commit(linear, pages * PAGE, rights)
    except PhysicalMemoryUnavailable:
        return False
    return True
