"""A run nobody goes back in, as `run` and `trace` need it: plain, recorded into a file, or replayed from one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.debug.inputs import standard_input
from app.debug.journal import is_recording
from app.debug.launch import Launch, start
from app.debug.recording import Ended
from app.debug.replay import Begun, begin
from app.emu.machine import Console, Machine
from app.emu.machine_errors import LoadError

Read = Callable[[], bytes]
Tell = Callable[[str], object]
"""Takes a message for the user."""


class Course(Protocol):
    """The way a run takes. listens: what is typed now reaches the guest."""

    machine: Machine
    listens: bool

    def slice(self, instructions: int) -> object:
        """Run on, at most so many instructions."""

    def type(self, read: Read) -> None:
        """Read standard input, which may take long, and type what there is; nothing is its end."""

    def known_end(self) -> Ended | None:
        """How the run ends here, when that is known already."""

    def close(self, ended: Ended | None) -> None:
        """The run is over, in this way; None when something failed."""


class Live:
    """A run that leaves nothing behind."""

    listens = True

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.slice = machine.slice

    def type(self, read: Read) -> None:
        """As every course."""
        standard_input(self.machine.place, read()).do(self.machine)

    def known_end(self) -> Ended | None:
        """It is never known."""
        return None

    def close(self, ended: Ended | None) -> None:
        """Nothing is left to do."""


class Recorded:
    """A run that is recorded into a file."""

    listens = True

    def __init__(self, begun: Begun, tell: Tell) -> None:
        self.machine = begun.history.machine
        self._begun = begun
        self._tell = tell
        self._told = ""

    def slice(self, instructions: int) -> None:
        """Run on and write what is new."""
        self._begun.history.slice(instructions)
        self._follow()

    def type(self, read: Read) -> None:
        """As every course."""
        self._follow(at_rest=True)
        data = read()
        self._begun.history.do(lambda place: standard_input(place, data))
        self._follow()

    def _follow(self, *, at_rest: bool = False) -> None:
        recorder = self._begun.recorder
        recorder.follow(at_rest=at_rest)
        if recorder.trouble != self._told:
            self._told = recorder.trouble
            self._tell(self._told)

    def known_end(self) -> Ended | None:
        """It is not known."""
        return None

    def close(self, ended: Ended | None) -> None:
        """Write the end."""
        self._begun.recorder.end(ended)


class Replayed:
    """A recording, run again as far as it goes."""

    listens = False

    def __init__(self, begun: Begun) -> None:
        self.machine = begun.history.machine
        self._begun = begun

    def slice(self, instructions: int) -> None:
        """Run on, not past what is recorded. Raises `LoadError` when it is not the run that was recorded."""
        history = self._begun.history
        history.slice(min(instructions, max(history.branch.end.tick - self.machine.tick, 1)))
        if self._begun.difference:
            raise LoadError(self._begun.difference)

    def type(self, read: Read) -> None:
        """Nobody types into the past."""
        raise NotImplementedError

    def known_end(self) -> Ended | None:
        """How the recorded run ended, or that the recording does."""
        if not self._begun.history.at_end:
            return None
        ended = self._begun.ended
        if ended is not None and ended.reason != "failed":
            return ended
        return Ended("limit", 124, f"the recording ends here, after {self.machine.tick} instructions")

    def close(self, ended: Ended | None) -> None:
        """Nothing is left to do."""


def course_of(launch: Launch, console: Console, tell: Tell) -> Course:
    """The course a launch wants, at its start. Raises `LoadError` with a message for the user."""
    if launch.record is None and not is_recording(launch.program):
        return Live(start(launch, console))
    begun = begin(launch, console, budget=0)
    if launch.record is not None:
        return Recorded(begun, tell)
    if begun.note:
        tell(begun.note)
    return Replayed(begun)
