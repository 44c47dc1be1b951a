"""Virtual machines, their handles and their interrupt flag (VMM 3.2).

Not in the reference: Get_Next_VM_Handle and Get_Execution_Focus (Windows 3.1 DDK), handles of threads (Windows 95
DDK): unverified.
"""

from __future__ import annotations

from app.emu import events
from app.emu.registers import EAX, EBX, ECX, EDI, Flag
from app.emu.vmm.control import pm_application_block
from app.emu.vmm.control_block import PROGRAMS, SYSTEM, ControlBlock, number_of
from app.emu.vmm.core import Vmm
from app.emu.vmm.multiplex import VERSION
from app.emu.vmm.places import THREAD
from app.emu.vmm.table import VMM, Refused


@VMM.service(0x00)
def get_vmm_version(vmm: Vmm) -> EAX:
    """Return the version: AH major, AL minor."""
    del vmm
    return VERSION


@VMM.service(0x01)
def get_cur_vm_handle(vmm: Vmm) -> EBX:
    """Return the current VM's handle."""
    return vmm.handle


@VMM.service(0x02)
def test_cur_vm_handle(vmm: Vmm, handle: EBX) -> None:
    """ZF=1 if it is the current VM's handle."""
    vmm.machine.regs.set_flag(Flag.ZF, on=handle == vmm.handle)


def _system(vmm: Vmm) -> int:
    return ControlBlock(vmm.machine.memory, SYSTEM).handle


@VMM.service(0x03)
def get_sys_vm_handle(vmm: Vmm) -> EBX:
    """Return the System VM's handle."""
    return _system(vmm)


@VMM.service(0x04)
def test_sys_vm_handle(vmm: Vmm, handle: EBX) -> None:
    """ZF=1 if it is the System VM's handle."""
    vmm.machine.regs.set_flag(Flag.ZF, on=handle == _system(vmm))


@VMM.service(0x05)
def validate_vm_handle(vmm: Vmm, handle: EBX) -> None:
    """CF=1 if it is no VM handle."""
    del vmm
    if number_of(handle) is None:
        raise Refused


@VMM.service(0x06)
def get_vmm_reenter_count(vmm: Vmm) -> ECX:
    """Return how often the manager was re-entered: never, for nobody interrupts ring 0 here."""
    del vmm
    return 0


@VMM.service(0x3B)
def get_next_vm_handle(vmm: Vmm, handle: EBX) -> EBX:
    """Return the handle of the VM behind another one, round and round."""
    number = vmm.vm_of(handle)
    return ControlBlock(vmm.machine.memory, PROGRAMS if number == SYSTEM else SYSTEM).handle


@VMM.service(0x30)
def get_execution_focus(vmm: Vmm) -> EBX:
    """Return the handle of the VM that has the screen: the programs'."""
    return ControlBlock(vmm.machine.memory, PROGRAMS).handle


@VMM.service(0x108)
def get_cur_thread_handle(vmm: Vmm) -> EDI:
    """Return the current thread's handle; there is one thread."""
    del vmm
    return THREAD


@VMM.service(0x109)
def test_cur_thread_handle(vmm: Vmm, thread: EDI) -> None:
    """ZF=1 if it is the current thread's handle."""
    vmm.machine.regs.set_flag(Flag.ZF, on=thread == THREAD)


@VMM.service(0x10C)
def validate_thread_handle(vmm: Vmm, thread: EDI) -> None:
    """CF=1 if it is no thread handle."""
    del vmm
    if thread != THREAD:
        raise Refused


@VMM.service(0x88)
def get_cur_pm_app_cb(vmm: Vmm, handle: EBX) -> EDI:
    """Return the linear address of the running protected-mode application's control block; 0 if there is none."""
    del handle
    client = vmm.host.client
    return pm_application_block(client) if client is not None else 0


def _set_interrupts(vmm: Vmm, *, on: bool) -> None:
    vmm.simulation.client.set_flag(Flag.IF, on=on)
    vmm.machine.emit(events.InterruptFlagChanged, enabled=on)


@VMM.service(0x1A)
def enable_vm_ints(vmm: Vmm) -> None:
    """Do what STI does in the VM."""
    _set_interrupts(vmm, on=True)


@VMM.service(0x1B)
def disable_vm_ints(vmm: Vmm) -> None:
    """Do what CLI does in the VM."""
    _set_interrupts(vmm, on=False)


@VMM.service(0x2F)
def crash_cur_vm(vmm: Vmm) -> None:
    """End the current VM; never returns."""
    vmm.fail("it called Crash_Cur_VM")
