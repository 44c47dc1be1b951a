"""INT 31h AX=0504h to 0509h: blocks at linear addresses and what lies behind each of their pages (DPMI 1.0).

These functions use whole 32-bit registers, whatever the client's width.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import groupby
from typing import Final, NamedTuple

from app.emu import events
from app.emu.descriptor import CODE, EXPAND_DOWN, Descriptor
from app.emu.host import failures
from app.emu.host.arena import Block
from app.emu.host.host import Host
from app.emu.host.page_attributes import PageType, attributes, page_type, set_attributes
from app.emu.host.physical import check_conventional, check_device
from app.emu.host.tables import Owner
from app.emu.int31.descriptors import change_descriptor
from app.emu.int31.memory import announce
from app.emu.int31.table import INT31
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import WRITABLE
from app.emu.registers import EBX, ECX, EDI, EDX, ES_EBX, ES_EDX, ESI
from app.emu.services import ServiceFailed

_COMMIT: Final = 1
_UPDATE_DESCRIPTORS: Final = 2
_DESCRIPTORS: Final = layout.LDT_SIZE // Descriptor.SIZE
"""A list cannot name more."""
_WORD: Final = 2
"""Bytes of a selector or an attribute word in a list."""


class Allocated(NamedTuple):
    """linear address and handle of a block."""

    linear: EBX
    handle: ESI


@INT31.service(0x0504, since="1.0")
def allocate_linear_memory_block(host: Host, linear: EBX, size: ECX, flags: EDX) -> Allocated:
    """Allocate a block at a linear address (0: anywhere), its pages committed (EDX bit 0) or not."""
    if linear % PAGE:
        raise failures.InvalidLinearAddress
    committed = bool(flags & _COMMIT)
    block = host.current.blocks.allocate(-(-size // PAGE) * PAGE, at=linear, committed=committed)
    announce(host, "allocated", block, None if committed else "uncommitted")
    return Allocated(block.linear, block.handle)


@INT31.service(0x0505, since="1.0")
def resize_linear_memory_block(
    host: Host, handle: ESI, size: ECX, flags: EDX, selectors: ES_EBX, count: EDI
) -> Allocated:
    """Change a block's size (EDX bit 0: commit new pages); bit 1: descriptors listed at ES:EBX follow when it moves."""
    blocks = host.current.blocks
    old = blocks.find(handle)
    listed: tuple[int, ...] = ()
    if flags & _UPDATE_DESCRIPTORS:
        if count > _DESCRIPTORS:
            raise failures.InvalidValue
        listed = struct.unpack(f"<{count}H", host.read_pointer(*selectors, count * _WORD))
    block = blocks.resize(handle, -(-size // PAGE) * PAGE, committed=bool(flags & _COMMIT))
    announce(host, "resized", block)
    for selector in listed:
        _follow(host, selector, old, block.linear - old.linear)
    return Allocated(block.linear, block.handle)


def _follow(host: Host, selector: int, old: Block, distance: int) -> None:
    """A block has moved: so does a segment that lies in it. Other selectors of the list are left alone."""
    ldt = host.current.ldt
    entry = ldt.entries.get(selector >> 3) if selector & 4 else None
    if not distance or entry is None or entry.owner is not Owner.CLIENT:
        return
    found = ldt.read(selector >> 3)
    is_down = found.access & (CODE | EXPAND_DOWN) == EXPAND_DOWN
    first = found.base + found.limit - 1 if is_down else found.base
    if old.linear <= first & 0xFFFFFFFF < old.end:
        moved = Descriptor(found.base + distance & 0xFFFFFFFF, found.raw_limit, found.access, found.flags)
        change_descriptor(host, selector, 0x0505, moved)


def _pages(host: Host, handle: int, offset: int, count: int) -> range:
    """The linear addresses of pages of a block, from an offset in it (rounded down). Raises `InvalidLinearAddress`."""
    block = host.current.blocks.find(handle)
    first = block.linear + offset // PAGE * PAGE
    if count and first + count * PAGE > block.end:
        raise failures.InvalidLinearAddress
    return range(first, first + count * PAGE, PAGE)


@INT31.service(0x0506, since="1.0")
def get_page_attributes(host: Host, handle: ESI, offset: EBX, count: ECX, buffer: ES_EDX) -> None:
    """Write one word of attributes for each of ECX pages of a block to ES:EDX."""
    pages = _pages(host, handle, offset, count)
    words = [attributes(host.machine.memory.page_entry(page)) for page in pages]
    if words:
        host.write_pointer(*buffer, struct.pack(f"<{len(words)}H", *words))


@INT31.service(0x0507, since="1.0")
def set_page_attributes(host: Host, handle: ESI, offset: EBX, count: ECX, buffer: ES_EDX) -> None:
    """Set ECX pages of a block to the attributes at ES:EDX; on failure ECX is the number of pages set."""
    pages = _pages(host, handle, offset, count)
    words = struct.unpack(f"<{count}H", host.read_pointer(*buffer, count * _WORD)) if count else ()
    done = 0
    try:
        for page, word in zip(pages, words, strict=True):
            set_attributes(host.arena, page, word)
            if page_type(word) is PageType.UNCOMMITTED:
                host.current.blocks.locks.pop(page // PAGE, None)
            done += 1
    except ServiceFailed:
        host.machine.regs.ecx = done
        raise
    finally:
        _announce_attributes(host, handle, pages[:done], words[:done])


def _announce_attributes(host: Host, handle: int, pages: range, words: tuple[int, ...]) -> None:
    """Say what became of pages: one event for each run of equal words."""
    at = 0
    for word, run in groupby(words):
        size = len(list(run))
        first, at = pages[at], at + size
        rights = "writable" if host.machine.memory.page_entry(first) & WRITABLE else "read-only"
        detail = {
            PageType.UNCOMMITTED: "uncommitted",
            PageType.COMMITTED: f"committed, {rights}",
            PageType.KEEP: rights,
        }[page_type(word)]
        _announce_pages(host, handle, first, size, detail)


def _announce_pages(host: Host, handle: int, linear: int, count: int, detail: str) -> None:
    """Say what lies behind pages of a block now."""
    host.machine.emit(
        events.MemoryChanged, action="mapped", linear=linear, size=count * PAGE, handle=handle, detail=detail
    )


def _map(
    host: Host, handle: int, offset: int, count: int, source: int, check: Callable[[Host, int, int], None]
) -> None:
    """Let pages of a block show physical addresses. check: may the client see them?"""
    pages = _pages(host, handle, offset, count)
    if offset % PAGE or source % PAGE:
        raise failures.InvalidLinearAddress
    check(host, source, count * PAGE)
    host.arena.map_physical(pages.start, source, count * PAGE)
    for page in pages:
        host.current.blocks.locks.pop(page // PAGE, None)
    _announce_pages(host, handle, pages.start, count, f"physical {source:08X}")


@INT31.service(0x0508, since="1.0")
def map_device_in_memory_block(host: Host, handle: ESI, offset: EBX, count: ECX, source: EDX) -> None:
    """Let ECX pages of a block, from offset EBX on, show a device's physical addresses, from EDX on."""
    _map(host, handle, offset, count, source, check_device)


@INT31.service(0x0509, since="1.0")
def map_conventional_memory_in_memory_block(host: Host, handle: ESI, offset: EBX, count: ECX, source: EDX) -> None:
    """Let ECX pages of a block, from offset EBX on, show DOS memory, from linear address EDX on."""
    _map(host, handle, offset, count, source, check_conventional)
