"""INT 20h in ring 0 with a dword behind it: a driver calls a service of the manager or of another driver (VMM 3.1).

The dword is device id << 16 | ordinal; bit 15 makes it a jump: the service returns to the caller's caller. Services
with a leading underscore take their parameters on the stack (C convention); the others take registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.registers import Flag
from app.emu.services import arguments, hand_back, shown
from app.emu.vmm import (
    findings,
    services,  # noqa: F401 - importing fills the table
)
from app.emu.vmm.ordinals import VMM_DEVICE
from app.emu.vmm.table import DYNALINK, PENDING, VMM, Refused

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm

_JUMP: Final = 0x8000


def call(vmm: Vmm) -> None:
    """Serve a dynalink; EIP is behind the INT 20h."""
    regs = vmm.machine.regs
    link = vmm.machine.memory.read_u32(regs.eip)
    regs.eip = regs.eip + 4 & 0xFFFFFFFF
    if link & _JUMP:
        return_near(vmm)
    device, ordinal = link >> 16, link & 0x7FFF
    if device == VMM_DEVICE:
        perform(vmm, ordinal)
    else:
        _serve_by_driver(vmm, device, ordinal)


def perform(vmm: Vmm, ordinal: int) -> bool:
    """Perform a service of the manager, or call the driver that has hooked it. False: other code runs first."""
    hooks = vmm.service_hooks.get(VMM_DEVICE << 16 | ordinal)
    if hooks is None:
        return serve(vmm, ordinal)
    _call_near(vmm, hooks[-1])
    return False


def return_near(vmm: Vmm) -> None:
    """RET in ring 0."""
    regs = vmm.machine.regs
    regs.eip = vmm.machine.memory.read_u32(regs.esp)
    regs.esp = regs.esp + 4 & 0xFFFFFFFF


def _call_near(vmm: Vmm, procedure: int) -> None:
    """CALL in ring 0."""
    regs = vmm.machine.regs
    vmm.push(regs.eip)
    regs.eip = procedure


def serve(vmm: Vmm, ordinal: int) -> bool:
    """Perform a service of the manager; EIP is where the driver goes on. False: it waits there for other code."""
    machine, regs = vmm.machine, vmm.machine.regs
    row = VMM.find(ordinal)
    if row is None or row.handler is None:
        name = f" ({row.name})" if row is not None else ""
        reason = f": {row.summary}" if row is not None and row.summary else ""
        vmm.fail(f"it called VMM service {ordinal:04X}h{name}, which is not offered{reason}")
    pushed = {name: machine.memory.read_u32(regs.esp + 4 * at & 0xFFFFFFFF) for at, name in enumerate(row.pushed)}
    machine.emit(
        events.ServiceCalled, interrupt=DYNALINK, function=ordinal, name=row.name,
        registers=shown(row.takes, regs, wide=True) | pushed,
    )  # fmt: skip
    findings.service_called(vmm, vmm.level, ordinal, row.name)
    carry = False
    try:
        result = row.handler(vmm, **arguments(row, regs, wide=True), **pushed)
    except Refused as refused:
        carry = True
        for name, value in refused.gives.items():
            setattr(regs, name, value)
        regs.set_flag(Flag.CF, on=True)
    else:
        if result is PENDING:
            return False
        hand_back(row, regs, result, wide=True)
    machine.emit(
        events.ServiceReturned, interrupt=DYNALINK, function=ordinal, carry=carry, error=None,
        registers={} if carry else shown(row.gives, regs, wide=True),
    )  # fmt: skip
    return True


def _serve_by_driver(vmm: Vmm, number: int, ordinal: int) -> None:
    """A near call of another driver's service. Get_Version (0) of a missing driver answers AX=0, CF=1."""
    machine, regs = vmm.machine, vmm.machine.regs
    device = vmm.device(number)
    if device is None and not ordinal:
        regs.ax = 0
        regs.set_flag(Flag.CF, on=True)
        return
    if device is None:
        vmm.fail(f"it called service {ordinal:04X}h of device {number:04X}h, which is not loaded")
    procedure = device.service(machine.memory, ordinal)
    if procedure is None:
        vmm.fail(f"it called service {ordinal:04X}h of the driver {device.name}, which does not have it")
    _call_near(vmm, procedure)
