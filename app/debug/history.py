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

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from app.debug.checkpoints import Checkpoints, Kept
from app.debug.inputs import Input
from app.debug.marks import Marks
from app.emu.event_log import SavedLog
from app.emu.machine import Machine, Place

DEFAULT_BUDGET: Final = 512 << 20
"""Bytes all checkpoints may hold."""
START: Final = Place(0, 0)
_WORK_BETWEEN: Final = 0.05
"""Seconds of running between checkpoints."""
_CHUNK: Final = 200_000
"""Instructions a search runs before it lets its caller breathe."""
_NEAR: Final = (1_000_000, 30_000, 1_000)
"""Instructions in front of a step back at which checkpoints are left, for the steps back to come."""


@dataclass(slots=True)
class Branch:
    """One way the run went. fork: where it left its parent (None for the first); end: the furthest place seen."""

    number: int
    parent: int | None
    fork: Place | None
    end: Place
    events: int = 0
    """Events up to the fork: what the branch shares with its parent."""
    inputs: list[Input] = field(default_factory=list)
    kept: Checkpoints = field(default_factory=Checkpoints)
    log: SavedLog = field(default_factory=SavedLog)
    """The events of the branch as far as a checkpoint has seen them."""
    marks: Marks = field(default_factory=Marks)
    """What a recording knows of places on the way: a replay is checked against it."""


class History:
    """The past, and where it is known the future, of one machine."""

    def __init__(self, machine: Machine, budget: int = DEFAULT_BUDGET) -> None:
        self.machine = machine
        self.budget = budget
        self.dropped = 0
        """Checkpoints dropped so far to stay within the budget."""
        self.size = 0
        """Bytes all checkpoints hold."""
        self.branches = [Branch(0, None, None, machine.place)]
        self.branch = self.branches[0]
        self.next_number = 1
        """Of the branch to come: the number of a dropped one is never given again."""
        self._inputs_done = 0
        self._work = 0.0
        """Seconds it takes to run to where the machine is."""
        self._kept_at = 0.0
        """The same at the last checkpoint, or where the machine was taken to."""
        self.difference = ""
        """What was not as it had been when a known part of the run was repeated: a message for the user."""
        self.keep()
        self.start = self.branch.kept[0]
        """The start of the run as nobody has changed it yet, whatever is done there later."""

    @property
    def at_end(self) -> bool:
        """The machine is at the furthest place of its branch: what comes next is new."""
        return self.machine.place >= self.branch.end

    @property
    def events(self) -> SavedLog:
        """All events of the branch that are known: those that have happened, and behind them those still to come."""
        return self.branch.log if len(self.machine.log) < len(self.branch.log) else self.machine.log.save()

    # Running forward

    def slice(self, instructions: int) -> int:
        """Run the machine as `Machine.slice` does, repeating the branch's inputs and leaving checkpoints."""
        machine, branch = self.machine, self.branch
        before, marks = machine.place, branch.marks
        began = perf_counter()
        executed = machine.slice(marks.limited(before, self._limited(instructions)))
        self._work += perf_counter() - began
        if before < marks.last:
            self.difference = self.difference or marks.check(before, machine)
        branch.end = max(branch.end, machine.place)
        self._limited(0)  # what was done here is part of what is seen here, whichever way leads here
        if self._work - self._kept_at >= _WORK_BETWEEN:
            self._kept_at = self._work
            following = branch.kept.following(machine.place)
            if following is None or following.work - self._work > _WORK_BETWEEN / 2:
                self.keep()
        return executed

    def _limited(self, instructions: int) -> int:
        """Do the inputs that belong here; a slice must not run past the next one."""
        inputs, machine = self.branch.inputs, self.machine
        while self._inputs_done < len(inputs):
            following = inputs[self._inputs_done]
            if following.place > machine.place:
                return min(instructions, max(following.place.tick - machine.tick, 1))
            try:
                following.do(machine)
            except ValueError as error:  # it was done once; somebody has changed the recording
                what = f"tick {machine.tick}: {following} cannot be repeated: {error}"
                self.difference = self.difference or f"the replay differs from the recording at {what}"
            self._inputs_done += 1
        return instructions

    # Branches

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
        self.keep()
        return forked

    def _fork(self) -> None:
        old, here = self.branch, self.machine.place
        inputs = old.inputs[: self._inputs_done]
        self.branch = Branch(
            self.next_number, old.number, here, here, len(self.machine.log), inputs, old.kept.before(here)
        )
        self.next_number += 1
        self.branch.marks = old.marks.until(here)
        self.branches.append(self.branch)

    def by_number(self, number: int) -> Branch:
        """A branch. Raises `ValueError` when there is none with this number."""
        found = next((branch for branch in self.branches if branch.number == number), None)
        if found is None:
            message = f"there is no branch {number}"
            raise ValueError(message)
        return found

    def show(self, number: int) -> None:
        """Show another branch, of a machine at the start of the run: how a recording begins."""
        self.branch = self.by_number(number)
        self.recount()

    def switch(self, number: int) -> int:
        """Show another branch, no further than where it parts from the one shown; how many events both have."""
        new = self.by_number(number)
        place, events = self._parting(self.branch, new)
        here = min(self.machine.place, place)
        self._remember_events()
        self.branch = new
        self._restore(here)
        self.go(here)
        return min(events, len(self.machine.log))

    def _parting(self, one: Branch, other: Branch) -> tuple[Place, int]:
        """Where two branches part, and how many events they share."""
        ways = [self._lineage(one), self._lineage(other)]
        shared = set(ways[0]) & set(ways[1])
        parted = [self.by_number(number) for way in ways for number in way if number not in shared]
        return min(
            ((each.fork, each.events) for each in parted if each.fork is not None),
            default=(self.machine.place, len(self.machine.log)),
        )

    def _lineage(self, branch: Branch) -> list[int]:
        """A branch and those it comes from, itself first."""
        numbers = [branch.number]
        while branch.parent is not None:
            branch = self.by_number(branch.parent)
            numbers.append(branch.number)
        return numbers

    def drop(self, number: int) -> None:
        """Forget a branch. Raises `ValueError` for the one shown and for one that others have left."""
        branch = self.by_number(number)
        if branch is self.branch:
            message = f"branch {number} is the one shown; show another one first"
            raise ValueError(message)
        heirs = [each.number for each in self.branches if each.parent == number]
        if heirs:
            message = f"branch {heirs[0]} began in branch {number}; drop that one first"
            raise ValueError(message)
        self.branches.remove(branch)
        self.recount()

    # Checkpoints

    def keep(self) -> None:
        """Leave a checkpoint here, and drop what is needed least when there is too much."""
        branch, machine = self.branch, self.machine
        new = Kept(machine.save(), self._inputs_done, self._work)
        branch.kept.add(new)
        self.recount()
        self._kept_at = self._work
        self._remember_events()
        self.stay_within_budget()

    def _remember_events(self) -> None:
        """The machine is about to go back, or may be: what has happened stays known."""
        if len(self.machine.log) > len(self.branch.log):
            self.branch.log = self.machine.log.save()

    def recount(self) -> None:
        """Work out what all checkpoints hold."""
        distinct = {id(each): each for branch in self.branches for each in branch.kept}
        self.size = sum(each.own for each in distinct.values())

    def stay_within_budget(self) -> None:
        """Drop checkpoints until the others fit; of the branch shown only when the others have none to spare."""
        while self.size > self.budget:
            others = [branch for branch in self.branches if branch is not self.branch]
            spare = next((found for each in [*others, self.branch] if (found := each.kept.least_needed())), None)
            if spare is None:
                return
            for branch in self.branches:
                branch.kept.remove(spare)
            self.dropped += 1
            self.recount()

    def _restore(self, place: Place) -> None:
        """Go to the last checkpoint not behind a place."""
        kept = self.branch.kept.nearest(place)
        self.machine.restore(kept.checkpoint)
        self._inputs_done = kept.inputs_done
        self._work = self._kept_at = kept.work

    # Going

    def leap(self) -> None:
        """Go near the furthest place seen of the branch: to its last checkpoint, if that lies ahead."""
        if self.branch.kept.nearest(self.branch.end).place > self.machine.place:
            self._restore(self.branch.end)

    def fall_back(self, place: Place) -> None:
        """Go to the last checkpoint not behind a place, when it is running there that fails."""
        self._remember_events()
        self._restore(place)

    def go(self, place: Place) -> None:
        """Go to a place of this branch, or as near to it as the run comes."""
        for _ in self.going(place):
            pass

    def going(self, place: Place, *, leave: tuple[int, ...] = ()) -> Iterator[Place]:
        """`go` in pieces: yields where it is, so that the caller can show progress or give up.

        leave: so many instructions in front of the place checkpoints are left on the way.
        """
        machine = self.machine
        if machine.place > place or self.branch.kept.nearest(place).place > machine.place:
            self._remember_events()
            self._restore(place)
        marks = [place.tick - distance for distance in leave if place.tick - distance > machine.tick]
        while machine.place < place and not machine.has_ended:
            while marks and marks[0] <= machine.tick:
                del marks[0]
                self.keep()
            target = min(marks[0] if marks else place.tick, machine.tick + _CHUNK)
            self.slice(max(target - machine.tick, 1))
            yield machine.place
        self._limited(0)  # the machine may have been here already

    def stops_before(self, place: Place, distance: int) -> list[Place]:
        """The stops of single steps in front of a place, from `distance` instructions before it on."""
        for _ in self.going(Place(max(place.tick - distance, 0), 0), leave=_NEAR):
            pass
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
                self.go(START)
                return False
            distance *= 16
