"""Processor exceptions: to the client's handler, down the chain of defaults, or to the end of the client.

Frames: the 0.9 image lies at SS:(E)SP, the 1.0 extended image behind it at SS:(E)SP+20h, always both, whatever call
installed the handler. The address a handler returns to tells which of them counts. Source: DPMI 1.0, INT 31h
AX=0202h, 0203h, 0210h to 0213h and chapter 4; reference sections 3.4 and 6.5.
"""

from __future__ import annotations

import struct
from typing import Final

from app.emu import events
from app.emu.devices import coprocessor
from app.emu.events import Door
from app.emu.host.circumstance import circumstance
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level, far, null_segment
from app.emu.host.interrupts import call_handler, jump, reflect
from app.emu.host.traps import Trap
from app.emu.registers import ALWAYS_SET, Flag, Registers, Segment

EXTENDED_AT: Final = 0x20
"""Where the extended image begins; the 0.9 image is in front of it."""
IMAGE_SIZE: Final = 0x58
TRAPS: Final = frozenset({1, 2, 3, 4})
"""Exceptions that are not restarted."""
WITH_INTERRUPTS: Final = range(8)
"""Those whose vectors are no hardware interrupts: software interrupts of their numbers have handlers beside them."""
COPROCESSOR_ERROR: Final = 16
WITH_ERROR_CODE: Final = frozenset({8, 10, 11, 12, 13, 14})
GENERAL_PROTECTION: Final = 13
_PAGE_FAULT: Final = 14
WITHIN_HOST: Final = 1
"""Bit 0 of the extended frame's information word: the host met the exception while it served the client."""


def raise_exception(host: Host, vector: int, error_code: int, cr2: int, information: int) -> None:
    """Deliver an exception of the running code: in protected mode to its client, in real mode to the primary one.

    EIP is where the processor says the fault was. information: that word of the extended frame.
    """
    regs = host.machine.regs
    client = host.primary if regs.is_v86 and host.primary is not None else host.current
    table = client.real_exceptions if regs.is_v86 else client.exceptions
    default = client.trap(Trap.DEFAULT_REAL_EXCEPTION if regs.is_v86 else Trap.DEFAULT_EXCEPTION, vector)
    is_late = host.profile.asks_interrupt_first and not regs.is_v86 and vector in WITH_INTERRUPTS
    if table[vector] != default and not (is_late and client.is_hooked(vector)):
        if host.profile.exception_depth and client.locked_depth > host.profile.exception_depth:
            _end(host, vector, error_code, cr2, f" with {client.locked_depth} events on the locked stack")
            return
        _announce(host, vector, error_code, cr2, "client")
        _enter_handler(host, client, table[vector], vector, (error_code, cr2, information))
    else:
        default_exception(host, vector, error_code, cr2)


def _enter_handler(host: Host, client: Client, handler: Vector, vector: int, told: tuple[int, int, int]) -> None:
    """Enter a handler. told: error code, CR2 and information word."""
    regs = host.machine.regs
    before = host.standing()
    level = host.leave(Door.EXCEPTION, client)
    level.vector = vector
    level.target = far(regs, regs.cs, regs.eip)
    if regs.is_v86:
        regs.ds = regs.es = regs.fs = regs.gs = null_segment()
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.TF | Flag.NT | Flag.RF) | Flag.IOPL
    host.enter_locked(level)
    level.stack_offset = regs.stack_offset
    level.cr2 = told[1]
    page_entry = host.machine.memory.page_entry(told[1]) if vector == _PAGE_FAULT else 0
    image = _image(client, level.saved, told, page_entry)
    if not host.profile.extends_frames:
        image = image[: 8 * client.word]
    _push_image(host, client, image, vector)
    regs.set_flag(Flag.IF, on=False)
    jump(host, handler)
    host.switched(before, Door.EXCEPTION)


def _image(client: Client, at: Registers, told: tuple[int, int, int], page_entry: int) -> bytes:
    """Both frames as they lie in memory, 58h bytes. told: error code, CR2 and information word."""
    error_code, cr2, information = told
    old, extended = client.trap(Trap.RETURN_FROM_EXCEPTION), client.trap(Trap.RETURN_FROM_EXTENDED_EXCEPTION)
    values = (old.offset, old.selector, error_code, at.eip, at.cs.selector, at.eflags, at.esp, at.ss.selector)
    if client.wide:
        image = struct.pack("<8I", *values)
        back = struct.pack("<II", extended.offset, extended.selector)
    else:
        image = struct.pack("<8H", *(value & 0xFFFF for value in values)) + bytes(16)
        back = struct.pack("<HHI", extended.offset, extended.selector, 0)
    return image + back + struct.pack(
        "<IIHHIIIIIIIII",
        error_code, at.eip, at.cs.selector, information, at.eflags, at.esp, at.ss.selector,
        at.es.selector, at.ds.selector, at.fs.selector, at.gs.selector, cr2, page_entry & 0xFF,
    )  # fmt: skip


_WIDE_FIELDS: Final = (
    "host return EIP", "host return CS", "error code", "EIP", "CS", "EFLAGS", "ESP", "SS",
    "extended: return EIP", "return CS", "error code", "EIP", "CS, information", "EFLAGS", "ESP", "SS",
    "ES", "DS", "FS", "GS", "CR2", "PTE",
)  # fmt: skip
_NARROW_FIELDS: Final = (
    "host return IP", "host return CS", "error code", "IP", "CS", "FLAGS", "SP", "SS", *("",) * 8,
    "extended: return IP", "return CS", "", "", "error code", "", "EIP", "", "CS", "information", "EFLAGS", "",
    "ESP", "", "SS", "", "ES", "", "DS", "", "FS", "", "GS", "", "CR2", "", "PTE", "",
)  # fmt: skip


def _push_image(host: Host, client: Client, image: bytes, vector: int) -> None:
    words = struct.unpack(f"<{len(image) // client.word}{'I' if client.wide else 'H'}", image)
    fields = _WIDE_FIELDS if client.wide else _NARROW_FIELDS
    host.push(words, f"exception {vector:02X}h: exception frame", "host", fields[: len(words)], client.word)


# Handlers that return


def returned_by_old_frame(host: Host) -> None:
    """The handler returned by RETF through the 0.9 frame: only that frame's values count."""
    level = _level(host)
    if level is None:
        return
    regs, client = host.machine.regs, level.client
    word = client.word
    data = host.read_pointer(regs.ss.selector, regs.stack_offset, 6 * word)
    _, eip, cs, flags, esp, ss = struct.unpack(f"<6{'I' if client.wide else 'H'}", data)
    if not client.wide:
        esp |= level.saved.esp & 0xFFFF0000
    _resume(host, level, regs.copy(), eip, cs & 0xFFFF, flags, esp, ss & 0xFFFF)


def returned_by_extended_frame(host: Host) -> None:
    """The handler returned by RETF through the extended frame: its values count, segment registers included."""
    level = _level(host)
    if level is None:
        return
    regs, client = host.machine.regs, level.client
    # A 16-bit RETF popped four bytes of the eight: the zero dword behind them is still there.
    skip = 0 if client.wide else 4
    data = host.read_pointer(regs.ss.selector, regs.stack_offset + skip, IMAGE_SIZE - EXTENDED_AT - 8)
    _, eip, cs, _, flags, esp, ss, es, ds, fs, gs, _, _ = struct.unpack("<IIHHIIIIIIIII", data)
    result = regs.copy()
    real = bool(flags & Flag.VM)
    for name, selector in (("es", es), ("ds", ds), ("fs", fs), ("gs", gs)):
        selector &= 0xFFFF  # noqa: PLW2901
        old = getattr(level.saved, name)
        if old.selector == selector and not real:
            setattr(result, name, old if selector & 0xFFFC == 0 else host.load(selector))
        else:
            setattr(result, name, Segment.real(selector) if real else host.load(selector))
    _resume(host, level, result, eip, cs & 0xFFFF, flags, esp, ss & 0xFFFF)


def _level(host: Host) -> Level | None:
    level = host.innermost(Door.EXCEPTION)
    if level is None:
        host.machine.weeds("returned from an exception handler although none was active")
    return level


def _resume(host: Host, level: Level, result: Registers, eip: int, cs: int, flags: int, esp: int, ss: int) -> None:
    """Leave the exception: general registers as the handler left them, the rest from the frame."""
    before = host.standing()
    host.resume_silently(level)
    regs = host.machine.regs
    real = level.saved.is_v86
    regs.assign(result)
    kept = level.saved.eflags & (Flag.VM | Flag.IOPL)
    width = 0xFFFF if not level.client.wide and not real else 0x00FDFFFF
    regs.eflags = (level.saved.eflags & ~width | flags & width) & ~(Flag.VM | Flag.IOPL) | kept | ALWAYS_SET
    regs.cs = Segment.real(cs) if real else host.load_code(cs)
    regs.ss = Segment.real(ss) if real else host.load(ss)
    regs.eip, regs.esp = eip, esp
    host.switched(before, Door.EXCEPTION_RETURN)


# Defaults


def default_exception(host: Host, vector: int, error_code: int, cr2: int) -> None:
    """Nobody handled it as an exception: the protected-mode interrupt of the same number, real mode, or the end.

    A fault is restarted when its handler returns. Where the real-mode handler is the BIOS's bare IRET that would go
    on for ever, so the client ends instead, as under HDPMI.
    """
    regs, client, profile = host.machine.regs, host.current, host.profile
    if client.is_hooked(vector) and vector in profile.to_interrupt:
        _announce(host, vector, error_code, cr2, "interrupt")
        call_handler(host, client.vectors[vector], f"exception {vector:02X}h as INT", "host")
        regs.set_flag(Flag.IF, on=False)
    elif vector == COPROCESSOR_ERROR and client.is_hooked(coprocessor.VECTOR):
        _announce(host, vector, error_code, cr2, "interrupt")
        host.machine.coprocessor_error()
    elif vector in profile.to_real and (vector in TRAPS or not host.machine.is_bare_return(vector)):
        _announce(host, vector, error_code, cr2, "interrupt")
        reflect(host, vector)
    elif not host.machine.state.vmm.fault(vector, error_code, cr2, is_final=True):
        _end(host, vector, error_code, cr2)


def _end(host: Host, vector: int, error_code: int, cr2: int, why: str = "") -> None:
    """Nobody will handle it: the client ends. why: words to be added where more is known."""
    regs = host.machine.regs
    _announce(host, vector, error_code, cr2, "host")
    at = far(regs, regs.cs, regs.eip)
    text = describe(vector, error_code, cr2, str(at))
    during = circumstance(host)
    if vector == _PAGE_FAULT:
        why = why or host.pager.explain(host, cr2)
    host.machine.terminate_client(text + (why or (f", {during}" if during else "")))


def _announce(host: Host, vector: int, error_code: int, cr2: int, by: str) -> None:
    regs = host.machine.regs
    host.machine.emit(
        events.ExceptionRaised,
        vector=vector,
        error_code=error_code,
        at=far(regs, regs.cs, regs.eip),
        handled_by=by,
        cr2=cr2 if vector == _PAGE_FAULT else None,
        during=circumstance(host),
    )


def default_trap(host: Host, vector: int, *, real: bool) -> None:
    """A handler jumped to the previous one, the host's default: its frame lies at SS:(E)SP, untouched."""
    level = _level(host)
    if level is None:
        return
    regs, client = host.machine.regs, level.client
    word = client.word
    data = host.read_pointer(regs.ss.selector, regs.stack_offset + 2 * word, 6 * word)
    error_code, eip, cs, flags, esp, ss = struct.unpack(f"<6{'I' if client.wide else 'H'}", data)
    cr2 = level.cr2
    _resume(host, level, regs.copy(), eip, cs & 0xFFFF, flags, esp, ss & 0xFFFF)
    if real:
        host.machine.real_exception(vector)
    else:
        default_exception(host, vector, error_code, cr2)


NAMES: Final = (
    "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow", "bound range exceeded",
    "invalid opcode", "coprocessor not available", "double fault", "coprocessor segment overrun", "invalid TSS",
    "segment not present", "stack fault", "general protection", "page fault", "exception 0Fh",
    "coprocessor error", "alignment check", "machine check",
)  # fmt: skip


def describe(vector: int, error_code: int, cr2: int, at: str) -> str:
    """An exception in words: `unhandled exception 0Dh (general protection), error code 0087h, at 000F:00000123`."""
    name = NAMES[vector] if vector < len(NAMES) else "reserved"
    text = f"unhandled exception {vector:02X}h ({name})"
    if vector in WITH_ERROR_CODE:
        text += f", error code {error_code:04X}h"
    if vector == _PAGE_FAULT:
        text += f", at linear address {cr2:08X}h"
    return f"{text}, at {at}"
