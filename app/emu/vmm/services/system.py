"""Drivers among themselves: messages, description blocks, hooked APIs and services (VMM 3.2).

Not in the reference: Unhook_Device_Service (Windows 95 DDK): unverified.
"""

from __future__ import annotations

from typing import Final

from app.emu.registers import EAX, EBX, ECX, EDI, EDX, ESI
from app.emu.vmm.control import broadcast
from app.emu.vmm.core import Vmm
from app.emu.vmm.ordinals import VMM_DEVICE
from app.emu.vmm.places import SERVICES
from app.emu.vmm.table import PENDING, VMM, Refused
from app.emu.vmm.waiting import wait

_NAME: Final = 8
_HOOKED: Final = 2
"""Addresses a hooked service has at least: its own, and that of a procedure."""


@VMM.service(0x93)
def system_control(vmm: Vmm, message: EAX, vm: EBX, edx: EDX, esi: ESI, edi: EDI) -> object:
    """Send a control message to all drivers. CF=1: one has refused it."""
    wait(vmm, 0x93)
    broadcast(vmm, vmm.level, (message, vm, edx, esi, edi))
    return PENDING


@VMM.service(0x146)
def get_ddb(vmm: Vmm, number: EAX, name: EDI) -> ECX:
    """Return the linear address of a driver's DDB, by its device id or, for 0, by its name of 8 bytes; 0 for none."""
    found = vmm.device(number) if number else None
    if not number:
        wanted = vmm.machine.memory.read(name, _NAME).decode("cp437").rstrip()
        found = next((each for each in vmm.devices if each.name == wanted and not each.is_dropped), None)
    return found.ddb if found is not None else 0


def _hook_api(vmm: Vmm, number: int, procedure: int, *, pm: bool) -> int:
    device, memory = vmm.device(number), vmm.machine.memory
    before = device.api(memory, pm=pm) if device is not None else 0
    if device is None or not before:
        raise Refused
    device.set_api(memory, procedure, pm=pm)
    return before


@VMM.service(0x91)
def hook_device_v86_api(vmm: Vmm, number: EAX, procedure: ESI) -> ESI:
    """Replace a driver's V86 API procedure; return the one before. CF=1: it has none."""
    return _hook_api(vmm, number, procedure, pm=False)


@VMM.service(0x92)
def hook_device_pm_api(vmm: Vmm, number: EAX, procedure: ESI) -> ESI:
    """Replace a driver's protected-mode API procedure; return the one before. CF=1: it has none."""
    return _hook_api(vmm, number, procedure, pm=True)


# Hooked services


@VMM.service(0x90)
def hook_device_service(vmm: Vmm, service: EAX, procedure: ESI) -> ESI:
    """Have a procedure called instead of a service (device id << 16 | ordinal); return the address it had. CF=1: none.

    The service itself is called at that address.
    """
    before = _service_address(vmm, service)
    if before is None:
        raise Refused
    vmm.service_hooks.setdefault(service, [before]).append(procedure)
    _set_service(vmm, service, procedure)
    return before


@VMM.service(0x11C)
def unhook_device_service(vmm: Vmm, service: EAX, procedure: ESI) -> None:
    """Take the procedure away that was hooked in last. CF=1: it is not that one."""
    hooks = vmm.service_hooks.get(service, [])
    if len(hooks) < _HOOKED or hooks[-1] != procedure:
        raise Refused
    hooks.pop()
    _set_service(vmm, service, hooks[-1])
    if len(hooks) < _HOOKED:
        del vmm.service_hooks[service]


def _service_address(vmm: Vmm, service: int) -> int | None:
    number, ordinal = service >> 16, service & 0xFFFF
    if number == VMM_DEVICE:
        hooks, row = vmm.service_hooks.get(service), VMM.find(ordinal)
        return hooks[-1] if hooks else SERVICES + 2 * ordinal if row is not None and row.offered else None
    device = vmm.device(number)
    return device.service(vmm.machine.memory, ordinal) if device is not None else None


def _set_service(vmm: Vmm, service: int, procedure: int) -> None:
    """The tables of drivers are memory; those of the manager are what `service_hooks` says."""
    device = vmm.device(service >> 16)
    place = device.service_place(vmm.machine.memory, service & 0xFFFF) if device is not None else None
    if place is not None:
        vmm.write(place, procedure.to_bytes(4, "little"))
