"""INT 20h in ring 0 with a dword behind it: a driver calls a service of the manager or of another driver (VMM 3.1).

The dword is device id << 16 | ordinal; bit 15 makes it a jump: the service returns to the caller's caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.registers import Flag
from app.emu.services import arguments, hand_back, shown
from app.emu.vmm import services  # noqa: F401 - importing fills the table
from app.emu.vmm.ordinals import VMM_DEVICE
from app.emu.vmm.table import DYNALINK, PENDING, VMM, Refused

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm

_JUMP: Final = 0x8000


def call(vmm: Vmm) -> None:
    """Serve a dynalink; EIP is behind the INT 20h."""
    regs, memory = vmm.machine.regs, vmm.machine.memory
    link = memory.read_u32(regs.eip)
    regs.eip = regs.eip + 4 & 0xFFFFFFFF
    if link & _JUMP:
        regs.eip = memory.read_u32(regs.esp)
        regs.esp = regs.esp + 4 & 0xFFFFFFFF
    device, ordinal = link >> 16, link & 0x7FFF
    if device == VMM_DEVICE:
        serve(vmm, ordinal)
    else:
        _serve_by_driver(vmm, device, ordinal)


def serve(vmm: Vmm, ordinal: int) -> bool:
    """Perform a service of the manager; EIP is where the driver goes on. False: it waits there for other code."""
    machine, regs = vmm.machine, vmm.machine.regs
    row = VMM.find(ordinal)
    if row is None or row.handler is None:
        name = f" ({row.name})" if row is not None else ""
        vmm.fail(f"it called VMM service {ordinal:04X}h{name}, which is not offered")
    machine.emit(
        events.ServiceCalled, interrupt=DYNALINK, function=ordinal, name=row.name,
        registers=shown(row.takes, regs, wide=True),
    )  # fmt: skip
    carry = False
    try:
        result = row.handler(vmm, **arguments(row, regs, wide=True))
    except Refused as refused:
        carry = True
        regs.eax = regs.eax if refused.eax is None else refused.eax
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
    device = next((each for each in vmm.devices if each.number == number and not each.is_dropped), None)
    if device is None and not ordinal:
        regs.ax = 0
        regs.set_flag(Flag.CF, on=True)
        return
    if device is None:
        vmm.fail(f"it called service {ordinal:04X}h of device {number:04X}h, which is not loaded")
    procedure = device.service(machine.memory, ordinal)
    if procedure is None:
        vmm.fail(f"it called service {ordinal:04X}h of the driver {device.name}, which does not have it")
    regs.esp = regs.esp - 4 & 0xFFFFFFFF
    machine.memory.write_u32(regs.esp, regs.eip)
    regs.eip = procedure
