"""Hook_V86_Int_Chain: drivers see interrupts in V86 mode before the vector table does (VMM 3.2).

The hook that was installed last is called first: CF=0 has consumed the interrupt, CF=1 passes it on. No frame is on
the client's stack yet; Client_CS:IP is behind the INT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.emu.events import Door
from app.emu.registers import Flag, Registers
from app.emu.vmm import nesting
from app.emu.vmm.levels import Ring0Level
from app.emu.vmm.waiting import complete, wait, wake

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm


@dataclass(frozen=True, slots=True)
class HookDone:
    """A hook has returned. position: in the chain; service: the one that simulates the interrupt, None for a real one.

    resumes: that service is Exec_Int.
    """

    vector: int
    position: int
    service: int | None
    resumes: bool

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """Pass the interrupt on, or be done with it."""
        if not regs.eflags & Flag.CF:
            _done(vmm, level, self, consumed=True)
        else:
            _next(vmm, level, HookDone(self.vector, self.position + 1, self.service, self.resumes))


def interrupt(vmm: Vmm, vector: int) -> None:
    """An interrupt in V86 mode with a hook: from the program, a device or the DPMI host."""
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    _next(vmm, level, HookDone(vector, 0, None, resumes=False))
    vmm.host.switched(before, Door.VXD_CALLBACK)


def simulate(vmm: Vmm, vector: int, service: int, *, resumes: bool) -> None:
    """Simulate_Int, and with resumes Exec_Int: hooks, then the vector of the VM's mode."""
    level = vmm.level
    wait(vmm, service)
    _next(vmm, level, HookDone(vector, 0, service, resumes))


def _next(vmm: Vmm, level: Ring0Level, at: HookDone) -> None:
    chain = [] if level.in_pm else vmm.interrupt_hooks.get(at.vector, [])
    if at.position < len(chain):
        vmm.call(level, chain[at.position], at, eax=at.vector)
    else:
        _done(vmm, level, at, consumed=False)


def _done(vmm: Vmm, level: Ring0Level, at: HookDone, *, consumed: bool) -> None:
    if at.service is None:
        vmm.leave_at_once(level)
        if not consumed:
            vmm.machine.interrupt_through_table(at.vector)
        return
    if not consumed:
        _through_vector(vmm, level, at.vector)
    if at.resumes:
        wake(vmm)
        nesting.resume(vmm, at.service)
    else:
        complete(vmm)


def _through_vector(vmm: Vmm, level: Ring0Level, vector: int) -> None:
    if level.in_pm:
        is_trap = vector not in vmm.interrupt_gates
        vmm.simulation.interrupt(*vmm.host.current.vectors[vector], trap_gate=is_trap)
    else:
        handler = vmm.machine.real_vector(vector)
        vmm.simulation.interrupt(handler.segment, handler.offset)
    vmm.interrupted = vmm.machine.tick
