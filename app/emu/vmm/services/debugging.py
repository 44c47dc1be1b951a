"""Debug output, and errors a driver ends with.

Source: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from typing import Final

from app.emu.registers import AL, EAX, EBX, ESI, Flag
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM
from app.emu.vmm.texts import text_at

_LONGEST: Final = 1024


@VMM.service(0xC1)
def test_debug_installed(vmm: Vmm) -> None:
    """ZF=0: there is somebody who reads debug output."""
    vmm.machine.regs.set_flag(Flag.ZF, on=False)


@VMM.service(0xC2)
def out_debug_string(vmm: Vmm, text: ESI) -> None:
    """Write a text that ends with a zero byte to standard error."""
    vmm.machine.console.write(2, text_at(vmm.machine.memory, text, _LONGEST))


@VMM.service(0xC3)
def out_debug_chr(vmm: Vmm, character: AL) -> None:
    """Write a character to standard error."""
    vmm.machine.console.write(2, bytes((character,)))


@VMM.service(0xC7)
def debug_test_valid_handle(vmm: Vmm, vm: EBX) -> None:
    """End the VM if it is the handle of no VM."""
    vmm.vm_of(vm)


@VMM.service(0xCC)
def debug_test_cur_vm(vmm: Vmm, vm: EBX) -> None:
    """End the VM if it is not the handle of the current one."""
    if vm != vmm.handle:
        vmm.fail(f"Debug_Test_Cur_VM found {vm:08X}h, which is not the current VM")


@VMM.service(0xC9)
def test_reenter(vmm: Vmm) -> None:
    """End the VM if the manager was re-entered, which never happens here."""
    del vmm


@VMM.service(0xBE)
def fatal_error_handler(vmm: Vmm, text: ESI, flags: EAX) -> None:
    """End the VM with a message of the driver's (0: none)."""
    del flags
    said = f": {text_at(vmm.machine.memory, text, _LONGEST).decode('cp437')}" if text else ""
    vmm.fail(f"it reported a fatal error{said}")


@VMM.service(0xBF)
def fatal_memory_error(vmm: Vmm) -> None:
    """End the VM for lack of memory."""
    vmm.fail("it reported that there is not enough memory to initialise it")
