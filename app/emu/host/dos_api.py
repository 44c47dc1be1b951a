"""INT 21h issued in protected mode: pointers and segments are translated before DOS sees the call.

What a host that offers the vendor API `MS-DOS` does (reference section 6.6): data goes through a buffer in the
client's private DOS memory; memory calls and PSP calls speak in selectors; vector calls mean protected-mode vectors.
Functions without pointers are reflected untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level
from app.emu.host.interrupts import reflect
from app.emu.host.multiplex import PRIVATE_PARAGRAPHS, REAL_STACK_PARAGRAPHS
from app.emu.int31 import descriptors, dos_memory
from app.emu.registers import Flag, Registers, Segment
from app.emu.services import ServiceFailed

BUFFER_SIZE: Final = (PRIVATE_PARAGRAPHS - REAL_STACK_PARAGRAPHS) * 16
"""Bytes of the transfer buffer, in front of the real-mode stack."""
_HALF: Final = BUFFER_SIZE // 2
_PATH: Final = 128
_BUFFERED_INPUT: Final = 0x0A
"""Has no failure: CF means nothing."""
_READ: Final = 0x3F
_WRITE: Final = 0x40


@dataclass(slots=True)
class Transfer:
    """What is to be done when the reflected call is back.

    back: (offset in the buffer, selector, offset, bytes) to copy to the client on success; keep: registers that
    held pointers and get their old values; for reads and writes the position of the rest.
    """

    function: int
    keep: tuple[str, ...]
    back: list[tuple[int, int, int, int]] = field(default_factory=list)
    selector: int = 0
    offset: int = 0
    left: int = 0
    done: int = 0

    def finish(self, host: Host, level: Level) -> None:
        """The call is back and the client's registers are current again: copy data and repair pointers."""
        regs = host.machine.regs
        for name in self.keep:
            setattr(regs, name, getattr(level.saved, name))
        failed = bool(regs.eflags & Flag.CF)
        if self.function in (_READ, _WRITE):
            _finish_stream(host, level, self, failed=failed)
            return
        if failed and self.function != _BUFFERED_INPUT:
            return
        for at, selector, offset, size in self.back:
            data = host.machine.memory.read((level.client.private << 4) + at, size)
            host.write_pointer(selector, offset, data)


@dataclass(frozen=True, slots=True)
class Argument:
    """A pointer argument: segment register, offset register, and how much it points at.

    size: bytes, or -1 for an ASCIIZ string, -2 for a `$` string, -3 for a DOS input buffer (length byte first).
    """

    segment: str
    offset: str
    size: int
    copied_in: bool = True
    copied_back: bool = False


def _in(segment: str, offset: str, size: int = -1) -> Argument:
    return Argument(segment, offset, size)


def _out(segment: str, offset: str, size: int) -> Argument:
    return Argument(segment, offset, size, copied_in=False, copied_back=True)


POINTERS: Final[dict[int, tuple[Argument, ...]]] = {
    0x09: (_in("ds", "dx", -2),),
    0x0A: (Argument("ds", "dx", -3, copied_back=True),),
    0x39: (_in("ds", "dx"),),
    0x3A: (_in("ds", "dx"),),
    0x3B: (_in("ds", "dx"),),
    0x3C: (_in("ds", "dx"),),
    0x3D: (_in("ds", "dx"),),
    0x41: (_in("ds", "dx"),),
    0x43: (_in("ds", "dx"),),
    0x47: (_out("ds", "si", 64),),
    0x4E: (_in("ds", "dx"),),
    0x56: (_in("ds", "dx"), _in("es", "di")),
    0x5A: (Argument("ds", "dx", _PATH, copied_back=True),),
    0x5B: (_in("ds", "dx"),),
    0x60: (_in("ds", "si"), _out("es", "di", _PATH)),
    0x6C: (_in("ds", "si"),),
}
"""Functions whose pointers simply go through the buffer."""


def translate(host: Host) -> bool:
    """Serve or start INT 21h for a client; False when the call has no pointers and is to be reflected as it is."""
    regs = host.machine.regs
    direct = DIRECT.get(regs.ah)
    if direct is not None:
        regs.set_flag(Flag.CF, on=False)
        try:
            direct(host)
        except ServiceFailed as failure:
            regs.ax = failure.code & 0xFF
            regs.set_flag(Flag.CF, on=True)
        return True
    if regs.ah in (_READ, _WRITE):
        _start_stream(host)
        return True
    arguments = POINTERS.get(regs.ah)
    if arguments is None:
        return False
    _through_buffer(host, arguments)
    return True


def _offset(host: Host, regs: Registers, name: str) -> int:
    return int(getattr(regs, "e" + name)) if host.current.wide else regs.low(name)


def _through_buffer(host: Host, arguments: tuple[Argument, ...]) -> None:
    client, regs = host.current, host.machine.regs
    transfer = Transfer(regs.ah, tuple("e" + each.offset for each in arguments))
    placed = []
    for number, each in enumerate(arguments):
        selector, offset = getattr(regs, each.segment).selector, _offset(host, regs, each.offset)
        at = number * _HALF
        size = each.size
        if each.copied_in:
            data = _fetch(host, selector, offset, size)
            size = len(data)
            host.machine.memory.write((client.private << 4) + at, data)
        if each.copied_back:
            transfer.back.append((at, selector, offset, size))
        placed.append((each, at))
    level = reflect(host, 0x21)
    level.on_return = transfer
    for each, at in placed:
        setattr(regs, each.segment, Segment.real(client.private))
        regs.set_low(each.offset, at)


def _fetch(host: Host, selector: int, offset: int, size: int) -> bytes:
    """What a pointer argument points at, no longer than half the buffer."""
    if size == -3:
        return host.read_pointer(selector, offset, host.read_pointer(selector, offset, 1)[0] + 2)
    if size >= 0:
        return host.read_pointer(selector, offset, size)
    end = b"$" if size == -2 else b"\0"
    data = bytearray()
    while len(data) < _HALF:
        data += host.read_pointer(selector, offset + len(data), 1)
        if data.endswith(end):
            break
    return bytes(data)


# Reading and writing any amount


def _start_stream(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    transfer = Transfer(regs.ah, ("edx", "ecx"), selector=regs.ds.selector, offset=_offset(host, regs, "dx"))
    transfer.left = regs.ecx if client.wide else regs.low("cx")
    host.linear(transfer.selector, transfer.offset, transfer.left, write=transfer.function == _READ)
    _next_piece(host, transfer)


def _next_piece(host: Host, transfer: Transfer) -> None:
    client, regs = host.current, host.machine.regs
    size = min(transfer.left, BUFFER_SIZE)
    if transfer.function == _WRITE:
        data = host.read_pointer(transfer.selector, transfer.offset + transfer.done, size)
        host.machine.memory.write(client.private << 4, data)
    level = reflect(host, 0x21)
    level.on_return = transfer
    regs.ds = Segment.real(client.private)
    regs.set_low("dx", 0)
    regs.set_low("cx", size)


def _finish_stream(host: Host, level: Level, transfer: Transfer, *, failed: bool) -> None:
    machine, client = host.machine, level.client
    regs = machine.regs
    moved = regs.ax
    if not failed:
        if transfer.function == _READ and moved:
            data = machine.memory.read(client.private << 4, moved)
            host.write_pointer(transfer.selector, transfer.offset + transfer.done, data)
        asked = min(transfer.left, BUFFER_SIZE)
        transfer.done += moved
        transfer.left -= moved
        if transfer.left and moved == asked:
            regs.eax = level.saved.eax
            _next_piece(host, transfer)
            return
    elif not transfer.done:
        return
    regs.set_flag(Flag.CF, on=False)
    regs.eax = transfer.done if client.wide else regs.eax & 0xFFFF0000 | transfer.done & 0xFFFF


# Served without DOS, or by the host's own services


def _set_vector(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    client.vectors[regs.al] = Vector(regs.ds.selector, _offset(host, regs, "dx"))


def _get_vector(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    handler = client.vectors[regs.al]
    regs.es = host.load(handler.selector)
    if client.wide:
        regs.ebx = handler.offset
    else:
        regs.set_low("bx", handler.offset)


def _allocate(host: Host) -> None:
    result = dos_memory.allocate_dos_memory(host, host.machine.regs.low("bx"))
    host.machine.regs.ax = result.selector


def _free(host: Host) -> None:
    dos_memory.free_dos_memory(host, host.machine.regs.es.selector)


def _resize(host: Host) -> None:
    regs = host.machine.regs
    dos_memory.resize_dos_memory(host, regs.low("bx"), regs.es.selector)


def _set_psp(host: Host) -> None:
    dos, regs = host.machine.state.dos, host.machine.regs
    dos.current_psp = host.segment(regs.low("bx")).base >> 4


def _get_psp(host: Host) -> None:
    client, dos = host.current, host.machine.state.dos
    host.machine.regs.set_low("bx", _psp_selector(host, client, dos.current_psp))


def _psp_selector(host: Host, client: Client, psp: int) -> int:
    """The selector of a PSP: the one made at entry for the client's own."""
    if psp == client.psp:
        for index, (_, label) in client.ldt.entries.items():
            if label == "host: PSP":
                return client.ldt.selector(index)
    return descriptors.segment_to_descriptor(host, psp)


def _in_dos(host: Host) -> None:
    dos, regs = host.machine.state.dos, host.machine.regs
    segment, offset = dos.in_dos_address
    regs.es = host.load(descriptors.segment_to_descriptor(host, segment))
    if host.current.wide:
        regs.ebx = offset
    else:
        regs.set_low("bx", offset)


DIRECT: Final[dict[int, Callable[[Host], None]]] = {
    0x25: _set_vector,
    0x34: _in_dos,
    0x35: _get_vector,
    0x48: _allocate,
    0x49: _free,
    0x4A: _resize,
    0x50: _set_psp,
    0x51: _get_psp,
    0x62: _get_psp,
}
"""Functions the host serves itself."""
