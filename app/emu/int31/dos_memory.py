"""INT 31h AX=0100h to 0102h: DOS memory blocks with descriptors.

The blocks are DOS's own (INT 21h AH=48h to 4Ah): they belong to the client's PSP and lie in the chain of memory
control blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.emu import events
from app.emu.descriptor import sized
from app.emu.dos.failures import DosFailed, InsufficientMemory
from app.emu.host import failures
from app.emu.host.client import Client, DosBlock
from app.emu.host.host import Host
from app.emu.host.tables import Owner
from app.emu.int31.descriptors import announced
from app.emu.int31.table import INT31
from app.emu.registers import AX, BX, DX

_SEGMENT_BYTES = 0x10000


class Allocated(NamedTuple):
    """paragraph: real-mode segment of the block; selector: its first descriptor."""

    paragraph: AX
    selector: DX


def _entries_needed(host: Host, paragraphs: int) -> int:
    """Descriptors for a block: one for a 32-bit client, one for each 64 KiB for a 16-bit one (of most hosts)."""
    is_one = host.current.wide or host.profile.has_one_dos_descriptor
    return 1 if is_one else max(-(-paragraphs * 16 // _SEGMENT_BYTES), 1)


def _describe(host: Host, block: DosBlock, by: int) -> None:
    """Write the descriptors of a block: the first spans all of it, the others 64 KiB each."""
    size = block.paragraphs * 16
    for number, index in enumerate(block.entries):
        start = number * _SEGMENT_BYTES
        length = size if number == 0 else min(size - start, _SEGMENT_BYTES)
        descriptor = sized((block.segment << 4) + start, max(length, 1) - 1, 0xF2)
        with announced(host, index, by):
            host.current.ldt.write(index, descriptor)


def _announce(host: Host, action: str, block: DosBlock) -> None:
    host.machine.emit(
        events.MemoryChanged,
        action=action,
        linear=block.segment << 4,
        size=block.paragraphs << 4,
        handle=host.current.ldt.selector(block.entries[0]),
    )


def _find(client: Client, selector: int) -> DosBlock:
    block = client.dos_blocks.get(selector >> 3) if selector & 4 else None
    if block is None:
        raise failures.InvalidSelector
    return block


def _free(host: Host, index: int, by: int) -> None:
    ldt = host.current.ldt
    with announced(host, index, by):
        ldt.release(index)
    host.drop(ldt.selector(index))


@contextmanager
def _dos(host: Host) -> Iterator[None]:
    """DOS failures become the service's own, BX = the largest size in paragraphs where DOS says so."""
    try:
        yield
    except InsufficientMemory as failure:
        host.machine.regs.set_low("bx", failure.largest)
        raise failures.DosError(failure.code) from None
    except DosFailed as failure:
        raise failures.DosError(failure.code) from None


@INT31.service(0x0100)
def allocate_dos_memory(host: Host, paragraphs: BX) -> Allocated:
    """Allocate DOS memory and the descriptors for it; on failure BX is the largest block in paragraphs."""
    client, dos = host.current, host.machine.state.dos
    with _dos(host):
        segment = dos.blocks.allocate(paragraphs, client.psp, dos.strategy)
    label = f"client {client.number}: DOS block {segment:04X} (AX=0100h)"
    try:
        first = client.ldt.allocate(_entries_needed(host, paragraphs), Owner.DOS_BLOCK, label)
    except failures.DescriptorUnavailable:
        dos.blocks.free(segment)
        raise
    entries = list(range(first, first + _entries_needed(host, paragraphs)))
    block = DosBlock(segment, paragraphs, entries)
    client.dos_blocks[first] = block
    _announce(host, "allocated", block)
    _describe(host, block, 0x0100)
    return Allocated(segment, client.ldt.selector(first))


@INT31.service(0x0101)
def free_dos_memory(host: Host, selector: DX) -> None:
    """Free a DOS memory block and all its descriptors."""
    client = host.current
    block = _find(client, selector)
    with _dos(host):
        host.machine.state.dos.blocks.free(block.segment)
    del client.dos_blocks[block.entries[0]]
    _announce(host, "freed", block)
    for index in block.entries:
        _free(host, index, 0x0101)


@INT31.service(0x0102)
def resize_dos_memory(host: Host, paragraphs: BX, selector: DX) -> None:
    """Change the size of a DOS memory block, which never moves; on failure BX is the largest size possible."""
    client = host.current
    block = _find(client, selector)
    needed = _entries_needed(host, paragraphs)
    following = range(block.entries[-1] + 1, block.entries[0] + needed)
    if not all(client.ldt.is_free(index) for index in following):
        raise failures.DescriptorUnavailable
    with _dos(host):
        host.machine.state.dos.blocks.resize(block.segment, paragraphs)
    for index in following:
        client.ldt.take(index, Owner.DOS_BLOCK, client.ldt.entries[block.entries[0]].label)
    for index in block.entries[needed:]:
        _free(host, index, 0x0102)
    block.paragraphs = paragraphs
    block.entries = list(range(block.entries[0], block.entries[0] + needed))
    _announce(host, "resized", block)
    _describe(host, block, 0x0102)
    for index in block.entries:
        host.reload(client.ldt.selector(index))
