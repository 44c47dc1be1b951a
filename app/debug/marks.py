"""Marks: how far a branch is known, and what the machine looked like there, so that a replay can be checked."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from zlib import crc32

from app.emu.machine import Machine, Place, dump


@dataclass(frozen=True, slots=True)
class Mark:
    """A place a run has reached, the number of events so far, and a digest of registers and clock there.

    registers: None where nothing but the place is known.
    """

    place: Place
    events: int
    registers: int | None


def mark_of(machine: Machine) -> Mark:
    """The mark of a machine between two slices."""
    return Mark(machine.place, len(machine.log), crc32(f"{dump(machine.regs)} {machine.clock}".encode()))


class Marks:
    """The marks of one branch, in order, those up to its fork shared with its parent."""

    def __init__(self, marks: list[Mark] | None = None) -> None:
        self.all: list[Mark] = list(marks or ())

    @property
    def last(self) -> Place:
        """The furthest place marked."""
        return self.all[-1].place if self.all else Place(0, 0)

    def until(self, place: Place) -> Marks:
        """Those a branch that forks at a place shares."""
        return Marks(self.all[: bisect_right(self.all, place, key=lambda mark: mark.place)])

    def limited(self, place: Place, instructions: int) -> int:
        """A slice from a place must not run past the next mark."""
        if place >= self.last:
            return instructions
        index = bisect_right(self.all, place, key=lambda mark: mark.place)
        return min(instructions, max(self.all[index].place.tick - place.tick, 1))

    def check(self, before: Place, machine: Machine) -> str:
        """What is not as it was marked, after a slice that began at a place; "" when all is."""
        index = bisect_right(self.all, before, key=lambda mark: mark.place)
        for mark in self.all[index:]:
            if mark.place > machine.place:
                break
            if mark.registers is not None and mark != (now := mark_of(machine)):
                what = "the registers or the clock are others"
                if mark.place != now.place:
                    what = "the run no longer comes by there"
                elif mark.events != now.events:
                    what = f"{now.events} events have happened, not {mark.events}"
                return f"the replay differs from the recording at tick {mark.place.tick}: {what}"
        return ""
