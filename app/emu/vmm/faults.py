"""Hook_V86_Fault, Hook_PM_Fault, Hook_VMM_Fault: drivers see exceptions before the manager deals with them (VMM 3.2).

The handler that was installed last is called, with interrupts disabled. Its near RET eats the fault: the VM goes on
with the client registers. To pass it on it jumps to the handler it was given as the previous one, in the end the
manager's own (`DEFAULT_FAULT`), which does what would have been done without drivers. The manager has its own handlers
from Device_Init on; those installed in Sys_Critical_Init come last, when the fault would end the program.

A fault of ring 0 finds the driver's registers on the ring-0 stack, in the order of the client register structure up
to EFLAGS; EBP points at them, and the driver goes on with them. Sources: the reference; for the order of handlers the
Windows 3.1 DDK (D31 of the reference); the frame of a fault in ring 0 is unverified.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.events import Door
from app.emu.host.exceptions import describe
from app.emu.memory import layout
from app.emu.registers import ALWAYS_SET, Flag
from app.emu.vmm.failure import DriverFailed

if TYPE_CHECKING:
    from app.emu.registers import Registers
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.levels import Ring0Level

LAST: Final = 0x4F
"""The highest number that can be hooked."""
NMI: Final = 2
"""The one in between that cannot."""
_FRAME: Final = struct.Struct("<12I")
_PUSHED: Final = ("edi", "esi", "ebp", "esp", "ebx", "edx", "ecx", "eax")
"""PUSHAD, from the lowest address upwards."""


class Where(StrEnum):
    """What ran when the fault happened."""

    V86 = "v86"
    PM = "pm"
    VMM = "vmm"


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception as the processor reports it."""

    vector: int
    error_code: int
    cr2: int


@dataclass(slots=True)
class FaultHooks:
    """The handlers, by what ran and vector; the one installed last is last."""

    first: dict[tuple[Where, int], list[int]] = field(default_factory=dict)
    """In front of the manager's own."""
    final: dict[tuple[Where, int], list[int]] = field(default_factory=dict)
    """Behind it."""

    def chain(self, where: Where, vector: int) -> list[int]:
        """All handlers of a fault; the one called first is last."""
        return self.final.get((where, vector), []) + self.first.get((where, vector), [])


@dataclass(frozen=True, slots=True)
class FaultDone:
    """A handler of a fault in ring 3 has returned. is_final: the manager has had it before.

    is_passed_on: the manager's handler was reached.
    """

    fault: Fault
    is_final: bool
    is_passed_on: bool = False

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """Eaten, the VM goes on; passed on, the fault is dealt with as if there were no drivers."""
        if self.is_passed_on:
            vmm.leave_at_once(level)
            vmm.machine.default_fault(self.fault.vector, self.fault.error_code, self.fault.cr2)
        else:
            vmm.leave(level)


@dataclass(frozen=True, slots=True)
class VmmFaultDone:
    """A handler of a fault in ring 0 has returned. frame: where the driver's registers lie."""

    fault: Fault
    frame: int
    is_passed_on: bool = False

    def returned(self, vmm: Vmm, _level: Ring0Level, _regs: Registers) -> None:
        """The driver goes on with its registers; passed on, it ends its VM."""
        regs = vmm.machine.regs
        values = _FRAME.unpack(vmm.machine.memory.read(self.frame, _FRAME.size))
        for name, value in zip(_PUSHED, values, strict=False):
            setattr(regs, name, value)
        _, regs.eip, _, flags = values[8:]
        regs.eflags = flags & ~Flag.VM | ALWAYS_SET
        regs.esp = self.frame + _FRAME.size
        if self.is_passed_on:
            raise DriverFailed(explain(self.fault, regs))


def explain(fault: Fault, regs: Registers) -> str:
    """A fault of a driver in words."""
    return describe(fault.vector, fault.error_code, fault.cr2, str(Far(regs.cs.selector, regs.eip, wide=True)))


def in_ring3(vmm: Vmm, fault: Fault, *, final: bool = False) -> bool:
    """An exception of ring 3: call the handler. False: no driver has hooked it.

    final: the manager has not been able to deal with it.
    """
    where = Where.V86 if vmm.machine.regs.is_v86 else Where.PM
    chains = vmm.fault_hooks.final if final else vmm.fault_hooks.first
    chain = chains.get((where, fault.vector))
    if not chain:
        return False
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    level.client_registers(vmm.machine.memory).set("error", fault.error_code)
    _call(vmm, level, chain[-1], FaultDone(fault, final))
    vmm.host.switched(before, Door.VXD_CALLBACK)
    return True


def _call(vmm: Vmm, level: Ring0Level, procedure: int, done: FaultDone | VmmFaultDone, **registers: int) -> None:
    vmm.tell(level, "fault", procedure, done, reference=done.fault.vector, **registers)
    vmm.machine.regs.set_flag(Flag.IF, on=False)


def in_ring0(vmm: Vmm, fault: Fault) -> bool:
    """An exception of a driver: call the handler. False: no driver has hooked it, or the stack is not there."""
    regs = vmm.machine.regs
    chain = vmm.fault_hooks.chain(Where.VMM, fault.vector)
    frame = regs.esp - _FRAME.size
    if not chain or not layout.RING0_STACK + _FRAME.size <= frame <= layout.RING0_STACK_TOP - _FRAME.size:
        return False
    values = [getattr(regs, name) for name in _PUSHED]
    vmm.write(frame, _FRAME.pack(*values, fault.error_code, regs.eip, regs.cs.selector, regs.eflags))
    regs.esp = frame
    _call(vmm, vmm.level, chain[-1], VmmFaultDone(fault, frame), ebp=frame)
    return True


def pass_on(vmm: Vmm) -> None:
    """A driver has jumped to, or called, the manager's own handler: note it, and return near."""
    level = vmm.level
    call = level.calls[-1] if level.calls else None
    if call is None or not isinstance(call.then, FaultDone | VmmFaultDone):
        raise DriverFailed("it reached the manager's fault handler without a fault")
    call.then = replace(call.then, is_passed_on=True)
