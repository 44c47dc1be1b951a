"""Hooks of faults (VMM 3.2; see `faults.py`).

Not in the reference: Get_Fault_Hook_Addrs (Windows 3.1 DDK) and the three that unhook (Windows 95 DDK): unverified.
"""

from __future__ import annotations

from typing import NamedTuple

from app.emu.registers import EAX, EDI, EDX, ESI
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


class Handlers(NamedTuple):
    """Who is called first for a fault in V86 mode, in protected mode and in ring 0; 0 for nobody but the manager."""

    v86: EDX
    pm: ESI
    vmm: EDI


@VMM.service(0x7E)
def get_fault_hook_addrs(vmm: Vmm, vector: EAX) -> Handlers:
    """Return the procedures hooked in last for a fault, in each mode; 0 for none. CF=1: no such number."""
    if vector > LAST or vector == NMI:
        raise Refused
    v86, pm, own = (vmm.fault_hooks.chain(where, vector) for where in (Where.V86, Where.PM, Where.VMM))
    return Handlers(*((chain or [0])[-1] for chain in (v86, pm, own)))


def _unhook(vmm: Vmm, where: Where, vector: int, procedure: int) -> None:
    chains = (vmm.fault_hooks.first.get((where, vector), []), vmm.fault_hooks.final.get((where, vector), []))
    chain = next((each for each in chains if each and each[-1] == procedure), None)
    if chain is None:
        raise Refused
    chain.pop()


@VMM.service(0x119)
def unhook_v86_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> None:
    """Call the procedure no longer that was hooked in last. CF=1: it is not that one."""
    _unhook(vmm, Where.V86, vector, procedure)


@VMM.service(0x11A)
def unhook_pm_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> None:
    """Call the procedure no longer that was hooked in last. CF=1: it is not that one."""
    _unhook(vmm, Where.PM, vector, procedure)


@VMM.service(0x11B)
def unhook_vmm_fault(vmm: Vmm, vector: EAX, procedure: ESI) -> None:
    """Call the procedure no longer that was hooked in last. CF=1: it is not that one."""
    _unhook(vmm, Where.VMM, vector, procedure)


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
