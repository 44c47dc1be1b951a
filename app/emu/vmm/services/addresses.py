"""Addresses of the program and of ring 0 (VMM 3.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.descriptor import sized
from app.emu.host.tables import Ldt
from app.emu.memory import layout
from app.emu.registers import AH, AL, CX, EAX, ECX, EDX
from app.emu.vmm import selectors
from app.emu.vmm.client_registers import SEGMENTS, SIZE
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM, Refused

_NO_OFFSET: Final = 0xFF
_BAD: Final = 0xFFFFFFFF
_DATA: Final = 0xF2
_BY: Final = "Map_Lin_To_VM_Addr"
_V86_END: Final = 0x100000


class VmAddress(NamedTuple):
    """An address as the program has it."""

    segment: CX
    offset: EDX


@VMM.service(0x1C)
def map_flat(vmm: Vmm, segment: AH, offset: AL) -> EAX:
    """Return the linear address of a client's pointer, given by its fields in the structure; FFFFFFFFh for a bad one.

    AL=FFh means no offset.
    """
    level = vmm.level
    memory = vmm.machine.memory
    if segment not in SEGMENTS.values() or not (offset == _NO_OFFSET or offset + 4 <= SIZE):
        return _BAD
    selector = memory.read_u16(level.frame + segment)
    wide = level.in_pm and vmm.host.current.wide
    value = 0 if offset == _NO_OFFSET else memory.read_u32(level.frame + offset)
    if level.in_pm and vmm.host.segment(selector).is_null:
        return _BAD
    linear = vmm.simulation.linear(selector, value if wide else value & 0xFFFF)
    return linear + layout.HIGH_LINEAR if linear < layout.CONVENTIONAL_END else linear


@VMM.service(0x1D)
def map_lin_to_vm_addr(vmm: Vmm, linear: EAX, limit: ECX) -> VmAddress:
    """Return a linear address as the VM has it in its mode, by a selector of its own with that limit. CF=1: it cannot.

    Such selectors are used again for the same address and limit, and never freed.
    """
    if layout.HIGH_LINEAR <= linear < layout.HIGH_LINEAR + layout.CONVENTIONAL_END:
        linear -= layout.HIGH_LINEAR
    if not vmm.level.in_pm:
        if linear >= _V86_END:
            raise Refused
        return VmAddress(linear >> 4, linear & 0xF)
    wanted = sized(linear, limit, _DATA)
    index = selectors.made(vmm, _BY, wanted)
    if index is None:
        index = selectors.make(vmm, _BY, wanted)
    if index is None:
        raise Refused
    return VmAddress(Ldt.selector(index), 0)
