"""Nested execution: a driver runs code of its VM and goes on when that is back (VMM 3.4, 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu.cpu.frame import write_frame
from app.emu.events import Door
from app.emu.memory import layout
from app.emu.vmm.breaks import NestEnd
from app.emu.vmm.levels import Nest, NestedLevel, Ring0Level
from app.emu.vmm.waiting import complete, wait

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm


def begin(vmm: Vmm, level: Ring0Level, *, pm: bool) -> None:
    """Keep mode and CS:EIP; go to V86 mode, or to protected mode on the locked stack; CS:EIP is the nest's address."""
    client = level.client_registers(vmm.machine.memory)
    end = NestEnd(vmm.breaks.private(), pm)
    in_pm, cs, eip = level.in_pm, client.get("cs"), client.get("eip")
    vmm.change_mode(level, pm=pm)
    inner = (client.get("cs"), client.get("eip"))
    address = vmm.breaks.add(end)
    level.nests.append(Nest(end.number, pm, inner, in_pm, cs, eip, pm, level.frames, level.far_returns))
    if pm:
        use_locked_stack(vmm, level)
    client.set("cs", address.segment)
    client.set("eip", address.offset)
    vmm.take_mode(level, pm=pm)


def end(vmm: Vmm, level: Ring0Level) -> None:
    """Give mode and CS:EIP back, and leave the locked stack; other client registers stay."""
    if not level.nests:
        vmm.fail("it called End_Nest_Exec without Begin_Nest_Exec", "nest_rules")
    nest = level.nests.pop()
    level.frames, level.far_returns = nest.frames, nest.far_returns
    vmm.breaks.targets.pop((nest.ends_in_pm, nest.number))
    if nest.locked:
        leave_locked_stack(vmm, level)
    client = level.client_registers(vmm.machine.memory)
    client.set("cs", nest.inner[0])
    client.set("eip", nest.inner[1])
    vmm.change_mode(level, pm=nest.in_pm)
    client.set("cs", nest.cs)
    client.set("eip", nest.eip)


def resume(vmm: Vmm, service: int) -> None:
    """Run the client registers until they reach the address of the innermost nest; the driver waits."""
    level, host, machine = vmm.level, vmm.host, vmm.machine
    if not level.nests:
        vmm.fail("it called Resume_Exec outside of nested execution: Begin_Nest_Exec is missing", "nest_rules")
    if not layout.RING0_STACK <= machine.regs.esp <= layout.RING0_STACK_TOP:
        vmm.fail(f"its stack pointer {machine.regs.esp:08X} is outside of the ring-0 stack")
    wait(vmm, service)
    before = host.standing()
    host.keep(NestedLevel, Door.VXD_RETURN, host.client)
    vmm.settle_flags(level)
    machine.regs.assign(host.registers_of(level))
    machine.attention = True
    host.switched(before, Door.VXD_RETURN)


def reached(vmm: Vmm, found: NestEnd) -> None:
    """Ring 3 is back at the address of a nest: the driver goes on behind its service."""
    host, machine, regs = vmm.host, vmm.machine, vmm.machine.regs
    levels = host.levels
    if len(levels) < 2 or not isinstance(levels[-1], NestedLevel) or not isinstance(levels[-2], Ring0Level):
        machine.weeds("the program reached the end of a nested execution from outside of it")
        return
    nested, level = levels[-1], levels[-2]
    if not level.nests or level.nests[-1].number != found.number:
        machine.weeds("the program reached the end of an outer nested execution while an inner one was in progress")
        return
    before = host.standing()
    machine.memory.note_use(level.frame, 0x48, write=True)
    write_frame(machine.memory.buffer, machine.memory.host_physical(level.frame), regs, 0)
    level.saved = regs.copy()
    vmm.take_mode(level, pm=not regs.is_v86)
    level.saved = regs.copy()
    host.resume_silently(nested)
    loan = level.nests[-1].loan
    if loan is not None:
        loan.give_back(vmm, level)
    else:
        complete(vmm)
    host.switched(before, Door.VXD_CALLBACK)


# The locked stack


def use_locked_stack(vmm: Vmm, level: Ring0Level) -> None:
    """Begin_Use_Locked_PM_Stack: the first one switches to its top, all count; one counter with the DPMI host."""
    host = vmm.host
    application = host.client
    if application is None or not level.in_pm:
        vmm.fail("it asked for the locked protected-mode stack outside of protected mode", "locked_stack")
    client = level.client_registers(vmm.machine.memory)
    if application.locked_depth == 0:
        application.locked_origin = (client.get("ss"), client.get("esp"))
        client.set("ss", application.locked_selector)
        client.set("esp", layout.LOCKED_STACK_SIZE)
        vmm.take_mode(level, pm=True)
    application.locked_depth += 1


def leave_locked_stack(vmm: Vmm, level: Ring0Level) -> None:
    """End_Use_Locked_PM_Stack: at 0 the stack pointer is again what it was."""
    application = vmm.host.client
    if application is None or not level.in_pm:
        vmm.fail("it gave the locked protected-mode stack back outside of protected mode", "locked_stack")
    if application.locked_depth == 0:
        vmm.fail("it gave the locked protected-mode stack back although nobody uses it", "locked_stack")
    application.locked_depth -= 1
    if application.locked_depth == 0 and application.locked_origin is not None:
        client = level.client_registers(vmm.machine.memory)
        client.set("ss", application.locked_origin[0])
        client.set("esp", application.locked_origin[1])
        application.locked_origin = None
        vmm.take_mode(level, pm=True)
