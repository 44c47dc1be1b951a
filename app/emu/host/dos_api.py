"""INT 21h issued in protected mode: pointers and segments are translated before DOS sees the call.

What a host that offers the vendor API `MS-DOS` does (reference section 6.6): data goes through a buffer
(dos_pointers.py, transfer.py); memory calls and PSP calls speak in selectors; vector calls mean protected-mode vectors.
Functions without pointers are reflected untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.emu.address import Far
from app.emu.dos.data_area import upper_byte
from app.emu.dos.failures import InvalidMemoryBlock
from app.emu.dos.psp import TERMINATE_VECTOR
from app.emu.host import dos_exec, dos_pointers, vectors
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level
from app.emu.host.interrupts import reflect
from app.emu.host.transfer import (
    BUFFER_SIZE,
    HALF,
    LINE,
    Argument,
    Copies,
    PointerAnswer,
    fail,
    incoming,
    kept,
    offset_of,
    paragraph,
    through_buffer,
)
from app.emu.int31 import descriptors, dos_memory
from app.emu.registers import Flag, Registers, Segment
from app.emu.services import ServiceFailed

FIRST_WITH_CARRY: Final = 0x38
"""Older functions have no failure: CF means nothing."""
_END_PROGRAM: Final = 0x00
_PARSE_NAME: Final = 0x29
_FCB: Final = 12
"""Bytes of a file control block that parsing a name writes."""
READ: Final = 0x3F
WRITE: Final = 0x40
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


ANSWERS: Final = {
    0x1B00: ("ds", "bx"), 0x1C00: ("ds", "bx"), 0x5200: ("es", "bx"), 0x5D06: ("ds", "si"), 0x6300: ("ds", "si"),
}  # fmt: skip
"""Functions (AX, or AH with 00h) that answer with a pointer, and its registers."""
SEGMENTS: Final = frozenset({0x26, 0x55})
"""Functions that take a segment in DX."""


@dataclass(slots=True)
class Parsed(Copies):
    """A name was parsed: DOS has moved SI in the buffer, whose first byte is that of the client's text."""

    def finish(self, host: Host, level: Level) -> None:
        """Copy the control block, and move the client's (E)SI as far."""
        Copies.finish(self, host, level)
        regs = host.machine.regs
        moved = regs.esi + (level.answer.low("si") if level.answer is not None else 0)
        if level.client.wide:
            regs.esi = moved & 0xFFFFFFFF
        else:
            regs.set_low("si", moved)


def translate(host: Host) -> bool:
    """Serve or start INT 21h for a client; False when the call has no pointers and is to be reflected as it is."""
    regs = host.machine.regs
    if regs.ah == _END_PROGRAM:
        return _end_other_program(host)
    direct = DIRECT.get(regs.ax) or DIRECT.get(regs.ah)
    if direct is not None:
        regs.set_flag(Flag.CF, on=False)
        try:
            direct(host)
        except ServiceFailed as failure:
            fail(regs, failure)
        return True
    if regs.ah in (READ, WRITE):
        _start_stream(host)
        return True
    search = host.current.transfer_area is not None and regs.ah in (_FIND_FIRST, _FIND_NEXT)
    arguments = dos_pointers.arguments(regs)
    tells_failure = regs.ah >= FIRST_WITH_CARRY
    if search:
        _find(host, arguments)
    elif regs.ah == _PARSE_NAME:
        _parse_name(host)
    elif arguments:
        through_buffer(host, 0x21, arguments, Copies(kept(arguments), only_if_done=tells_failure))
    elif regs.ax in ANSWERS or regs.ah << 8 in ANSWERS:
        answer = PointerAnswer(*(ANSWERS.get(regs.ax) or ANSWERS[regs.ah << 8]), tells_failure)
        reflect(host, 0x21).on_return = answer
    elif regs.ah in SEGMENTS:
        _with_segment(host)
    else:
        return False
    return True


def _end_other_program(host: Host) -> bool:
    """AH=00h for a PSP that is not the client's own: DOS ends that and comes back here (reference 9.1)."""
    machine, psp = host.machine, host.machine.state.dos.current_psp
    if psp == host.current.psp:
        return False
    machine.memory.write_u32((psp << 4) + TERMINATE_VECTOR, machine.real_return.to_dword())
    level = reflect(host, 0x21)
    level.psp = host.current.psp  # outlives the program that ends
    level.on_return = Copies(("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"))
    return True


def is_more_than_pointers(regs: Registers) -> bool:
    """Does `translate` do more for INT 21h with these registers than to have pointer arguments go through a buffer?"""
    direct = regs.ax in DIRECT or regs.ah in DIRECT
    return direct or regs.ax in ANSWERS or regs.ah << 8 in ANSWERS or regs.ah in SEGMENTS or regs.ah == _PARSE_NAME


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


def _parse_name(host: Host) -> None:
    """Read a file name into a file control block; (E)SI moves behind it."""
    arguments = (incoming("ds", "si", LINE), Argument("es", "di", _FCB, copied_back=True))
    through_buffer(host, 0x21, arguments, Parsed(kept(arguments), only_if_done=False))


def _with_segment(host: Host) -> None:
    """DX is a selector of conventional memory: DOS gets its segment."""
    regs = host.machine.regs
    segment = paragraph(host, regs.low("dx"))
    if segment is None:
        fail(regs, InvalidMemoryBlock())
        return
    reflect(host, 0x21).on_return = Copies(("edx",))
    regs.set_low("dx", segment)


# Reading and writing any amount


def _start_stream(host: Host) -> None:
    regs, client = host.machine.regs, host.current
    left = regs.ecx if client.wide else regs.low("cx")
    stream = Stream(regs.ah, regs.ds.selector, offset_of(host, "dx"), left)
    host.linear(stream.selector, stream.offset, stream.left, write=stream.function == READ)
    _next_piece(host, stream)


def _next_piece(host: Host, stream: Stream) -> None:
    client, regs = host.current, host.machine.regs
    size = min(stream.left, BUFFER_SIZE)
    if stream.function == WRITE:
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
        if stream.function == READ and moved:
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
    psp = paragraph(host, host.machine.regs.low("bx"))
    if psp is None:
        raise InvalidMemoryBlock
    host.machine.state.dos.current_psp = psp


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


def _upper_text(host: Host) -> None:
    """Letters to upper case, however many."""
    regs = host.machine.regs
    pointer = regs.ds.selector, offset_of(host, "dx")
    if regs.low("cx"):
        text = host.read_pointer(*pointer, regs.low("cx"))
        host.write_pointer(*pointer, bytes(map(upper_byte, text)))


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
    0x4B00: dos_exec.execute,
    0x4B01: dos_exec.execute,
    0x4B03: dos_exec.execute,
    0x6521: _upper_text,
    0x65A1: _upper_text,
}
"""Functions (AH, or AX) the host serves itself, or starts in a way of their own."""
