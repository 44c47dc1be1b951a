"""INT 21h issued in protected mode: pointers and segments are translated before DOS sees the call.

What a host that offers the vendor API `MS-DOS` does (reference section 6.6): data goes through a buffer
(transfer.py); memory calls and PSP calls speak in selectors; vector calls mean protected-mode vectors.
Functions without pointers are reflected untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.emu.address import Far
from app.emu.host import vectors
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level
from app.emu.host.interrupts import reflect
from app.emu.host.transfer import (
    BUFFER_SIZE,
    HALF,
    Argument,
    Copies,
    PointerAnswer,
    fail,
    incoming,
    kept,
    offset_of,
    outgoing,
    through_buffer,
)
from app.emu.int31 import descriptors, dos_memory
from app.emu.registers import Flag, Segment
from app.emu.services import ServiceFailed

_PATH: Final = 128
_BUFFERED_INPUT: Final = 0x0A
"""Has no failure: CF means nothing."""
_READ: Final = 0x3F
_WRITE: Final = 0x40
_FIND_FIRST: Final = 0x4E
_FIND_NEXT: Final = 0x4F
_SEARCH_SIZE: Final = 0x2B
"""Bytes of a transfer area that find first and next use."""


@dataclass(slots=True)
class Stream:
    """A read or write of any size in pieces of the buffer's: the client's pointer, bytes left and bytes moved."""

    function: int
    selector: int
    offset: int
    left: int
    done: int = 0

    def finish(self, host: Host, level: Level) -> None:
        """A piece is back: copy what was read, go on with the next or give the whole."""
        regs = host.machine.regs
        regs.edx, regs.ecx = level.saved.edx, level.saved.ecx
        _finish_piece(host, level, self, failed=bool(regs.eflags & Flag.CF))


@dataclass(slots=True)
class Search(Copies):
    """A find first or next: DOS works in the buffer, the client's transfer area gets what it found."""

    transfer_area: Far = Far(0, 0)  # noqa: RUF009 - immutable
    """DOS's own, which is set again afterwards."""

    def finish(self, host: Host, level: Level) -> None:
        """Give DOS its transfer area back, then copy."""
        host.machine.state.dos.dta = self.transfer_area
        Copies.finish(self, host, level)


POINTERS: Final[dict[int, tuple[Argument, ...]]] = {
    0x09: (incoming("ds", "dx", -2),),
    0x0A: (Argument("ds", "dx", -3, copied_back=True),),
    0x39: (incoming("ds", "dx"),),
    0x3A: (incoming("ds", "dx"),),
    0x3B: (incoming("ds", "dx"),),
    0x3C: (incoming("ds", "dx"),),
    0x3D: (incoming("ds", "dx"),),
    0x41: (incoming("ds", "dx"),),
    0x43: (incoming("ds", "dx"),),
    0x47: (outgoing("ds", "si", 64),),
    0x4E: (incoming("ds", "dx"),),
    0x56: (incoming("ds", "dx"), incoming("es", "di")),
    0x5A: (Argument("ds", "dx", _PATH, copied_back=True),),
    0x5B: (incoming("ds", "dx"),),
    0x60: (incoming("ds", "si"), outgoing("es", "di", _PATH)),
    0x6C: (incoming("ds", "si"),),
}
"""Functions whose pointers simply go through the buffer."""
ANSWERS: Final = {0x1B00: "ds", 0x1C00: "ds", 0x5200: "es", 0x5D06: "ds", 0x6300: "ds"}
"""Functions (AX, or AH with 00h) that answer with a pointer, and its segment register."""
SEGMENTS: Final = frozenset({0x26, 0x55})
"""Functions that take a segment in DX."""


def translate(host: Host) -> bool:
    """Serve or start INT 21h for a client; False when the call has no pointers and is to be reflected as it is."""
    regs = host.machine.regs
    direct = DIRECT.get(regs.ah)
    if direct is not None:
        regs.set_flag(Flag.CF, on=False)
        try:
            direct(host)
        except ServiceFailed as failure:
            fail(regs, failure)
        return True
    if regs.ah in (_READ, _WRITE):
        _start_stream(host)
        return True
    search = host.current.transfer_area is not None and regs.ah in (_FIND_FIRST, _FIND_NEXT)
    arguments = POINTERS.get(regs.ah, ())
    if search:
        _find(host, arguments)
    elif arguments:
        through_buffer(host, 0x21, arguments, Copies(kept(arguments), only_if_done=regs.ah != _BUFFERED_INPUT))
    elif regs.ax in ANSWERS or regs.ah << 8 in ANSWERS:
        answer = PointerAnswer(ANSWERS.get(regs.ax) or ANSWERS[regs.ah << 8])
        reflect(host, 0x21).on_return = answer
    elif regs.ah in SEGMENTS:
        _with_segment(host)
    else:
        return False
    return True


def _find(host: Host, arguments: tuple[Argument, ...]) -> None:
    """Find first or next with DOS's transfer area in the second half of the buffer."""
    client, dos = host.current, host.machine.state.dos
    selector, offset = client.transfer_area or (0, 0)
    at = (client.buffer << 4) + HALF
    host.machine.memory.write(at, host.read_pointer(selector, offset, _SEARCH_SIZE))
    back = [(HALF, selector, offset, _SEARCH_SIZE)]
    search = Search(kept(arguments), back, transfer_area=dos.dta)
    through_buffer(host, 0x21, arguments, search)
    dos.dta = Far(client.buffer, HALF)


def _with_segment(host: Host) -> None:
    """DX is a selector of conventional memory: DOS gets its segment."""
    regs = host.machine.regs
    segment = host.segment(regs.low("dx")).base >> 4
    reflect(host, 0x21).on_return = Copies(("edx",))
    regs.set_low("dx", segment)


# Reading and writing any amount


def _start_stream(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    left = regs.ecx if client.wide else regs.low("cx")
    stream = Stream(regs.ah, regs.ds.selector, offset_of(host, "dx"), left)
    host.linear(stream.selector, stream.offset, stream.left, write=stream.function == _READ)
    _next_piece(host, stream)


def _next_piece(host: Host, stream: Stream) -> None:
    client, regs = host.current, host.machine.regs
    size = min(stream.left, BUFFER_SIZE)
    if stream.function == _WRITE:
        data = host.read_pointer(stream.selector, stream.offset + stream.done, size)
        host.machine.memory.write(client.buffer << 4, data)
    level = reflect(host, 0x21)
    level.on_return = stream
    regs.ds = Segment.real(client.buffer)
    regs.set_low("dx", 0)
    regs.set_low("cx", size)


def _finish_piece(host: Host, level: Level, stream: Stream, *, failed: bool) -> None:
    machine, client = host.machine, level.client
    regs = machine.regs
    moved = regs.ax
    if not failed:
        if stream.function == _READ and moved:
            data = machine.memory.read(client.buffer << 4, moved)
            host.write_pointer(stream.selector, stream.offset + stream.done, data)
        asked = min(stream.left, BUFFER_SIZE)
        stream.done += moved
        stream.left -= moved
        if stream.left and moved == asked:
            regs.eax = level.saved.eax
            _next_piece(host, stream)
            return
    elif not stream.done:
        return
    regs.set_flag(Flag.CF, on=False)
    regs.eax = stream.done if client.wide else regs.eax & 0xFFFF0000 | stream.done & 0xFFFF


# Served without DOS, or by the host's own services


def _set_vector(host: Host) -> None:
    regs = host.machine.regs
    handler = Vector(regs.ds.selector, offset_of(host, "dx"))
    vectors.set_protected_mode_vector(host, regs.al, handler)


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
        return client.psp_selector
    return descriptors.segment_to_descriptor(host, psp)


def _set_transfer_area(host: Host) -> None:
    host.current.transfer_area = host.machine.regs.ds.selector, offset_of(host, "dx")


def _get_transfer_area(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    if client.transfer_area is not None:
        selector, offset = client.transfer_area
    else:
        where = host.machine.state.dos.dta
        selector, offset = _psp_selector(host, client, where.segment), where.offset
    regs.es = host.load(selector)
    if client.wide:
        regs.ebx = offset
    else:
        regs.set_low("bx", offset)


def _in_dos(host: Host) -> None:
    dos, regs = host.machine.state.dos, host.machine.regs
    segment, offset = dos.in_dos_address
    regs.es = host.load(descriptors.segment_to_descriptor(host, segment))
    if host.current.wide:
        regs.ebx = offset
    else:
        regs.set_low("bx", offset)


DIRECT: Final[dict[int, Callable[[Host], None]]] = {
    0x1A: _set_transfer_area,
    0x25: _set_vector,
    0x2F: _get_transfer_area,
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
