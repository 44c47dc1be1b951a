"""Services during which other code runs: a driver waits in them, and goes on behind its INT 20h afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu import events
from app.emu.registers import Flag
from app.emu.vmm.levels import Waiting
from app.emu.vmm.table import DYNALINK

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm


def wait(vmm: Vmm, service: int) -> None:
    """The driver that runs waits in a service."""
    vmm.level.waiting.append(Waiting(service, vmm.machine.regs.copy()))


def wake(vmm: Vmm) -> Waiting:
    """The driver that waited last has its registers again; its service is not over yet."""
    waiting = vmm.level.waiting.pop()
    vmm.machine.regs.assign(waiting.regs)
    return waiting


def complete(vmm: Vmm, gives: dict[str, int] | None = None, *, carry: bool = False) -> None:
    """The driver that waited last goes on with the registers it had, and those the service gives."""
    waiting, machine = wake(vmm), vmm.machine
    given = gives or {}
    for name, value in given.items():
        setattr(machine.regs, name, value)
    machine.regs.set_flag(Flag.CF, on=carry)
    machine.emit(
        events.ServiceReturned, interrupt=DYNALINK, function=waiting.service, carry=carry, error=None,
        registers={name.upper(): value for name, value in given.items()},
    )  # fmt: skip
