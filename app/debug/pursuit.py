"""How a goal is reached: how far to run in one go, where to stop in between, and when it is done.

A pursuit sees the machine before and after each slice. It never runs it.
"""

from __future__ import annotations

from typing import Final

from app.debug.goals import (
    Goal,
    RunTo,
    StepInto,
    StepOut,
    StepOver,
    ToCallback,
    ToEvent,
    ToModeSwitch,
    ToPosition,
    ToStackSwitch,
)
from app.debug.positions import DISPATCHES, Position, event_of
from app.debug.snapshot import Stop
from app.emu.disassembly import LONGEST, Flow, Instruction, decode
from app.emu.events import Event, ModeSwitched, StackSwitched
from app.emu.host import traps
from app.emu.machine import Machine
from app.emu.memory.memory import PageNotPresent
from app.emu.registers import Mode

_FREE: Final = 1 << 40
"""As many instructions as the caller allows."""
_ARGUMENTS: Final = 64
"""Bytes of arguments a callee may take off the stack."""
_NO_ADDRESSES: Final[frozenset[int]] = frozenset()


class Pursuit:
    """Run on: the base of all others, and what `Run` is."""

    heeds_breakpoints = True
    """The user's breakpoints end it, too."""
    addresses: frozenset[int] = _NO_ADDRESSES
    """Linear addresses to stop at besides the user's breakpoints."""

    def budget(self, machine: Machine) -> int:  # noqa: ARG002 - what the others look at
        """Instructions the next slice may take."""
        return _FREE

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:  # noqa: ARG002
        """Look at a slice that is over: the reason to rest, or None to go on."""
        return None


class IntoPursuit(Pursuit):
    """One instruction, or one change of context."""

    def __init__(self, machine: Machine) -> None:
        self._from = machine.regs.code_linear

    def budget(self, machine: Machine) -> int:
        """As every pursuit."""
        del machine
        return 1

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        moved = executed or events or machine.regs.code_linear != self._from
        return Stop.STEPPED if moved and not machine.state.waiting else None


class ToPursuit(Pursuit):
    """To a linear address."""

    def __init__(self, linear: int) -> None:
        self.addresses = frozenset({linear})

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        del executed, events
        return Stop.REACHED if machine.at_breakpoint and machine.regs.code_linear in self.addresses else None


class OverPursuit(Pursuit):
    """To the instruction behind a call, INT or REP, in the same context; or out of it, if that is how it ends."""

    def __init__(self, machine: Machine, instruction: Instruction) -> None:
        regs = machine.regs
        self._behind = regs.code_linear + instruction.size & 0xFFFFFFFF
        self._context = Context(machine)
        self.addresses = frozenset({self._behind})

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        del executed, events
        if self._context.is_left(machine):
            return Stop.RETURNED
        is_behind = machine.regs.code_linear == self._behind
        at_end = is_behind and (self._context.is_back(machine) or self._context.has_entered(machine))
        return Stop.STEPPED if at_end else None


class OutPursuit(Pursuit):
    """Until the stack pointer is above where it is now, after a return; calls in between are run over at once."""

    def __init__(self, machine: Machine) -> None:
        self._context = Context(machine)
        self._returning = False
        self._over: OverPursuit | None = None

    def budget(self, machine: Machine) -> int:
        """As every pursuit."""
        if self._over is not None:
            return _FREE
        instruction = current(machine)
        self._returning = instruction is not None and instruction.flow is Flow.RETURN
        if instruction is not None and instruction.flow in (Flow.CALL, Flow.INTERRUPT, Flow.REPEAT):
            self._over = OverPursuit(machine, instruction)
            self.addresses = self._over.addresses
            return _FREE
        return 1

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        if self._over is not None:
            if self._over.check(machine, executed, events) is not None:
                self._over, self.addresses = None, _NO_ADDRESSES
        elif self._returning and executed and self._context.is_popped(machine) and not on_trap(machine):
            return Stop.RETURNED
        return Stop.RETURNED if self._context.is_left(machine) and not on_trap(machine) else None


class EventPursuit(Pursuit):
    """To the next event of some kinds."""

    def __init__(self, kinds: frozenset[str], stop: Stop) -> None:
        self._kinds, self._stop = kinds, stop

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        del machine, executed
        return self._stop if any(not self._kinds or event.kind in self._kinds for event in events) else None


class PositionPursuit(Pursuit):
    """To a position ahead."""

    heeds_breakpoints = False

    def __init__(self, position: Position, machine: Machine) -> None:
        self._position = position
        self._target: int | None = position.number + position.plus if position.kind == "tick" else None
        self._look(machine)

    def _look(self, machine: Machine) -> None:
        """The tick to run to, once the event it counts from is there."""
        found = event_of(self._position, machine.log.save()) if self._target is None else None
        if found is not None:
            self._target = found[0].tick + self._position.plus

    def budget(self, machine: Machine) -> int:
        """As every pursuit."""
        return _FREE if self._target is None else max(self._target - machine.tick, 1)

    def check(self, machine: Machine, executed: int, events: list[Event]) -> Stop | None:
        """As every pursuit."""
        del executed
        if events:
            self._look(machine)
        return Stop.REACHED if self._target is not None and machine.tick >= self._target else None


class Context:
    """Where the guest was: to tell whether it is back, or has left for good."""

    def __init__(self, machine: Machine) -> None:
        regs = machine.regs
        self._stack, self._offset = regs.ss.selector, regs.stack_offset
        self._linear = regs.stack_linear
        self._mode = regs.is_v86
        self._levels = len(machine.state.host.levels)

    def is_back(self, machine: Machine) -> bool:
        """The same mode, stack and nesting, nothing pushed since."""
        regs = machine.regs
        return (
            regs.is_v86 == self._mode
            and regs.ss.selector == self._stack
            and regs.stack_offset >= self._offset
            and len(machine.state.host.levels) == self._levels
        )

    def has_entered(self, machine: Machine) -> bool:
        """The mode switch entry has returned: in protected mode, on the same stack by another name."""
        regs = machine.regs
        return (
            self._mode
            and not regs.is_v86
            and regs.stack_linear == self._linear
            and len(machine.state.host.levels) == self._levels
        )

    def is_popped(self, machine: Machine) -> bool:
        """As `is_back`, with something popped."""
        return self.is_back(machine) and machine.regs.stack_offset > self._offset

    def is_beside(self, machine: Machine) -> bool:
        """The same mode, stack and nesting, and no more on the stack than a call's own arguments."""
        regs = machine.regs
        return (
            regs.is_v86 == self._mode
            and regs.ss.selector == self._stack
            and abs(self._offset - regs.stack_offset) <= _ARGUMENTS
            and len(machine.state.host.levels) == self._levels
        )

    def is_over(self, machine: Machine) -> bool:
        """What was entered from here has returned: as deep as here again, or less."""
        levels = len(machine.state.host.levels)
        return levels < self._levels or self.is_back(machine)

    def is_left(self, machine: Machine) -> bool:
        """A nesting level that was there is gone: the host went back further than this context."""
        return len(machine.state.host.levels) < self._levels


def current(machine: Machine) -> Instruction | None:
    """The instruction that runs next, None where there is none."""
    regs = machine.regs
    for size in (LONGEST, 1):
        try:
            data = machine.memory.read(regs.code_linear, size)
        except PageNotPresent:
            continue
        driver = regs.mode is Mode.RING0
        return decode(data, regs.eip, wide=not regs.is_v86 and regs.cs.is_big, driver=driver)
    return None


def on_trap(machine: Machine) -> bool:
    """The next instruction is one of the host's own entry points."""
    regs = machine.regs
    if machine.state.vmm.leads_to_manager(regs):
        return True
    if regs.is_v86:
        return regs.code_linear in machine.rom.traps
    return traps.is_trap(regs.cs.selector)


def pursue(goal: Goal, machine: Machine) -> Pursuit:
    """The pursuit of a goal from where the machine is."""
    match goal:
        case StepInto():
            return IntoPursuit(machine)
        case StepOver():
            instruction = current(machine)
            if instruction is not None and instruction.flow in (Flow.CALL, Flow.INTERRUPT, Flow.REPEAT):
                return OverPursuit(machine, instruction)
            return IntoPursuit(machine)
        case StepOut():
            return OutPursuit(machine)
        case RunTo(linear):
            return ToPursuit(linear)
        case ToModeSwitch():
            return EventPursuit(frozenset({ModeSwitched.kind}), Stop.MODE_SWITCH)
        case ToCallback():
            return EventPursuit(DISPATCHES, Stop.CALLBACK)
        case ToStackSwitch():
            return EventPursuit(frozenset({StackSwitched.kind}), Stop.STACK_SWITCH)
        case ToEvent(kinds):
            return EventPursuit(kinds, Stop.EVENT)
        case ToPosition(text):
            return PositionPursuit(Position.parse(text), machine)
        case _:
            return Pursuit()
