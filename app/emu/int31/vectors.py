"""INT 31h AX=0200h to 0205h and 0210h to 0213h: interrupt vectors and exception handlers."""

from __future__ import annotations

from app.emu import events
from app.emu.address import Far
from app.emu.host import failures, vectors
from app.emu.host.client import Vector
from app.emu.host.host import Host
from app.emu.host.traps import Trap
from app.emu.int31.table import INT31
from app.emu.memory import layout
from app.emu.registers import BL, CX_DX, CX_EDX

_EXCEPTIONS = 32


@INT31.service(0x0200)
def get_real_mode_vector(host: Host, vector: BL) -> CX_DX:
    """Return segment:offset of a real-mode interrupt vector."""
    return host.machine.memory.read_u32(vector * 4)


@INT31.service(0x0201)
def set_real_mode_vector(host: Host, vector: BL, handler: CX_DX) -> None:
    """Set a real-mode interrupt vector; the client restores it before it ends."""
    before = host.machine.real_vector(vector)
    host.machine.memory.write_u32(vector * 4, handler)
    host.machine.emit(events.VectorChanged, table="real", vector=vector, before=before, after=Far.from_dword(handler))


def _check_exception(number: int) -> int:
    if number >= _EXCEPTIONS:
        raise failures.InvalidValue
    return number


def _check_selector(host: Host, handler: tuple[int, int]) -> Vector:
    """A handler's selector must be allocated in the LDT or be code of the host's. Raises `InvalidSelector`."""
    selector = handler[0]
    if selector & 4:
        host.current.ldt.index(selector)
    elif selector | 3 not in (layout.TRAP_CODE16, layout.TRAP_CODE32):
        raise failures.InvalidSelector
    return Vector(*handler)


@INT31.service(0x0202)
def get_exception_handler(host: Host, number: BL) -> CX_EDX:
    """Return the handler of a processor exception (00h to 1Fh)."""
    client = host.current
    handler = client.exceptions[_check_exception(number)]
    is_default = handler == client.trap(Trap.DEFAULT_EXCEPTION, number)
    return Vector(0, 0) if is_default and not host.profile.has_default_handlers else handler


@INT31.service(0x0203)
def set_exception_handler(host: Host, number: BL, handler: CX_EDX) -> None:
    """Set the handler of a processor exception in protected mode."""
    if _check_exception(number) >= host.profile.exceptions:
        return
    is_default = handler == (0, 0) and not host.profile.has_default_handlers
    default = host.current.trap(Trap.DEFAULT_EXCEPTION, number)
    vectors.set_exception_handler(host, number, default if is_default else _check_selector(host, handler))


@INT31.service(0x0204)
def get_protected_mode_vector(host: Host, vector: BL) -> CX_EDX:
    """Return selector:offset of a protected-mode interrupt handler, the host's default when nobody hooked it."""
    return host.current.vectors[vector]


@INT31.service(0x0205)
def set_protected_mode_vector(host: Host, vector: BL, handler: CX_EDX) -> None:
    """Set a protected-mode interrupt handler."""
    vectors.set_protected_mode_vector(host, vector, _check_selector(host, handler))


@INT31.service(0x0210, since="1.0")
def get_extended_exception_handler(host: Host, number: BL) -> CX_EDX:
    """Return the handler of a processor exception in protected mode."""
    return host.current.exceptions[_check_exception(number)]


@INT31.service(0x0211, since="1.0")
def get_real_mode_exception_handler(host: Host, number: BL) -> CX_EDX:
    """Return the handler of a processor exception in real mode."""
    return host.current.real_exceptions[_check_exception(number)]


@INT31.service(0x0212, since="1.0")
def set_extended_exception_handler(host: Host, number: BL, handler: CX_EDX) -> None:
    """Set the handler of a processor exception in protected mode; one chain with 0203h."""
    vectors.set_exception_handler(host, _check_exception(number), _check_selector(host, handler))


@INT31.service(0x0213, since="1.0")
def set_real_mode_exception_handler(host: Host, number: BL, handler: CX_EDX) -> None:
    """Set the protected-mode handler of a processor exception in real mode."""
    vectors.set_real_mode_exception_handler(host, _check_exception(number), _check_selector(host, handler))
