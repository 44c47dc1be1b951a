"""The functions of the extended memory driver, a row per AH. Sizes are KiB. Source: XMS 3.0."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from app.emu import events
from app.emu.dos import far_memory
from app.emu.drivers.extended_memory import ExtendedMemory
from app.emu.drivers.xms_failures import (
    A20StillEnabled,
    BadUpperSegment,
    HmaInUse,
    HmaNotAllocated,
    NoMemoryLeft,
    NotImplementedHere,
    NoUpperMemory,
    XmsFailed,
)
from app.emu.registers import AX, BH, BL, BX, CX, DS_SI, DX, EAX, EBX, ECX, EDX, Byte
from app.emu.services import ServiceTable, arguments, hand_back

XMS: Final = ServiceTable(0x2F)
_SINCE: Final = "xms"
_VERSION: Final = 0x0300
_REVISION: Final = 0x0310
_LARGEST_WORD: Final = 0xFFFF
_DONE: Final = 1
_BL: Final = Byte("bl")
_MOVE: Final = struct.Struct("<IHIHI")
"""Length, source handle and offset, destination handle and offset."""


def serve(xms: ExtendedMemory) -> None:
    """Call the function AH names: AX is 1, or 0 and the reason in BL. Flags stay the caller's."""
    regs = xms.machine.regs
    row, flags = XMS.find(regs.ah), regs.eflags
    try:
        if row is None or row.handler is None:
            where = xms.machine.caller(0)  # a far call may be of many sizes: where it returns to
            xms.machine.emit(events.UnsupportedCalled, interrupt=XMS.interrupt, function=regs.ah, at=where)
            raise NotImplementedHere
        hand_back(row, regs, row.handler(xms, **arguments(row, regs, wide=False)), wide=False)
    except XmsFailed as failure:
        regs.ax = 0
        _BL.write(regs, failure.code, wide=False)
    regs.eflags = flags


class Version(NamedTuple):
    """Version of XMS, revision of the driver, 1: there is a high memory area."""

    version: AX
    revision: BX
    hma: DX


@XMS.service(0x00, since=_SINCE)
def version(xms: ExtendedMemory) -> Version:  # noqa: ARG001 - fixed
    """Versions, and whether there is a high memory area."""
    return Version(_VERSION, _REVISION, 1)


@XMS.service(0x01, since=_SINCE)
def request_hma(xms: ExtendedMemory) -> AX:
    """Take the high memory area, whatever DX says is wanted of it."""
    if xms.hma_is_taken:
        raise HmaInUse
    xms.hma_is_taken = True
    return _DONE


@XMS.service(0x02, since=_SINCE)
def release_hma(xms: ExtendedMemory) -> AX:
    """Give the high memory area back."""
    if not xms.hma_is_taken:
        raise HmaNotAllocated
    xms.hma_is_taken = False
    return _DONE


@XMS.service(0x03, since=_SINCE)
def global_enable_a20(xms: ExtendedMemory) -> AX:
    """A20 on, for whoever has the high memory area."""
    xms.a20_is_global = True
    xms.switch_a20(on=True)
    return _DONE


@XMS.service(0x04, since=_SINCE)
def global_disable_a20(xms: ExtendedMemory) -> AX:
    """A20 off, unless somebody needs it."""
    xms.a20_is_global = False
    _disable(xms)
    return _DONE


@XMS.service(0x05, since=_SINCE)
def local_enable_a20(xms: ExtendedMemory) -> AX:
    """A20 on, counted."""
    xms.a20_enabled += 1
    xms.switch_a20(on=True)
    return _DONE


@XMS.service(0x06, since=_SINCE)
def local_disable_a20(xms: ExtendedMemory) -> AX:
    """A20 off when it was disabled as often as enabled."""
    xms.a20_enabled = max(xms.a20_enabled - 1, 0)
    _disable(xms)
    return _DONE


def _disable(xms: ExtendedMemory) -> None:
    if xms.a20_enabled or xms.a20_is_global:
        raise A20StillEnabled
    xms.switch_a20(on=False)


class A20(NamedTuple):
    """1: it is on; BL is 0."""

    on: AX
    error: BL


@XMS.service(0x07, since=_SINCE)
def query_a20(xms: ExtendedMemory) -> A20:
    """Is A20 on?"""
    return A20(int(xms.a20), 0)


class FreeWords(NamedTuple):
    """Largest block and all free memory, 64 MiB at most."""

    largest: AX
    total: DX


@XMS.service(0x08, since=_SINCE)
def query_free(xms: ExtendedMemory) -> FreeWords:
    """How much extended memory is free."""
    if not xms.free_memory():
        raise NoMemoryLeft
    return FreeWords(min(xms.largest(), _LARGEST_WORD), min(xms.free_memory(), _LARGEST_WORD))


class FreeDwords(NamedTuple):
    """Largest block, all free memory, the highest address of memory; BL is 0."""

    largest: EAX
    total: EDX
    highest: ECX
    error: BL


@XMS.service(0x88, since=_SINCE)
def query_any_free(xms: ExtendedMemory) -> FreeDwords:
    """How much extended memory is free, as 32-bit numbers."""
    if not xms.free_memory():
        raise NoMemoryLeft
    return FreeDwords(xms.largest(), xms.free_memory(), xms.highest, 0)


class Allocated(NamedTuple):
    """1 and the handle."""

    done: AX
    handle: DX


@XMS.service(0x09, since=_SINCE)
def allocate_block(xms: ExtendedMemory, size: DX) -> Allocated:
    """Allocate a block."""
    return Allocated(_DONE, xms.allocate(size))


@XMS.service(0x89, since=_SINCE)
def allocate_any_block(xms: ExtendedMemory, size: EDX) -> Allocated:
    """Allocate a block of a 32-bit size."""
    return Allocated(_DONE, xms.allocate(size))


@XMS.service(0x0A, since=_SINCE)
def free_block(xms: ExtendedMemory, handle: DX) -> AX:
    """Give a block back."""
    xms.free(handle)
    return _DONE


@XMS.service(0x0B, since=_SINCE)
def move_block(xms: ExtendedMemory, description: DS_SI) -> AX:
    """Copy memory: DS:SI length in bytes (even), source handle and offset, destination handle and offset.

    With handle 0 the offset is a real-mode address.
    """
    size, *places = _MOVE.unpack(far_memory.read(xms.machine.memory, description, _MOVE.size))
    xms.move(size, (places[0], places[1]), (places[2], places[3]))
    return _DONE


class Locked(NamedTuple):
    """1 and the block's address, DX:BX."""

    done: AX
    high: DX
    low: BX


@XMS.service(0x0C, since=_SINCE)
def lock_block(xms: ExtendedMemory, handle: DX) -> Locked:
    """Keep a block where it is; its address."""
    linear = xms.lock(handle)
    return Locked(_DONE, linear >> 16, linear & 0xFFFF)


@XMS.service(0x0D, since=_SINCE)
def unlock_block(xms: ExtendedMemory, handle: DX) -> AX:
    """Take one lock away."""
    xms.unlock(handle)
    return _DONE


class Information(NamedTuple):
    """1, the lock count, handles left, size."""

    done: AX
    locks: BH
    handles: BL
    size: DX


@XMS.service(0x0E, since=_SINCE)
def block_information(xms: ExtendedMemory, handle: DX) -> Information:
    """Lock count and size of a block."""
    emb = xms.find(handle)
    return Information(_DONE, emb.locks, xms.handles_left, min(emb.size, _LARGEST_WORD))


class AnyInformation(NamedTuple):
    """1, the lock count, handles left, size."""

    done: AX
    locks: BH
    handles: CX
    size: EDX


@XMS.service(0x8E, since=_SINCE)
def any_block_information(xms: ExtendedMemory, handle: DX) -> AnyInformation:
    """Lock count and size of a block, as 32-bit numbers."""
    emb = xms.find(handle)
    return AnyInformation(_DONE, emb.locks, xms.handles_left, emb.size)


@XMS.service(0x0F, since=_SINCE)
def resize_block(xms: ExtendedMemory, handle: DX, size: BX) -> AX:
    """Make a block larger or smaller."""
    xms.resize(handle, size)
    return _DONE


@XMS.service(0x8F, since=_SINCE)
def resize_any_block(xms: ExtendedMemory, handle: DX, size: EBX) -> AX:
    """Make a block larger or smaller, a 32-bit size."""
    xms.resize(handle, size)
    return _DONE


@XMS.service(0x10, since=_SINCE)
def request_upper_block(xms: ExtendedMemory) -> AX:
    """Take an upper memory block: there is none, and DX, the largest, is 0."""
    xms.machine.regs.set_low("dx", 0)
    raise NoUpperMemory


def no_upper_block(xms: ExtendedMemory) -> AX:  # noqa: ARG001 - the answer is the same for all
    """Give an upper memory block back or resize it: there is none."""
    raise BadUpperSegment


for _function in (0x11, 0x12):
    XMS.service(_function, since=_SINCE)(no_upper_block)
