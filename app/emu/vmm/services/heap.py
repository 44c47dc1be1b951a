"""The heap of drivers. C convention: parameters on the stack (VMM 3.1).

Source of the parameters: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from typing import Final

from app.emu.registers import EAX
from app.emu.services import DWORD
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM

_ZERO_INIT: Final = 0x01
"""HeapZeroInit: new bytes are zero."""
_ZERO_REINIT: Final = 0x02
"""HeapZeroReInit: all bytes are."""
_NO_COPY: Final = 0x04
"""HeapNoCopy: what was in the block is not kept."""


@VMM.service(0x4F)
def heap_allocate(vmm: Vmm, nbytes: DWORD, flags: DWORD) -> EAX:
    """Return the linear address of a new block of the heap, 0 when there is no room."""
    if not nbytes:
        return 0
    address = vmm.storage.allocate(vmm.host.arena, nbytes)
    if address and flags & (_ZERO_INIT | _ZERO_REINIT):
        vmm.machine.memory.write(address, bytes(nbytes))
    return address


@VMM.service(0x50)
def heap_reallocate(vmm: Vmm, address: DWORD, nbytes: DWORD, flags: DWORD) -> EAX:
    """Return the address of a block with another size and the same bytes; 0: no room, and the block is as it was."""
    storage, memory = vmm.storage, vmm.machine.memory
    before = storage.heap.get(address)
    if before is None or not nbytes:
        return 0
    kept = memory.read(address, min(before, nbytes))
    moved = storage.allocate(vmm.host.arena, nbytes)
    if not moved:
        return 0
    if flags & _ZERO_REINIT:
        memory.write(moved, bytes(nbytes))
    elif not flags & _NO_COPY:
        memory.write(moved, kept)
    if flags & _ZERO_INIT and nbytes > before:
        memory.write(moved + before, bytes(nbytes - before))
    del storage.heap[address]
    return moved


@VMM.service(0x51)
def heap_free(vmm: Vmm, address: DWORD, flags: DWORD) -> EAX:
    """Free a block of the heap. EAX=0: there is none at that address."""
    del flags
    return int(vmm.storage.heap.pop(address, None) is not None)


@VMM.service(0x52)
def heap_get_size(vmm: Vmm, address: DWORD, flags: DWORD) -> EAX:
    """Return the bytes of a block of the heap, 0 if there is none at that address."""
    del flags
    return vmm.storage.heap.get(address, 0)
