"""Extended memory as the driver hands it out: blocks, locks, moves, the high memory area, A20.

Source: eXtended Memory Specification 3.0 (Microsoft, Lotus, Intel, AST). A block lies in the host's arena: what one of
them has, the other has not. Its physical address is a linear one, as under every host that keeps paging on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.drivers.xms_failures import (
    BadDestinationHandle,
    BadDestinationOffset,
    BadHandle,
    BadLength,
    BadSourceHandle,
    BadSourceOffset,
    BlockLocked,
    NoHandlesLeft,
    NoMemoryLeft,
    NotLocked,
    TooManyLocks,
    XmsFailed,
)
from app.emu.memory import layout
from app.emu.services import ServiceFailed

if TYPE_CHECKING:
    from app.emu.host.arena import Arena, Block
    from app.emu.machine import Machine

HANDLES: Final = 32
_MOST_LOCKS: Final = 255


@dataclass(slots=True)
class Emb:
    """An extended memory block: KiB, the memory (None: none, for 0 KiB), how often it is locked."""

    size: int
    block: Block | None
    locks: int = 0


class ExtendedMemory:
    """What programs hold of extended memory."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.blocks: dict[int, Emb] = {}
        self.hma_is_taken = False
        self.a20_is_global = False
        self.a20_enabled = 0
        """How often AH=05h is ahead of AH=06h."""

    @property
    def arena(self) -> Arena:
        """The memory shared with the DPMI host."""
        return self.machine.state.host.arena

    def largest(self) -> int:
        """KiB of the largest block that can be had."""
        return self.arena.largest >> 10

    def free_memory(self) -> int:
        """KiB that can be had in all."""
        return self.arena.free >> 10

    @property
    def handles_left(self) -> int:
        """Handles not in use."""
        return HANDLES - len(self.blocks)

    @property
    def highest(self) -> int:
        """The last address of memory."""
        return self.machine.memory.ram_size - 1

    def find(self, handle: int, failure: type[XmsFailed] = BadHandle) -> Emb:
        """The block of a handle."""
        found = self.blocks.get(handle)
        if found is None:
            raise failure
        return found

    def allocate(self, size: int) -> int:
        """A block of so many KiB; its handle. Blocks of 0 KiB are handles to be resized later."""
        handle = next((number for number in range(1, HANDLES + 1) if number not in self.blocks), None)
        if handle is None:
            raise NoHandlesLeft
        self.blocks[handle] = Emb(size, self._take(size))
        return handle

    def _take(self, size: int) -> Block | None:
        if not size:
            return None
        if size > self.largest():
            raise NoMemoryLeft
        return self.arena.allocate(size << 10)

    def free(self, handle: int) -> None:
        """Give a block back."""
        emb = self.find(handle)
        if emb.locks:
            raise BlockLocked
        if emb.block is not None:
            self.arena.free_block(emb.block)
        del self.blocks[handle]

    def resize(self, handle: int, size: int) -> None:
        """Make a block larger or smaller; its contents stay as far as it reaches."""
        emb = self.find(handle)
        if emb.locks:
            raise BlockLocked
        if emb.block is None:
            emb.block = self._take(size)
        elif not size:
            self.arena.free_block(emb.block)
            emb.block = None
        else:
            try:
                emb.block = self.arena.resize(emb.block, size << 10)
            except ServiceFailed:
                raise NoMemoryLeft from None
        emb.size = size

    def lock(self, handle: int) -> int:
        """Count a lock; the block's linear address."""
        emb = self.find(handle)
        if emb.locks >= _MOST_LOCKS:
            raise TooManyLocks
        emb.locks += 1
        return emb.block.linear if emb.block is not None else 0

    def unlock(self, handle: int) -> None:
        """Count a lock less."""
        emb = self.find(handle)
        if not emb.locks:
            raise NotLocked
        emb.locks -= 1

    def move(self, size: int, source: tuple[int, int], target: tuple[int, int]) -> None:
        """Copy bytes between blocks and conventional memory; a handle of 0 has a segment and offset for its offset."""
        if size & 1:
            raise BadLength
        begin = self._place(source, size, BadSourceHandle, BadSourceOffset)
        end = self._place(target, size, BadDestinationHandle, BadDestinationOffset)
        self.machine.memory.write(end, self.machine.memory.read(begin, size))

    def _place(self, place: tuple[int, int], size: int, no_handle: type[XmsFailed], no_offset: type[XmsFailed]) -> int:
        """Linear address of a place AH=0Bh names."""
        handle, offset = place
        if handle:
            emb = self.find(handle, no_handle)
            if offset + size > emb.size << 10:
                raise no_offset if offset > emb.size << 10 else BadLength
            return offset + emb.block.linear if emb.block is not None else 0
        linear = Far.from_dword(offset).real_linear
        if linear + size > layout.CONVENTIONAL_END:
            raise BadLength
        return linear

    # A20

    def switch_a20(self, *, on: bool) -> None:
        """Drive the keyboard controller's A20 output."""
        self.machine.state.devices.keyboard.a20 = on

    @property
    def a20(self) -> bool:
        """Is it on?"""
        return self.machine.state.devices.keyboard.a20
