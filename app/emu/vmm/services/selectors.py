"""Selectors of the application, and their descriptors in two dwords. C convention (VMM 3.1).

Source of the parameters: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from app.emu.descriptor import Descriptor
from app.emu.host.failures import InvalidValue
from app.emu.host.tables import Ldt, check_rights
from app.emu.int31.descriptors import told
from app.emu.memory import layout
from app.emu.registers import EAX, EDX
from app.emu.services import DWORD
from app.emu.vmm import selectors
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM

_SPECIAL: Final = 1
"""ALDTSpecSel: a certain selector."""
_EXPLICIT: Final = 1
"""BDDExplicitDPL: the DPL is that of the type."""
_DPL: Final = 0x60
_BAD: Final = 0xFFFFFFFF
_BY: Final = "_Allocate_LDT_Selector"
_TABLE: Final = layout.LDT_SIZE // Descriptor.SIZE << 16 | layout.LDT_SELECTOR
"""The LDT's own selector, and how many it has room for."""


class Dwords(NamedTuple):
    """A descriptor: its high and its low dword."""

    high: EDX
    low: EAX


class NewSelector(NamedTuple):
    """A new selector, the LDT's own and how many that has room for."""

    selector: EAX
    table: EDX


_NONE: Final = NewSelector(0, 0)


def _descriptor(high: int, low: int) -> Descriptor | None:
    """The descriptor of two dwords, None for one that an application must not have: a gate, or of another ring."""
    found = Descriptor.decode(struct.pack("<II", low, high))
    try:
        check_rights(found.access, found.flags)
    except InvalidValue:
        return None
    return found


@VMM.service(0x7A)
def build_descriptor_dwords(vmm: Vmm, base: DWORD, limit: DWORD, kind: DWORD, size: DWORD, flags: DWORD) -> Dwords:
    """Return the dwords of a descriptor; its DPL is that of applications unless flags say it is in the type."""
    del vmm
    access = kind & 0xFF if flags & _EXPLICIT else kind & 0xFF | _DPL
    low, high = struct.unpack("<II", Descriptor(base, limit & 0xFFFFF, access, size >> 4 & 0xF).encode())
    return Dwords(high, low)


@VMM.service(0x78)
def allocate_ldt_selector(vmm: Vmm, vm: DWORD, high: DWORD, low: DWORD, count: DWORD, flags: DWORD) -> NewSelector:
    """Return the first of neighbouring new selectors of a descriptor; 0 and 0: no application, no room, bad rights."""
    vmm.vm_of(vm)
    if flags & _SPECIAL:
        vmm.fail("it called _Allocate_LDT_Selector for a certain selector (ALDTSpecSel), which is not offered")
    found = _descriptor(high, low)
    if vmm.host.client is None or found is None or not 0 < count <= layout.LDT_SIZE // Descriptor.SIZE:
        return _NONE
    first = selectors.make(vmm, _BY, found, count)
    return NewSelector(Ldt.selector(first), _TABLE) if first is not None else _NONE


@VMM.service(0x79)
def free_ldt_selector(vmm: Vmm, vm: DWORD, selector: DWORD, flags: DWORD) -> EAX:
    """Free a selector of _Allocate_LDT_Selector. EAX=0: it is none."""
    del flags
    vmm.vm_of(vm)
    index = selectors.index_of(vmm, selector, _BY)
    if index is None:
        return 0
    with told(vmm.host, index, "_Free_LDT_Selector"):
        vmm.host.current.ldt.release(index)
    vmm.take_mode(vmm.level, pm=vmm.level.in_pm)
    return 1


@VMM.service(0x7B)
def get_descriptor(vmm: Vmm, selector: DWORD, vm: DWORD, flags: DWORD) -> Dwords:
    """Return the dwords of a selector's descriptor; 0 and 0: there is none."""
    del flags
    vmm.vm_of(vm)
    found = vmm.host.descriptor(selector & 0xFFFF)
    if found is None:
        return Dwords(0, 0)
    low, high = struct.unpack("<II", found.encode())
    return Dwords(high, low)


@VMM.service(0x7C)
def set_descriptor(vmm: Vmm, selector: DWORD, vm: DWORD, high: DWORD, low: DWORD, flags: DWORD) -> EAX:
    """Change the descriptor of a selector of _Allocate_LDT_Selector. EAX=0: it is none, or bad rights."""
    del flags
    vmm.vm_of(vm)
    index, found = selectors.index_of(vmm, selector, _BY), _descriptor(high, low)
    if index is None or found is None:
        return 0
    with told(vmm.host, index, "_SetDescriptor"):
        vmm.host.current.ldt.write(index, found)
    vmm.take_mode(vmm.level, pm=vmm.level.in_pm)
    return 1


@VMM.service(0x6E)
def selector_map_flat(vmm: Vmm, vm: DWORD, selector: DWORD, flags: DWORD) -> EAX:
    """Return the base address of a selector, FFFFFFFFh if it is none."""
    del flags
    vmm.vm_of(vm)
    found = vmm.host.segment(selector & 0xFFFF)
    return found.base if not found.is_null else _BAD
