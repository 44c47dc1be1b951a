"""Pointer arguments of real-mode services called in protected mode: data goes through a buffer below 1 MiB.

The buffer is in front of the real-mode stack in the private block the client supplied at entry, or in memory of the
host's own where that is small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.emu.host.host import Host, Level
from app.emu.host.interrupts import reflect
from app.emu.host.profile import BUFFER_PARAGRAPHS
from app.emu.int31 import descriptors
from app.emu.memory.memory import Memory
from app.emu.registers import Flag, Registers, Segment
from app.emu.services import ServiceFailed

BUFFER_SIZE: Final = BUFFER_PARAGRAPHS * 16
"""Bytes of the buffer."""
HALF: Final = BUFFER_SIZE // 2
"""Where the second argument of a call goes."""
STRING: Final = -1
"""An ASCIIZ string."""
DOLLAR_STRING: Final = -2
"""A string that ends with `$`."""
INPUT_BUFFER: Final = -3
"""A DOS input buffer, its length byte first."""
ANSWERED: Final = -4
"""As many bytes as the service says in CX."""
LINE: Final = -5
"""A string that ends with a zero or a carriage return."""
_CONVENTIONAL: Final = 0x100000
_ENDS: Final = {STRING: b"\0", DOLLAR_STRING: b"$", LINE: b"\0\r"}


@dataclass(frozen=True, slots=True)
class Argument:
    """A pointer argument: segment register, offset register, and how much it points at.

    size: bytes, or one of the negative numbers above; is_kept: the service answers nothing in the offset register.
    """

    segment: str
    offset: str
    size: int
    copied_in: bool = True
    copied_back: bool = False
    is_kept: bool = True


def incoming(segment: str, offset: str, size: int = STRING) -> Argument:
    """An argument the service reads."""
    return Argument(segment, offset, size)


def outgoing(segment: str, offset: str, size: int) -> Argument:
    """An argument the service writes."""
    return Argument(segment, offset, size, copied_in=False, copied_back=True)


@dataclass(slots=True)
class Copies:
    """What is to be done when the reflected call is back.

    keep: registers that held pointers and get their old values; back: (offset in the buffer, selector, offset, size as
    in `Argument`) to copy to the client, `only_if_done` unless the call failed.
    """

    keep: tuple[str, ...]
    back: list[tuple[int, int, int, int]] = field(default_factory=list)
    only_if_done: bool = True

    def finish(self, host: Host, level: Level) -> None:
        """The call is back and the client's registers are current again: repair pointers and copy data."""
        regs = host.machine.regs
        for name in self.keep:
            setattr(regs, name, getattr(level.saved, name))
        if self.only_if_done and regs.eflags & Flag.CF:
            return
        for at, selector, offset, size in self.back:
            data = answered(host.machine.memory, (level.client.buffer << 4) + at, size, regs.low("cx"))
            if data:
                host.write_pointer(selector, offset, data)


@dataclass(slots=True)
class PointerAnswer:
    """A call that gives a real-mode pointer: the client gets a selector for its segment, the offset as wide as itself.

    tells_failure: CF says whether it has given one; older functions leave CF as it was.
    """

    segment: str
    offset: str
    tells_failure: bool = True

    def finish(self, host: Host, level: Level) -> None:
        """Both parts of the pointer, in the registers they came in."""
        regs = host.machine.regs
        if self.tells_failure and regs.eflags & Flag.CF:
            return
        try:
            selector = descriptors.segment_to_descriptor(host, getattr(level.answer, self.segment).selector)
        except ServiceFailed as failure:
            fail(regs, failure)
        else:
            setattr(regs, self.segment, host.load(selector))
            if level.client.wide:
                setattr(regs, "e" + self.offset, regs.low(self.offset))


def fail(regs: Registers, failure: ServiceFailed) -> None:
    """A failure of the host as DOS tells one: CF and the low byte of the code."""
    regs.ax = failure.code & 0xFF
    regs.set_flag(Flag.CF, on=True)


def paragraph(host: Host, selector: int) -> int | None:
    """What real mode calls a selector's segment; None where it cannot reach it."""
    base = host.segment(selector).base
    return base >> 4 if base < _CONVENTIONAL and not base & 0x0F else None


def offset_of(host: Host, name: str) -> int:
    """An offset register as wide as the client: (E)DX for `dx`."""
    regs = host.machine.regs
    return int(getattr(regs, "e" + name)) if host.current.wide else regs.low(name)


def through_buffer(host: Host, vector: int, arguments: tuple[Argument, ...], copies: Copies, limit: int = HALF) -> None:
    """Copy arguments, each up to a limit, into the buffer and reflect an interrupt with pointers to them there."""
    client, regs = host.current, host.machine.regs
    placed = []
    for number, each in enumerate(arguments):
        selector, offset = getattr(regs, each.segment).selector, offset_of(host, each.offset)
        at = number * HALF
        size = each.size
        if each.copied_in:
            data = fetch(pointed(host, selector, offset), size, limit)
            size = len(data)
            host.machine.memory.write((client.buffer << 4) + at, data)
        if each.copied_back:
            copies.back.append((at, selector, offset, size))
        placed.append((each, at))
    level = reflect(host, vector)
    level.on_return = copies
    for each, at in placed:
        setattr(regs, each.segment, Segment.real(client.buffer))
        regs.set_low(each.offset, at)


def kept(arguments: tuple[Argument, ...]) -> tuple[str, ...]:
    """The registers that held the arguments' offsets."""
    return tuple("e" + each.offset for each in arguments if each.is_kept)


def answered(memory: Memory, linear: int, size: int, cx: int) -> bytes:
    """What a service has left in the buffer for an argument. linear: where; size: as in `Argument`; cx: its answer."""
    data = memory.read(linear, {STRING: HALF, ANSWERED: cx}.get(size, size))
    return data.partition(b"\0")[0] + b"\0" if size == STRING else data


Source = Callable[[int, int], bytes]
"""Reads what a pointer points at: from an offset on, so many bytes."""


def pointed(host: Host, selector: int, offset: int) -> Source:
    """What a client's pointer points at. Reading raises `GuestFault`."""
    return lambda at, count: host.read_pointer(selector, offset + at, count)


def fetch(read: Source, size: int, limit: int = HALF) -> bytes:
    """What a pointer argument points at, up to a limit."""
    if size == INPUT_BUFFER:
        return read(0, read(0, 1)[0] + 2)
    if size >= 0:
        return read(0, min(size, limit)) if size else b""
    data = bytearray()
    while len(data) < limit:
        data += read(len(data), 1)
        if data[-1] in _ENDS[size]:
            break
    return bytes(data)
