"""The session: one program under the debugger, and the verbs that move it.

`begin(goal)` says what to run for, `advance()` runs a slice towards it. The emulation thread of the window, the picture
command and tests drive the same two methods; whoever owns a session uses it from one thread.
"""

from __future__ import annotations

from collections.abc import Callable

from app.debug import backward
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
from app.debug.history import History
from app.debug.inputs import Input, KeysTyped, MemoryWritten, MouseButtons, MouseMoved, RegisterSet
from app.debug.launch import CapturedConsole, Launch, start
from app.debug.observe import Observer
from app.debug.positions import Position
from app.debug.pursuit import Pursuit, pursue
from app.debug.snapshot import Interest, Snapshot, Status, Stop
from app.emu.machine import Machine, Place

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
        self.history = History(self.machine)
        self._observer = Observer(self.machine, launch)
        self._pursuit: Pursuit | None = None
        self._search: tuple[backward.Search, Stop] | None = None
        self._stop = Stop.REACHED

    @property
    def status(self) -> Status:
        """What the session is doing."""
        if self.machine.has_ended:
            return Status.ENDED
        if self._pursuit is None and self._search is None:
            return Status.STOPPED
        return Status.WAITING if self.machine.state.waiting else Status.RUNNING

    # Moving

    def begin(self, goal: Goal) -> None:
        """Say what the next `advance` calls do. Raises `ValueError` when a position cannot be read."""
        found = backward.search(goal, self.history, self.breakpoints.addresses)
        if isinstance(goal, ToPosition):
            place = backward.behind(Position.parse(goal.text), self.machine)
            if place is not None:
                found = (backward.go(self.history, place), Stop.REACHED)
        self._search = found
        self._pursuit = pursue(goal, self.machine) if found is None else None
        self._observer.remember(self.machine.regs.copy())

    def advance(self, instructions: int = 100_000) -> Stop | None:
        """Run about so many instructions; the reasons to rest, or None when the goal is not reached yet."""
        if self._search is not None:
            return self._search_on(*self._search)
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

    def _search_on(self, pieces: backward.Search, stop: Stop) -> Stop | None:
        """One piece of a search; the reason to rest when it is over."""
        for _ in pieces:
            return None
        self._observer.remember(None)
        self._rest(stop)
        return stop

    def _one_slice(self, pursuit: Pursuit, most: int) -> Stop | None:
        machine = self.machine
        if machine.has_ended:
            return Stop.PROGRAM_ENDED
        known = len(machine.log)
        budget = min(pursuit.budget(machine), most)
        own = self.breakpoints.addresses if pursuit.heeds_breakpoints else frozenset()
        machine.cpu.set_breakpoints(own | pursuit.addresses)
        executed = self.history.slice(budget)
        events = [event for event, _ in machine.log.since(known)]
        stop = pursuit.check(machine, executed, events) or Stop(0)
        if machine.at_breakpoint and own and self.breakpoints.hit(machine.regs.code_linear):
            stop |= Stop.BREAKPOINT
        return (stop | self._end()) or None

    def _end(self) -> Stop:
        return Stop.PROGRAM_ENDED if self.machine.has_ended else Stop(0)

    def _rest(self, stop: Stop) -> None:
        self._stop = stop
        self._pursuit = self._search = None

    def pause(self) -> None:
        """Rest between two slices: what the user asked for last is forgotten."""
        if self._pursuit is not None or self._search is not None:
            self._rest(Stop.PAUSED)

    def run(self, goal: Goal, *, most: int = 50_000_000) -> Stop | None:
        """Begin and advance until the goal is reached; None when `most` instructions were not enough."""
        self.begin(goal)
        last = self.machine.tick + most
        while self._search is not None or self.machine.tick < last:
            stop = self.advance()
            if stop is not None:
                return stop
        return None

    def restart(self) -> None:
        """Back to the program's first instruction; breakpoints stay."""
        self.history.go(Place(0, 0))
        self._rest(Stop.REACHED)
        self._observer.remember(self.machine.regs.copy())

    # Changing

    def toggle_breakpoint(self, linear: int) -> None:
        """Set a breakpoint at a linear address, or remove the one there."""
        self.breakpoints.toggle(linear, self._observer.label(linear))

    def set_register(self, name: str, value: int) -> None:
        """Change a general register, EIP, EFLAGS, or load a segment register with a selector (or paragraph).

        In the past this begins a new branch. Raises `ValueError` for what cannot be loaded.
        """
        self._do(lambda place: RegisterSet(place, name, value))

    def write_memory(self, linear: int, data: bytes) -> None:
        """Change memory; in the past this begins a new branch. Raises `ValueError` where no page is present."""
        self._do(lambda place: MemoryWritten(place, linear, data))

    def type_keys(self, text: str) -> None:
        """Type into the guest: characters, and keys such as `{F1}`, `{Esc}`, `{Ctrl+C}`."""
        self._do(lambda place: KeysTyped(place, text))

    def move_mouse(self, x: int, y: int) -> None:
        """Move the mouse to a place of the mouse driver's virtual screen."""
        self._do(lambda place: MouseMoved(place, x, y))

    def hold_mouse_buttons(self, buttons: int) -> None:
        """Hold these mouse buttons (bit 0 left, 1 right, 2 middle) and no others."""
        self._do(lambda place: MouseButtons(place, buttons))

    def _do(self, make: Callable[[Place], Input]) -> None:
        if self.history.do(make):
            self._observer.forget_events(self.history.branch.events)

    # Looking

    def observe(self, interest: Interest) -> Snapshot:
        """The picture the window asks for. Never changes the machine."""
        return self._observer.observe(interest, self.status, self._stop, self.breakpoints, self.history)
