"""Nested execution, execution modes, the locked stack (VMM 3.4, 5.2)."""

from __future__ import annotations

from app.emu.registers import EAX
from app.emu.services import DWORD
from app.emu.vmm import hooks, nesting, vxd_int
from app.emu.vmm.control import check_simulation
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import PENDING, VMM


@VMM.service(0x82)
def begin_nest_v86_exec(vmm: Vmm) -> None:
    """Begin nested execution in V86 mode."""
    nesting.begin(vmm, vmm.level, pm=False)


@VMM.service(0x83)
def begin_nest_exec(vmm: Vmm) -> None:
    """Begin nested execution: in protected mode on the locked stack if the VM has an application, else in V86 mode."""
    nesting.begin(vmm, vmm.level, pm=vmm.host.client is not None)


@VMM.service(0x84)
def exec_int(vmm: Vmm, vector: EAX) -> object:
    """Simulate an interrupt and run the VM until it has returned."""
    check_simulation(vmm)
    if not vmm.level.nests:
        vmm.fail("it called Exec_Int outside of nested execution: Begin_Nest_Exec is missing", "nest_rules")
    hooks.simulate(vmm, vector & 0xFF, 0x84, resumes=True)
    return PENDING


@VMM.service(0x85)
def resume_exec(vmm: Vmm) -> object:
    """Run the VM until it is back where Begin_Nest_Exec left it."""
    nesting.resume(vmm, 0x85)
    return PENDING


@VMM.service(0x86)
def end_nest_exec(vmm: Vmm) -> None:
    """End nested execution: mode and Client_CS:EIP are again what they were, and the locked stack is left."""
    nesting.end(vmm, vmm.level)


@VMM.service(0x8F)
def exec_vxd_int(vmm: Vmm, vector: DWORD) -> object:
    """Execute an interrupt with the driver's registers, flat pointers of DOS translated; the client registers stay.

    It takes the number off the stack itself.
    """
    check_simulation(vmm)
    if not vmm.is_initialised:
        vmm.fail("it called Exec_VxD_Int before Init_Complete")
    regs = vmm.machine.regs
    regs.esp = regs.esp + 4 & 0xFFFFFFFF
    vxd_int.borrow(vmm, vmm.level, vector & 0xFF)
    hooks.simulate(vmm, vector & 0xFF, 0x8F, resumes=True)
    return PENDING


@VMM.service(0x89)
def set_v86_exec_mode(vmm: Vmm) -> None:
    """Exchange the client registers with the alternate set unless the VM is in V86 mode."""
    vmm.change_mode(vmm.level, pm=False)


@VMM.service(0x8A)
def set_pm_exec_mode(vmm: Vmm) -> None:
    """Exchange the client registers with the alternate set unless the VM is in protected mode."""
    vmm.change_mode(vmm.level, pm=True)


@VMM.service(0x8B)
def begin_use_locked_pm_stack(vmm: Vmm) -> None:
    """Switch Client_SS:ESP to the locked stack the first time; then only count."""
    nesting.use_locked_stack(vmm, vmm.level)


@VMM.service(0x8C)
def end_use_locked_pm_stack(vmm: Vmm) -> None:
    """Count back; at 0 Client_SS:ESP is again what it was."""
    nesting.leave_locked_stack(vmm, vmm.level)
