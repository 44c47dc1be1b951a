"""Changes of drive C: carried over to the host folder, each exactly once (`--write-through`).

The overlay in memory is what the guest sees; the host folder follows it. Each change has a number, and the drive's
state knows the number of its last one: going back takes it back, and running on again finds the changes that were made
already and gets the same answers, a short write of a full disk included.

A branch of the run makes its own changes after some earlier one, so changes form a tree. A new change made elsewhere
than behind the one the host folder stands at first undoes and redoes what lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.emu.dos.changes import Change, Rename
from app.emu.dos.failures import from_host


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change. refused: the DOS error code it failed with, 0 when it did not.

    number counts from 1; after: the number of the change before it, 0 for none; lineage: what had come from outside
    until then (`Drive.lineage`); taken: bytes written.
    """

    number: int
    after: int
    lineage: str
    taken: int
    refused: int = 0


class Mirror:
    """The host folder's side of write-through. root: None where there is no folder any more: nothing is carried over.

    can_undo: keep what undoes a change; not needed by a run nobody goes back in.
    """

    def __init__(self, root: str | None, outcomes: list[Outcome] | None = None) -> None:
        self.outcomes: list[Outcome] = list(outcomes or ())
        self.can_undo = True
        self._root = Path(root) if root is not None else None
        self._known = {(each.after, each.lineage): each for each in self.outcomes}
        self._made: dict[int, tuple[Change, tuple[Change, ...]]] = {}
        self._stands_at = len(self.outcomes)
        self._renames: list[Rename] = []

    def change(self, after: int, lineage: str, change: Change) -> Outcome:
        """Make a change, unless it has been made before; what became of it."""
        known = self._known.get((after, lineage))
        if known is not None:
            return known
        number = len(self.outcomes) + 1
        taken, refused = change.size, 0
        if self._root is not None:
            try:
                self._stand_at(after)
                self._stands_at = number
                made, undo = change.done(self._root)
            except OSError as error:
                taken, refused = 0, from_host(error).code
            else:
                taken = made.size
                self._note(made)
                if self.can_undo:
                    self._made[number] = made, undo
        outcome = Outcome(number, after, lineage, taken, refused)
        self.outcomes.append(outcome)
        self._known[after, lineage] = outcome
        return outcome

    def whereabouts(self, path: str) -> str:
        """Where a file or folder that was at a path when the run began is now."""
        for rename in self._renames:
            if path == rename.path or path.startswith(rename.path + "/"):
                path = rename.new + path[len(rename.path) :]
        return path

    def _note(self, change: Change) -> None:
        if isinstance(change, Rename):
            inverse = Rename(change.new, change.path)
            if self._renames and self._renames[-1] == inverse:
                self._renames.pop()
            else:
                self._renames.append(change)

    def _stand_at(self, number: int) -> None:
        """Bring the host folder to what it was after a change. Raises `OSError` where the host does not let it."""
        if self._stands_at == number:
            return
        line = self._line(number)
        while self._stands_at not in line:
            self._undo(self._stands_at)
        for each in reversed(line[: line.index(self._stands_at)]):
            self._redo(each)

    def _line(self, number: int) -> list[int]:
        """A change and all before it, back to 0, the folder as it was found."""
        line = [number]
        while line[-1]:
            line.append(self.outcomes[line[-1] - 1].after)
        return line

    def _undo(self, number: int) -> None:
        for each in self._made[number][1] if number in self._made else ():
            self._do(each)
        self._stands_at = self.outcomes[number - 1].after

    def _redo(self, number: int) -> None:
        if number in self._made:
            self._do(self._made[number][0])
        self._stands_at = number

    def _do(self, change: Change) -> None:
        if self._root is not None:
            change.do(self._root)
            self._note(change)
