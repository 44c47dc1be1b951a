"""Callbacks and V86 breakpoints (VMM 1)."""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.devices.clock import RATE
from app.emu.memory import layout
from app.emu.registers import EAX, EDX, ESI
from app.emu.vmm import findings
from app.emu.vmm.breaks import ARPL, PoolEmpty, V86Breakpoint, VmReturn, VxdCallback
from app.emu.vmm.core import Vmm
from app.emu.vmm.dispatch import breakpoint_fields, event_fields
from app.emu.vmm.table import VMM, Refused

_NO_ADDRESS: Final = 0xFFFFFFFF
_ROM_END: Final = 0x100000


def _allocate(vmm: Vmm, reference: int, procedure: int, *, pm: bool) -> int:
    try:
        callback = VxdCallback(vmm.breaks.take(), pm, procedure, reference)
    except PoolEmpty:
        findings.pool_is_empty(vmm)
        raise Refused(eax=_NO_ADDRESS) from None
    address = vmm.breaks.add(callback)
    vmm.machine.emit(events.VxdCallbackAllocated, **event_fields(vmm, callback))
    callback.made = vmm.last_event
    findings.callback_allocated(vmm, callback)
    return address.to_dword()


@VMM.service(0x0B)
def allocate_v86_call_back(vmm: Vmm, reference: EDX, procedure: ESI) -> EAX:
    """Return an address that V86 code calls a procedure by; it is never freed. EAX=FFFFFFFFh: the pool is empty."""
    return _allocate(vmm, reference, procedure, pm=False)


@VMM.service(0x0C)
def allocate_pm_call_back(vmm: Vmm, reference: EDX, procedure: ESI) -> EAX:
    """Return a 16:16 address that protected-mode code calls a procedure by; never freed, from the same pool."""
    return _allocate(vmm, reference, procedure, pm=True)


@VMM.service(0x0D)
def call_when_vm_returns(vmm: Vmm, time_out: EAX, reference: EDX, procedure: ESI) -> None:
    """Call a procedure when the VM is back where it is now, or when a time (milliseconds) is over."""
    level = vmm.level
    findings.returns_after_frame(vmm, level)
    client = level.client_registers(vmm.machine.memory)
    signed = time_out - (1 << 32) if time_out & 1 << 31 else time_out
    deadline = vmm.machine.clock + abs(signed) * RATE // 1000 if signed else None
    try:
        number = vmm.breaks.private()
    except PoolEmpty:
        vmm.fail("it has more calls of Call_When_VM_Returns in progress than there can be")
    target = VmReturn(number, level.in_pm, procedure, reference, client.get("cs"), client.get("eip"), signed, deadline)
    address = vmm.breaks.add(target)
    client.set("cs", address.segment)
    client.set("eip", address.offset)
    vmm.machine.emit(events.VxdCallbackAllocated, **event_fields(vmm, target))


@VMM.service(0x09)
def install_v86_break_point(vmm: Vmm, address: EAX, reference: EDX, procedure: ESI) -> None:
    """Replace a byte of V86 code by ARPL, which calls a procedure. CF=1: pool empty, there is one, no RAM."""
    where = Far.from_dword(address)
    found = V86Breakpoint(where.segment, where.offset, procedure, reference, 0)
    if where[:2] in vmm.breaks.breakpoints or layout.VIDEO <= found.linear < _ROM_END:
        raise Refused
    try:
        vmm.breaks.check()
    except PoolEmpty:
        raise Refused from None
    memory = vmm.machine.memory
    found.original = memory.read_u8(found.linear)
    memory.write_u8(found.linear, ARPL)
    vmm.breaks.breakpoints[where[:2]] = found
    vmm.machine.emit(events.V86BreakpointInstalled, **breakpoint_fields(found))
    found.made = vmm.last_event
    findings.breakpoint_installed(vmm, found)


@VMM.service(0x0A)
def remove_v86_break_point(vmm: Vmm, address: EAX) -> None:
    """Put the byte back that a breakpoint replaced. CF=1: there is none at that CS:IP."""
    where = Far.from_dword(address)
    found = vmm.breaks.breakpoints.pop(where[:2], None)
    if found is None:
        raise Refused
    vmm.machine.memory.write_u8(found.linear, found.original)
    vmm.machine.emit(events.V86BreakpointRemoved, **breakpoint_fields(found))
