"""I/O ports drivers have trapped: the program's IN and OUT call a procedure instead of the device.

An access wider than a byte at a trapped port is told as it is; one at a port that is not, but goes on into one, is
made of bytes. Of a string instruction every element is an access of its own, and never told as String_IO. Drivers'
own IN and OUT reach the devices.

Source: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.emu.events import Door
from app.emu.vmm.waiting import complete, wait

if TYPE_CHECKING:
    from app.emu.registers import Registers
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.levels import Ring0Level

OUTPUT: Final = 0x04
WORD: Final = 0x08
DWORD: Final = 0x10
SIMPLE: Final = OUTPUT | WORD | DWORD
"""The bits of ECX (the type of an access) for everything but string instructions."""
_SIZES: Final = {0: 1, WORD: 2, DWORD: 4}
_TYPES: Final = {1: 0, 2: WORD, 4: DWORD}
LAST: Final = 0xFFFF


@dataclass(slots=True, eq=False)
class PortTrap:
    """Who is told of the use of a port. vms: the ids of the VMs in which."""

    procedure: int
    vms: set[int]


@dataclass(frozen=True, slots=True)
class Access:
    """An access in progress. size in bytes; value: what is written, or was read so far; done: bytes already moved.

    eax, edi: the program's registers within the instruction.
    """

    port: int
    size: int
    is_output: bool
    value: int
    done: int = 0
    eax: int = 0
    edi: int = 0


def size_of(kind: int) -> int | None:
    """Bytes of an access by its type in ECX; None for one of a string instruction."""
    return _SIZES.get(kind & (WORD | DWORD)) if not kind & ~SIMPLE else None


def is_trapped(vmm: Vmm, port: int, size: int) -> bool:
    """Is a driver told of an access by the program?"""
    return bool(vmm.ports) and any(_trap(vmm, port + at) is not None for at in range(size))


def _trap(vmm: Vmm, port: int) -> PortTrap | None:
    found = vmm.ports.get(port & LAST)
    return found if found is not None and vmm.vm in found.vms else None


def begin(vmm: Vmm, access: Access) -> None:
    """The program has executed IN or OUT at a trapped port, the device has not been touched."""
    before = vmm.host.standing()
    vmm.machine.regs.eax = access.eax
    level = vmm.enter(Door.VXD_CALLBACK)
    _move(vmm, level, access, access.size if _trap(vmm, access.port) is not None else 1, None)
    vmm.host.switched(before, Door.VXD_CALLBACK)


def simulate(vmm: Vmm, service: int, access: Access) -> None:
    """Simulate_IO: make an access of smaller ones; that of a byte reaches the device."""
    wait(vmm, service)
    if access.size == 1:
        access = _by_device(vmm, access, 1)
    _move(vmm, vmm.level, access, max(access.size // 2, 1), service)


def _move(vmm: Vmm, level: Ring0Level, access: Access, width: int, service: int | None) -> None:
    """Move pieces of some bytes until one is a driver's to move, or all are moved."""
    while access.done < access.size:
        trap = _trap(vmm, access.port + access.done)
        if trap is not None:
            port = access.port + access.done & LAST
            kind = _TYPES[width] | (OUTPUT if access.is_output else 0)
            data = access.value >> 8 * access.done & (1 << 8 * width) - 1 if access.is_output else 0
            done = PieceDone(access, width, service)
            vmm.tell(level, "port", trap.procedure, done, reference=port, eax=data, ecx=kind)
            return
        access = _by_device(vmm, access, width)
    _finish(vmm, level, access, service)


def _by_device(vmm: Vmm, access: Access, width: int) -> Access:
    devices, port = vmm.machine.state.devices, access.port + access.done & LAST
    if access.is_output:
        devices.port_out(port, width, access.value >> 8 * access.done)
        return replace(access, done=access.done + width)
    return _with(access, width, devices.port_in(port, width))


def _with(access: Access, width: int, value: int) -> Access:
    value &= (1 << 8 * width) - 1
    return replace(access, done=access.done + width, value=access.value | value << 8 * access.done)


@dataclass(frozen=True, slots=True)
class PieceDone:
    """The procedure has moved so many bytes of an access. service: Simulate_IO, None for the program's."""

    access: Access
    width: int
    service: int | None

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """The next piece, or the end."""
        access = self.access
        if access.is_output:
            access = replace(access, done=access.done + self.width)
        else:
            access = _with(access, self.width, regs.eax)
        _move(vmm, level, access, self.width, self.service)


def _finish(vmm: Vmm, level: Ring0Level, access: Access, service: int | None) -> None:
    """What was read is in EAX, or where the string instruction puts it."""
    mask = (1 << 8 * access.size) - 1
    if service is not None:
        before = level.waiting[-1].regs.eax
        complete(vmm, None if access.is_output else {"eax": before & ~mask | access.value})
        return
    client = level.client_registers(vmm.machine.memory)
    if not access.is_output and access.edi != level.saved.edi:
        offset = access.edi if level.in_pm and level.saved.cs.is_big else access.edi & 0xFFFF
        target = level.saved.es.base + offset & 0xFFFFFFFF
        vmm.machine.memory.write(target, access.value.to_bytes(access.size, "little"))
    elif not access.is_output:
        client.set("eax", client.get("eax") & ~mask | access.value)
    vmm.leave(level)
