"""The linear addresses clients' memory lies at, and the page frames behind them.

A block is a range of linear addresses. Each of its pages is uncommitted (nothing behind it), committed (a frame of its
own) or mapped (physical addresses that belong to no block). The page table entry alone tells which: entry 0, the
software bit `COMMITTED`, the software bit `MAPPED`. Blocks of all clients come from one arena, so they never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.emu.host import failures
from app.emu.memory import layout
from app.emu.memory.frames import Frames
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import COMMITTED, MAPPED, USER, WRITABLE, Memory

FRESH: Final = WRITABLE | USER
"""Rights of a page that was just committed or mapped."""


@dataclass(slots=True)
class Block:
    """A block: linear address, size in bytes as asked for, and its handle."""

    linear: int
    size: int
    handle: int

    @property
    def pages_size(self) -> int:
        """Bytes of whole pages it occupies."""
        return whole_pages(self.size)

    @property
    def end(self) -> int:
        """Linear address behind its last page."""
        return self.linear + self.pages_size

    @property
    def pages(self) -> range:
        """Linear page numbers."""
        return range(self.linear >> 12, self.end >> 12)


def whole_pages(size: int) -> int:
    """A number of bytes rounded up to whole pages."""
    return -(-size // PAGE) * PAGE


class Arena:
    """All blocks of one virtual machine, and the frames for them."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.blocks: list[Block] = []
        first = layout.EXTENDED_BASE // PAGE
        self.frames = Frames(first, memory.ram_size // PAGE - first)
        self._next_handle = 1

    def gaps(self) -> list[tuple[int, int]]:
        """Free ranges: linear address and bytes, in address order."""
        gaps, at = [], layout.EXTENDED_BASE
        for block in sorted(self.blocks, key=lambda each: each.linear):
            if block.linear > at:
                gaps.append((at, block.linear - at))
            at = max(at, block.end)
        if at < layout.CLIENTS_END:
            gaps.append((at, layout.CLIENTS_END - at))
        return gaps

    @property
    def free(self) -> int:
        """Bytes that can still be committed."""
        return self.frames.free * PAGE

    @property
    def largest(self) -> int:
        """Bytes of the largest committed block that can be had."""
        return min(self.free, max((size for _, size in self.gaps()), default=0))

    # Blocks

    def allocate(self, size: int, *, at: int = 0, committed: bool = True) -> Block:
        """A new block at a linear address (0: first fit), zero filled if it is committed.

        Raises `LinearMemoryUnavailable` when the addresses, `PhysicalMemoryUnavailable` when the frames are not there.
        """
        needed = whole_pages(size)
        linear = self._room(needed, at)
        if committed and needed > self.free:
            raise failures.PhysicalMemoryUnavailable
        block = Block(linear, size, self.new_handle())
        self.blocks.append(block)
        if committed:
            self.commit(block.linear, needed)
        return block

    def _room(self, needed: int, at: int) -> int:
        for linear, room in self.gaps():
            if at and linear <= at and at + needed <= linear + room:
                return at
            if not at and room >= needed:
                return linear
        raise failures.LinearMemoryUnavailable

    def free_block(self, block: Block) -> None:
        """Give a block back: addresses, frames, mappings."""
        self.uncommit(block.linear, block.pages_size)
        self.blocks.remove(block)

    def resize(self, block: Block, size: int, *, committed: bool = True) -> Block:
        """The block with another size, moved when it must be; `block` is dead afterwards.

        Pages stay what they are, with their contents; further ones are committed or not. Raises as `allocate` does and
        leaves the block as it was then.
        """
        needed, now = whole_pages(size), block.pages_size
        if committed and needed - now > self.free:
            raise failures.PhysicalMemoryUnavailable
        behind = next((room for linear, room in self.gaps() if linear == block.end), 0)
        linear = block.linear if needed <= now + behind else self._room(needed, 0)
        if needed < now:
            self.uncommit(block.linear + needed, now - needed)
        self.blocks.remove(block)
        resized = Block(linear, size, self.new_handle())
        self.blocks.append(resized)
        if linear != block.linear:
            self._move(block, linear)
        if committed and needed > now:
            self.commit(linear + now, needed - now)
        return resized

    def _move(self, block: Block, linear: int) -> None:
        """The pages of a block appear at another address."""
        for page, entry in list(self.memory.page_entries(block.linear, block.pages_size)):
            if entry:
                self.memory.set_page_entry(page - block.linear + linear, entry)
                self.memory.set_page_entry(page, 0)

    def new_handle(self) -> int:
        """A number no block has or had."""
        self._next_handle += 1
        return self._next_handle << 4

    # Pages

    def commit(self, linear: int, size: int, rights: int = FRESH) -> None:
        """Put frames behind uncommitted pages, zero filled, at the same physical addresses if those are free.

        rights: of page table entries. Raises `PhysicalMemoryUnavailable`.
        """
        runs = self.frames.take(size // PAGE, linear // PAGE)
        if runs is None:
            raise failures.PhysicalMemoryUnavailable
        at = linear
        for run in runs:
            self.memory.map_range(at, run.start * PAGE, len(run) * PAGE, rights | COMMITTED)
            at += len(run) * PAGE
        self.memory.write(linear, bytes(size))

    def uncommit(self, linear: int, size: int) -> None:
        """Leave nothing behind pages; what a frame held is lost."""
        for page, entry in self.memory.page_entries(linear, size):
            if entry & COMMITTED:
                self.frames.give(entry >> 12)
            if entry:
                self.memory.set_page_entry(page, 0)

    def map_physical(self, linear: int, physical: int, size: int) -> None:
        """Let pages show physical addresses (all page-aligned); what was behind them is given back."""
        self.uncommit(linear, size)
        self.memory.map_range(linear, physical, size, FRESH | MAPPED)

    def is_committed(self, linear: int) -> bool:
        """Has the page of a linear address a frame of its own?"""
        return bool(self.memory.page_entry(linear) & COMMITTED)
