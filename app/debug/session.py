"""The session: one program under the debugger, and the verbs that move it.

`begin(goal)` says what to run for, `advance()` runs a slice towards it. The emulation thread of the window, the picture
command and tests drive the same two methods; whoever owns a session uses it from one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from app.debug import backward
from app.debug.breakpoints import Breakpoints
from app.debug.compare import Pin
from app.debug.goals import (
    Goal,
    GoBack,
    Run,
    RunTo,
    StepBack,
    StepBackOver,
    StepInto,
    StepOut,
    StepOver,
    ToCallback,
    ToEvent,
    ToModeSwitch,
    ToPosition,
)
from app.debug.history import START
from app.debug.inputs import Input, KeysTyped, MemoryWritten, MouseButtons, MouseMoved, RegisterSet
from app.debug.launch import CapturedConsole, Launch
from app.debug.observe import Moving, Observer
from app.debug.positions import Position
from app.debug.pursuit import Pursuit, pursue
from app.debug.replay import begin
from app.debug.searching import Search
from app.debug.snapshot import Interest, RecordingView, Snapshot, Status, Stop
from app.debug.watches import Use, Watch
from app.debug.watching import probes_of
from app.emu.machine import Machine, Place

__all__ = [
    "Goal", "Launch", "Run", "RunTo", "Session", "StepInto", "StepOut", "StepOver", "ToCallback", "ToEvent",
    "ToModeSwitch", "ToPosition",
]  # fmt: skip
_MOST_JUMPS: Final = 100


class Session:
    """A program, the machine it runs on, its breakpoints, and what the user asked for last.

    The program of a launch may be a recording, too. Raises `LoadError` when it cannot be loaded.
    """

    def __init__(self, launch: Launch) -> None:
        self.console = CapturedConsole()
        self._begun = begin(launch, self.console)
        self.launch = self._begun.launch
        self.history = self._begun.history
        self.recorder = self._begun.recorder
        self.machine: Machine = self.history.machine
        self.breakpoints = Breakpoints()
        self._observer = Observer(self.machine, self.launch)
        self._goal: Goal | None = None
        self._pursuit: Pursuit | None = None
        self._search: Search[Stop] | None = None
        self._progress = 0.0
        self._origin = self.machine.place
        self._jumps: list[Place] = []
        self._pin: Pin | None = None
        self._stop = Stop.REACHED

    @property
    def status(self) -> Status:
        """What the session is doing."""
        if self._search is not None:
            return Status.SEARCHING
        if self.machine.has_ended:
            return Status.ENDED
        if self._pursuit is None:
            return Status.STOPPED
        return Status.WAITING if self.machine.state.waiting else Status.RUNNING

    # Moving

    def begin(self, goal: Goal) -> None:
        """Say what the next `advance` calls do. Raises `ValueError` for what cannot be read or searched."""
        self._search = self._search_for(goal)
        self._pursuit = pursue(goal, self.machine) if self._search is None else None
        self._goal, self._origin, self._progress = goal, self.machine.place, 0.0
        self._observer.remember(self.machine.regs.copy())

    def _search_for(self, goal: Goal) -> Search[Stop] | None:
        """The search that leads to a goal which is known already, or has to be searched for."""
        match goal:
            case ToPosition(text):
                position = Position.parse(text)
                self._begun.take_shortcuts()
                if position.kind == "end":
                    self.history.leap()
                place = backward.known(position, self.history)
                return backward.go(self.history, place) if place is not None else None
            case GoBack():
                if not self._jumps:
                    raise ValueError("there was no jump to return from")
                return backward.go(self.history, self._jumps.pop())
            case _:
                return backward.search(goal, self.history, self.breakpoints)

    def advance(self, instructions: int = 100_000) -> Stop | None:
        """Run about so many instructions; the reasons to rest, or None when the goal is not reached yet."""
        if self._search is not None:
            return self._search_on(self._search)
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
        self.recorder.follow()
        return None

    def _search_on(self, search: Search[Stop]) -> Stop | None:
        """One piece of a search; the reason to rest when it is over."""
        try:
            self._progress = next(search)
        except StopIteration as over:
            stop: Stop = over.value
        else:
            self.recorder.follow()
            return None
        self._observer.arrive(self._goal, stop)
        self._rest(stop)
        return stop

    def _one_slice(self, pursuit: Pursuit, most: int) -> Stop | None:
        machine, stops = self.machine, self.breakpoints
        if machine.has_ended:
            return Stop.PROGRAM_ENDED
        known = len(machine.log)
        budget = min(pursuit.budget(machine), most)
        heeded = pursuit.heeds_breakpoints
        machine.cpu.set_breakpoints(pursuit.addresses | (stops.addresses if heeded else frozenset()))
        machine.look_out(stops.watched if heeded else frozenset(), stops=True)
        executed = self.history.slice(budget)
        events = [event for event, _ in machine.log.since(known)]
        stop = pursuit.check(machine, executed, events) or Stop(0)
        if heeded:
            if machine.at_breakpoint:
                stop |= stops.hit_address(machine.regs.code_linear) or Stop(0)
            stop |= stops.hit_probes(machine.sightings.keys()) or Stop(0)
            stop |= stops.hit_events(events) or Stop(0)
        return (stop | self._end()) or None

    def _end(self) -> Stop:
        return Stop.PROGRAM_ENDED if self.machine.has_ended else Stop(0)

    def _rest(self, stop: Stop) -> None:
        """The goal is reached, or given up."""
        is_step = isinstance(self._goal, StepBack | StepBackOver | GoBack)
        is_jump = self._search is not None or isinstance(self._goal, ToPosition)
        if is_jump and not is_step and self.machine.place != self._origin:
            self._jumps = [*self._jumps[1 - _MOST_JUMPS :], self._origin]
        if is_jump and self._search is None:
            self._observer.remember(None)
        if isinstance(self._goal, ToPosition) and Stop.PROGRAM_ENDED in stop and Stop.REACHED not in stop:
            position = Position.parse(self._goal.text)
            if position.kind != "end":
                self._observer.miss(str(position))
        self._stop = stop
        self._goal = self._pursuit = self._search = None
        self.machine.look_out(frozenset())
        self.recorder.follow(at_rest=True)

    def pause(self) -> None:
        """Rest between two slices: what the user asked for last is forgotten; a search ends where it began.

        Where running there fails, it ends at the last checkpoint before: what has broken can always be left.
        """
        if self._search is not None:
            self._search.close()
            try:
                self.history.go(self._origin)
            except Exception:  # whatever the run ended in
                logging.getLogger(__name__).exception("the way back to where the search began failed")
                self.history.fall_back(self._origin)
        if self._goal is not None:
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
        self.history.go(START)
        self._rest(Stop.REACHED)
        self._observer.remember(self.machine.regs.copy())

    # Where to stop

    def toggle_breakpoint(self, linear: int) -> None:
        """Set a breakpoint at a linear address, or remove the one there."""
        self.breakpoints.toggle(linear, self._observer.label(linear))

    def add_watchpoint(self, watch: Watch, use: Use) -> None:
        """Stop runs behind each use of something. Raises `ValueError` for what cannot be watched."""
        probes = probes_of(watch, use, self.machine)
        if not probes:
            raise ValueError(f"the {watch} cannot be watched; stop at every vector_changed event instead")
        self.breakpoints.watch(watch, use, probes)

    def toggle_event_stop(self, kind: str) -> None:
        """Stop runs at every event of a kind, or no longer. Raises `ValueError` for an unknown kind."""
        self.breakpoints.toggle_event(kind)

    def enable_stop(self, number: int, on: bool) -> None:
        """Heed a breakpoint or watchpoint, or not."""
        self.breakpoints.enable(number, on=on)

    def remove_stop(self, number: int) -> None:
        """Forget a breakpoint or watchpoint."""
        self.breakpoints.remove(number)

    # Comparing, branches, memory

    def pin(self) -> None:
        """Keep the present, to be compared with what comes."""
        self._pin = Pin.of(self.machine, self.history.branch.number)

    def unpin(self) -> None:
        """Compare no longer."""
        self._pin = None

    def show_branch(self, number: int) -> None:
        """Show another branch of the run, where it parts from this one. Raises `ValueError` when there is none."""
        self._observer.forget_events(self.history.switch(number))
        self._observer.remember(None)
        self._jumps.clear()
        self._rest(Stop.REACHED)

    def drop_branch(self, number: int) -> None:
        """Forget a branch. Raises `ValueError` for the one shown and for one that others began in."""
        self.history.drop(number)
        self.recorder.follow()

    def set_budget(self, size: int) -> None:
        """The most bytes all checkpoints may hold."""
        self.history.budget = size
        self.history.stay_within_budget()

    # Changing

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
            self._jumps = [place for place in self._jumps if place < self.machine.place]
        self.recorder.follow()

    # Recording

    def close(self) -> None:
        """Nobody uses the session any more: the end of its recording is written."""
        self.recorder.end()

    def _missing(self) -> str:
        missing = self.machine.folder.missing
        if not missing:
            return ""
        return f"the program has asked for {missing[0]}, which is not in the recording: it was told `access denied`"

    def save_recording(self, path: str) -> None:
        """Write everything there is, all branches, to a file. Raises `OSError` and `ValueError` with a message."""
        self.recorder.save(path)

    def set_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        """The user's bookmarks, positions and notes: recordings open at these at once."""
        self.recorder.set_bookmarks(marks)

    def _recording(self) -> RecordingView | None:
        begun, recorder = self._begun, self.recorder
        file = recorder.path or begun.source
        if not file:
            return None
        note = begun.difference or recorder.trouble or self._missing() or begun.note
        bookmarks = tuple((mark.position, mark.note) for mark in recorder.bookmarks)
        return RecordingView(file, recorder.size or begun.size, recorder.is_writing, note, bookmarks)

    # Looking

    def observe(self, interest: Interest) -> Snapshot:
        """The picture the window asks for. Never changes the machine."""
        shown = Moving(
            self.status, self._stop, self._progress, can_go_back=bool(self._jumps), recording=self._recording()
        )
        return self._observer.observe(interest, shown, self.breakpoints, self.history, self._pin)
