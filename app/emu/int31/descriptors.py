"""INT 31h AX=0000h to 000Fh: LDT descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from app.emu import events
from app.emu.descriptor import BIG, GRANULAR, Descriptor, sized
from app.emu.host import failures
from app.emu.host.host import Host
from app.emu.host.tables import FRESH, RESERVED, Owner, check_rights, mended_rights
from app.emu.int31.table import INT31
from app.emu.registers import AX, BX, CH, CL, CX, CX_DX, ES_DI
from app.emu.services import ServiceFailed

_MIB = 1 << 20


@contextmanager
def told(host: Host, index: int, by: str) -> Iterator[None]:
    """Say what somebody does to a descriptor of the current client."""
    ldt = host.current.ldt
    before = ldt.read(index).fields() if index in ldt.entries else None
    yield
    after = ldt.read(index).fields() if index in ldt.entries else None
    host.machine.emit(events.DescriptorChanged, selector=ldt.selector(index), by=by, before=before, after=after)


def announced(host: Host, index: int, by: int) -> AbstractContextManager[None]:
    """Say what a service does to a descriptor."""
    return told(host, index, f"INT 31h AX={by:04X}h")


def _label(host: Host, function: int) -> str:
    return f"client {host.current.number}: INT 31h AX={function:04X}h"


def change_descriptor(host: Host, selector: int, by: int, descriptor: Descriptor) -> None:
    """Replace a descriptor the client may change; segment registers that hold it follow."""
    ldt = host.current.ldt
    index = ldt.index(selector, Owner.CLIENT)
    with announced(host, index, by):
        ldt.write(index, descriptor)
    host.reload(selector)


@INT31.service(0x0000)
def allocate_descriptors(host: Host, count: CX) -> AX:
    """Allocate neighbouring LDT descriptors (data, base 0, limit 0) and return the first selector."""
    if not count:
        raise failures.InvalidValue
    ldt = host.current.ldt
    first = ldt.allocate(count, Owner.CLIENT, _label(host, 0x0000))
    for index in range(first, first + count):
        if host.profile.has_big_descriptors:
            ldt.write(index, replace(FRESH, flags=BIG))
        announce_new(host, index, 0x0000)
    return ldt.selector(first)


def announce_new(host: Host, index: int, by: int) -> None:
    """Say that a descriptor was allocated."""
    ldt = host.current.ldt
    host.machine.emit(
        events.DescriptorChanged,
        selector=ldt.selector(index),
        by=f"INT 31h AX={by:04X}h",
        before=None,
        after=ldt.read(index).fields(),
    )


@INT31.service(0x0001)
def free_descriptor(host: Host, selector: BX) -> None:
    """Free one LDT descriptor; data segment registers that hold it become null."""
    ldt, regs = host.current.ldt, host.machine.regs
    index = ldt.index(selector, Owner.CLIENT)
    if selector & ~3 in (regs.cs.selector & ~3, regs.ss.selector & ~3):
        raise failures.InvalidSelector
    with announced(host, index, 0x0001):
        ldt.release(index)
    host.drop(selector)


@INT31.service(0x0002)
def segment_to_descriptor(host: Host, paragraph: BX) -> AX:
    """Return the selector of a real-mode segment: base paragraph*16, limit FFFFh, always the same, never freed."""
    client = host.current
    index = client.segments.get(paragraph)
    if index is None:
        index = client.ldt.allocate(1, Owner.HOST, f"client {client.number}: segment {paragraph:04X} (AX=0002h)")
        client.ldt.write(index, sized(paragraph << 4, 0xFFFF, 0xF2))
        client.segments[paragraph] = index
        announce_new(host, index, 0x0002)
    return client.ldt.selector(index)


@INT31.service(0x0003)
def get_selector_increment(_host: Host) -> AX:
    """Return the step from one selector of a run to the next."""
    return Descriptor.SIZE


@INT31.service(0x0004)
def lock_selector(_host: Host, selector: BX) -> None:
    """Reserved; old Windows kernels call it and expect success."""


@INT31.service(0x0005)
def unlock_selector(_host: Host, selector: BX) -> None:
    """Reserved; old Windows kernels call it and expect success."""


@INT31.service(0x0006)
def get_segment_base(host: Host, selector: BX) -> CX_DX:
    """Return the linear base address of a segment."""
    ldt = host.current.ldt
    return ldt.read(ldt.index(selector)).base


@INT31.service(0x0007)
def set_segment_base(host: Host, selector: BX, base: CX_DX) -> None:
    """Set the linear base address of a segment; registers that hold it are reloaded."""
    ldt = host.current.ldt
    old = ldt.read(ldt.index(selector, Owner.CLIENT))
    change_descriptor(host, selector, 0x0007, Descriptor(base, old.raw_limit, old.access, old.flags))


@INT31.service(0x0008)
def set_segment_limit(host: Host, selector: BX, limit: CX_DX) -> None:
    """Set the limit of a segment in bytes; from 1 MiB on it must be one less than a whole number of pages."""
    ldt = host.current.ldt
    old = ldt.read(ldt.index(selector, Owner.CLIENT))
    if host.profile.checks_limits and limit >= _MIB and limit & 0xFFF != 0xFFF:
        raise failures.InvalidValue
    change_descriptor(host, selector, 0x0008, sized(old.base, limit, old.access, old.flags))


def _rights(host: Host, access: int, flags: int) -> tuple[int, int]:
    """Rights as the host lets a client set them. Raises `InvalidValue`."""
    if host.profile.mends_rights:
        return mended_rights(access, flags)
    check_rights(access, flags)
    return access, flags


@INT31.service(0x0009)
def set_access_rights(host: Host, selector: BX, access: CL, extended: CH) -> None:
    """Set a descriptor's access byte (CL) and its G, D/B, AVL bits (CH)."""
    ldt = host.current.ldt
    old = ldt.read(ldt.index(selector, Owner.CLIENT))
    access, flags = _rights(host, access, extended >> 4)
    if not host.profile.sets_granularity:
        flags = flags & ~GRANULAR | old.flags & GRANULAR
    change_descriptor(host, selector, 0x0009, Descriptor(old.base, old.raw_limit, access, flags))


@INT31.service(0x000A)
def create_alias_descriptor(host: Host, selector: BX) -> AX:
    """Return a new data descriptor with the base and limit of a segment as they are now."""
    ldt = host.current.ldt
    source = ldt.read(ldt.index(selector))
    index = ldt.allocate(1, Owner.CLIENT, f"client {host.current.number}: alias of {selector:04X} (AX=000Ah)")
    ldt.write(index, Descriptor(source.base, source.raw_limit, 0xF2, source.flags))
    announce_new(host, index, 0x000A)
    return ldt.selector(index)


@INT31.service(0x000B)
def get_descriptor(host: Host, selector: BX, buffer: ES_DI) -> None:
    """Copy the eight bytes of a descriptor to a buffer."""
    ldt = host.current.ldt
    host.write_pointer(*buffer, ldt.read(ldt.index(selector)).encode())


@INT31.service(0x000C)
def set_descriptor(host: Host, selector: BX, buffer: ES_DI) -> None:
    """Replace a descriptor by eight bytes from a buffer."""
    _set_descriptor(host, selector, host.read_pointer(*buffer, Descriptor.SIZE), 0x000C)


def _set_descriptor(host: Host, selector: int, data: bytes, by: int) -> None:
    host.current.ldt.index(selector, Owner.CLIENT)
    descriptor = Descriptor.decode(data)
    access, flags = _rights(host, descriptor.access, descriptor.flags)
    change_descriptor(host, selector, by, replace(descriptor, access=access, flags=flags))


@INT31.service(0x000D)
def allocate_specific_descriptor(host: Host, selector: BX) -> None:
    """Allocate one of the first 16 LDT descriptors by its selector."""
    ldt = host.current.ldt
    index = selector >> 3
    if not selector & 4 or index >= RESERVED:
        raise failures.InvalidSelector
    if index in ldt.entries:
        raise failures.DescriptorUnavailable
    ldt.take(index, Owner.CLIENT, _label(host, 0x000D))
    announce_new(host, index, 0x000D)


_ENTRY = 10
"""Bytes of one entry of 000Eh and 000Fh: selector, descriptor."""


@INT31.service(0x000E, since="1.0")
def get_multiple_descriptors(host: Host, count: CX, buffer: ES_DI) -> None:
    """Copy descriptors to a list of (selector, eight bytes); on failure CX is the number copied."""
    ldt = host.current.ldt
    selector, offset = buffer
    for done in range(count):
        at = offset + done * _ENTRY
        wanted = int.from_bytes(host.read_pointer(selector, at, 2), "little")
        with counted(host, done):
            found = ldt.read(ldt.index(wanted))
        host.write_pointer(selector, at + 2, found.encode())


@INT31.service(0x000F, since="1.0")
def set_multiple_descriptors(host: Host, count: CX, buffer: ES_DI) -> None:
    """Replace descriptors from a list of (selector, eight bytes); on failure CX is the number set."""
    selector, offset = buffer
    for done in range(count):
        entry = host.read_pointer(selector, offset + done * _ENTRY, _ENTRY)
        with counted(host, done):
            _set_descriptor(host, int.from_bytes(entry[:2], "little"), entry[2:], 0x000F)


@contextmanager
def counted(host: Host, done: int) -> Iterator[None]:
    """On failure tell the client in CX how many entries were done before."""
    try:
        yield
    except ServiceFailed:
        host.machine.regs.set_low("cx", done)
        raise
