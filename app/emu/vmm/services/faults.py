"""Hooks of faults (VMM 3.2; see `faults.py`)."""

from __future__ import annotations

from app.emu.registers import EAX, ESI
from app.emu.vmm.core import Vmm
from app.emu.vmm.faults import LAST, NMI, Where
from app.emu.vmm.messages import Message
from app.emu.vmm.places import DEFAULT_FAULT
from app.emu.vmm.table import VMM, Refused


def _hook(vmm: Vmm, where: Where, vector: int, procedure: int) -> int:
    if vector > LAST or vector == NMI:
        raise Refused
    is_first = not (vmm.agenda and vmm.agenda[0].message is Message.Sys_Critical_Init)
    chains = vmm.fault_hooks.first if is_first else vmm.fault_hooks.final
    chain = chains.setdefault((where, vector), [])
    previous = chain[-1] if chain else DEFAULT_FAULT if is_first else 0
    chain.append(procedure)
    return previous


@VMM.service(0x7F)
def hook_v86_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> ESI:
    """Call a procedure for an exception in V86 mode; return the one called before, 0 for none. CF=1: no such number."""
    return _hook(vmm, Where.V86, vector, procedure)


@VMM.service(0x80)
def hook_pm_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> ESI:
    """Call a procedure for an exception in protected mode; return the one called before, 0 for none."""
    return _hook(vmm, Where.PM, vector, procedure)


@VMM.service(0x81)
def hook_vmm_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> ESI:
    """Call a procedure for an exception in ring 0; return the one called before, 0 for none."""
    return _hook(vmm, Where.VMM, vector, procedure)
