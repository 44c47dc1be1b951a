"""What the timeline knows about the run: events and moments turned into arrays. No Qt.

The session sends events in pieces. A piece takes the place of all that is here from its start on, and a piece that
leaves a hole is refused: the pane then asks for what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from app.emu.event_log import SavedLog
from app.emu.events import (
    CallbackEntered,
    CallbackReturned,
    ClientEntered,
    ClientLeft,
    Event,
    ExceptionRaised,
    InterruptReflected,
    Moment,
    ProgramEnded,
    ProgramLoaded,
    ServiceReturned,
    Stack,
    UnsupportedCalled,
    VxdCallbackEntered,
    VxdCallbackReturned,
)
from app.emu.registers import Mode
from app.ui.format import STACK_NAMES
from app.ui.timeline.growing import Growing

MODES = tuple(Mode)
STACKS = tuple(Stack)
_NEVER = 1 << 62
_CODES = {mode: code for code, mode in enumerate(MODES)}


class Mark(IntEnum):
    """Kinds of events that get a mark of their own."""

    EXCEPTION = 0
    HARDWARE = 1
    FAILURE = 2
    PROGRAM = 3

    @property
    def words(self) -> str:
        """What it stands for."""
        return ("exception", "hardware interrupt", "service failed", "program or client starts, ends")[self]

    @property
    def short(self) -> str:
        """The legend's word for it."""
        return ("exception", "hardware", "failure", "program")[self]


class Record:
    """The run so far, in the order of its events."""

    def __init__(self) -> None:
        self.log = SavedLog()
        self.ticks = Growing(np.float64)
        """Tick of each event: index is the event's seq."""
        self.depths = tuple(Growing(np.float64) for _ in STACKS)
        """Bytes in use on each stack, per event."""
        self.run_starts = Growing(np.float64)
        """Where the mode changed: each run lasts until the next begins."""
        self.run_modes = Growing(np.uint8)
        self.run_seqs = Growing(np.int64)
        """The first event of each run."""
        self.bar_starts = Growing(np.float64)
        self.bar_ends = Growing(np.float64)
        """Infinite while the callback handler is still at work."""
        self.bar_depths = Growing(np.int32)
        """Nesting, 1 is the outermost."""
        self.bar_seqs = Growing(np.int64)
        """The event that began the bar."""
        self.bar_end_seqs = Growing(np.int64)
        """The event that ended it; `_NEVER` while the handler is at work."""
        self.mark_ticks = Growing(np.float64)
        self.mark_kinds = Growing(np.uint8)
        self.mark_seqs = Growing(np.int64)
        self.now = 0.0
        """Where the machine is."""
        self.happened = 0
        """Events before it: of those at this very tick some may still be to come."""
        self.end = 0.0
        """The furthest it has been on this way."""
        self.rewrites = 0
        """How often something that was here has been taken away."""
        self._open_bars: list[int] = []
        self._open_driver_bars: list[int] = []

    def __len__(self) -> int:
        return len(self.log)

    def clear(self) -> None:
        """Start anew."""
        for growing in (
            self.ticks, *self.depths, self.run_starts, self.run_modes, self.run_seqs, self.bar_starts, self.bar_ends,
            self.bar_depths, self.bar_seqs, self.bar_end_seqs, self.mark_ticks, self.mark_kinds, self.mark_seqs,
        ):  # fmt: skip
            growing.clear()
        self.log = SavedLog()
        self.rewrites += 1
        self._open_bars.clear()
        self._open_driver_bars.clear()
        self.now = self.end = 0.0
        self.happened = 0

    def extend(self, start: int, log: SavedLog) -> bool:
        """Take the place of what is here from event `start` on; False when events before it are missing."""
        if start > len(self.log):
            return False
        if start < len(self.log):
            self.clear()
            start = 0
        self.log = log
        rows = log[start:]
        if not rows:
            return True
        events, moments = zip(*rows, strict=True)
        self.ticks.extend([moment.tick for moment in moments])
        for column, values in zip(self.depths, zip(*(moment.depths for moment in moments), strict=True), strict=True):
            column.extend(values)
        self._extend_runs(start, moments)
        for event in events:
            self._note(event)
        self.reach(max(int(self.now), moments[-1].tick), len(log))
        return True

    def reach(self, tick: int, happened: int) -> None:
        """The machine has come, or gone back, to a tick, with so many events behind it."""
        self.now, self.happened = float(tick), happened
        self.end = max(self.end, self.now)

    def _extend_runs(self, start: int, moments: Sequence[Moment]) -> None:
        codes = np.array([_CODES[moment.mode] for moment in moments], np.uint8)
        before = self.run_modes.values[-1] if len(self.run_modes) else 255
        changed = np.flatnonzero(np.diff(codes, prepend=before) != 0)
        self.run_starts.extend([float(moments[index].tick) for index in changed.tolist()])
        self.run_modes.extend(codes[changed])
        self.run_seqs.extend(changed + start)

    def _note(self, event: Event) -> None:
        match event:
            case CallbackEntered(depth=depth):
                self._close_bars(event, depth)
                self._begin_bar(event, max(1, depth), self._open_bars)
            case VxdCallbackEntered():
                self._begin_bar(event, 1 + len(self._open_bars) + len(self._open_driver_bars), self._open_driver_bars)
            case CallbackReturned():
                self._end_bar(event, self._open_bars)
            case VxdCallbackReturned():
                self._end_bar(event, self._open_driver_bars)
            case ExceptionRaised():
                self._mark(event, Mark.EXCEPTION)
            case InterruptReflected(nature="hardware"):
                self._mark(event, Mark.HARDWARE)
            case ServiceReturned(carry=True) | UnsupportedCalled():
                self._mark(event, Mark.FAILURE)
            case ClientLeft() | ProgramEnded():
                self._close_bars(event, 0)
                self._mark(event, Mark.PROGRAM)
            case ClientEntered() | ProgramLoaded():
                self._mark(event, Mark.PROGRAM)
            case _:
                pass

    def _begin_bar(self, event: Event, depth: int, among: list[int]) -> None:
        among.append(len(self.bar_starts))
        self.bar_starts.append(event.tick)
        self.bar_ends.append(np.inf)
        self.bar_depths.append(depth)
        self.bar_seqs.append(event.seq)
        self.bar_end_seqs.append(_NEVER)

    def _end_bar(self, event: Event, among: list[int]) -> None:
        if among:
            index = among.pop()
            self.bar_ends.values[index] = event.tick
            self.bar_end_seqs.values[index] = event.seq

    def _close_bars(self, event: Event, depth: int) -> None:
        """End what a new callback of this depth shows to be over: handlers left by a jump, or a client that ended."""
        while self._open_bars and self.bar_depths.values[self._open_bars[-1]] >= depth:
            self._end_bar(event, self._open_bars)

    def _mark(self, event: Event, kind: Mark) -> None:
        self.mark_ticks.append(event.tick)
        self.mark_kinds.append(kind)
        self.mark_seqs.append(event.seq)

    def event_at(self, tick: float) -> int | None:
        """Seq of the last event at or before a tick, where the machine is the last behind it; None before the first."""
        index = int(np.searchsorted(self.ticks.values, tick, side="right")) - 1
        if tick == self.now:
            index = min(index, self.happened - 1)
        return index if index >= 0 else None

    def mode_at(self, tick: float) -> Mode | None:
        """The mode the machine was in at a tick."""
        seq = self.event_at(tick)
        if seq is None or tick > self.end:
            return None
        return MODES[self.run_modes.values[int(np.searchsorted(self.run_seqs.values, seq, side="right")) - 1]]

    def values_at(self, tick: float) -> dict[str, str]:
        """What to write beside a band's name for a tick: the stacks' depths, the callbacks at work."""
        seq = self.event_at(tick)
        if seq is None:
            return {}
        values = {
            STACK_NAMES[stack]: f"{int(column.values[seq])} B"
            for stack, column in zip(STACKS, self.depths, strict=True)
        }
        begun = int(np.searchsorted(self.bar_seqs.values, seq, side="right"))
        values["Callbacks"] = str(int(np.count_nonzero(self.bar_end_seqs.values[:begun] > seq)) or "")
        return values

    def bars_between(self, left: float, right: float) -> NDArray[np.intp]:
        """Indexes of the callback bars that show between two ticks."""
        begun = int(np.searchsorted(self.bar_starts.values, right, side="right"))
        return np.flatnonzero(self.bar_ends.values[:begun] >= left)

    def meant_by(self, tick: float, reach: float) -> int | None:
        """Seq of the event a click at a tick means: the nearest mark, else the nearest event, within reach."""
        mark = _nearest(self.mark_ticks.values, tick)
        if mark is not None and abs(self.mark_ticks.values[mark] - tick) <= reach:
            return int(self.mark_seqs.values[mark])
        seq = _nearest(self.ticks.values, tick)
        return seq if seq is not None and abs(self.ticks.values[seq] - tick) <= reach else None


def _nearest(ticks: NDArray[np.float64], tick: float) -> int | None:
    """Index of the value nearest to a tick in an ascending array, the first where several are equal."""
    if not len(ticks):
        return None
    behind = int(np.searchsorted(ticks, tick))
    best = min((index for index in (behind - 1, behind) if 0 <= index < len(ticks)), key=lambda i: abs(ticks[i] - tick))
    return int(np.searchsorted(ticks, ticks[best]))
