"""INT 31h AX=0D00h to 0D03h: memory shared by clients, and serialization on it.

A client that waits for serialization executes its INT 31h again and again while time passes, so that interrupt
handlers and callbacks can release what it waits for or cancel its request. Where none could, waiting would be for
ever: `Deadlock`.
"""

from __future__ import annotations

import struct
from typing import Final

from app.emu import events
from app.emu.host import failures
from app.emu.host.client import Client, PendingSerialization
from app.emu.host.host import Host
from app.emu.host.shared_memory import Shared
from app.emu.int31.table import INT31
from app.emu.machine_errors import NotYet
from app.emu.registers import DX, ES_DI, SI_DI

_REQUEST: Final = struct.Struct("<IIIIIHHI")
"""00h bytes wanted  04h bytes it has  08h handle  0Ch linear address  10h name: offset, selector  16h, 18h reserved"""
_LONGEST_NAME: Final = 128
"""With the zero at its end."""
_NO_WAIT: Final = 1
_SHARED: Final = 2
_RELEASE_SHARED: Final = 1
_CANCEL: Final = 2
_TIMER_TICK: Final = 0x1C


@INT31.service(0x0D00, since="1.0")
def allocate_shared_memory(host: Host, request: ES_DI) -> None:
    """Open the shared block named in a structure; the first client that does so makes it and says how long it is."""
    size, _, _, _, offset, selector, word, reserved = _REQUEST.unpack(host.read_pointer(*request, _REQUEST.size))
    if reserved:
        raise failures.InvalidValue
    host.linear(*request, _REQUEST.size, write=True)
    handle, block = host.shared.open(host.current.number, _name(host, selector, offset), size)
    answer = _REQUEST.pack(size, block.size, handle, block.linear, offset, selector, word, reserved)
    host.write_pointer(*request, answer)
    _announce(host, "allocated", block, handle, _words(block))


def _name(host: Host, selector: int, offset: int) -> bytes:
    """A name of at most 128 bytes, the zero included. Raises `InvalidValue`."""
    name = b""
    for at in range(_LONGEST_NAME):
        character = host.read_pointer(selector, offset + at, 1)
        if character == b"\0":
            return name
        name += character
    raise failures.InvalidValue


@INT31.service(0x0D01, since="1.0")
def free_shared_memory(host: Host, handle: SI_DI) -> None:
    """Give a handle for a shared block back; the block goes with the last one."""
    block = host.shared.close(host.current.number, handle)
    if block.memory is not None and not host.shared.is_used(block):
        for blocks in host.holders:
            blocks.forget_locks(block.memory)
    _announce(host, "freed", block, handle, _words(block))


@INT31.service(0x0D02, since="1.0")
def serialize_on_shared_memory(host: Host, handle: SI_DI, flags: DX) -> None:
    """Hold a shared block alone, or (DX bit 1) with others that do not; wait for it unless DX bit 0 is set."""
    client, shared = host.current, bool(flags & _SHARED)
    request = host.take_pending(client)
    block = host.shared.find(client.number, handle)
    if request is not None and request.is_cancelled:
        raise failures.RequestCancelled
    try:
        block.take(client.number, shared=shared)
    except (failures.OwnedExclusively, failures.OwnedShared):
        if flags & _NO_WAIT:
            raise
        if not _can_be_woken(host, client):
            raise failures.Deadlock from None
        client.pending.append(PendingSerialization(host.place_of_call(), handle, shared))
        raise NotYet from None
    _announce(host, "locked", block, handle, _how(shared=shared))


def _can_be_woken(host: Host, client: Client) -> bool:
    """Can any client's code run while this one waits: in its interrupt handler, or in anybody's callback?"""
    pic = host.machine.state.devices.pic
    requests = (*range(pic.master.base, pic.master.base + 8), *range(pic.slave.base, pic.slave.base + 8), _TIMER_TICK)
    handlers = any(client.is_hooked(vector) for vector in requests)
    return host.machine.regs.interrupts_on and (handlers or any(each.callbacks for each in host.clients))


@INT31.service(0x0D03, since="1.0")
def free_serialization_on_shared_memory(host: Host, handle: SI_DI, flags: DX) -> None:
    """Release a shared block, held shared (DX bit 0) or alone; DX bit 1: have the request that waits for it fail."""
    client, shared = host.current, bool(flags & _RELEASE_SHARED)
    block = host.shared.find(client.number, handle)
    if not flags & _CANCEL:
        block.release(client.number, shared=shared)
        _announce(host, "unlocked", block, handle, _how(shared=shared))
        return
    for request in reversed(client.pending):
        if (request.handle, request.shared, request.is_cancelled) == (handle, shared, False):
            request.is_cancelled = True
            return
    raise failures.InvalidState


def _words(block: Shared) -> str:
    return f"shared memory {block.name.decode('cp437')!r}"


def _how(*, shared: bool) -> str:
    return "serialization, shared" if shared else "serialization, exclusive"


def _announce(host: Host, action: str, block: Shared, handle: int, detail: str) -> None:
    host.machine.emit(
        events.MemoryChanged, action=action, linear=block.linear, size=block.size, handle=handle, detail=detail
    )
