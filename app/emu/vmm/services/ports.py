"""Trapping of I/O ports (see `ports.py` for the source)."""

from __future__ import annotations

from typing import Final

from app.emu.registers import EAX, EBX, ECX, EDI, EDX, ESI
from app.emu.vmm import ports
from app.emu.vmm.control_block import PROGRAMS, SYSTEM
from app.emu.vmm.core import Vmm
from app.emu.vmm.ports import LAST, OUTPUT, Access, PortTrap
from app.emu.vmm.table import PENDING, VMM, Refused

_EVERY_VM: Final = (SYSTEM, PROGRAMS)
_ROW: Final = 6
"""Bytes of a row of the table of Install_Mult_IO_Handlers: the port, and the procedure."""


def _install(vmm: Vmm, port: int, procedure: int) -> bool:
    if port > LAST or port in vmm.ports:
        return False
    vmm.ports[port] = PortTrap(procedure, set(_EVERY_VM))
    return True


@VMM.service(0x96)
def install_io_handler(vmm: Vmm, procedure: ESI, port: EDX) -> None:
    """Call a procedure when programs use a port. CF=1: somebody has it."""
    if not _install(vmm, port, procedure):
        raise Refused


@VMM.service(0x95)
def install_mult_io_handlers(vmm: Vmm, table: EDI) -> None:
    """Install the procedures of a table: its number of rows, then port (2 bytes) and procedure. CF=1: EDX is taken."""
    memory = vmm.machine.memory
    for at in range(memory.read_u16(table)):
        row = table + 2 + at * _ROW
        if not _install(vmm, memory.read_u16(row), memory.read_u32(row + 2)):
            raise Refused(edx=memory.read_u16(row))


@VMM.service(0x116)
def remove_io_handler(vmm: Vmm, port: EDX) -> None:
    """Give a port back to its device. CF=1: no driver has it."""
    if vmm.ports.pop(port, None) is None:
        raise Refused


def _trap(vmm: Vmm, port: int) -> PortTrap:
    found = vmm.ports.get(port)
    if found is None:
        vmm.fail(f"it changed the trapping of port {port:04X}h, which has no procedure (Install_IO_Handler)")
    return found


@VMM.service(0x97)
def enable_global_trapping(vmm: Vmm, port: EDX) -> None:
    """Trap a port in all VMs."""
    _trap(vmm, port).vms.update(_EVERY_VM)


@VMM.service(0x98)
def enable_local_trapping(vmm: Vmm, vm: EBX, port: EDX) -> None:
    """Trap a port in a VM."""
    _trap(vmm, port).vms.add(vmm.vm_of(vm))


@VMM.service(0x99)
def disable_global_trapping(vmm: Vmm, port: EDX) -> None:
    """Let a port reach its device in all VMs."""
    _trap(vmm, port).vms.clear()


@VMM.service(0x9A)
def disable_local_trapping(vmm: Vmm, vm: EBX, port: EDX) -> None:
    """Let a port reach its device in a VM."""
    _trap(vmm, port).vms.discard(vmm.vm_of(vm))


@VMM.service(0x94)
def simulate_io(vmm: Vmm, data: EAX, vm: EBX, kind: ECX, port: EDX) -> EAX:
    """Make an access of smaller ones, of a byte by the device; registers are those of a trapping procedure."""
    vmm.vm_of(vm)
    size = ports.size_of(kind)
    if size is None:
        vmm.fail(f"it called Simulate_IO with type {kind:08X}h: string instructions come element by element here")
    is_output = bool(kind & OUTPUT)
    ports.simulate(vmm, 0x94, Access(port & LAST, size, is_output, data if is_output else 0))
    return PENDING
