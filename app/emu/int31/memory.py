"""INT 31h AX=0500h to 0503h: extended memory blocks."""

from __future__ import annotations

import struct
from typing import NamedTuple

from app.emu import events
from app.emu.host.host import Host
from app.emu.host.memory_blocks import Block
from app.emu.int31.table import INT31
from app.emu.memory.layout import PAGE
from app.emu.registers import BX_CX, ES_DI, SI_DI

_UNKNOWN = 0xFFFFFFFF


class Allocated(NamedTuple):
    """linear address and handle of a block."""

    linear: BX_CX
    handle: SI_DI


def _announce(host: Host, action: str, block: Block) -> None:
    host.machine.emit(events.MemoryChanged, action=action, linear=block.linear, size=block.size, handle=block.handle)


@INT31.service(0x0500)
def get_free_memory_information(host: Host, buffer: ES_DI) -> None:
    """Write 30h bytes about free memory to a buffer: largest block in bytes, then counts of pages."""
    arena = host.arena
    gaps = [size for _, size in arena.gaps()]
    largest, free = max(gaps, default=0), sum(gaps) // PAGE
    total = host.machine.memory.ram_size // PAGE
    values = (largest, largest // PAGE, largest // PAGE, total, free, free, total, free, 0)
    host.write_pointer(*buffer, struct.pack("<12I", *values, _UNKNOWN, _UNKNOWN, _UNKNOWN))


@INT31.service(0x0501)
def allocate_memory_block(host: Host, size: BX_CX) -> Allocated:
    """Allocate a block of linear memory, in bytes; no descriptor is made."""
    block = host.current.blocks.allocate(size)
    _announce(host, "allocated", block)
    return Allocated(block.linear, block.handle)


@INT31.service(0x0502)
def free_memory_block(host: Host, handle: SI_DI) -> None:
    """Free a block; descriptors that cover it are the client's to free."""
    _announce(host, "freed", host.current.blocks.free(handle))


@INT31.service(0x0503)
def resize_memory_block(host: Host, handle: SI_DI, size: BX_CX) -> Allocated:
    """Change a block's size; it may move and gets a new handle."""
    block = host.current.blocks.resize(handle, size)
    _announce(host, "resized", block)
    return Allocated(block.linear, block.handle)
