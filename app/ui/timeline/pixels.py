"""Drawing a hundred thousand things on a thousand pixels: what to draw so that nothing visible is lost."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MARGIN = 8.0
"""Pixels beyond the edges that still matter: half a mark, a bar's rounded end."""


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

    Each column shows the run that holds its middle; `now` ends the last run.
    """
    if not len(starts):
        return []
    begin = max(scale.begin, float(starts[0]) * scale.slope + scale.offset)
    end = min(scale.end, now * scale.slope + scale.offset)
    columns = np.arange(np.floor(begin), np.ceil(end))
    if not len(columns):
        return []
    shown = np.searchsorted(starts, (columns + 0.5 - scale.offset) / scale.slope, side="right") - 1
    shown = np.maximum(shown, 0)
    firsts = np.flatnonzero(np.diff(shown, prepend=-1))
    lefts = np.append(np.maximum(scale.pixels(starts[shown[firsts]]), begin), end)
    return list(zip(lefts[:-1].tolist(), lefts[1:].tolist(), shown[firsts].tolist(), strict=True))


def visible_bars(
    starts: NDArray[Any], ends: NDArray[Any], depths: NDArray[Any], scale: Scale
) -> list[tuple[float, float, int]]:
    """Bars of one picture as (left pixel, right pixel, index); of those that share depth and pixels one stays."""
    lefts, rights = scale.pixels(starts), scale.pixels(ends)
    rights = np.maximum(rights, lefts + 1.0)
    keys = np.stack((depths, np.floor(lefts), np.floor(rights)), axis=1)
    _, kept = np.unique(keys, axis=0, return_index=True)
    return list(zip(lefts[kept].tolist(), rights[kept].tolist(), kept.tolist(), strict=True))


def visible_marks(ticks: NDArray[Any], kinds: NDArray[Any], scale: Scale) -> list[tuple[float, int]]:
    """Marks as (pixel, kind): of those of one kind on one pixel one stays."""
    first, last = np.searchsorted(ticks, scale.ticks)
    pixels = np.round(scale.pixels(ticks[first:last]))
    pairs = np.unique(np.stack((pixels, kinds[first:last]), axis=1), axis=0)
    return [(float(pixel), int(kind)) for pixel, kind in pairs]
