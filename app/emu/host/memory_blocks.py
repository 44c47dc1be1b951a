"""What one client holds of linear memory: blocks, locked pages, devices mapped.

Source: DPMI 1.0, INT 31h AX=0501h to 050Ah, 0600h to 0603h, 0800h and 0801h.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.emu.host import failures
from app.emu.host.arena import Arena, Block
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import COMMITTED


@dataclass(slots=True)
class MemoryBlocks:
    """A client's blocks by handle and its lock counts by page."""

    arena: Arena
    by_handle: dict[int, Block] = field(default_factory=dict)
    locks: dict[int, int] = field(default_factory=dict)
    """Linear page number -> how often locked."""
    pageable: set[int] = field(default_factory=set)
    """Pages of DOS memory marked pageable (0602h)."""
    devices: dict[int, Block] = field(default_factory=dict)
    """Linear address -> pages that show a device (0800h)."""

    def find(self, handle: int) -> Block:
        """The block of a handle. Raises `InvalidHandle`."""
        try:
            return self.by_handle[handle]
        except KeyError:
            raise failures.InvalidHandle from None

    def allocate(self, size: int, *, at: int = 0, committed: bool = True) -> Block:
        """Allocate a block of `size` bytes. Raises `InvalidValue` for 0, and as `Arena.allocate` does."""
        if not size:
            raise failures.InvalidValue
        block = self.arena.allocate(size, at=at, committed=committed)
        self.by_handle[block.handle] = block
        return block

    def free(self, handle: int) -> Block:
        """Free a block; what it was."""
        block = self.find(handle)
        del self.by_handle[handle]
        self.forget_locks(block)
        self.arena.free_block(block)
        return block

    def forget_locks(self, block: Block) -> None:
        """The pages of a block are gone, and their locks with them."""
        for page in block.pages:
            self.locks.pop(page, None)

    def resize(self, handle: int, size: int, *, committed: bool = True) -> Block:
        """Resize a block; the new one. Its pages stay locked as they are, wherever they go."""
        if not size:
            raise failures.InvalidValue
        old = self.find(handle)
        block = self.arena.resize(old, size, committed=committed)
        counts = [self.locks.pop(page, 0) for page in old.pages]
        self.locks.update({page: count for page, count in zip(block.pages, counts, strict=False) if count})
        del self.by_handle[handle]
        self.by_handle[block.handle] = block
        return block

    def map_device(self, physical: int, size: int) -> Block:
        """Pages that show physical addresses, both page-aligned. Raises `LinearMemoryUnavailable`."""
        block = self.arena.allocate(size, committed=False)
        self.arena.map_physical(block.linear, physical, size)
        self.devices[block.linear] = block
        return block

    def unmap_device(self, linear: int) -> Block:
        """Give the pages of `map_device` back; what they were. Raises `InvalidLinearAddress`."""
        try:
            block = self.devices.pop(linear)
        except KeyError:
            raise failures.InvalidLinearAddress from None
        self.arena.free_block(block)
        return block

    @property
    def committed(self) -> int:
        """Bytes of memory in the blocks."""
        entries = self.arena.memory.page_entries
        blocks = self.by_handle.values()
        return PAGE * sum(
            bool(entry & COMMITTED) for each in blocks for _, entry in entries(each.linear, each.pages_size)
        )

    def release(self) -> None:
        """Free everything: the client ends."""
        for handle in list(self.by_handle):
            self.free(handle)
        for linear in list(self.devices):
            self.unmap_device(linear)
        self.locks.clear()
        for page in self.pageable:
            self.arena.memory.page_in(page * PAGE)
        self.pageable.clear()
