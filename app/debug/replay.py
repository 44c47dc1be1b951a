"""How a run begins: a program is started, or a recording opened, with a history that knows what comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.debug.history import DEFAULT_BUDGET, Branch, History
from app.debug.journal import is_recording
from app.debug.launch import DriverFile, Launch, driver_files, environment_of, guest_programs, start, start_again
from app.debug.recorder import Recorder
from app.debug.recording import Ended, Head, Way, build, head_of, read
from app.debug.shortcuts import Shortcuts
from app.emu.machine import Console
from app.emu.machine_errors import LoadError
from app.emu.vmm.python.device import is_python


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
    shortcuts: Shortcuts | None = None
    """The recording's checkpoints, as long as nobody has needed them."""

    @property
    def difference(self) -> str:
        """How the replay differs from what was recorded; empty when it does not."""
        return self.history.difference and f"{self.source or self.recorder.path}: {self.history.difference}"

    def take_shortcuts(self) -> None:
        """Somebody wants to go somewhere: the recording's checkpoints and the events up to them become known."""
        found, self.shortcuts = self.shortcuts, None
        if found is None:
            return
        for branch in self.history.branches:
            kept, log = found.of(branch)
            for each in kept:
                branch.kept.add(each)
            if len(log) > len(branch.log):
                branch.log = log
        self.history.recount()
        if not found.are_sound:
            told = f"{self.source}: not all checkpoints in it can be read; places are reached by replaying"
            self.note = "; ".join(filter(None, (self.note, told)))


def begin(launch: Launch, console: Console, budget: int = DEFAULT_BUDGET) -> Begun:
    """Start a program, recorded if so wanted, or open a recording at its start. Raises `LoadError` for the user."""
    if is_recording(launch.program):
        if launch.record is not None:
            raise LoadError(f"--record: {launch.program} is a recording; it is replayed and not recorded again")
        return _open(launch.program, driver_files(launch.vxds), console, budget)
    machine = start(launch, console)
    history = History(machine, budget)
    programs = guest_programs(launch, machine)
    recorder = Recorder(head_of(launch, programs, environment_of(launch), machine.state.vmm.images), history)
    if launch.record is not None:
        try:
            recorder.begin(launch.record)
        except OSError as error:
            raise LoadError(f"--record {launch.record}: {error.strerror}; choose another file") from None
        except ValueError as error:
            raise LoadError(f"--record: {error}") from None
    return Begun(launch, history, recorder)


def _open(path: str, given: list[DriverFile], console: Console, budget: int) -> Begun:
    recording = read(path)
    head = recording.head
    try:
        drivers = _drivers(head, given)
        machine = start_again(head.launch, head.programs, head.environment, drivers, recording.folder, console)
    except LoadError as error:
        if recording.folder.missing:
            raise LoadError(f"{path}: the program, {head.programs[0][0]}, is not in this recording") from None
        raise LoadError(f"{path}: {error}") from None
    history = History(machine, budget)
    history.branches = [_branch(way) for way in recording.ways.values()]
    for branch in history.branches:
        branch.kept.add(history.start)
    history.next_number = recording.next_number
    history.show(recording.shown)
    return Begun(
        head.launch, history, Recorder(head, history, recording.bookmarks), path, Path(path).stat().st_size,
        recording.note, recording.ended,
        Shortcuts(recording.checkpoints, build(), history) if recording.checkpoints else None,
    )  # fmt: skip


def _drivers(head: Head, given: list[DriverFile]) -> list[DriverFile]:
    """The recorded drivers. One in Python runs only when the user has it, too. Raises `LoadError`."""
    own, recorded = {_text(contents) for _, contents in given}, head.driver_files
    for name, contents in recorded:
        if is_python(name) and _text(contents) not in own:
            raise LoadError(
                f"the driver {name} in this recording is a program in Python, which may do whatever you may; read it "
                f"with `dpmiscope info`, and give --vxd {name} with a copy of it to let it run"
            )
    for name, contents in given:
        if not is_python(name) or _text(contents) not in {_text(each) for _, each in recorded}:
            raise LoadError(f"--vxd {name}: no driver in Python that is in this recording; it holds its own drivers")
    return recorded


def _text(contents: bytes) -> bytes:
    """A driver's text, however its lines end."""
    return contents.replace(b"\r\n", b"\n").strip()


def _branch(way: Way) -> Branch:
    return Branch(way.number, way.parent, way.fork, way.end, way.events, way.inputs, marks=way.marks)
