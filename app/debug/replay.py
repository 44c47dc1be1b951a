"""How a run begins: a program is started, or a recording opened, with a history that knows what comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.debug.history import DEFAULT_BUDGET, Branch, History
from app.debug.journal import is_recording
from app.debug.launch import ENVIRONMENT, Launch, guest_programs, start, start_again
from app.debug.recorder import Recorder
from app.debug.recording import Ended, Recording, Way, build, head_of, read
from app.debug.shortcuts import Shortcuts
from app.emu.machine import Console
from app.emu.machine_errors import LoadError


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording and the history that replays it."""

    recording: Recording
    history: History


def open_recording(path: str, console: Console, budget: int = DEFAULT_BUDGET) -> Opened:
    """Open a recording at its start. Raises `LoadError` with a message for the user."""
    recording = read(path)
    head = recording.head
    try:
        machine = start_again(head.launch, head.programs, head.environment, recording.folder, console)
    except LoadError as error:
        if recording.folder.missing:
            raise LoadError(f"{path}: the program, {head.programs[0][0]}, is not in this recording") from None
        raise LoadError(f"{path}: {error}") from None
    history = History(machine, budget)
    first = history.branch.kept[0]
    found = Shortcuts(recording.checkpoints, build() if recording.checkpoints else "", machine, first)
    history.branches = [_branch(way) for way in recording.ways.values()]
    for branch in history.branches:
        branch.kept.add(first)
        kept, branch.log = found.of(branch)
        for each in kept:
            branch.kept.add(each)
    history.show(recording.shown)
    return Opened(recording, history)


def _branch(way: Way) -> Branch:
    return Branch(way.number, way.parent, way.fork, way.end, way.events, way.inputs, marks=way.marks)


@dataclass(slots=True)
class Begun:
    """A run that has begun: of a program, or of a recording. source: the recording's file; size: bytes in it."""

    launch: Launch
    history: History
    recorder: Recorder
    source: str = ""
    size: int = 0
    note: str = ""
    ended: Ended | None = None
    """How the recorded run ended, where it had no window."""

    @property
    def difference(self) -> str:
        """How the replay differs from what was recorded; empty when it does not."""
        return self.history.difference and f"{self.source or self.recorder.path}: {self.history.difference}"


def begin(launch: Launch, console: Console, budget: int = DEFAULT_BUDGET) -> Begun:
    """Start a program, recorded if so wanted, or open a recording at its start. Raises `LoadError` for the user."""
    if is_recording(launch.program):
        if launch.record is not None:
            raise LoadError(f"--record: {launch.program} is a recording; it is replayed and not recorded again")
        opened = open_recording(launch.program, console, budget)
        recording = opened.recording
        return Begun(
            recording.head.launch, opened.history, Recorder(recording.head, opened.history, recording.bookmarks),
            launch.program, Path(launch.program).stat().st_size, recording.note, recording.ended,
        )  # fmt: skip
    machine = start(launch, console)
    history = History(machine, budget)
    recorder = Recorder(
        head_of(launch, guest_programs(launch, machine), ENVIRONMENT, machine.state.vmm.images), history
    )
    if launch.record is not None:
        try:
            recorder.begin(launch.record)
        except OSError as error:
            raise LoadError(f"--record {launch.record}: {error.strerror}; choose another file") from None
        except ValueError as error:
            raise LoadError(f"--record: {error}") from None
    return Begun(launch, history, recorder)
