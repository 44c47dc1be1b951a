"""`run` and `trace`: a program without a window, its output and events as they happen."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from app.debug.course import Course, course_of
from app.debug.launch import Launch, spare_the_collector
from app.debug.recording import Ended
from app.emu.devices.clock import RATE
from app.emu.events import Event
from app.emu.machine import Machine
from app.emu.machine_errors import LoadError

ENDED_BY_HOST: Final = 123
LIMIT: Final = 124
FAILED: Final = 125
SLICE: Final = 100_000
_GIVE_UP_AFTER: Final = 60 * RATE
"""Clocks a guest may wait for a key nobody can press any more."""
_INTERRUPTS_ALONE: Final = 50_000
"""Instructions that interrupt handlers may take in that time, beside one in a hundred clocks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops by itself: instructions, and seconds of real time."""

    instructions: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What is told about a run beside its output: a status file; quiet: only failures; verbose: figures at the end."""

    status: str | None = None
    quiet: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. reason: exited, terminated, limit or failed; code: of the guest where it has one."""

    reason: str
    code: int
    message: str
    is_told: bool = False
    """The message is on standard error already, with the registers."""

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        return {"exited": self.code, "terminated": ENDED_BY_HOST, "limit": LIMIT, "failed": FAILED}[self.reason]

    def write(self, path: str | None) -> None:
        """Write the status file, if one is wanted."""
        if path is not None:
            with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - may be /dev/fd/3
                json.dump({"reason": self.reason, "code": self.code, "message": self.message}, file)
                file.write("\n")


class StandardConsole:
    """The guest's standard handles are ours: output is passed on at once, input is read when the guest wants some."""

    def __init__(self, output: BinaryIO, errors: BinaryIO) -> None:
        self._streams = {1: output, 2: errors}

    def write(self, handle: int, data: bytes) -> None:
        """Pass on what the guest wrote, lines ending as the guest ends them."""
        stream = self._streams[handle]
        stream.write(data)
        stream.flush()

    def read(self) -> bytes:
        """What stdin holds: a line of a terminal, else everything; nothing at its end."""
        if sys.stdin is None or sys.stdin.closed:
            return b""
        return sys.stdin.buffer.readline() if sys.stdin.isatty() else sys.stdin.buffer.read()


def run(launch: Launch, limits: Limits, report: Report, trace: BinaryIO | None) -> int:
    """Run a program to its end; the exit code. trace: where the events go, one JSON object a line."""
    output = sys.stdout.buffer
    guest_output = sys.stderr.buffer if trace is output else output
    try:
        outcome = _run(launch, limits, report, StandardConsole(guest_output, sys.stderr.buffer), trace)
    except LoadError as error:
        outcome = Outcome("failed", FAILED, str(error))
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain again while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
        outcome = Outcome("limit", LIMIT, "the reader of the output went away")
    try:
        outcome.write(report.status)
    except OSError as error:
        outcome = Outcome("failed", FAILED, f"{report.status}: {error.strerror}; choose another --status")
    if outcome.reason == "failed" or (outcome.reason != "exited" and not outcome.is_told and not report.quiet):
        sys.stderr.write(f"dpmiscope: {outcome.message}\n")
    return outcome.exit_code


def _run(launch: Launch, limits: Limits, report: Report, console: StandardConsole, trace: BinaryIO | None) -> Outcome:
    began = time.monotonic()
    spare_the_collector()
    course = course_of(launch, console, lambda text: sys.stderr.write(f"dpmiscope: {text}\n"))
    machine = course.machine
    machine.folder.mirror.can_undo = False  # nobody goes back here
    outcome: Outcome | None = None
    try:
        outcome = _to_the_end(course, limits, console, trace)
        return outcome
    finally:
        course.close(None if outcome is None else Ended(outcome.reason, outcome.code, outcome.message))
        if report.verbose:
            seconds = time.monotonic() - began
            sys.stderr.write(f"dpmiscope: {machine.tick} instructions, {len(machine.log)} events, {seconds:.2f} s\n")


def _to_the_end(course: Course, limits: Limits, console: StandardConsole, trace: BinaryIO | None) -> Outcome:
    machine = course.machine
    write = _event_writer(machine, trace)
    deadline = None if limits.seconds is None else time.monotonic() + limits.seconds
    waiting_since: tuple[int, int] | None = None
    while machine.state.end is None:
        write()
        left = SLICE if limits.instructions is None else limits.instructions - machine.tick
        if left <= 0:
            return Outcome("limit", LIMIT, f"stopped after {machine.tick} instructions (--max-instructions)")
        if deadline is not None and time.monotonic() >= deadline:
            return Outcome("limit", LIMIT, f"stopped after {limits.seconds:g} seconds (--time-limit)")
        if (known := course.known_end()) is not None:
            return Outcome(known.reason, known.code, known.message)
        course.slice(min(left, SLICE))
        if not course.listens:
            continue
        if machine.state.devices.keyboard.wants_input:
            course.type(console.read)
        if waiting_since is None:
            if machine.state.waiting and machine.state.bios.input_ended:
                waiting_since = machine.clock, machine.tick
            continue
        # The timer's handlers run while the guest waits; a guest that does more than that has gone on.
        waited, executed = machine.clock - waiting_since[0], machine.tick - waiting_since[1]
        if executed > _INTERRUPTS_ALONE + waited // 100:
            waiting_since = None
        elif waited > _GIVE_UP_AFTER:
            write()
            return Outcome("terminated", ENDED_BY_HOST, "the guest waits for a key and its input has ended")
    write()
    end = machine.state.end
    if end.how == "failed":
        return Outcome("failed", FAILED, end.message)
    if end.how == "terminated":
        return Outcome("terminated", end.code, end.message, is_told=True)
    return Outcome("exited", end.code, end.message)


def _event_writer(machine: Machine, trace: BinaryIO | None) -> Callable[[], None]:
    """A function that writes the events that are new since its last call."""
    written = 0

    def write() -> None:
        nonlocal written
        if trace is None or written == len(machine.log):
            return
        events: list[Event] = [event for event, _ in machine.log.since(written)]
        trace.write(b"".join(event.to_json().encode() + b"\n" for event in events))
        trace.flush()
        written += len(events)

    return write
