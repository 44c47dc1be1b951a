"""INT 2Fh: what programs ask the manager (VMM 4.1). The same functions in V86 and in protected mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.host.multiplex import set_es_di
from app.emu.registers import Segment
from app.emu.vmm import findings
from app.emu.vmm.breaks import PoolEmpty, VxdCallback
from app.emu.vmm.control_block import PROGRAMS
from app.emu.vmm.device import Device
from app.emu.vmm.dispatch import event_fields

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm

VERSION: Final = 0x0400
"""The Windows version played: 4.0 (Windows 95)."""
_NAME: Final = 8


def answer(vmm: Vmm) -> bool:
    """Answer AX=1600h, 1683h and 1684h; False: it is something else."""
    regs = vmm.machine.regs
    if regs.ax == 0x1600:
        regs.ax = VERSION >> 8 | (VERSION & 0xFF) << 8
    elif regs.ax == 0x1683:
        regs.set_low("bx", vmm.vm if vmm.is_active else PROGRAMS)
    elif regs.ax == 0x1684:
        _give_entry(vmm)
    else:
        return False
    return True


def _give_entry(vmm: Vmm) -> None:
    """The address of a driver's API for the caller's mode in ES:(E)DI, 0:0 if there is none."""
    regs = vmm.machine.regs
    address = _entry(vmm)
    if regs.is_v86:
        regs.es = Segment.real(address >> 16)
        regs.set_low("di", address)
    else:
        set_es_di(vmm.host, (address >> 16, address & 0xFFFF))


def _entry(vmm: Vmm) -> int:
    """A callback made at the first question and kept in the DDB; 0 when the pool is empty, as Windows 4.0 answers."""
    memory, pm = vmm.machine.memory, not vmm.machine.regs.is_v86
    device = _asked_for(vmm)
    if device is None or not device.api(memory, pm=pm):
        return 0
    if not device.entry(memory, pm=pm):
        try:
            number = vmm.breaks.take()
        except PoolEmpty:
            findings.pool_is_empty(vmm)
            return 0
        callback = VxdCallback(number, pm, 0, 0, api=device)
        device.set_entry(memory, vmm.breaks.add(callback).to_dword(), pm=pm)
        vmm.machine.emit(events.VxdCallbackAllocated, **event_fields(vmm, callback))
        callback.made = vmm.last_event
    return device.entry(memory, pm=pm)


def _asked_for(vmm: Vmm) -> Device | None:
    """The driver with the id in BX, or with the name at ES:(E)DI when that is 0."""
    regs = vmm.machine.regs
    present = [device for device in vmm.devices if not device.is_dropped]
    number = regs.low("bx")
    if number:
        return next((device for device in present if device.number == number), None)
    if regs.is_v86:
        raw = vmm.machine.memory.read(regs.es.base + regs.low("di"), _NAME)
    else:
        offset = regs.edi if vmm.host.current.wide else regs.low("di")
        raw = vmm.host.read_pointer(regs.es.selector, offset, _NAME)
    name = raw.decode("cp437").rstrip()
    return next((device for device in present if device.name == name), None)
