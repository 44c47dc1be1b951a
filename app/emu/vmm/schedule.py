"""Events and time-outs: procedures of drivers that the manager calls when it is about to go back to ring 3 (VMM 0).

An event runs as soon as what its flags wait for is so; a time-out when its time is over. Where ring 3 is left for
another reason they run before it goes on, else it is interrupted for them. With one VM for programs "switching" to
another VM means that the procedure finds that VM's handle in EBX.

Source: the order of things is that of the reference; registers, flags and values are those of the Windows 3.1 DDK
(D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.emu.devices.clock import RATE
from app.emu.events import Door
from app.emu.registers import Flag
from app.emu.vmm.table import PENDING
from app.emu.vmm.waiting import complete, wait

if TYPE_CHECKING:
    from app.emu.registers import Registers
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.levels import Ring0Level

WAIT_FOR_STI: Final = 0x01
"""PEF_Wait_For_STI: not before the VM has interrupts enabled."""
WAIT_NOT_CRIT: Final = 0x02
"""PEF_Wait_Not_Crit: not within a critical section."""
_DONT_UNBOOST: Final = 0x04
ALWAYS_SCHED: Final = 0x08
"""PEF_Always_Sched: never at once."""
TIME_OUT: Final = 0x10
"""PEF_Time_Out: after so many milliseconds in any case, with CF=1."""
_WAIT_NOT_LOCKED: Final = 0x40
"""PEF_Wait_Not_PM_Locked_Stack: not while the locked stack is used (VMM 5.2)."""
KNOWN: Final = WAIT_FOR_STI | WAIT_NOT_CRIT | _DONT_UNBOOST | ALWAYS_SCHED | TIME_OUT | _WAIT_NOT_LOCKED
_FIRST_HANDLE: Final = 0x1000
_MOST: Final = 4096
"""Events and time-outs that can wait."""


@dataclass(slots=True, eq=False)
class Pending:
    """An event, or with `is_time_out` a time-out. vm: an id, None for whichever runs.

    deadline: in clocks; of an event when it runs in any case. handle: 0 before it waits.
    """

    procedure: int
    reference: int
    vm: int | None = None
    flags: int = 0
    deadline: int | None = None
    is_time_out: bool = False
    handle: int = 0


@dataclass(slots=True)
class Schedule:
    """What waits, in order; and the critical section, whose owner is the VM that runs."""

    waiting: list[Pending] = field(default_factory=list)
    claims: int = 0
    """How often the critical section was claimed."""
    semaphores: dict[int, int] = field(default_factory=dict)
    """{handle: tokens}"""
    handed_out: int = 0

    def add(self, each: Pending) -> int:
        """Let a procedure wait; its handle, 0 when too many do."""
        if len(self.waiting) >= _MOST:
            return 0
        each.handle = self.new_handle()
        self.waiting.append(each)
        return each.handle

    def new_handle(self) -> int:
        """A number nothing has or had."""
        self.handed_out += 1
        return _FIRST_HANDLE + 4 * self.handed_out

    def cancel(self, handle: int, *, time_out: bool) -> bool:
        """Forget what waits under a handle; False: nothing does."""
        found = next((each for each in self.waiting if each.handle == handle and each.is_time_out == time_out), None)
        if found is not None:
            self.waiting.remove(found)
        return found is not None


def after(vmm: Vmm, milliseconds: int) -> int:
    """The clock at which a time is over."""
    return vmm.machine.clock + milliseconds * RATE // 1000


def is_ready(vmm: Vmm, each: Pending, *, interrupts_on: bool) -> bool:
    """May a procedure run now? interrupts_on: in the VM."""
    is_over = each.deadline is not None and each.deadline <= vmm.machine.clock
    if is_over or each.is_time_out:
        return is_over
    return _may_run(vmm, each) and (interrupts_on or not each.flags & WAIT_FOR_STI)


def _may_run(vmm: Vmm, each: Pending) -> bool:
    """Is everything but the interrupt flag as an event wants it?"""
    client = vmm.host.client
    locked = client is not None and client.locked_depth > 0
    return not (each.flags & WAIT_NOT_CRIT and vmm.schedule.claims) and not (each.flags & _WAIT_NOT_LOCKED and locked)


def _in_ring3(vmm: Vmm) -> bool:
    """Does ring 3 let interrupts in now?"""
    return vmm.machine.regs.interrupts_on and not vmm.machine.cpu.in_shadow


def is_any_ready(vmm: Vmm) -> bool:
    """Ring 3 runs: is there something it is to be left for?"""
    waiting = vmm.schedule.waiting
    return bool(waiting) and any(is_ready(vmm, each, interrupts_on=_in_ring3(vmm)) for each in waiting)


def waits_for_interrupts(vmm: Vmm) -> bool:
    """Is there an event that runs as soon as ring 3 enables interrupts?"""
    return any(each.flags & WAIT_FOR_STI and _may_run(vmm, each) for each in vmm.schedule.waiting)


def next_deadline(vmm: Vmm) -> int | None:
    """The clock of the next time-out."""
    return min((each.deadline for each in vmm.schedule.waiting if each.deadline is not None), default=None)


def _take(vmm: Vmm, *, interrupts_on: bool) -> Pending | None:
    waiting = vmm.schedule.waiting
    found = next((each for each in waiting if is_ready(vmm, each, interrupts_on=interrupts_on)), None)
    if found is not None:
        waiting.remove(found)
    return found


def run_next(vmm: Vmm, level: Ring0Level) -> bool:
    """Call the next procedure that is ready before ring 3 goes on; False: none is."""
    found = _take(vmm, interrupts_on=bool(level.client_registers(vmm.machine.memory).get("eflags") & Flag.IF))
    if found is not None:
        _call(vmm, level, found)
    return found is not None


def interrupt(vmm: Vmm) -> None:
    """Ring 3 runs: leave it for a procedure that is ready."""
    found = _take(vmm, interrupts_on=_in_ring3(vmm))
    if found is not None:
        before = vmm.host.standing()
        _call(vmm, vmm.enter(Door.VXD_CALLBACK), found)
        vmm.host.switched(before, Door.VXD_CALLBACK)


@dataclass(frozen=True, slots=True)
class PendingDone:
    """The procedure of an event or time-out has returned. vm: the VM that was current."""

    vm: int

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """The next one, or ring 3."""
        vmm.vm = self.vm
        vmm.note_mode(level)
        vmm.leave(level)


def _call(vmm: Vmm, level: Ring0Level, each: Pending) -> None:
    done = PendingDone(vmm.vm)
    if each.vm is not None and each.vm != vmm.vm:
        vmm.vm = each.vm
        vmm.note_mode(level)
    late = vmm.machine.clock - each.deadline if each.deadline is not None else -1
    nature = "time_out" if each.is_time_out else "event"
    extra = max(late, 0) * 1000 // RATE if each.is_time_out else 0
    vmm.tell(level, nature, each.procedure, done, reference=each.reference, ecx=extra)
    vmm.machine.regs.set_flag(Flag.CF, on=late >= 0 and not each.is_time_out)


# Events that need not wait


@dataclass(frozen=True, slots=True)
class CalledAtOnce:
    """A procedure has returned that was called within the service that might have made it wait.

    gives_handle: that service answers with the handle of the event, or 0.
    """

    gives_handle: bool

    def returned(self, vmm: Vmm, _level: Ring0Level, _regs: Registers) -> None:
        """The driver goes on."""
        complete(vmm, {"esi": 0} if self.gives_handle else None)


def call_at_once(vmm: Vmm, service: int, procedure: int, reference: int, *, gives_handle: bool) -> int:
    """Call an event's procedure within a service, which ends when it has returned."""
    wait(vmm, service)
    vmm.tell(vmm.level, "event", procedure, CalledAtOnce(gives_handle), reference=reference)
    vmm.machine.regs.set_flag(Flag.CF, on=False)
    return PENDING
