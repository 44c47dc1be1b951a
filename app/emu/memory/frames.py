"""Physical memory for clients: which page frames are free."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator


class Frames:
    """A pool of page frames, kept as runs. Numbers are physical addresses / 1000h."""

    def __init__(self, first: int, count: int) -> None:
        self.total = count
        self._starts = [first]
        self._ends = [first + count]

    @property
    def free(self) -> int:
        """Frames nobody has."""
        return sum(self._ends) - sum(self._starts)

    def take(self, count: int, wanted: int) -> list[range] | None:
        """So many frames, None when there are fewer.

        From `wanted` on if those are free, else a run that is long enough, else what there is, lowest first.
        """
        if count > self.free:
            return None
        taken: list[range] = []
        if count:
            first = self._run(count, wanted)
            taken = [range(first, first + count)] if first is not None else list(self._pieces(count))
        for run in taken:
            self._remove(run)
        return taken

    def _run(self, count: int, wanted: int) -> int | None:
        at = bisect(self._starts, wanted) - 1
        if at >= 0 and wanted + count <= self._ends[at]:
            return wanted
        runs = zip(self._starts, self._ends, strict=True)
        return next((start for start, end in runs if end - start >= count), None)

    def _pieces(self, count: int) -> Iterator[range]:
        for start, end in zip(self._starts, self._ends, strict=True):
            here = min(count, end - start)
            if here:
                yield range(start, start + here)
            count -= here

    def _remove(self, run: range) -> None:
        at = bisect(self._starts, run.start) - 1
        start, end = self._starts[at], self._ends[at]
        rest = [(low, high) for low, high in ((start, run.start), (run.stop, end)) if low < high]
        self._starts[at : at + 1] = [low for low, _ in rest]
        self._ends[at : at + 1] = [high for _, high in rest]

    def give(self, frame: int) -> None:
        """Give one frame back."""
        at = bisect(self._starts, frame)
        joins_before = at > 0 and self._ends[at - 1] == frame
        joins_behind = at < len(self._starts) and self._starts[at] == frame + 1
        if joins_before and joins_behind:
            self._ends[at - 1 : at + 1] = [self._ends[at]]
            del self._starts[at]
        elif joins_before:
            self._ends[at - 1] = frame + 1
        elif joins_behind:
            self._starts[at] = frame
        else:
            self._starts.insert(at, frame)
            self._ends.insert(at, frame + 1)
