"""Areas in control blocks and in V86 memory (VMM 2.2, 2.3).

Source of the parameters: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

import struct
from typing import Final

from app.emu.memory.layout import CONVENTIONAL_END, PAGE
from app.emu.registers import EAX, ECX
from app.emu.services import DWORD
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM

_ALIGNMENTS: Final = {1: 2, 2: 4, 4: 16, 8: PAGE}
"""GVDAWordAlign, GVDADWordAlign, GVDAParaAlign, GVDAPageAlign: bytes."""
_ZERO_INIT: Final = 0x200
"""GVDAZeroInit."""
_INQUIRE: Final = 0x800
"""GVDAInquire: say how much there is."""


@VMM.service(0xA7)
def allocate_device_cb_area(vmm: Vmm, nbytes: DWORD, flags: DWORD) -> EAX:
    """Return the offset of an area in all VM control blocks, zero filled; 0: no room."""
    del flags
    return vmm.storage.vm_areas.take(nbytes)


@VMM.service(0x87)
def allocate_pm_app_cb_area(vmm: Vmm, size: ECX) -> EAX:
    """Return the offset of an area in all protected-mode applications' control blocks. During initialisation only."""
    vmm.initialising("Allocate_PM_App_CB_Area")
    offset = vmm.storage.application_areas.take(size)
    if not offset:
        vmm.fail(f"it wants {size} bytes of every application's control block, and there is no room")
    return offset


@VMM.service(0xA8)
def allocate_global_v86_data_area(vmm: Vmm, nbytes: DWORD, flags: DWORD) -> EAX:
    """Return the linear address of V86 memory all VMs see, 0: no room. flags: GVDA...; during initialisation only."""
    vmm.initialising("_Allocate_Global_V86_Data_Area")
    alignment = max((size for flag, size in _ALIGNMENTS.items() if flags & flag), default=1)
    if flags & _INQUIRE:
        return vmm.storage.largest_v86(alignment)
    address = vmm.storage.take_v86(nbytes, alignment)
    if address and flags & _ZERO_INIT:
        vmm.machine.memory.write(address, bytes(nbytes))
    return address


@VMM.service(0xA6)
def add_instance_item(vmm: Vmm, item: DWORD, flags: DWORD) -> EAX:
    """Let every VM have V86 memory of its own; with one VM for programs it has. EAX=0: not all of it is V86 memory."""
    del flags
    _, _, start, size, _ = struct.unpack("<5I", vmm.machine.memory.read(item, 20))
    return int(start + size <= CONVENTIONAL_END)
