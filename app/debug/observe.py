"""Makes snapshots: reads the machine, never changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from app.debug.breakpoints import Breakpoints
from app.debug.code_view import CodeView
from app.debug.compare import Pin
from app.debug.driver_view import BREAKPOINT, drivers
from app.debug.goals import BackToCaller, Goal, LastUse, NextUse
from app.debug.history import Branch, History
from app.debug.launch import Launch
from app.debug.map_view import MapView
from app.debug.narrate import sentence, weightiest
from app.debug.provider_view import providers
from app.debug.pursuit import current, on_trap
from app.debug.snapshot import (
    BranchRow,
    DriversView,
    HistoryView,
    Interest,
    MemoryView,
    RecordingView,
    Snapshot,
    Status,
    Stop,
)
from app.debug.stack_view import stacks
from app.debug.table_view import TableView
from app.debug.watches import Use
from app.emu.address import Far
from app.emu.bios.screen import screen
from app.emu.disassembly import Flow
from app.emu.events import Door
from app.emu.host.host import Level
from app.emu.machine import Machine, Place
from app.emu.memory.layout import PAGE
from app.emu.registers import Registers, Segment

READABLE, PAST_LIMIT, ABSENT = 0, 1, 2
_ALL: Final = 1 << 62
_MOST_EVENTS: Final = 20_000
"""Events one snapshot carries at most; the next ones bring the rest."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What the session is doing.

    progress: how much of a search is done, 0 to 1; can_go_back: there is a jump to return from.
    """

    status: Status
    stop: Stop
    progress: float = 0.0
    can_go_back: bool = False
    recording: RecordingView | None = None


class Observer:
    """The eyes of a session."""

    def __init__(self, machine: Machine, launch: Launch) -> None:
        self._machine = machine
        self._launch = launch
        self._code = CodeView(machine)
        self._tables = TableView(machine)
        self._map = MapView(machine)
        self._serial = 0
        self._previous = machine.regs.copy()
        self._known = len(machine.log)
        self._valid = _ALL
        self._is_there = False
        """The machine was not stepped but taken to where it is."""
        self._last: Snapshot | None = None
        self._answer = ""
        """What a search that has ended says of the place it led to."""

    def remember(self, regs: Registers | None) -> None:
        """A run begins: what changes from here on is new at the next stop. None: a way to somewhere is over."""
        self._is_there = regs is None
        if regs is not None:
            self._previous = regs
            self._answer = ""
        self._known = len(self._machine.log) if regs is not None else self._first_of_last_turn()

    def arrive(self, goal: Goal | None, stop: Stop) -> None:
        """A search has led here."""
        self.remember(None)
        if isinstance(goal, LastUse | NextUse):
            self._answer = self._tell(goal, stop)
        elif isinstance(goal, BackToCaller) and Stop.NOT_FOUND in stop:
            self._answer = "No call, INT or event that has not returned lies near enough to be found."

    def miss(self, position: str) -> None:
        """The run has ended before a position was reached."""
        self._answer = f"There is no {position} in this run: the program has ended before it."

    def _tell(self, goal: LastUse | NextUse, stop: Stop) -> str:
        """What the machine is about to do with what was searched for."""
        is_last, writes = isinstance(goal, LastUse), goal.use is Use.WRITE
        if Stop.NOT_FOUND in stop:
            when = "since the program was loaded" if is_last else "before the program ends or waits for a key"
            return f"Nothing {'writes' if writes else 'reads'} {goal.watch} {when}."
        machine = self._machine
        if Stop.EDITED in stop:
            return f"You wrote {goal.watch} last, by a change at tick {machine.tick}."
        instruction = current(machine)
        text = f"{instruction.mnemonic} {instruction.operands}".strip() if instruction is not None else "the step"
        where = f"{text} at {self.label(machine.regs.code_linear)}"
        if is_last:
            did = f"{'wrote' if writes else 'read'} {goal.watch} last"
        else:
            did = f"{'writes' if writes else 'reads'} {goal.watch} next"
        if machine.interrupt_is_next:
            return f"The host {did}, when it delivered an interrupt before {where}."
        if on_trap(machine):
            return f"The host {did}, entered by {where}."
        called = instruction is not None and instruction.flow is Flow.INTERRUPT
        if called:
            return f"{where} {did}, or something it {'called did' if is_last else 'calls does'}."
        return f"{where} {did}."

    def _first_of_last_turn(self) -> int:
        """The first of the events with which the machine came to where it is; none, if it has gone on since."""
        machine = self._machine
        log = machine.log
        first = len(log)
        if first:
            last = log[first - 1][1]
            if machine.place not in {Place(last.tick, last.turn + 1), Place(0, 0)}:
                return first
            while first and (log[first - 1][1].tick, log[first - 1][1].turn) == (last.tick, last.turn):
                first -= 1
        return first

    def forget_events(self, count: int) -> None:
        """A new branch began: of the events the window knows only the first `count` are still true."""
        self._valid = min(self._valid, count)

    def label(self, linear: int) -> str:
        """How the user knows a linear address: CS:(E)IP of the running context where it fits."""
        regs = self._machine.regs
        offset = linear - regs.cs.base
        if 0 <= offset <= regs.cs.limit:
            return str(Far(regs.cs.selector, offset, wide=not regs.is_v86 and regs.cs.is_big))
        return f"{linear:08X}"

    def observe(
        self, interest: Interest, moving: Moving, breakpoints: Breakpoints, history: History, pin: Pin | None
    ) -> Snapshot:
        """One picture of the machine as it is; during a search, the one before with how far the search has come."""
        self._serial += 1
        if moving.status is Status.SEARCHING and self._last is not None:
            return replace(
                self._last, serial=self._serial, status=moving.status, progress=moving.progress,
                events_from=len(self._last.log),
            )  # fmt: skip
        self._last = self._picture(interest, moving, breakpoints, history, pin)
        return self._last

    def _picture(
        self, interest: Interest, moving: Moving, breakpoints: Breakpoints, history: History, pin: Pin | None
    ) -> Snapshot:
        machine = self._machine
        regs, host = machine.regs, machine.state.host
        client = host.client
        first = min(interest.events_from, self._valid)
        self._valid = _ALL
        of_drivers = drivers(machine)
        at_rest = moving.status in {Status.STOPPED, Status.ENDED}
        return Snapshot(
            serial=self._serial,
            status=moving.status,
            stop=moving.stop,
            tick=machine.tick,
            mode=regs.mode,
            registers=regs.copy(),
            previous=self._previous,
            live_stack=host.live_stack,
            locked_nesting=client.locked_depth if client is not None else 0,
            callback_depth=_callbacks_at_work(host.levels, of_drivers),
            client=client.number if client is not None else 0,
            client_kind=client.kind if client is not None else "",
            profile=host.profile.name,
            program=self._launch.name,
            sentence=self._sentence(moving.stop),
            code=self._code.lines(interest.code_start, interest.code_lines),
            stacks=stacks(machine, interest.stack_slots),
            descriptors=self._tables.descriptors() if interest.tables else (),
            callbacks=self._tables.callbacks(),
            vectors=self._tables.vectors() if interest.vectors else (),
            memory=self._memory(interest),
            screen=screen(machine.memory, machine.state.devices.vga),
            pointer_area=machine.state.mouse.area,
            breakpoints=breakpoints.rows(),
            events_from=first,
            log=history.events.until(first + _MOST_EVENTS),
            exit_message=self._exit_message(),
            at_end=history.at_end,
            branch=history.branch.number,
            branches=tuple(_branch_row(branch, shown=branch is history.branch) for branch in history.branches),
            history=HistoryView(history.size, history.budget, len(history.branch.kept), history.dropped),
            happened=len(machine.log),
            recording=moving.recording,
            can_go_back=moving.can_go_back,
            comparison=pin.compared_with(Pin.of(machine, history.branch.number)) if pin and at_rest else None,
            providers=providers(host),
            drivers=of_drivers,
            memory_map=self._map.map(),
            turn=machine.place.turn,
        )

    def _sentence(self, stop: Stop) -> str:
        machine = self._machine
        if self._answer:
            return self._answer
        log = machine.log
        told = weightiest([log[seq][0] for seq in range(max(self._known, len(log) - 50), len(log))])
        if told is not None:
            return sentence(told)
        if Stop.BREAKPOINT in stop:
            return f"Stopped at a breakpoint, {self.label(machine.regs.code_linear)}."
        if Stop.WATCHPOINT in stop:
            return f"Stopped at a watchpoint, {self.label(machine.regs.code_linear)}."
        if Stop.PAUSED in stop:
            return "Paused."
        if self._is_there and machine.tick:
            return f"Here is tick {machine.tick}."
        if machine.tick == 0:
            return "The program is loaded and stands at its first instruction."
        return "Nothing but the program's own instructions ran."

    def _exit_message(self) -> str:
        end = self._machine.state.end
        if end is None:
            return ""
        if end.how == "terminated":
            return f"The host ended the program: {end.message}"
        if end.how == "failed":
            return f"The next program could not be loaded: {end.message}"
        return f"The program has ended with code {end.code}."

    def _memory(self, interest: Interest) -> MemoryView:
        kind, _, number = interest.memory_space.partition(":")
        segment = None
        title = "linear"
        if kind == "seg":
            segment = Segment.real(int(number, 16))
            title = f"{segment.selector:04X} (segment)"
        elif kind == "sel":
            segment = self._machine.state.host.segment(int(number, 16))
            title = f"{int(number, 16):04X} (selector, limit {segment.limit:08X})"
        start, size = interest.memory_start, interest.memory_size
        linear = start if segment is None else segment.base + start
        data, state = bytearray(), bytearray()
        while len(data) < size:
            at = linear + len(data) & 0xFFFFFFFF
            here = min(size - len(data), PAGE - (at & 0xFFF))
            if self._machine.memory.has_page(at, 1):
                data += self._machine.memory.read(at, here)
                state += bytes(here)
            else:
                data += bytes(here)
                state += bytes([ABSENT]) * here
        if segment is not None:
            for index in range(size):
                if not _inside(segment, start + index):
                    state[index] = PAST_LIMIT
        return MemoryView(title, start, linear & 0xFFFFFFFF, bytes(data), bytes(state))


def _callbacks_at_work(levels: list[Level], view: DriversView) -> int:
    """Dispatches in progress, of the DPMI host and of drivers; the handlers of V86 breakpoints are none."""
    of_drivers = sum(row.depth for row in view.breaks if row.kind != BREAKPOINT)
    return sum(level.door is Door.CALLBACK for level in levels) + of_drivers


def _branch_row(branch: Branch, *, shown: bool) -> BranchRow:
    return BranchRow(
        number=branch.number,
        parent=branch.parent,
        fork="" if branch.fork is None else f"tick {branch.fork.tick}",
        end=f"tick {branch.end.tick}",
        changes=tuple(f"tick {each.place.tick}: {each}" for each in branch.inputs),
        checkpoints=len(branch.kept),
        is_shown=shown,
    )


def _inside(segment: Segment, offset: int) -> bool:
    """Is an offset within a segment?"""
    if segment.access & 0x0C == 0x04:
        return segment.limit < offset <= (0xFFFFFFFF if segment.is_big else 0xFFFF)
    return offset <= segment.limit
