"""INT 31h AX=0500h to 0503h, 050Ah and 050Bh: extended memory blocks, and how much there is."""

from __future__ import annotations

import struct
from typing import NamedTuple

from app.emu import events
from app.emu.host.arena import Block
from app.emu.host.host import Host
from app.emu.int31.table import INT31
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.registers import BX_CX, ES_DI, SI_DI

_UNKNOWN = 0xFFFFFFFF


class Allocated(NamedTuple):
    """linear address and handle of a block."""

    linear: BX_CX
    handle: SI_DI


def announce(host: Host, action: str, block: Block, detail: str | None = None) -> None:
    """Say what happened to a block."""
    host.machine.emit(
        events.MemoryChanged,
        action=action,
        linear=block.linear,
        size=block.size,
        handle=block.handle,
        detail=detail,
    )


@INT31.service(0x0500)
def get_free_memory_information(host: Host, buffer: ES_DI) -> None:
    """Write 30h bytes about free memory to a buffer: largest block in bytes, then counts of pages."""
    arena = host.arena
    free, total = arena.frames.free, arena.frames.total
    unlocked = total - len(host.locked_pages)
    linear = sum(size for _, size in arena.gaps()) // PAGE
    values = (
        arena.largest, arena.largest // PAGE, free,
        (layout.CLIENTS_END - layout.EXTENDED_BASE) // PAGE, unlocked, free, total, linear, 0,
    )  # fmt: skip
    host.write_pointer(*buffer, struct.pack("<12I", *values, _UNKNOWN, _UNKNOWN, _UNKNOWN))


@INT31.service(0x0501)
def allocate_memory_block(host: Host, size: BX_CX) -> Allocated:
    """Allocate a block of linear memory, in bytes; no descriptor is made."""
    block = host.current.blocks.allocate(size)
    announce(host, "allocated", block)
    return Allocated(block.linear, block.handle)


@INT31.service(0x0502)
def free_memory_block(host: Host, handle: SI_DI) -> None:
    """Free a block; descriptors that cover it are the client's to free."""
    announce(host, "freed", host.current.blocks.free(handle))


@INT31.service(0x0503)
def resize_memory_block(host: Host, handle: SI_DI, size: BX_CX) -> Allocated:
    """Change a block's size; it may move and gets a new handle."""
    block = host.current.blocks.resize(handle, size)
    announce(host, "resized", block)
    return Allocated(block.linear, block.handle)


class Extent(NamedTuple):
    """size of a block in bytes, and its linear address."""

    size: SI_DI
    linear: BX_CX


@INT31.service(0x050A, since="1.0")
def get_memory_block_size_and_base(host: Host, handle: SI_DI) -> Extent:
    """Return the size of a block in bytes and its linear address."""
    block = host.current.blocks.find(handle)
    return Extent(block.size, block.linear)


_INFORMATION = 0x80
"""Bytes of the buffer of 050Bh."""


@INT31.service(0x050B, since="1.0")
def get_memory_information(host: Host, buffer: ES_DI) -> None:
    """Write 80h bytes about memory to a buffer, all of it in bytes: host, virtual machine, client, addresses, units."""
    arena, client = host.arena, host.current
    free = arena.free
    used = arena.frames.total * PAGE - free
    locked = PAGE * len(client.blocks.locks)
    values = (
        used, used, free,  # the host: physical and virtual memory allocated, virtual memory available
        used, free,  # this virtual machine, which is the only one
        client.blocks.committed, free, locked, locked + free,  # this client
        layout.CLIENTS_END - 1, arena.largest, PAGE, PAGE,
    )  # fmt: skip
    host.write_pointer(*buffer, struct.pack("<13I", *values).ljust(_INFORMATION, b"\0"))
