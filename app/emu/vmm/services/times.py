"""Time-outs and times in milliseconds (see `schedule.py` for the source)."""

from __future__ import annotations

from app.emu.devices.clock import RATE
from app.emu.registers import EAX, EBX, EDX, ESI
from app.emu.vmm import schedule
from app.emu.vmm.core import Vmm
from app.emu.vmm.schedule import Pending
from app.emu.vmm.table import VMM


def _set(vmm: Vmm, time: int, procedure: int, reference: int, vm: int | None) -> int:
    return vmm.schedule.add(Pending(procedure, reference, vm, 0, schedule.after(vmm, time), is_time_out=True))


@VMM.service(0x3C)
def set_global_time_out(vmm: Vmm, time: EAX, procedure: ESI, reference: EDX) -> ESI:
    """Call a procedure once after a time (milliseconds), ECX late; return the time-out's handle, 0 for none."""
    return _set(vmm, time, procedure, reference, None)


@VMM.service(0x3D)
def set_vm_time_out(vmm: Vmm, time: EAX, vm: EBX, procedure: ESI, reference: EDX) -> ESI:
    """Call a procedure once when a VM has run for a time; return the time-out's handle, 0 for none."""
    return _set(vmm, time, procedure, reference, vmm.vm_of(vm))


@VMM.service(0x3E)
def cancel_time_out(vmm: Vmm, time_out: ESI) -> None:
    """Forget a time-out; 0 is none."""
    if time_out and not vmm.schedule.cancel(time_out, time_out=True):
        vmm.find("event_gone", "warning", f"it cancelled the time-out {time_out:08X}h, which does not wait (any more)")


def _now(vmm: Vmm) -> int:
    return vmm.machine.clock * 1000 // RATE


@VMM.service(0x3F)
def get_system_time(vmm: Vmm) -> EAX:
    """Return the milliseconds since the start."""
    return _now(vmm)


@VMM.service(0x40)
def get_vm_exec_time(vmm: Vmm) -> EAX:
    """Return the milliseconds the VM has run: since the start, for there is one."""
    return _now(vmm)


@VMM.service(0xCF)
def get_last_updated_system_time(vmm: Vmm) -> EAX:
    """Return the milliseconds since the start; this clock is always up to date."""
    return _now(vmm)


@VMM.service(0xD0)
def get_last_updated_vm_exec_time(vmm: Vmm) -> EAX:
    """Return the milliseconds the VM has run."""
    return _now(vmm)
