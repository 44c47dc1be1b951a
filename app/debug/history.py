"""Time travel: checkpoints along a run, and the way from one of them to any place.

The run is deterministic, so a place is reached by restoring the last checkpoint in front of it and running on, with
what came from outside (`inputs`) done again where it was done first. A checkpoint is the whole machine; nothing here
knows what that is made of.

Checkpoints are taken after so much work, not after so many instructions, so that any place is about equally near.
When they hold more than the budget, those are dropped that are needed least: far from now and close to another. The
first one always stays, so no place is ever out of reach, only further away.

Changing the past starts a new branch. The branch it left keeps its checkpoints and inputs until it is dropped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from app.debug.inputs import Input
from app.emu.machine import Checkpoint, Machine, Place

DEFAULT_BUDGET: Final = 512 << 20
"""Bytes all checkpoints may hold."""
_WORK_BETWEEN: Final = 0.12
"""Seconds of running between checkpoints."""
_CHUNK: Final = 200_000
"""Instructions a search runs before it lets its caller breathe."""
_NEAR: Final = (1_000_000, 100_000, 10_000, 1_000, 100)
"""Instructions in front of a place that was gone to at which checkpoints are left, for the steps back to come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint and how many of the branch's inputs it already contains."""

    checkpoint: Checkpoint
    inputs_done: int

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.checkpoint.place


@dataclass(slots=True)
class Branch:
    """One way the run went. fork: where it left its parent (None for the first); end: the furthest place seen."""

    number: int
    parent: int | None
    fork: Place | None
    end: Place
    inputs: list[Input] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    events: int = 0
    """Events up to the fork: what the branch shares with its parent."""


class History:
    """The past, and where it is known the future, of one machine."""

    def __init__(self, machine: Machine, budget: int = DEFAULT_BUDGET) -> None:
        self.machine = machine
        self.budget = budget
        self.dropped = 0
        """Checkpoints dropped so far to stay within the budget."""
        self.branches = [Branch(0, None, None, machine.place)]
        self.branch = self.branches[0]
        self._inputs_done = 0
        self._worked = 0.0
        self._keep()

    @property
    def size(self) -> int:
        """Bytes all checkpoints hold."""
        kept = {id(each): each for branch in self.branches for each in branch.kept}
        return sum(each.checkpoint.cost for each in kept.values())

    @property
    def at_end(self) -> bool:
        """The machine is at the furthest place of its branch: what comes next is new."""
        return self.machine.place >= self.branch.end

    # Running forward

    def slice(self, instructions: int) -> int:
        """Run the machine as `Machine.slice` does, repeating the branch's inputs and leaving checkpoints."""
        machine, branch = self.machine, self.branch
        began = perf_counter()
        executed = machine.slice(self._limited(instructions))
        self._worked += perf_counter() - began
        branch.end = max(branch.end, machine.place)
        if self._worked >= _WORK_BETWEEN:
            self._worked = 0.0
            self._keep()
        return executed

    def _limited(self, instructions: int) -> int:
        """Do the inputs that belong here; a slice must not run past the next one."""
        inputs, machine = self.branch.inputs, self.machine
        while self._inputs_done < len(inputs):
            following = inputs[self._inputs_done]
            if following.place > machine.place:
                return min(instructions, max(following.place.tick - machine.tick, 1))
            following.do(machine)
            self._inputs_done += 1
        return instructions

    def do(self, make: Callable[[Place], Input]) -> bool:
        """Do something to the machine here; True when that changed the past and so began a new branch."""
        machine = self.machine
        self._limited(0)
        new = make(machine.place)
        new.do(machine)
        forked = not self.at_end
        if forked:
            self._fork()
        self.branch.inputs.append(new)
        self._inputs_done += 1
        self._keep()
        return forked

    def _fork(self) -> None:
        old, here = self.branch, self.machine.place
        self.branch = Branch(
            len(self.branches),
            old.number,
            here,
            here,
            old.inputs[: self._inputs_done],
            [each for each in old.kept if each.place < here],
            len(self.machine.log),
        )
        self.branches.append(self.branch)

    def switch(self, number: int) -> None:
        """Show another branch, at the place where it forked (the first one: at its end)."""
        branch = next(each for each in self.branches if each.number == number)
        self.branch = branch
        self.go(branch.fork if branch.fork is not None else branch.end)

    def drop(self, number: int) -> None:
        """Forget a branch that is not the one shown."""
        if number != self.branch.number:
            self.branches = [each for each in self.branches if each.number != number]

    # Checkpoints

    def _keep(self) -> None:
        """Leave a checkpoint here, and drop what is needed least when there is too much."""
        kept, here = self.branch.kept, self.machine.place
        index = bisect_right(kept, here, key=lambda each: each.place)
        if index and kept[index - 1].place == here:
            del kept[index - 1]
            index -= 1
        kept.insert(index, Kept(self.machine.save(), self._inputs_done))
        while len(kept) > 2 and self.size > self.budget:
            self._thin()

    def _thin(self) -> None:
        """Drop the checkpoint that leaves the smallest hole for its distance from the end."""
        kept = self.branch.kept
        last = kept[-1].place.tick + 1

        def need(index: int) -> float:
            hole = kept[index + 1].place.tick - kept[index - 1].place.tick
            return hole / (last - kept[index].place.tick)

        del kept[min(range(1, len(kept) - 1), key=need)]
        self.dropped += 1

    def _restore(self, place: Place) -> None:
        """Go to the last checkpoint not behind a place."""
        kept = self._nearest(place)
        self.machine.restore(kept.checkpoint)
        self._inputs_done = kept.inputs_done
        self._worked = 0.0

    def _nearest(self, place: Place) -> Kept:
        """The last checkpoint not behind a place (the first one, when all are)."""
        kept = self.branch.kept
        return kept[max(bisect_right(kept, place, key=lambda each: each.place) - 1, 0)]

    # Going

    def go(self, place: Place) -> None:
        """Go to a place of this branch, or as near to it as the run comes."""
        for _ in self.going(place):
            pass

    def going(self, place: Place) -> Iterator[Place]:
        """`go` in pieces: yields where it is, so that the caller can show progress or give up."""
        machine = self.machine
        if machine.place > place or self._nearest(place).place > machine.place:
            self._restore(place)
        marks = [place.tick - distance for distance in _NEAR if place.tick - distance > machine.tick]
        while machine.place < place and not machine.has_ended:
            while marks and marks[0] <= machine.tick:
                del marks[0]
                self._keep()
            target = min(marks[0] if marks else place.tick, machine.tick + _CHUNK)
            self.slice(max(target - machine.tick, 1))
            yield machine.place

    def stops_before(self, place: Place, distance: int) -> list[Place]:
        """The stops of single steps in front of a place, from `distance` instructions before it on."""
        start = Place(max(place.tick - distance, 0), 0)
        self.go(start)
        machine, stops = self.machine, []
        while machine.place < place:
            if not machine.state.waiting:
                stops.append(machine.place)
            before = machine.place
            while machine.place == before:
                self.slice(1)
        return stops

    def step_back(self) -> bool:
        """Go to the stop of the single step in front of this one; False at the start."""
        here = self.machine.place
        distance = 2
        while True:
            stops = self.stops_before(here, distance)
            if stops:
                self.go(stops[-1])
                return True
            if distance > here.tick:
                self.go(Place(0, 0))
                return False
            distance *= 16
