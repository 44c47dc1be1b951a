"""Setting a handler of the current client, and telling of it."""

from __future__ import annotations

from app.emu import events
from app.emu.host.client import Vector
from app.emu.host.host import Host


def set_protected_mode_vector(host: Host, vector: int, handler: Vector) -> None:
    """Let protected-mode interrupts lead to a handler (INT 31h AX=0205h, INT 21h AH=25h)."""
    _set(host, "protected", host.current.vectors, vector, handler)


def set_exception_handler(host: Host, number: int, handler: Vector) -> None:
    """Let exceptions in protected mode lead to a handler (INT 31h AX=0203h, 0212h)."""
    _set(host, "exception", host.current.exceptions, number, handler)


def set_real_mode_exception_handler(host: Host, number: int, handler: Vector) -> None:
    """Let exceptions in real mode lead to a handler (INT 31h AX=0213h)."""
    _set(host, "real_exception", host.current.real_exceptions, number, handler)


def _set(host: Host, name: str, table: list[Vector], number: int, handler: Vector) -> None:
    bits = host.current.bits
    before, table[number] = table[number], handler
    host.machine.emit(events.VectorChanged, table=name, vector=number, before=before.far(bits), after=handler.far(bits))
