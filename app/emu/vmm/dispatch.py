"""From an address of ring 3 to a driver's procedure: callbacks, V86 breakpoints, Call_When_VM_Returns (VMM 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door
from app.emu.registers import Flag, Registers
from app.emu.vmm import findings, nesting
from app.emu.vmm.breaks import ARPL, NestEnd, Target, V86Breakpoint, VmReturn, VxdCallback, Win32Gate
from app.emu.vmm.levels import Ring0Level
from app.emu.vmm.win32 import kernel32, refusals

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm

PATIENCE: Final = 3
"""Hits of a breakpoint in a row, with nothing executed in between, before its VM is ended."""
_INT_SIZE: Final = 2


def trap_v86(vmm: Vmm) -> bool:
    """An ARPL in V86 mode: a callback's alias or a breakpoint; both only under the very CS:IP they have."""
    regs = vmm.machine.regs
    where = (regs.cs.selector, regs.eip & 0xFFFF)
    if vmm.machine.memory.read_u8(regs.code_linear) != ARPL:
        return False
    target = vmm.breaks.in_v86(*where)
    if target is not None:
        _reached(vmm, target, vmm.machine.tick)
        return True
    breakpoint_ = vmm.breaks.breakpoints.get(where)
    if breakpoint_ is None:
        findings.same_byte(vmm)
        return False
    _hit(vmm, where)
    return True


def trap_protected(vmm: Vmm) -> bool:
    """INT 30h in the break segment. Client_EIP is that of the INT 30h itself."""
    regs = vmm.machine.regs
    target = vmm.breaks.in_protected(regs.eip - _INT_SIZE & 0xFFFFFFFF)
    if target is None:
        return False
    regs.eip -= _INT_SIZE
    _reached(vmm, target, vmm.machine.tick - 1)
    return True


def _reached(vmm: Vmm, target: Target, tick: int) -> None:
    """tick: when ring 3 arrived at the address."""
    match target:
        case Win32Gate():
            kernel32.call(vmm)
        case VxdCallback() if vmm.host.client is not None and vmm.host.client.is_win32 and target.in_pm:
            refusals.callback(vmm, target)
        case VxdCallback():
            _enter_callback(vmm, target, by_interrupt=vmm.interrupted == tick)
        case VmReturn():
            _vm_returned(vmm, target)
        case NestEnd():
            nesting.reached(vmm, target)


# Callbacks


def event_fields(vmm: Vmm, target: VxdCallback | VmReturn) -> dict[str, object]:
    """What events tell of a callback."""
    nature = ("pm" if target.in_pm else "v86") if isinstance(target, VxdCallback) else "vm_returns"
    procedure = target.called(vmm.machine.memory) if isinstance(target, VxdCallback) else target.procedure
    return {
        "nature": nature,
        "address": vmm.breaks.address(target),
        "procedure": procedure,
        "reference": target.reference,
    }


@dataclass(frozen=True, slots=True)
class CallbackDone:
    """The procedure of a callback has returned."""

    in_pm: bool
    number: int
    by_interrupt: bool

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """The VM goes on."""
        target = vmm.breaks.targets[self.in_pm, self.number]
        if isinstance(target, VxdCallback):
            findings.callback_done(vmm, target, level, by_interrupt=self.by_interrupt)
            vmm.machine.emit(events.VxdCallbackReturned, **event_fields(vmm, target))
        vmm.leave(level)


def _enter_callback(vmm: Vmm, target: VxdCallback, *, by_interrupt: bool) -> None:
    """The far return comes first, unless an interrupt led here or the procedure does it itself (VMM 1.6)."""
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    fields = event_fields(vmm, target)
    if target.api is not None or not (by_interrupt or vmm.classic):
        vmm.simulation.far_return()
        level.frames = level.far_returns = 0
    target.hits += 1
    vmm.machine.emit(events.VxdCallbackEntered, **fields)
    procedure = int(str(fields["procedure"]))
    done = CallbackDone(target.in_pm, target.number, by_interrupt)
    vmm.call(level, procedure, done, edx=target.reference)
    vmm.host.switched(before, Door.VXD_CALLBACK)


# V86 breakpoints


def breakpoint_fields(found: V86Breakpoint, *, advanced: bool | None = None) -> dict[str, object]:
    """What events tell of a breakpoint."""
    return {
        "address": found.address,
        "procedure": found.procedure,
        "reference": found.reference,
        "advanced": advanced,
    }


@dataclass(frozen=True, slots=True)
class BreakpointDone:
    """The handler of a V86 breakpoint has returned."""

    where: tuple[int, int]

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """The VM goes on where the handler has left Client_CS:IP; still at the breakpoint, it is hit again at once."""
        client = level.client_registers(vmm.machine.memory)
        there = (client.get("cs"), client.get("eip") & 0xFFFF)
        found = vmm.breaks.breakpoints.get(self.where)
        if found is not None:
            advanced = level.in_pm or there != self.where
            vmm.machine.emit(events.V86BreakpointHit, **breakpoint_fields(found, advanced=advanced))
            if not level.in_pm and there[0] == found.segment:
                findings.breakpoint_done(vmm, found, level)
            found.advanced = advanced
            found.last_tick = -1 if advanced else vmm.machine.tick
            if not advanced and found.in_a_row >= PATIENCE:
                vmm.fail(
                    f"the handler of its V86 breakpoint at {found.address} was called {PATIENCE} times in a row and "
                    "never moved Client_IP: it has to skip, emulate, jump or return",
                    "breakpoint_endless",
                )
        vmm.leave(level)


def _hit(vmm: Vmm, where: tuple[int, int]) -> None:
    found = vmm.breaks.breakpoints[where]
    found.hits += 1
    found.in_a_row = found.in_a_row + 1 if found.last_tick == vmm.machine.tick else 1
    before = vmm.host.standing()
    level = vmm.enter(Door.V86_BREAKPOINT)
    vmm.call(
        level, found.procedure, BreakpointDone(where),
        eax=found.address.to_dword(), edx=found.reference, esi=found.linear,
    )  # fmt: skip
    vmm.host.switched(before, Door.V86_BREAKPOINT)


# Call_When_VM_Returns


@dataclass(frozen=True, slots=True)
class VmReturnDone:
    """The procedure of a Call_When_VM_Returns has returned. fields: of its event."""

    nature: str
    address: Far
    procedure: int
    reference: int

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """The VM goes on."""
        vmm.machine.emit(
            events.VxdCallbackReturned,
            nature=self.nature, address=self.address, procedure=self.procedure, reference=self.reference,
        )  # fmt: skip
        vmm.leave(level)


def _call_vm_return(vmm: Vmm, target: VmReturn, level: Ring0Level, *, carry: bool, zero: bool) -> None:
    fields = event_fields(vmm, target)
    done = VmReturnDone("vm_returns", vmm.breaks.address(target), target.procedure, target.reference)
    vmm.machine.emit(events.VxdCallbackEntered, **fields)
    vmm.call(level, target.procedure, done, edx=target.reference)
    vmm.machine.regs.set_flag(Flag.CF, on=carry)
    vmm.machine.regs.set_flag(Flag.ZF, on=zero)


def _vm_returned(vmm: Vmm, target: VmReturn) -> None:
    """CS:EIP is what it was, then the procedure is called; not if it was for a time-out alone and that is over."""
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    client = level.client_registers(vmm.machine.memory)
    client.set("cs", target.cs)
    client.set("eip", target.eip)
    vmm.take_mode(level, pm=level.in_pm)
    if target.timed_out and target.signed > 0:
        vmm.breaks.forget(target)
        vmm.leave_silently(level)
        return
    _call_vm_return(vmm, target, level, carry=False, zero=target.timed_out)
    vmm.breaks.forget(target)
    vmm.host.switched(before, Door.VXD_CALLBACK)


def _pending(vmm: Vmm) -> list[VmReturn]:
    found = (each for each in vmm.breaks.targets.values() if isinstance(each, VmReturn))
    return [each for each in found if each.deadline is not None]


def next_deadline(vmm: Vmm) -> int | None:
    """The clock of the next time-out."""
    return min((each.deadline for each in _pending(vmm) if each.deadline is not None), default=None)


def time_out(vmm: Vmm) -> bool:
    """Call the procedure whose time is over; Client_CS:EIP stays, for the VM has not returned."""
    clock = vmm.machine.clock
    over = (each for each in _pending(vmm) if each.deadline is not None and each.deadline <= clock)
    target = next(over, None)
    if target is None:
        return False
    target.deadline, target.timed_out = None, True
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    _call_vm_return(vmm, target, level, carry=True, zero=False)
    vmm.host.switched(before, Door.VXD_CALLBACK)
    return True
