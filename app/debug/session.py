"""The session: one program under the debugger, and the verbs that move it.

`begin(goal)` says what to run for, `advance()` runs a slice towards it. The emulation thread of the window, the picture
command and tests drive the same two methods; whoever owns a session uses it from one thread.
"""

from __future__ import annotations

from app.debug.breakpoints import Breakpoints
from app.debug.goals import (
    Goal,
    Run,
    RunTo,
    StepInto,
    StepOut,
    StepOver,
    ToCallback,
    ToEvent,
    ToModeSwitch,
    ToPosition,
)
from app.debug.launch import CapturedConsole, Launch, start
from app.debug.observe import Observer
from app.debug.pursuit import PositionPursuit, Pursuit, pursue
from app.debug.snapshot import Interest, Snapshot, Status, Stop
from app.emu.machine import Machine
from app.emu.registers import GENERAL, SEGMENTS, Flag, Segment

__all__ = [
    "Goal", "Launch", "Run", "RunTo", "Session", "StepInto", "StepOut", "StepOver", "ToCallback", "ToEvent",
    "ToModeSwitch", "ToPosition",
]  # fmt: skip


class Session:
    """A program, the machine it runs on, its breakpoints, and what the user asked for last.

    Raises `LoadError` when the program cannot be loaded.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.console = CapturedConsole()
        self.machine: Machine = start(launch, self.console)
        self.breakpoints = Breakpoints()
        self._start = self.machine.save()
        self._observer = Observer(self.machine, launch)
        self._pursuit: Pursuit | None = None
        self._stop = Stop.REACHED
        self._before = self.machine.regs.copy()

    @property
    def status(self) -> Status:
        """What the session is doing."""
        if self.machine.has_ended:
            return Status.ENDED
        if self._pursuit is None:
            return Status.STOPPED
        return Status.WAITING if self.machine.state.waiting else Status.RUNNING

    # Moving

    def begin(self, goal: Goal) -> None:
        """Say what the next `advance` calls run for.

        A position that lies behind is reached by running the program again from its start, which takes the same way.
        Raises `ValueError` when a position cannot be read.
        """
        pursuit = pursue(goal, self.machine)
        if isinstance(pursuit, PositionPursuit) and pursuit.is_behind(self.machine):
            self.restart()
            pursuit = pursue(goal, self.machine)
        self._pursuit = pursuit
        self._before = self.machine.regs.copy()
        self._observer.remember(self._before)

    def advance(self, instructions: int = 100_000) -> Stop | None:
        """Run about so many instructions; the reasons to rest, or None when the goal is not reached yet."""
        pursuit, machine = self._pursuit, self.machine
        if pursuit is None:
            return self._stop
        goal_end = machine.tick + instructions
        exits = 0
        while machine.tick < goal_end and exits < instructions:
            exits += 100
            stop = self._one_slice(pursuit, min(goal_end - machine.tick, instructions))
            if stop is not None:
                self._rest(stop)
                return stop
            if machine.state.waiting:
                break
        return None

    def _one_slice(self, pursuit: Pursuit, most: int) -> Stop | None:
        machine = self.machine
        if machine.has_ended:
            return Stop.PROGRAM_ENDED
        known = len(machine.log)
        budget = min(pursuit.budget(machine), most)
        machine.cpu.set_breakpoints(self.breakpoints.addresses | pursuit.addresses)
        executed = machine.slice(budget)
        events = [event for event, _ in machine.log.since(known)]
        stop = pursuit.check(machine, executed, events) or Stop(0)
        if machine.at_breakpoint and self.breakpoints.hit(machine.regs.code_linear):
            stop |= Stop.BREAKPOINT
        return (stop | self._end()) or None

    def _end(self) -> Stop:
        return Stop.PROGRAM_ENDED if self.machine.has_ended else Stop(0)

    def _rest(self, stop: Stop) -> None:
        self._stop = stop
        self._pursuit = None

    def pause(self) -> None:
        """Rest between two slices: what the user asked for last is forgotten."""
        if self._pursuit is not None:
            self._rest(Stop.PAUSED)

    def run(self, goal: Goal, *, most: int = 50_000_000) -> Stop | None:
        """Begin and advance until the goal is reached; None when `most` instructions were not enough."""
        self.begin(goal)
        last = self.machine.tick + most
        while self.machine.tick < last:
            stop = self.advance()
            if stop is not None:
                return stop
        return None

    def restart(self) -> None:
        """Back to the program's first instruction; breakpoints stay."""
        self.machine.restore(self._start)
        self._pursuit = None
        self._stop = Stop.REACHED
        self._before = self.machine.regs.copy()
        self._observer.remember(self._before)

    # Changing

    def toggle_breakpoint(self, linear: int) -> None:
        """Set a breakpoint at a linear address, or remove the one there."""
        self.breakpoints.toggle(linear, self._observer.label(linear))

    def set_register(self, name: str, value: int) -> None:
        """Change a general register, EIP, EFLAGS, or load a segment register with a selector (or paragraph).

        Raises `ValueError` for what cannot be loaded.
        """
        regs = self.machine.regs
        if name in GENERAL or name == "eip":
            setattr(regs, name, value & 0xFFFFFFFF)
        elif name == "eflags":
            kept = int(Flag.VM | Flag.IOPL)
            regs.eflags = regs.eflags & kept | value & ~kept & 0x003F7FD5 | 2
        elif name in SEGMENTS:
            loaded = Segment.real(value) if regs.is_v86 else self.machine.state.host.segment(value)
            if not regs.is_v86 and loaded.is_null and name in ("cs", "ss"):
                message = f"{value:04X} is no usable selector for {name.upper()}"
                raise ValueError(message)
            setattr(regs, name, loaded)
        else:
            message = f"there is no register {name!r}"
            raise ValueError(message)

    def write_memory(self, linear: int, data: bytes) -> None:
        """Change memory. Raises `ValueError` where no page is present."""
        if not self.machine.memory.is_mapped(linear, len(data)):
            message = f"no page is present at linear address {linear:08X}: nothing can be written there"
            raise ValueError(message)
        self.machine.memory.write(linear, data)

    def type_keys(self, text: str) -> None:
        """Type into the guest: characters, and keys such as `{F1}`, `{Esc}`, `{Ctrl+C}`."""
        self.machine.state.devices.keyboard.type_text(text)

    # Looking

    def observe(self, interest: Interest) -> Snapshot:
        """The picture the window asks for. Never changes the machine."""
        return self._observer.observe(interest, self.status, self._stop, self.breakpoints)
