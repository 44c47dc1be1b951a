"""Extended memory: linear blocks a client allocates (INT 31h AX=0501h to 0503h) and pages it locks (0600h, 0601h).

Linear and physical addresses of a block are the same; a block's pages are present while it is allocated. Addresses
come from one arena per machine, so clients never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.emu.host import failures
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import USER, WRITABLE, Memory


@dataclass(slots=True)
class Block:
    """A block: linear address, size in bytes as asked for, and its handle."""

    linear: int
    size: int
    handle: int

    @property
    def pages_size(self) -> int:
        """Bytes of whole pages it occupies."""
        return -(-self.size // PAGE) * PAGE

    @property
    def end(self) -> int:
        """Linear address behind its last page."""
        return self.linear + self.pages_size


class Arena:
    """The linear address space all clients' blocks come from."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.blocks: list[Block] = []
        self._next_handle = 1

    @property
    def end(self) -> int:
        """Linear address behind the arena."""
        return self.memory.ram_size

    def gaps(self) -> list[tuple[int, int]]:
        """Free ranges: linear address and bytes, in address order."""
        gaps, at = [], layout.EXTENDED_BASE
        for block in sorted(self.blocks, key=lambda each: each.linear):
            if block.linear > at:
                gaps.append((at, block.linear - at))
            at = block.end
        if at < self.end:
            gaps.append((at, self.end - at))
        return gaps

    def allocate(self, size: int) -> Block:
        """A new block, zero filled, first fit. Raises `LinearMemoryUnavailable`."""
        needed = -(-size // PAGE) * PAGE
        for linear, room in self.gaps():
            if room >= needed:
                block = Block(linear, size, self._new_handle())
                self._map(block.linear, needed)
                self.blocks.append(block)
                return block
        raise failures.LinearMemoryUnavailable

    def free(self, block: Block) -> None:
        """Give a block back: its pages become absent."""
        self.memory.unmap_range(block.linear, block.pages_size)
        self.blocks.remove(block)

    def resize(self, block: Block, size: int) -> Block:
        """The block with another size, moved when it must be; `block` is dead afterwards.

        Contents are kept up to the smaller size. Raises `LinearMemoryUnavailable` and leaves the block as it was.
        """
        needed, now = -(-size // PAGE) * PAGE, block.pages_size
        behind = next((room for linear, room in self.gaps() if linear == block.end), 0)
        if needed <= now + behind:
            if needed > now:
                self._map(block.end, needed - now)
            elif needed < now:
                self.memory.unmap_range(block.linear + needed, now - needed)
            self.blocks.remove(block)
            moved = Block(block.linear, size, self._new_handle())
            self.blocks.append(moved)
            return moved
        moved = self.allocate(size)
        self.memory.write(moved.linear, self.memory.read(block.linear, min(block.size, size)))
        self.free(block)
        return moved

    def _new_handle(self) -> int:
        self._next_handle += 1
        return self._next_handle << 4

    def _map(self, linear: int, size: int) -> None:
        self.memory.map_range(linear, linear, size, WRITABLE | USER)
        self.memory.write(linear, bytes(size))


@dataclass(slots=True)
class MemoryBlocks:
    """What one client holds: its blocks by handle and its lock counts by page."""

    arena: Arena
    by_handle: dict[int, Block] = field(default_factory=dict)
    locks: dict[int, int] = field(default_factory=dict)
    """Linear page number -> how often locked."""
    pageable: set[int] = field(default_factory=set)
    """Pages of DOS memory marked pageable (0602h)."""

    def find(self, handle: int) -> Block:
        """The block of a handle. Raises `InvalidHandle`."""
        try:
            return self.by_handle[handle]
        except KeyError:
            raise failures.InvalidHandle from None

    def allocate(self, size: int) -> Block:
        """Allocate a block of `size` bytes. Raises `InvalidValue` for 0, `LinearMemoryUnavailable`."""
        if not size:
            raise failures.InvalidValue
        block = self.arena.allocate(size)
        self.by_handle[block.handle] = block
        return block

    def free(self, handle: int) -> Block:
        """Free a block; what it was."""
        block = self.find(handle)
        del self.by_handle[handle]
        self._unlock_all(block)
        self.arena.free(block)
        return block

    def resize(self, handle: int, size: int) -> Block:
        """Resize a block; the new one."""
        if not size:
            raise failures.InvalidValue
        old = self.find(handle)
        block = self.arena.resize(old, size)
        self._unlock_all(old)
        del self.by_handle[handle]
        self.by_handle[block.handle] = block
        return block

    def _unlock_all(self, block: Block) -> None:
        for page in range(block.linear >> 12, block.end >> 12):
            self.locks.pop(page, None)

    def release(self) -> None:
        """Free everything: the client ends."""
        for handle in list(self.by_handle):
            self.free(handle)
        self.locks.clear()
        self.pageable.clear()
