"""Drawing a hundred thousand things on a thousand pixels: what to draw so that nothing visible is lost."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MARGIN = 8.0
"""Pixels beyond the edges that still matter: half a mark, a bar's rounded end."""

_MARK_GRID = 2.0
"""Marks nearer than this many pixels look like one."""


class Scale(NamedTuple):
    """How ticks lie on the screen: pixel = tick * slope + offset, seen between two pixels."""

    slope: float
    offset: float
    begin: float
    end: float

    def pixels(self, ticks: NDArray[Any]) -> NDArray[np.float64]:
        """Where ticks are, cut to just outside the screen."""
        return np.clip(ticks * self.slope + self.offset, self.begin - _MARGIN, self.end + _MARGIN)

    def tick(self, pixel: float) -> float:
        """The tick at a pixel."""
        return (pixel - self.offset) / self.slope

    @property
    def ticks(self) -> tuple[float, float]:
        """The ticks that can be seen, margin included."""
        return self.tick(self.begin - _MARGIN), self.tick(self.end + _MARGIN)


def visible_runs(starts: NDArray[Any], now: float, scale: Scale) -> list[tuple[float, float, int]]:
    """Runs that touch each other, as (left pixel, right pixel, index): at most one per pixel column.

    A column in which a run begins shows that run, so that a short excursion into another mode does not vanish; the
    others show the run they lie in. `now` ends the last run.
    """
    if not len(starts):
        return []
    begin = max(scale.begin, float(starts[0]) * scale.slope + scale.offset)
    end = min(scale.end, now * scale.slope + scale.offset)
    edges = np.arange(np.floor(begin), np.ceil(end) + 1)
    if len(edges) < 2:
        return []
    ticks = (edges - scale.offset) / scale.slope
    before = np.maximum(np.searchsorted(starts, ticks[:-1], side="right") - 1, 0)
    within = np.searchsorted(starts, ticks[1:], side="left") - 1
    shown = np.where(within > before, before + 1, before)
    firsts = np.flatnonzero(np.diff(shown, prepend=-1))
    lefts = np.append(np.maximum(edges[firsts], begin), end)
    return list(zip(lefts[:-1].tolist(), lefts[1:].tolist(), shown[firsts].tolist(), strict=True))


def visible_bars(
    starts: NDArray[Any], ends: NDArray[Any], depths: NDArray[Any], scale: Scale
) -> list[tuple[float, float, int]]:
    """Bars of one picture as (left pixel, right pixel, index); of those that share depth and pixels one stays.

    starts ascend, and bars of one depth do not overlap: equal ones are neighbours.
    """
    lefts, rights = scale.pixels(starts), scale.pixels(ends)
    rights = np.maximum(rights, lefts + 1.0)
    kept = []
    for depth in np.unique(depths):
        level = np.flatnonzero(depths == depth)
        kept.append(level[_new(np.floor(lefts[level])) | _new(np.floor(rights[level]))])
    shown = np.concatenate(kept)
    return list(zip(lefts[shown].tolist(), rights[shown].tolist(), shown.tolist(), strict=True))


def visible_marks(ticks: NDArray[Any], kinds: NDArray[Any], scale: Scale) -> list[tuple[float, int]]:
    """Marks as (pixel, kind): of those of one kind that would lie on one another one stays. ticks ascend."""
    first, last = np.searchsorted(ticks, scale.ticks)
    pixels, kinds = np.round(scale.pixels(ticks[first:last]) / _MARK_GRID) * _MARK_GRID, kinds[first:last]
    marks: list[tuple[float, int]] = []
    for kind in np.unique(kinds).tolist():
        places = pixels[kinds == kind]
        marks += [(pixel, kind) for pixel in places[_new(places)].tolist()]
    return marks


def _new(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where an array has another value than just before."""
    return np.diff(values, prepend=np.nan) != 0
