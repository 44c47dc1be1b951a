"""INT 31h AX=0B00h to 0B03h: debug watchpoints.

A hit is exception 1; the error code in its frame tells which watchpoints were triggered (DPMI 1.0, "virtual DR6"). In
real mode it is an exception of real mode. What DOS, the BIOS or the host access for a client marks a watchpoint as hit
and raises nothing, for there is no instruction of the client to raise it at.
"""

from __future__ import annotations

from typing import Final

from app.emu.host import failures
from app.emu.host.client import Client
from app.emu.host.host import Host
from app.emu.int31.table import INT31
from app.emu.memory import layout
from app.emu.registers import AX, BX, BX_CX, DH, DL
from app.emu.watchpoint import Watchpoint, WatchType

MOST: Final = 4
"""A 486 has four."""
_SIZES: Final = (1, 2, 4)


@INT31.service(0x0B00)
def set_debug_watchpoint(host: Host, linear: BX_CX, size: DL, kind: DH) -> BX:
    """Watch 1, 2 or 4 bytes at a linear address: executed (DH=0), written (1), read or written (2); return a handle."""
    client = host.current
    if kind not in set(WatchType) or size not in _SIZES or (kind == WatchType.EXECUTE and size != 1):
        raise failures.InvalidValue
    if linear % size or linear >= layout.HOST or not host.machine.memory.has_page(linear, size):
        raise failures.InvalidLinearAddress
    free = set(range(MOST)) - {each.handle for each in client.watchpoints}
    if not free:
        raise failures.HandleUnavailable
    point = Watchpoint(min(free), linear, size, WatchType(kind))
    client.watchpoints = (*client.watchpoints, point)
    return point.handle


def _find(client: Client, handle: int) -> Watchpoint:
    found = next((each for each in client.watchpoints if each.handle == handle), None)
    if found is None:
        raise failures.InvalidHandle
    return found


@INT31.service(0x0B01)
def clear_debug_watchpoint(host: Host, handle: BX) -> None:
    """Watch it no longer; the handle is free."""
    client = host.current
    found = _find(client, handle)
    client.watchpoints = tuple(each for each in client.watchpoints if each is not found)
    client.triggered.discard(handle)


@INT31.service(0x0B02)
def get_state_of_debug_watchpoint(host: Host, handle: BX) -> AX:
    """Return in AX bit 0 whether a watchpoint was hit since it was set or reset."""
    return int(_find(host.current, handle).handle in host.current.triggered)


@INT31.service(0x0B03)
def reset_debug_watchpoint(host: Host, handle: BX) -> None:
    """Forget that a watchpoint was hit."""
    host.current.triggered.discard(_find(host.current, handle).handle)
