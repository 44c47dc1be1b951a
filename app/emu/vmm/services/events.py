"""Events: procedures that are called at event time (VMM 0, 3.2; see `schedule.py` for the source)."""

from __future__ import annotations

from app.emu.registers import EAX, EBX, ECX, EDI, EDX, ESI, Flag
from app.emu.vmm import schedule
from app.emu.vmm.core import Vmm
from app.emu.vmm.schedule import ALWAYS_SCHED, KNOWN, TIME_OUT, WAIT_FOR_STI, WAIT_NOT_CRIT, Pending
from app.emu.vmm.table import VMM


def _schedule(vmm: Vmm, each: Pending) -> int:
    handle = vmm.schedule.add(each)
    if not handle:
        vmm.fail("it has more events waiting than there can be")
    return handle


@VMM.service(0x0E)
def schedule_global_event(vmm: Vmm, procedure: ESI, reference: EDX) -> ESI:
    """Have a procedure called at event time, whichever VM runs; return the event's handle."""
    return _schedule(vmm, Pending(procedure, reference))


@VMM.service(0x0F)
def schedule_vm_event(vmm: Vmm, vm: EBX, procedure: ESI, reference: EDX) -> ESI:
    """Have a procedure called at event time in a VM; return the event's handle."""
    return _schedule(vmm, Pending(procedure, reference, vmm.vm_of(vm)))


@VMM.service(0x10)
def call_global_event(vmm: Vmm, procedure: ESI, reference: EDX) -> ESI:
    """Call a procedure now, for nothing interrupts ring 0 here; return 0."""
    return schedule.call_at_once(vmm, 0x10, procedure, reference, gives_handle=True)


@VMM.service(0x11)
def call_vm_event(vmm: Vmm, vm: EBX, procedure: ESI, reference: EDX) -> ESI:
    """Call a procedure now if the VM is the current one, and return 0; else as Schedule_VM_Event."""
    number = vmm.vm_of(vm)
    if number != vmm.vm:
        return _schedule(vmm, Pending(procedure, reference, number))
    return schedule.call_at_once(vmm, 0x11, procedure, reference, gives_handle=True)


@VMM.service(0x14)
def call_priority_vm_event(
    vmm: Vmm, boost: EAX, vm: EBX, flags: ECX, procedure: ESI, reference: EDX, time_out: EDI
) -> ESI:
    """Call a procedure now, or when what the flags (PEF_...) wait for is so; return 0 or the event's handle."""
    del boost  # priorities are among VMs
    if flags & ~KNOWN:
        vmm.fail(f"it called Call_Priority_VM_Event with flags {flags:08X}h, of which not all are offered")
    deadline = schedule.after(vmm, time_out) if flags & TIME_OUT else None
    each = Pending(procedure, reference, vmm.vm_of(vm), flags, deadline)
    waits = each.vm != vmm.vm or flags & ALWAYS_SCHED
    if waits or not schedule.is_ready(vmm, each, interrupts_on=_interrupts_on(vmm)):
        return _schedule(vmm, each)
    return schedule.call_at_once(vmm, 0x14, procedure, reference, gives_handle=True)


def _interrupts_on(vmm: Vmm) -> bool:
    return bool(vmm.simulation.client.get("eflags") & Flag.IF)


def _cancel(vmm: Vmm, handle: int) -> None:
    if handle and not vmm.schedule.cancel(handle, time_out=False):
        vmm.find("event_gone", "warning", f"it cancelled the event {handle:08X}h, which does not wait (any more)")


@VMM.service(0x12)
def cancel_global_event(vmm: Vmm, event: ESI) -> None:
    """Forget an event of Schedule_Global_Event; 0 is none."""
    _cancel(vmm, event)


@VMM.service(0x13)
def cancel_vm_event(vmm: Vmm, vm: EBX, event: ESI) -> None:
    """Forget an event of Schedule_VM_Event; 0 is none."""
    vmm.vm_of(vm)
    _cancel(vmm, event)


@VMM.service(0x15)
def cancel_priority_vm_event(vmm: Vmm, event: ESI) -> None:
    """Forget an event of Call_Priority_VM_Event; 0 is none."""
    _cancel(vmm, event)


@VMM.service(0x19)
def call_when_vm_ints_enabled(vmm: Vmm, procedure: ESI, reference: EDX) -> object:
    """Call a procedure as soon as the VM has interrupts enabled: now, if it has."""
    if _interrupts_on(vmm):
        return schedule.call_at_once(vmm, 0x19, procedure, reference, gives_handle=False)
    _schedule(vmm, Pending(procedure, reference, vmm.vm, WAIT_FOR_STI))
    return None


@VMM.service(0x24)
def call_when_not_critical(vmm: Vmm, procedure: ESI, reference: EDX) -> None:
    """Call a procedure at event time when the critical section is free."""
    _schedule(vmm, Pending(procedure, reference, None, WAIT_NOT_CRIT))
