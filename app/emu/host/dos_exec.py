"""INT 21h AH=4Bh issued in protected mode: name, parameter block and what that points at go through the buffer.

A 16-bit client's block is that of DOS with selectors: environment (0: the client's own), command tail, two file control
blocks, each offset:selector. A 32-bit client's block has 48-bit pointers (offset, selector) to the same three and no
environment: the child gets the client's. So HDPMI reads it; the specification says nothing. What AX=4B01h answers,
SS:SP and CS:IP of the child in real mode, follows behind the last pointer. AX=4B03h has two words for both widths: a
selector of conventional memory to load at, and the factor of the relocations. AX=4B05h, the state of a program that a
loader has made, is for real-mode loaders and not translated.
"""

from __future__ import annotations

import struct
from typing import Final

from app.emu.dos.failures import InvalidEnvironment, InvalidMemoryBlock, PathNotFound
from app.emu.dos.psp import ENVIRONMENT
from app.emu.host.client import Client
from app.emu.host.host import Host
from app.emu.host.interrupts import reflect
from app.emu.host.transfer import BUFFER_SIZE, STRING, Copies, fetch, offset_of, paragraph, pointed
from app.emu.registers import Segment

_LOAD: Final = 0x01
_OVERLAY: Final = 0x03
_BLOCK, _TAIL, _FCBS, _STRINGS = 0x100, 0x120, 0x1A0, 0x200
"""Offsets in the buffer: parameter block, command tail, file control blocks, environment. The name is at 0."""
_REAL_BLOCK: Final = struct.Struct("<H3I")
_POINTERS: Final = {False: struct.Struct("<6H"), True: struct.Struct("<IHIHIH")}
"""Offset and selector of tail and file control blocks, for 16- and 32-bit clients."""
_WORD: Final = 2
_ANSWER: Final = _REAL_BLOCK.size
"""Where DOS's block has SS:SP and CS:IP."""
_ANSWER_SIZE: Final = 8
_TAIL_LIMIT: Final = 126
_FCB: Final = 16
_NONE: Final = 0xFFFFFFFF


def execute(host: Host) -> None:
    """Start INT 21h AH=4Bh in real mode. Raises the DOS failure of what does not fit into the buffer."""
    client, regs = host.current, host.machine.regs
    function, block = regs.al, (regs.es.selector, offset_of(host, "bx"))
    name = fetch(pointed(host, regs.ds.selector, offset_of(host, "dx")), STRING)
    if len(name) > _BLOCK:
        raise PathNotFound
    _put(host, 0, name)
    copies = Copies(("ebx", "edx"))
    if function == _OVERLAY:
        data = host.read_pointer(*block, 4)
        place = paragraph(host, int.from_bytes(data[:2], "little"))
        if place is None:
            raise InvalidMemoryBlock
        _put(host, _BLOCK, place.to_bytes(2, "little") + data[2:])
    else:
        size = _put_block(host, client, block)
        if function == _LOAD:
            copies.back.append((_BLOCK + _ANSWER, block[0], block[1] + size, _ANSWER_SIZE))
    reflect(host, 0x21).on_return = copies
    regs.ds = regs.es = Segment.real(client.buffer)
    regs.set_low("dx", 0)
    regs.set_low("bx", _BLOCK)


def _put(host: Host, at: int, data: bytes) -> None:
    host.machine.memory.write((host.current.buffer << 4) + at, data)


def _put_block(host: Host, client: Client, block: tuple[int, int]) -> int:
    """Write DOS's block and what it points at; the size of the client's block as far as it was read."""
    form = _POINTERS[client.wide]
    start = 0 if client.wide else _WORD
    data = host.read_pointer(*block, start + form.size)
    offsets = form.unpack_from(data, start)
    tail, *fcbs = zip(offsets[1::2], offsets[::2], strict=True)
    _put(host, _TAIL, _command_tail(host, tail))
    real = [_environment(host, client, int.from_bytes(data[:start], "little")), client.buffer << 16 | _TAIL]
    for at, pointer in zip((_FCBS, _FCBS + _FCB), fcbs, strict=True):
        if pointer[0]:
            _put(host, at, host.read_pointer(*pointer, _FCB))
        real.append(client.buffer << 16 | at if pointer[0] else _NONE)
    _put(host, _BLOCK, _REAL_BLOCK.pack(*real))
    return len(data)


def _command_tail(host: Host, pointer: tuple[int, int]) -> bytes:
    """The counted text, ended by a carriage return; a null selector means none."""
    selector, offset = pointer
    if not selector:
        return b"\0\r"
    count = min(host.read_pointer(selector, offset, 1)[0], _TAIL_LIMIT)
    text = host.read_pointer(selector, offset + 1, count) if count else b""
    return bytes([count]) + text + b"\r"


def _environment(host: Host, client: Client, selector: int) -> int:
    """The paragraph of an environment a client names, copied if real mode cannot reach it; 0: that of the program."""
    memory, psp = host.machine.memory, host.machine.state.dos.current_psp
    if not selector and psp == client.psp:
        selector = memory.read_u16((psp << 4) + ENVIRONMENT)  # a selector since the program is a client
    if not selector:
        return 0
    reachable = paragraph(host, selector)
    if reachable is not None:
        return reachable
    strings = bytearray()
    while not strings.endswith(b"\0\0"):
        if len(strings) == BUFFER_SIZE - _STRINGS:
            raise InvalidEnvironment
        strings += host.read_pointer(selector, len(strings), 1)
    _put(host, _STRINGS, bytes(strings))
    return client.buffer + _STRINGS // 16
