"""INT 31h AX=0600h to 0604h: locking pages; 0702h and 0703h: hints. What is locked stays present (`host/pager.py`)."""

from __future__ import annotations

from app.emu import events
from app.emu.host import failures
from app.emu.host.host import Host
from app.emu.host.profile import Locking
from app.emu.int31.table import INT31
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.registers import BX_CX, SI_DI

_LOCKS = 0xFFFF
"""How often one page can be locked."""


def _pages_around(host: Host, linear: int, size: int) -> range:
    """The pages a range touches (rounded outwards). Raises `InvalidLinearAddress` unless all are the client's."""
    end = linear + size
    if end > 1 << 32 or not host.machine.memory.has_page(linear, size) or linear >= layout.HOST:
        raise failures.InvalidLinearAddress
    return range(linear >> 12, end + PAGE - 1 >> 12)


def _lockable(host: Host, linear: int, size: int) -> range:
    """`_pages_around` for locks. Raises `InvalidLinearAddress` where the host locks nothing."""
    if host.profile.locking is Locking.BINARY and linear < layout.EXTENDED_BASE:
        raise failures.InvalidLinearAddress
    return _pages_around(host, linear, size)


def _dos_pages_inside(linear: int, size: int) -> range:
    """The whole pages of DOS memory inside a range. Raises `InvalidLinearAddress` beyond DOS memory."""
    if linear + size > layout.CONVENTIONAL_END:
        raise failures.InvalidLinearAddress
    return range(linear + PAGE - 1 >> 12, linear + size >> 12)


def _announce(host: Host, action: str, linear: int, size: int) -> None:
    host.machine.emit(events.MemoryChanged, action=action, linear=linear, size=size, handle=0)


@INT31.service(0x0600)
def lock_linear_region(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Lock the pages of a linear range; locks count."""
    locking, locks = host.profile.locking, host.current.blocks.locks
    if locking is Locking.IGNORED:
        return
    pages = _lockable(host, linear, size)
    if any(locks.get(page, 0) >= _LOCKS for page in pages):
        raise failures.LockCountExceeded
    for page in pages:
        locks[page] = 1 if locking is Locking.BINARY else locks.get(page, 0) + 1
        host.machine.memory.page_in(page * PAGE)
    _announce(host, "locked", linear, size)


@INT31.service(0x0601)
def unlock_linear_region(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Take one lock off the pages of a linear range; all of them must be locked."""
    locking, locks = host.profile.locking, host.current.blocks.locks
    if locking is Locking.IGNORED:
        return
    pages = _lockable(host, linear, size)
    if locking is Locking.COUNTED and any(not locks.get(page) for page in pages):
        raise failures.InvalidState
    for page in pages:
        left = locks.pop(page, 0) - 1
        if left > 0:
            locks[page] = left
    _announce(host, "unlocked", linear, size)


@INT31.service(0x0602)
def mark_real_mode_region_pageable(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Allow whole pages of DOS memory inside a range to be paged out."""
    if host.profile.locking is Locking.IGNORED:
        return
    pages, pageable = _dos_pages_inside(linear, size), host.current.blocks.pageable
    if not pageable.isdisjoint(pages):
        raise failures.InvalidState
    pageable.update(pages)


@INT31.service(0x0603)
def relock_real_mode_region(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Lock pages of DOS memory again that were marked pageable."""
    if host.profile.locking is Locking.IGNORED:
        return
    pages, pageable = _dos_pages_inside(linear, size), host.current.blocks.pageable
    if not pageable.issuperset(pages):
        raise failures.InvalidState
    pageable.difference_update(pages)
    for page in pages:
        host.machine.memory.page_in(page * PAGE)


@INT31.service(0x0604)
def get_page_size(_host: Host) -> BX_CX:
    """Return the size of a page in bytes."""
    return PAGE


@INT31.service(0x0700)
def mark_pages_by_number(_host: Host) -> None:
    """Reserved; old Windows kernels call it and expect success."""


@INT31.service(0x0701)
def unmark_pages_by_number(_host: Host) -> None:
    """Reserved; old Windows kernels call it and expect success."""


def _unlocked_pages_inside(host: Host, linear: int, size: int) -> list[int]:
    """The whole pages inside a range that no client has locked and that have frames of their own.

    Raises `InvalidLinearAddress` unless all the range is the client's, which hosts that lock nothing do not look at.
    """
    if host.profile.locking is Locking.IGNORED:
        return []
    _pages_around(host, linear, size)
    locked = host.locked_pages
    inside = range(linear + PAGE - 1 >> 12, linear + size >> 12)
    return [page for page in inside if page not in locked and host.arena.is_committed(page * PAGE)]


@INT31.service(0x0702)
def mark_page_as_demand_paging_candidate(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Hint that the whole pages inside a range will not be used soon: they may be paged out first."""
    for page in _unlocked_pages_inside(host, linear, size):
        if host.pager.is_on:
            host.machine.memory.page_out(page * PAGE)


@INT31.service(0x0703)
def discard_page_contents(host: Host, linear: BX_CX, size: SI_DI) -> None:
    """Hint that what the whole pages inside a range contain need not be kept; locked pages are left alone."""
    for page in _unlocked_pages_inside(host, linear, size):
        if host.pager.is_on:
            host.machine.memory.write(page * PAGE, bytes(PAGE))
            host.machine.memory.page_out(page * PAGE)
