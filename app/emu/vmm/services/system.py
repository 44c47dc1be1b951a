"""Drivers among themselves: messages, description blocks, hooked APIs, debug output (VMM 3.2)."""

from __future__ import annotations

from typing import Final

from app.emu.registers import EAX, EBX, ECX, EDI, EDX, ESI
from app.emu.vmm.control import broadcast
from app.emu.vmm.core import Vmm
from app.emu.vmm.device import Device
from app.emu.vmm.table import PENDING, VMM, Refused
from app.emu.vmm.waiting import wait

_NAME: Final = 8
_LONGEST: Final = 1024


def _device(vmm: Vmm, number: int) -> Device | None:
    return next((each for each in vmm.devices if each.number == number and not each.is_dropped), None)


@VMM.service(0x93)
def system_control(vmm: Vmm, message: EAX, vm: EBX, edx: EDX, esi: ESI, edi: EDI) -> object:
    """Send a control message to all drivers. CF=1: one has refused it."""
    wait(vmm, 0x93)
    broadcast(vmm, vmm.level, (message, vm, edx, esi, edi))
    return PENDING


@VMM.service(0x146)
def get_ddb(vmm: Vmm, number: EAX, name: EDI) -> ECX:
    """Return the linear address of a driver's DDB, by its device id or, for 0, by its name of 8 bytes; 0 for none."""
    found = _device(vmm, number) if number else None
    if not number:
        wanted = vmm.machine.memory.read(name, _NAME).decode("cp437").rstrip()
        found = next((each for each in vmm.devices if each.name == wanted and not each.is_dropped), None)
    return found.ddb if found is not None else 0


def _hook_api(vmm: Vmm, number: int, procedure: int, *, pm: bool) -> int:
    device, memory = _device(vmm, number), vmm.machine.memory
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


@VMM.service(0xC2)
def out_debug_string(vmm: Vmm, text: ESI) -> None:
    """Write a text that ends with a zero byte to standard error."""
    memory, shown = vmm.machine.memory, bytearray()
    while len(shown) < _LONGEST and (byte := memory.read_u8(text + len(shown))):
        shown.append(byte)
    vmm.machine.console.write(2, bytes(shown))
