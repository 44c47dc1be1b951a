"""Conventional memory: the chain of memory control blocks (MCBs), which lies in guest memory as real DOS keeps it.

Each block is preceded by a paragraph that says what it is; programs walk and even repair this chain, so it is the
only truth: nothing about it is remembered in Python.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.dos.failures import InsufficientMemory, InvalidMemoryBlock, MemoryChainDestroyed

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

FIRST_MCB: Final = 0x0FFF
"""Segment of the first MCB: the first program starts at 64 KiB, what lies below belongs to DOS and the BIOS."""
TOP: Final = 0xA000
"""Segment behind conventional memory: 640 KiB."""
MCB_SIZE: Final = 16
"""Bytes of a memory control block."""
FREE: Final = 0x0000
"""Owner of a free block."""


@dataclass(frozen=True, slots=True)
class MemoryBlock:
    """A memory control block and the memory it describes (MS-DOS 4.0 and later).

    00h signature: 'M', or 'Z' in the last  01h owner: PSP segment, 0 free, 8 DOS  03h size in paragraphs
    05h reserved  08h name of the owner's program, up to 8 characters, in the block that holds its PSP
    """

    mcb: int
    is_last: bool
    owner: int
    size: int
    name: str = ""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<cHH3x8s")

    @property
    def segment(self) -> int:
        """Segment of the memory itself."""
        return self.mcb + 1

    @property
    def end(self) -> int:
        """Segment behind the memory: where the next MCB is."""
        return self.mcb + 1 + self.size

    @property
    def is_free(self) -> bool:
        """Nobody owns it."""
        return self.owner == FREE

    @classmethod
    def decode(cls, mcb: int, data: bytes) -> MemoryBlock | None:
        """Read the 16 bytes at segment `mcb`; None when they are no memory control block."""
        signature, owner, size, name = cls.LAYOUT.unpack(data)
        if signature not in {b"M", b"Z"}:
            return None
        return cls(mcb, signature == b"Z", owner, size, name.partition(b"\0")[0].decode("cp437"))

    def encode(self) -> bytes:
        """The 16 bytes."""
        return self.LAYOUT.pack(b"Z" if self.is_last else b"M", self.owner, self.size, self.name.encode("cp437"))


class MemoryBlocks:
    """Allocate, resize and free over the chain (INT 21h AH=48h, 49h, 4Ah). Sizes in paragraphs."""

    def __init__(self, memory: Memory, first: int = FIRST_MCB) -> None:
        self._memory = memory
        self._first = first

    def create(self, top: int = TOP) -> None:
        """Write a chain of one free block that ends at segment `top`."""
        self._write(MemoryBlock(self._first, is_last=True, owner=FREE, size=top - self._first - 1))

    def __iter__(self) -> Iterator[MemoryBlock]:
        """Walk the chain; a destroyed one fails as it does in DOS."""
        mcb = self._first
        while True:
            block = self._read(mcb)
            yield block
            if block.is_last:
                return
            mcb = block.end

    def largest(self) -> int:
        """Size of the largest free block, free neighbours joined."""
        self._join_free()
        return max((block.size for block in self if block.is_free), default=0)

    def allocate(self, size: int, owner: int, strategy: int = 0) -> int:
        """Allocate a block and return its segment. strategy: 0 first fit, 1 best fit, else last fit (its high end)."""
        self._join_free()
        fitting = [block for block in self if block.is_free and block.size >= size]
        if not fitting:
            raise InsufficientMemory(self.largest())
        match strategy:
            case 0:
                block = fitting[0]
            case 1:
                block = min(fitting, key=lambda block: block.size)
            case _:
                return self._take_high(fitting[-1], size, owner)
        return self._take_low(block, size, owner)

    def resize(self, segment: int, size: int) -> None:
        """Grow or shrink a block in place.

        A block that cannot grow enough grows as far as it can before the failure, as in MS-DOS (AH=4Ah).
        """
        block = self._find(segment)
        if size > block.size:
            self._join_free()
            following = None if block.is_last else self._read(block.end)
            if following is not None and following.is_free:
                block = MemoryBlock(
                    block.mcb, following.is_last, block.owner, block.size + 1 + following.size, block.name
                )
                self._write(block)
        if size > block.size:
            raise InsufficientMemory(block.size)
        self._cut(block, size)
        self._join_free()

    def free(self, segment: int) -> None:
        """Give a block back."""
        block = self._find(segment)
        self._write(MemoryBlock(block.mcb, block.is_last, FREE, block.size))
        self._join_free()

    def free_all(self, owner: int) -> None:
        """Give back every block of a program."""
        for block in list(self):
            if block.owner == owner:
                self._write(MemoryBlock(block.mcb, block.is_last, FREE, block.size))
        self._join_free()

    def set_owner(self, segment: int, owner: int, name: str | None = None) -> None:
        """Hand a block to a program; `name` as MS-DOS 4 writes it into the block that holds the PSP."""
        block = self._find(segment)
        self._write(MemoryBlock(block.mcb, block.is_last, owner, block.size, block.name if name is None else name[:8]))

    def find(self, segment: int) -> MemoryBlock | None:
        """The block whose memory starts at a segment."""
        return next((block for block in self if block.segment == segment), None)

    def _find(self, segment: int) -> MemoryBlock:
        block = self.find(segment)
        if block is None:
            raise InvalidMemoryBlock
        return block

    def _read(self, mcb: int) -> MemoryBlock:
        block = MemoryBlock.decode(mcb, self._memory.read(mcb << 4, MCB_SIZE)) if mcb < TOP else None
        if block is None or block.end > 0x10000:
            raise MemoryChainDestroyed
        return block

    def _write(self, block: MemoryBlock) -> None:
        self._memory.write(block.mcb << 4, block.encode())

    def _take_low(self, block: MemoryBlock, size: int, owner: int) -> int:
        self._write(taken := MemoryBlock(block.mcb, block.is_last, owner, block.size))
        self._cut(taken, size)
        return taken.segment

    def _take_high(self, block: MemoryBlock, size: int, owner: int) -> int:
        if block.size == size:
            return self._take_low(block, size, owner)
        rest = block.size - size - 1
        self._write(MemoryBlock(block.mcb, is_last=False, owner=FREE, size=rest))
        taken = MemoryBlock(block.mcb + 1 + rest, block.is_last, owner, size)
        self._write(taken)
        return taken.segment

    def _cut(self, block: MemoryBlock, size: int) -> None:
        """Make a free block of what lies behind the first `size` paragraphs."""
        if block.size == size:
            return
        rest = MemoryBlock(block.mcb + 1 + size, block.is_last, FREE, block.size - size - 1)
        self._write(rest)
        self._write(MemoryBlock(block.mcb, is_last=False, owner=block.owner, size=size, name=block.name))

    def _join_free(self) -> None:
        blocks = list(self)
        joined = blocks[0]
        for block in blocks[1:]:
            if joined.is_free and block.is_free:
                joined = MemoryBlock(joined.mcb, block.is_last, FREE, joined.size + 1 + block.size)
                self._write(joined)
            else:
                joined = block
