"""Instructions simulated on the client registers, and copies of these (VMM 3.2)."""

from __future__ import annotations

from typing import Final

from app.emu.registers import CX, EAX, EDI, EDX, ESI
from app.emu.vmm import findings, hooks
from app.emu.vmm.client_registers import DWORDS, SIZE
from app.emu.vmm.control import check_simulation
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import PENDING, VMM

_EFLAGS: Final = DWORDS["eflags"]
_VM: Final = 1 << 17


@VMM.service(0x46)
def simulate_int(vmm: Vmm, vector: EAX) -> object:
    """Do what INT does to the client registers; hooks of Hook_V86_Int_Chain come first."""
    check_simulation(vmm)
    hooks.simulate(vmm, vector & 0xFF, 0x46, resumes=False)
    return PENDING


@VMM.service(0x47)
def simulate_iret(vmm: Vmm) -> None:
    """Pop Client_EIP, Client_CS and Client_EFlags."""
    findings.flags_lost(vmm, vmm.level)
    vmm.simulation.interrupt_return()


@VMM.service(0x48)
def simulate_far_call(vmm: Vmm, segment: CX, offset: EDX) -> None:
    """Push Client_CS and Client_EIP, and set them."""
    vmm.simulation.call(segment, offset)


@VMM.service(0x49)
def simulate_far_jmp(vmm: Vmm, segment: CX, offset: EDX) -> None:
    """Set Client_CS and Client_EIP."""
    vmm.simulation.jump(segment, offset)


@VMM.service(0x4A)
def simulate_far_ret(vmm: Vmm) -> None:
    """Pop Client_EIP and Client_CS."""
    vmm.simulation.far_return()


@VMM.service(0x4B)
def simulate_far_ret_n(vmm: Vmm, parameters: EAX) -> None:
    """Pop Client_EIP and Client_CS and so many bytes of parameters."""
    vmm.simulation.far_return(parameters)


@VMM.service(0x4C)
def build_int_stack_frame(vmm: Vmm, segment: CX, offset: EDX) -> None:
    """Push Client_EFlags, Client_CS and Client_EIP, and set the last two: a far routine that ends with IRET."""
    vmm.simulation.interrupt_frame(segment, offset)


@VMM.service(0x4D)
def simulate_push(vmm: Vmm, value: EAX) -> None:
    """Push a dword, or a word in V86 mode and for a 16-bit application."""
    vmm.simulation.push(value)


@VMM.service(0x4E)
def simulate_pop(vmm: Vmm) -> EAX:
    """Pop a dword, or a word with zeros above it."""
    return vmm.simulation.pop()


@VMM.service(0x8D)
def save_client_state(vmm: Vmm, buffer: EDI) -> None:
    """Copy the client register structure to a buffer of 6Ch bytes."""
    vmm.write(buffer, vmm.machine.memory.read(vmm.level.frame, SIZE))


@VMM.service(0x8E)
def restore_client_state(vmm: Vmm, buffer: ESI) -> None:
    """Copy a buffer to the client register structure; the mode is the buffer's."""
    memory, level = vmm.machine.memory, vmm.level
    data = memory.read(buffer, SIZE)
    pm = not int.from_bytes(data[_EFLAGS : _EFLAGS + 4], "little") & _VM
    if pm and vmm.host.client is None:
        vmm.fail("it restored a client state of protected mode, and the VM has no protected-mode application")
    memory.write(level.frame, data)
    vmm.take_mode(level, pm=pm)
