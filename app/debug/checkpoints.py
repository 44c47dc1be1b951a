"""The checkpoints of one branch of the run, in order of place, and what they cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from app.emu.machine import Checkpoint, Place


@dataclass(slots=True, eq=False)
class Kept:
    """A checkpoint. Branches share those before the place where they part."""

    checkpoint: Checkpoint
    inputs_done: int
    """How many of the branch's inputs it already contains."""
    work: float
    """Seconds it took to run to it from the start."""
    own: int = 0
    """Bytes it holds that the checkpoint before it does not."""

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.checkpoint.place

    def count(self, before: Kept | None) -> None:
        """Work out `own`, given the checkpoint before it. Never less than another branch has found."""
        checkpoint, other = self.checkpoint, before.checkpoint if before is not None else None
        memory = checkpoint.memory.size_beside(other.memory if other is not None else None)
        state = checkpoint.state.size_beside(other.state if other is not None else None)
        log = checkpoint.log.size_beside(other.log if other is not None else None)
        self.own = max(self.own, memory + state + log + len(checkpoint.fpu))


class Checkpoints:
    """The checkpoints of one branch. The first one is the start of the run; it always stays."""

    def __init__(self, kept: list[Kept] | None = None) -> None:
        self._kept = kept or []

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._kept)

    def __getitem__(self, index: int) -> Kept:
        return self._kept[index]

    def before(self, place: Place) -> Checkpoints:
        """Those that lie before a place, for a branch that begins there."""
        return Checkpoints(self._kept[: self._index(place, inclusive=False)])

    def nearest(self, place: Place) -> Kept:
        """The last one not behind a place (the first one, when all are)."""
        return self._kept[max(self._index(place) - 1, 0)]

    def following(self, place: Place) -> Kept | None:
        """The first one behind a place."""
        index = self._index(place)
        return self._kept[index] if index < len(self._kept) else None

    def _index(self, place: Place, *, inclusive: bool = True) -> int:
        index = bisect_right(self._kept, place, key=lambda each: each.place)
        if not inclusive and index and self._kept[index - 1].place == place:
            index -= 1
        return index

    def add(self, new: Kept) -> None:
        """Put one in its place, and in that of the one at the same place."""
        index = self._index(new.place, inclusive=False)
        if index < len(self._kept) and self._kept[index].place == new.place:
            del self._kept[index]
        self._kept.insert(index, new)
        self._count_around(index, 2)

    def remove(self, kept: Kept) -> bool:
        """Take one out; False when it is none of these, or the first."""
        index = self._index(kept.place, inclusive=False)
        if index in {0, len(self._kept)} or self._kept[index] is not kept:
            return False
        del self._kept[index]
        self._count_around(index, 1)
        return True

    def _count_around(self, index: int, count: int) -> None:
        for number in range(index, min(index + count, len(self._kept))):
            self._kept[number].count(self._kept[number - 1] if number else None)

    def least_needed(self) -> Kept | None:
        """The one that leaves the smallest hole for its distance from the end; None when only the ends are left."""
        if len(self._kept) < 3:
            return None
        end = self._kept[-1].work

        def need(index: int) -> float:
            hole = self._kept[index + 1].work - self._kept[index - 1].work
            return hole / (end - self._kept[index].work + 1e-9)

        return self._kept[min(range(1, len(self._kept) - 1), key=need)]
