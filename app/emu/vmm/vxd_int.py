"""Exec_VxD_Int: an interrupt for a driver, with the registers of ring 0 (VMM 3.2).

It runs in nested V86 execution, where the system's own protected-mode handlers would lead in the end; those of the
application are not asked. What flat pointers of DOS functions point at goes through a buffer in V86 memory. The client
registers are put aside and come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.host import dos_api, dos_pointers
from app.emu.host.defaults import DOS
from app.emu.host.transfer import BUFFER_SIZE, HALF, Argument, Source, answered, fetch
from app.emu.registers import STATUS, Flag
from app.emu.vmm import nesting
from app.emu.vmm.client_registers import SIZE
from app.emu.vmm.control_block import VXD_EXEC, ControlBlock
from app.emu.vmm.waiting import complete

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory
    from app.emu.vmm.client_registers import ClientRegisters
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.levels import Ring0Level

_GENERAL: Final = ("edi", "esi", "ebp", "ebx", "edx", "ecx", "eax")
"""The registers that are handed over and back."""


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Client registers put aside. kept: the structure; pointers: registers of the driver that come back as they were.

    back: (where a driver wants data, where they are in the buffer, size as in `Argument`); function: AH of DOS, or -1.
    """

    kept: bytes
    pointers: dict[str, int]
    back: tuple[tuple[int, int, int], ...]
    function: int

    def give_back(self, vmm: Vmm, level: Ring0Level) -> None:
        """Registers and status flags are the driver's, data go where its pointers say."""
        memory = vmm.machine.memory
        client = level.client_registers(memory)
        results = {name: client.get(name) for name in _GENERAL} | self.pointers
        flags = client.get("eflags") & STATUS
        nesting.end(vmm, level)
        memory.write(level.frame, self.kept)
        ControlBlock(memory, vmm.vm).mark(VXD_EXEC, on=False)
        if not flags & Flag.CF or 0 <= self.function < dos_api.FIRST_WITH_CARRY:
            for linear, buffer, size in self.back:
                moved = results["eax"] & 0xFFFF if self.function == dos_api.READ else size
                vmm.write(linear, answered(memory, buffer, moved, results["ecx"] & 0xFFFF))
        complete(vmm, results, carry=bool(flags & Flag.CF))
        vmm.machine.regs.eflags = vmm.machine.regs.eflags & ~STATUS | flags


def borrow(vmm: Vmm, level: Ring0Level, vector: int) -> None:
    """Begin nested V86 execution with the driver's registers, its data within DOS's reach."""
    memory, regs = vmm.machine.memory, vmm.machine.regs
    kept = memory.read(level.frame, SIZE)
    arguments = _arguments(vmm) if vector == DOS else ()
    function = regs.ah if vector == DOS else -1
    nesting.begin(vmm, level, pm=False)
    client = level.client_registers(memory)
    for name in _GENERAL:
        client.set(name, getattr(regs, name))
    pointers = {f"e{each.offset}": getattr(regs, f"e{each.offset}") for each in arguments if each.is_kept}
    level.nests[-1].loan = Borrowed(kept, pointers, _place(vmm, client, arguments), function)
    ControlBlock(memory, vmm.vm).mark(VXD_EXEC, on=True)


def _arguments(vmm: Vmm) -> tuple[Argument, ...]:
    """The pointer arguments of the DOS function a driver calls. Fails it for what they are not enough."""
    regs = vmm.machine.regs
    if regs.ah in (dos_api.READ, dos_api.WRITE):
        if regs.ecx > HALF:
            vmm.fail(f"it had DOS read or write {regs.ecx:08X}h bytes by Exec_VxD_Int, more than {HALF:04X}h at once")
        is_read = regs.ah == dos_api.READ
        return (Argument("ds", "dx", regs.ecx, copied_in=not is_read, copied_back=is_read),)
    if dos_api.is_more_than_pointers(regs):
        vmm.fail(f"it called INT 21h AX={regs.ax:04X}h by Exec_VxD_Int, which is not translated for drivers here")
    return dos_pointers.arguments(regs)


def _flat(memory: Memory, linear: int) -> Source:
    return lambda at, count: memory.read(linear + at & 0xFFFFFFFF, count)


def _place(vmm: Vmm, client: ClientRegisters, arguments: tuple[Argument, ...]) -> tuple[tuple[int, int, int], ...]:
    """Copy data into the buffer and let the client registers point there; what is to be copied back."""
    memory, back = vmm.machine.memory, []
    start = vmm.storage.transfer_buffer(BUFFER_SIZE) if arguments else 0
    if arguments and not start:
        vmm.fail("no V86 memory is left for the data of Exec_VxD_Int")
    for number, each in enumerate(arguments):
        linear, at, size = client.get(f"e{each.offset}"), number * HALF, each.size
        if each.copied_in:
            data = fetch(_flat(memory, linear), size)
            size = len(data)
            memory.write(start + at, data)
        if each.copied_back:
            back.append((linear, start + at, size))
        client.set(each.segment, start >> 4)
        client.set(f"e{each.offset}", at)
    return tuple(back)
