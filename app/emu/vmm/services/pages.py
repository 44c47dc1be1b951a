"""Pages of drivers. C convention: parameters on the stack (VMM 3.1). Every page allocated is there and stays.

A handle is the block's linear address, as in Windows 4.0. Source of the parameters: Windows 3.1 DDK (D31 of the
reference), for _PageReserve to _PageDecommit that of Windows 95; the reference does not repeat them: unverified.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import PRESENT, USER, WRITABLE
from app.emu.registers import EAX, EDX
from app.emu.services import DWORD
from app.emu.vmm.core import Vmm
from app.emu.vmm.storage import PageBlock, commit
from app.emu.vmm.table import VMM

_PG_VM, _PG_SYS, _PG_HOOKED = 0, 1, 7
_USE_ALIGN: Final = 0x02
"""PageUseAlign: certain physical addresses."""
_MAP_FREE: Final = 0x400
_ZERO_REINIT: Final = 0x20
_NO_COPY: Final = 0x40
_PRIVATE, _SHARED, _SYSTEM = 0x80000400, 0x80060000, 0x80080000
"""_PageReserve: anywhere in the arena of applications, of all VMs, or of the system."""
_COMMIT_WRITABLE: Final = 0x00020000
_COMMIT_USER: Final = 0x00040000
_NOWHERE: Final = 0xFFFFFFFF
_LOCAL, _GLOBAL, _MIXED = 0, 1, 2


class Pages(NamedTuple):
    """A block: its handle (or its size in pages), and its linear address."""

    handle: EAX
    address: EDX


class Counts(NamedTuple):
    """Pages that are free, and that can be locked."""

    free: EAX
    lockable: EDX


_NONE: Final = Pages(0, 0)


@VMM.service(0x53)
def page_allocate(
    vmm: Vmm, pages: DWORD, kind: DWORD, vm: DWORD, mask: DWORD, low: DWORD, high: DWORD, physical: DWORD, flags: DWORD
) -> Pages:
    """Return handle and address of a new block of pages, zero filled; 0 and 0 when there is no room."""
    del mask, low, high, physical
    if flags & (_USE_ALIGN | _MAP_FREE):
        vmm.fail("it called _PageAllocate for certain physical addresses (PageUseAlign), which is not offered")
    if kind not in (_PG_VM, _PG_SYS, _PG_HOOKED):
        return _NONE
    if kind != _PG_SYS:
        vmm.vm_of(vm)
    return _new(vmm, pages)


def _new(vmm: Vmm, pages: int) -> Pages:
    storage = vmm.storage
    block = storage.reserve(pages)
    if block is None:
        return _NONE
    if not commit(vmm.host.arena, block.linear, pages):
        storage.free(vmm.host.arena, block)
        return _NONE
    return Pages(block.linear, block.linear)


@VMM.service(0x54)
def page_reallocate(vmm: Vmm, handle: DWORD, pages: DWORD, flags: DWORD) -> Pages:
    """Return handle and address of a block with another size and the same contents; 0 and 0: no room, no block."""
    block, memory = vmm.storage.blocks.get(handle), vmm.machine.memory
    moved = _new(vmm, pages) if block is not None else _NONE
    if block is not None and moved.address:
        if not flags & (_ZERO_REINIT | _NO_COPY):
            memory.write(moved.address, memory.read(block.linear, min(block.pages, pages) * PAGE))
        vmm.storage.free(vmm.host.arena, block)
    return moved


@VMM.service(0x55)
def page_free(vmm: Vmm, handle: DWORD, flags: DWORD) -> EAX:
    """Free a block of pages. EAX=0: there is none."""
    del flags
    block = vmm.storage.blocks.get(handle)
    if block is not None:
        vmm.storage.free(vmm.host.arena, block)
    return int(block is not None)


def _change_locks(vmm: Vmm, block: PageBlock | None, first: int, pages: int, change: int) -> int:
    if block is None or first + pages > block.pages:
        return 0
    counts = {page: block.locks.get(page, 0) + change for page in range(first, first + pages)}
    present = vmm.machine.memory.is_mapped(block.linear + first * PAGE, pages * PAGE)
    if not present or any(count < 0 for count in counts.values()):
        return 0
    block.locks.update(counts)
    return 1


@VMM.service(0x56)
def page_lock(vmm: Vmm, handle: DWORD, pages: DWORD, first: DWORD, flags: DWORD) -> EAX:
    """Lock pages of a block. EAX=0: no such pages."""
    del flags
    return _change_locks(vmm, vmm.storage.blocks.get(handle), first, pages, 1)


@VMM.service(0x57)
def page_unlock(vmm: Vmm, handle: DWORD, pages: DWORD, first: DWORD, flags: DWORD) -> EAX:
    """Unlock pages of a block. EAX=0: no such pages, or not locked."""
    del flags
    return _change_locks(vmm, vmm.storage.blocks.get(handle), first, pages, -1)


@VMM.service(0x58)
def page_get_size_addr(vmm: Vmm, handle: DWORD, flags: DWORD) -> Pages:
    """Return a block's number of pages and its address; 0 and 0: there is none."""
    del flags
    block = vmm.storage.blocks.get(handle)
    return Pages(block.pages, block.linear) if block is not None else _NONE


def _count(vmm: Vmm) -> Counts:
    free = vmm.host.arena.frames.free
    return Counts(free, free)


@VMM.service(0x59)
def page_get_alloc_info(vmm: Vmm, flags: DWORD) -> Counts:
    """Return the pages a block can have, and how many of them can be locked."""
    del flags
    return _count(vmm)


@VMM.service(0x5A)
def get_free_page_count(vmm: Vmm, flags: DWORD) -> Counts:
    """Return the free pages, and how many of them can be locked."""
    del flags
    return _count(vmm)


@VMM.service(0x63)
def lin_page_lock(vmm: Vmm, page: DWORD, pages: DWORD, flags: DWORD) -> EAX:
    """Lock pages by linear page number. EAX=0: not all of them are there."""
    del flags
    return int(vmm.machine.memory.is_mapped(page * PAGE, pages * PAGE, flags=PRESENT))


@VMM.service(0x64)
def lin_page_unlock(vmm: Vmm, page: DWORD, pages: DWORD, flags: DWORD) -> EAX:
    """Unlock pages by linear page number. EAX=0: not all of them are there."""
    del flags
    return int(vmm.machine.memory.is_mapped(page * PAGE, pages * PAGE, flags=PRESENT))


@VMM.service(0x6C)
def map_phys_to_linear(vmm: Vmm, physical: DWORD, nbytes: DWORD, flags: DWORD) -> EAX:
    """Return the linear address of physical memory, FFFFFFFFh when it cannot be reached, as that of the host."""
    del flags
    memory, end = vmm.machine.memory, physical + nbytes
    if not nbytes or end > 1 << 32 or (physical < memory.size and end > memory.ram_size):
        return _NOWHERE
    if end <= layout.CONVENTIONAL_END:
        return layout.HIGH_LINEAR + physical
    return vmm.storage.show_physical(vmm.host.arena, physical, nbytes) or _NOWHERE


@VMM.service(0x5F)
def test_global_v86_mem(vmm: Vmm, address: DWORD, nbytes: DWORD, flags: DWORD) -> EAX:
    """Say whether V86 memory is 0 a VM's own (or none), 1 global, or 2 both: programs' memory is their VM's own."""
    del flags
    end = address + nbytes
    if not nbytes or end > layout.CONVENTIONAL_END:
        return _LOCAL
    local = vmm.local_v86
    inside = max(0, min(end, local[1]) - max(address, local[0]))
    return _GLOBAL if not inside else _LOCAL if inside == nbytes else _MIXED


# Addresses and pages apart


@VMM.service(0x11D)
def page_reserve(vmm: Vmm, page: DWORD, pages: DWORD, flags: DWORD) -> EAX:
    """Return the linear address of pages nothing is behind yet, at a page number or anywhere; FFFFFFFFh: no room."""
    del flags
    block = vmm.storage.reserve(pages, None if page in (_PRIVATE, _SHARED, _SYSTEM) else page * PAGE)
    return block.linear if block is not None else _NOWHERE


@VMM.service(0x11E)
def page_commit(vmm: Vmm, page: DWORD, pages: DWORD, pager: DWORD, data: DWORD, flags: DWORD) -> EAX:
    """Put memory behind reserved pages. EAX=0: not reserved, committed already, or no memory."""
    del pager, data
    linear, arena = page * PAGE, vmm.host.arena
    if not pages or vmm.storage.holding(linear, pages) is None:
        return 0
    if any(arena.is_committed(linear + each * PAGE) for each in range(pages)):
        return 0
    rights = (WRITABLE if flags & _COMMIT_WRITABLE else 0) | (USER if flags & _COMMIT_USER else 0)
    return int(commit(arena, linear, pages, rights))


@VMM.service(0x11F)
def page_decommit(vmm: Vmm, page: DWORD, pages: DWORD, flags: DWORD) -> EAX:
    """Take the memory behind reserved pages away. EAX=0: they are not reserved."""
    del flags
    linear = page * PAGE
    if not pages or vmm.storage.holding(linear, pages) is None:
        return 0
    vmm.host.arena.uncommit(linear, pages * PAGE)
    return 1
