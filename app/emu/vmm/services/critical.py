"""The critical section, semaphores and the scheduler, as far as one VM for programs needs them.

Source: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from typing import NamedTuple

from app.emu.registers import EAX, EBX, ECX
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM


def _release(vmm: Vmm, claims: int, service: str) -> None:
    if claims > vmm.schedule.claims:
        vmm.fail(f"it called {service} more often than the critical section was claimed")
    vmm.schedule.claims -= claims


@VMM.service(0x1F)
def begin_critical_section(vmm: Vmm, flags: ECX) -> None:
    """Claim the critical section. flags: Block_..., for waiting, which never happens here."""
    del flags
    vmm.schedule.claims += 1


@VMM.service(0x20)
def end_critical_section(vmm: Vmm) -> None:
    """Release the critical section once."""
    _release(vmm, 1, "End_Critical_Section")


@VMM.service(0x22)
def claim_critical_section(vmm: Vmm, claims: EAX, flags: ECX) -> None:
    """Claim the critical section so many times."""
    del flags
    vmm.schedule.claims += claims


@VMM.service(0x23)
def release_critical_section(vmm: Vmm, claims: EAX) -> None:
    """Release the critical section so many times."""
    _release(vmm, claims, "Release_Critical_Section")


class CriticalSection(NamedTuple):
    """Whose it is (the current VM's if it is free), and how often it was claimed."""

    owner: EBX
    claims: ECX


def _status(vmm: Vmm) -> CriticalSection:
    return CriticalSection(vmm.handle, vmm.schedule.claims)


@VMM.service(0x29)
def get_crit_section_status(vmm: Vmm) -> CriticalSection:
    """Return owner and claims of the critical section. CF=1 never: priorities are not raised here."""
    return _status(vmm)


@VMM.service(0xF1)
def get_crit_status_no_block(vmm: Vmm) -> CriticalSection:
    """Return the same without waiting."""
    return _status(vmm)


@VMM.service(0x25)
def create_semaphore(vmm: Vmm, tokens: ECX) -> EAX:
    """Make a semaphore with a number of tokens (signed); return its handle."""
    handle = vmm.schedule.new_handle()
    vmm.schedule.semaphores[handle] = tokens - (1 << 32) if tokens & 1 << 31 else tokens
    return handle


def _checked(vmm: Vmm, semaphore: int) -> int:
    if semaphore not in vmm.schedule.semaphores:
        vmm.fail(f"it named {semaphore:08X}h as a semaphore, which is none")
    return semaphore


@VMM.service(0x26)
def destroy_semaphore(vmm: Vmm, semaphore: EAX) -> None:
    """Make a semaphore's handle invalid."""
    del vmm.schedule.semaphores[_checked(vmm, semaphore)]


@VMM.service(0x27)
def wait_semaphore(vmm: Vmm, semaphore: EAX, flags: ECX) -> None:
    """Take a token. With none left the VM would wait for ever, for nobody else runs."""
    del flags
    if vmm.schedule.semaphores[_checked(vmm, semaphore)] <= 0:
        vmm.fail("it waited on a semaphore without tokens, and there is no other VM that could signal it")
    vmm.schedule.semaphores[semaphore] -= 1


@VMM.service(0x28)
def signal_semaphore(vmm: Vmm, semaphore: EAX) -> None:
    """Give a token."""
    vmm.schedule.semaphores[_checked(vmm, semaphore)] += 1


@VMM.service(0x1E)
def adjust_exec_priority(vmm: Vmm, boost: EAX, vm: EBX) -> None:
    """Change a VM's priority: nothing to be seen of it with one VM."""
    del boost
    vmm.vm_of(vm)


@VMM.service(0x38)
def release_time_slice(vmm: Vmm) -> None:
    """Let other VMs run: there are none."""
    del vmm


@VMM.service(0x39)
def wake_up_vm(vmm: Vmm, vm: EBX) -> None:
    """End a VM's idleness."""
    vmm.vm_of(vm)
