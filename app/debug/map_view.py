"""The memory map as it is now, put together from DOS's memory control blocks, the host's blocks and its layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from app.debug.memory_map import MapRange, MemoryMap, Purpose
from app.emu.dos import data_area
from app.emu.dos.failures import DosFailed
from app.emu.dos.memory_blocks import FIRST_MCB, MCB_SIZE, TOP, MemoryBlock
from app.emu.host.arena import Block
from app.emu.host.client import Client
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.transfer import BUFFER_SIZE
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.memory.layout import PAGE

_DOS: Final = 8
"""Owner of a memory control block that belongs to DOS itself."""
_ENVIRONMENT_AT: Final = 0x2C
_ADDRESSES: Final = 1 << 32
_FIXED: Final = (
    MapRange(0, 0x400, Purpose.SYSTEM, "interrupt vectors", "BIOS"),
    MapRange(0x400, 0x100, Purpose.SYSTEM, "BIOS data area", "BIOS"),
    MapRange(data_area.DATA << 4, 0x300, Purpose.SYSTEM, "DOS data area", "DOS"),
    MapRange(0xA0000, 0x20000, Purpose.SYSTEM, "video memory", "BIOS"),
    MapRange(0xC0000, 0x30000, Purpose.SYSTEM, "adapters"),
    MapRange(0xF0000, 0x10000, Purpose.SYSTEM, "ROM", "BIOS"),
    MapRange(layout.GDT, 0x1000, Purpose.HOST, "GDT", "host"),
    MapRange(layout.IDT, 0x1000, Purpose.HOST, "IDT", "host"),
    MapRange(layout.TSS, layout.BOOT - layout.TSS, Purpose.HOST, "TSS, I/O permission bitmap", "host"),
    MapRange(layout.RING0_STACK, layout.RING0_STACK_SIZE, Purpose.STACK, "ring-0 stack", "host"),
    MapRange(layout.TRAPS, PAGE, Purpose.HOST, "trap addresses", "host"),
    MapRange(layout.PAGE_TABLES, layout.PAGE_TABLES_SIZE, Purpose.HOST, "page tables", "host"),
)
_BUFFER: Final = MapRange(layout.TRANSFER_BUFFER, BUFFER_SIZE, Purpose.HOST, "buffer for DOS calls", "host")
_OF_DRIVERS: Final = (
    MapRange(layout.BREAKS, PAGE, Purpose.DRIVER, "callbacks (INT 30h)", "VMM"),
    MapRange(layout.VMM, PAGE, Purpose.DRIVER, "VM control blocks", "VMM"),
    MapRange(layout.VMM_TRAPS, PAGE, Purpose.DRIVER, "where procedures return to", "VMM"),
    MapRange(layout.HIGH_LINEAR, layout.CONVENTIONAL_END, Purpose.DRIVER, "V86 memory, second view", "VMM"),
)
_BETWEEN: Final = (
    (0x10000, "low memory", Purpose.SYSTEM),
    (layout.CONVENTIONAL_END, "conventional memory", Purpose.SYSTEM),
    (layout.EXTENDED_BASE, "nothing mapped", Purpose.FREE),
    (layout.CLIENTS_END, "free for memory blocks", Purpose.FREE),
    (layout.HOST, "nothing mapped", Purpose.FREE),
    (layout.HOST + layout.HOST_SIZE, "not used by the host", Purpose.FREE),
    (_ADDRESSES, "nothing mapped", Purpose.FREE),
)
"""What lies between the ranges, by where each such stretch ends."""


class MapView:
    """Reads the map of a machine. Locks that did not change since the last picture are the same objects."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._locks: tuple[tuple[str, dict[int, int]], ...] = ()
        self._locked = np.empty(0, np.int64)

    def map(self) -> MemoryMap:
        """The map now."""
        self._take_locks()
        found = [*_FIXED, self._high_memory(), *self._dos_memory(), *self._blocks(), *self._of_clients()]
        if self._machine.state.host.profile.has_own_buffer:
            found.append(_BUFFER)
        if self._machine.state.vmm.devices:
            found += [*_OF_DRIVERS, *self._drivers()]
        ranges = _without_gaps(sorted(found, key=lambda each: each.linear))
        pageable = frozenset(page for blocks in self._machine.state.host.holders for page in blocks.pageable)
        return MemoryMap(tuple(self._with_pages(each) for each in ranges), self._locks, pageable)

    # Pages

    def _take_locks(self) -> None:
        now = [(owner, blocks.locks) for owner, blocks in self._holders() if blocks.locks]
        if now == list(self._locks):
            return
        self._locks = tuple((owner, dict(locks)) for owner, locks in now)
        self._locked = np.unique(np.array([page for _, locks in self._locks for page in locks], np.int64))

    def _with_pages(self, each: MapRange) -> MapRange:
        if each.purpose is Purpose.FREE:
            return each
        first, end = each.first_page, each.end + PAGE - 1 & -PAGE
        low, high = np.searchsorted(self._locked, (first // PAGE, end // PAGE)) if len(self._locked) else (0, 0)
        return replace(each, locked=int(high - low), entries=self._machine.memory.raw_entries(first, end - first))

    # Conventional memory

    def _high_memory(self) -> MapRange:
        owner = "XMS driver" if self._machine.state.xms.hma_is_taken else ""
        return MapRange(0x100000, layout.CONVENTIONAL_END - 0x100000, Purpose.SYSTEM, "high memory area", owner)

    def _dos_memory(self) -> Iterator[MapRange]:
        """The chain of memory control blocks, each block with its own; what the host has in it stands out."""
        blocks: list[MemoryBlock] = []
        try:
            blocks.extend(self._machine.state.dos.blocks)
        except DosFailed:
            at = blocks[-1].end if blocks else FIRST_MCB
            yield MapRange(at << 4, (TOP - at) << 4, Purpose.SYSTEM, "memory control block destroyed")
        names = {block.owner: block.name for block in blocks if block.segment == block.owner}
        for block in blocks:
            low, high = block.mcb << 4, min(block.end, TOP) << 4
            row = MapRange(low, high - low, *self._dos_block(block, names))
            for each in _cut(row, [each for client in self._clients for each in _private(client)]):
                is_head = each.linear == low and each.size == MCB_SIZE
                yield replace(each, purpose=Purpose.SYSTEM, what="memory control block") if is_head else each

    def _dos_block(self, block: MemoryBlock, names: dict[int, str]) -> tuple[Purpose, str, str]:
        """Purpose, description and owner of a DOS memory block."""
        if block.is_free:
            return Purpose.FREE, f"DOS memory {block.segment:04X}", ""
        if block.owner == _DOS:
            return Purpose.SYSTEM, f"DOS memory {block.segment:04X}", "DOS"
        owner = f"{names.get(block.owner) or 'PSP'} {block.owner:04X}"
        client = next((each for each in self._clients if each.psp == block.owner), None)
        if client is not None:
            owner = f"client {client.number}: {owner}"
        return Purpose.PROGRAM, f"{self._contents(block, client)} {block.segment:04X}", owner

    def _contents(self, block: MemoryBlock, client: Client | None) -> str:
        if block.segment == block.owner:
            return "program"
        # A client's PSP holds a selector where the environment's segment was.
        at = (block.owner << 4) + _ENVIRONMENT_AT
        environment = client.environment if client is not None else self._machine.memory.read_u16(at)
        if block.segment == environment:
            return "environment"
        if client is not None and any(each.segment == block.segment for each in client.dos_blocks.values()):
            return "DOS memory (0100h)"
        return "DOS memory"

    # Extended memory

    @property
    def _clients(self) -> list[Client]:
        return self._machine.state.host.clients

    def _holders(self) -> Iterator[tuple[str, MemoryBlocks]]:
        """Everybody's memory, with the owner's name."""
        for client in self._clients:
            yield f"client {client.number}", client.blocks
        seen: set[int] = set()
        for provider in self._machine.state.host.providers:
            if provider.blocks is not None and id(provider.blocks) not in seen:
                seen.add(id(provider.blocks))
                yield f"provider {provider.number}", provider.blocks

    def _blocks(self) -> Iterator[MapRange]:
        host, xms = self._machine.state.host, self._machine.state.xms
        for owner, blocks in self._holders():
            for block in blocks.by_handle.values():
                yield _block(block, Purpose.BLOCK, "memory block", owner, block.handle)
            for block in blocks.devices.values():
                yield _block(block, Purpose.DEVICE, "device (0800h)", owner)
        for block in host.shared.memory:
            handles = [(number, each) for number, each in host.shared.handles.items() if each.block.memory is block]
            users = ", ".join(f"client {number}" for number in sorted({each.client for _, each in handles}))
            name = handles[0][1].block.name.decode("cp437")
            yield _block(block, Purpose.SHARED, f"shared memory “{name}”", users, handles[0][0])
        for handle, emb in xms.blocks.items():
            if emb.block is not None:
                yield _block(emb.block, Purpose.XMS, "XMS block", "XMS driver", handle)

    # The host and drivers

    def _of_clients(self) -> Iterator[MapRange]:
        tables: set[int] = set()
        for client in self._clients:
            owner = f"host, for client {client.number}"
            if client.ldt.linear not in tables:
                tables.add(client.ldt.linear)
                shares = sum(each.ldt.linear == client.ldt.linear for each in self._clients) > 1
                whose = "host, for all clients" if shares else owner
                yield MapRange(client.ldt.linear, layout.LDT_SIZE, Purpose.HOST, "LDT", whose)
            stack = layout.LOCKED_STACKS + client.index * layout.LOCKED_STACK_SIZE
            yield MapRange(stack, layout.LOCKED_STACK_SIZE, Purpose.STACK, "locked stack", owner)

    def _drivers(self) -> Iterator[MapRange]:
        for device in self._machine.state.vmm.devices:
            for part in device.parts:
                what = "code" if part.is_code else "data"
                yield MapRange(part.linear, part.size, Purpose.DRIVER, f"driver's {what}", device.name)


def _private(client: Client) -> Iterator[MapRange]:
    """The block a client gives the host at entry: a buffer, unless that is elsewhere, and the real-mode stack."""
    stack, owner = client.private_stack, f"host, for client {client.number}"
    low = stack.segment << 4
    if client.buffer == stack.segment:
        yield MapRange(low, BUFFER_SIZE, Purpose.HOST, "buffer for DOS calls", owner)
        low += BUFFER_SIZE
    yield MapRange(low, stack.real_linear - low, Purpose.STACK, "real-mode stack", owner)


def _block(block: Block, purpose: Purpose, what: str, owner: str, handle: int | None = None) -> MapRange:
    return MapRange(block.linear, block.pages_size, purpose, what, owner, handle)


def _cut(row: MapRange, inner: Iterable[MapRange]) -> Iterator[MapRange]:
    """A range with what lies in it cut out of it."""
    at = row.linear
    for each in sorted(inner, key=lambda each: each.linear):
        if at <= each.linear and each.end <= row.end:
            if each.linear > at:
                yield replace(row, linear=at, size=each.linear - at)
            yield each
            at = each.end
    if at < row.end:
        yield replace(row, linear=at, size=row.end - at)


def _without_gaps(rows: list[MapRange]) -> Iterator[MapRange]:
    """The ranges, and between them what is left of the address space; what overlaps an earlier one is cut short."""
    at = 0
    for row in rows:
        yield from _gap(at, row.linear)
        if row.end > at:
            yield row if row.linear >= at else replace(row, linear=at, size=row.end - at)
        at = max(at, row.end)
    yield from _gap(at, _ADDRESSES)


def _gap(low: int, high: int) -> Iterator[MapRange]:
    for end, what, purpose in _BETWEEN:
        if low < min(end, high):
            yield MapRange(low, min(end, high) - low, purpose, what)
            low = min(end, high)
