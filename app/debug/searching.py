"""Searches along a run: where was something used last, where is it used next?

Backwards a search runs over what lies before, window by window, each several times as long as the one after it: what
happened a moment ago is found at once, and what is rare is looked for at full speed. Every search is a generator: it
yields how much of it is done (0 to 1), so that it can be shown and given up, and returns what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from app.debug.history import START, History
from app.debug.pursuit import current
from app.emu.disassembly import Flow
from app.emu.machine import Machine, Place
from app.emu.probes import Probe

_T = TypeVar("_T")
Search = Generator[float, None, _T]
"""What a search is, by what it finds."""
_FIRST_WINDOW: Final = 500
_GROWTH: Final = 8
_FAR: Final = 20_000_000
"""How far back the beginning of something is looked for that has just ended."""
_SLICE: Final = 400_000
"""Instructions run before the caller may breathe."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the run in front of a place (`before`)."""

    start: Place
    end: Place
    before: Place

    def done(self, machine: Machine) -> float:
        """How much of everything in front of the place has been searched, with the machine within this window."""
        return (self.before.tick - self.end.tick + machine.tick - self.start.tick) / (self.before.tick + 1)


def windows(history: History, before: Place, since: Place = START) -> Iterator[Window]:
    """Stretches in front of a place, the last one first; the machine stands at the start of each when it is yielded."""
    distance, end = _FIRST_WINDOW, before
    while end > since:
        start = max(Place(max(end.tick - distance, 0), 0), since)
        if distance > _FIRST_WINDOW * _GROWTH:
            # Begin at a checkpoint, and nothing is run in vain.
            start = max(history.branch.kept.nearest(start).place, since)
        history.go(start)
        start = history.machine.place
        yield Window(start, end, before)
        end = start if start < end else since
        distance *= _GROWTH


def last_use(
    history: History, probes: frozenset[Probe], before: Place, since: Place = START
) -> Search[dict[Probe, Place]]:
    """The last uses of these before a place, as far as the newest of them tells: empty when there is none."""
    machine = history.machine
    for window in windows(history, before, since):
        machine.look_out(probes)
        try:
            while machine.place < window.end and not machine.has_ended:
                history.slice(max(min(window.end.tick - machine.tick, _SLICE), 1))
                yield window.done(machine)
            found = {probe: place for probe, place in machine.sightings.items() if place < window.end}
        finally:
            machine.look_out(frozenset())
        if found:
            return found
    return {}


def next_use(history: History, probes: frozenset[Probe]) -> Search[Place | None]:
    """The next use of one of these behind the instruction that is next now: the stop at which its own is next.

    None when the program ends, or waits for a key nobody has pressed, before there is one.
    """
    machine, known = history.machine, history.branch.end.tick
    history.slice(1)
    machine.look_out(probes, stops=True)
    try:
        while not machine.has_ended:
            history.slice(_SLICE)
            if machine.sightings:
                return min(machine.sightings.values())
            if machine.state.waiting and history.at_end and not machine.state.devices.keyboard.is_typing:
                return None
            yield min(machine.tick / known, 1.0) if known else 0.0
    finally:
        machine.look_out(frozenset())
    return None


@dataclass(frozen=True, slots=True)
class Hit:
    """A stop at which an instruction looked for is next. left: ECX where it is one with a REP prefix, else None."""

    place: Place
    linear: int
    left: int | None

    def continues(self, before: Hit) -> bool:
        """Is this the next pass of the same string instruction, or the same one again behind an interrupt?"""
        if self.left is None or before.left is None or self.linear != before.linear:
            return False
        return before.left - self.left == 1 or before.left == self.left > 0


def last_stop(history: History, addresses: frozenset[int], accept: Callable[[Machine], bool]) -> Search[Place | None]:
    """The last stop before here with one of some addresses next and the machine as `accept` wants it.

    Looks back `_FAR` instructions. Of a string instruction with a REP prefix it is the first pass.
    """
    machine = history.machine
    found: Hit | None = None
    if not addresses:
        return None
    for window in windows(history, machine.place, Place(max(machine.tick - _FAR, 0), 0)):
        machine.cpu.set_breakpoints(addresses)
        first: Hit | None = None
        last: Hit | None = None
        rows = 0
        while machine.place < window.end and not machine.has_ended:
            at = machine.regs.code_linear
            if at in addresses and accept(machine) and (last is None or last.place != machine.place):
                hit = Hit(machine.place, at, machine.regs.ecx if _repeats(machine) else None)
                if last is None or not hit.continues(last):
                    first, rows = hit, rows + 1
                last = hit
            history.slice(max(min(window.end.tick - machine.tick, _SLICE), 1))
            yield window.done(machine)
        if found is not None and not (last is not None and found.continues(last)):
            return found.place
        found = first if first is not None else found
        if found is not None and (found.left is None or rows > 1):
            return found.place
    return found.place if found is not None else None


def _repeats(machine: Machine) -> bool:
    instruction = current(machine)
    return instruction is not None and instruction.flow is Flow.REPEAT
