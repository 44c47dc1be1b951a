"""The depth of one stack over time, drawn as steps in a lane of its own.

Depths differ by orders of magnitude: a callback's frame is 12 bytes, a real-mode call's stack half a kilobyte. The
lane shows the logarithm of what lies above the shallowest depth seen, so both are visible and steps stay steps.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg

from app.emu.events import Stack
from app.ui.timeline.bands import LANES
from app.ui.timeline.growing import Growing
from app.ui.timeline.ink import Ink
from app.ui.timeline.record import STACKS, Record

_SMALLEST_SPAN = 64.0
"""A lane is never stretched more than this many bytes fill it."""
_UNIT = 4.0
"""Bytes below which the scale is about linear."""


class DepthLane:
    """One stack's curve. Only what is new is computed, unless a new extreme changes the scale."""

    def __init__(self, record: Record, stack: Stack) -> None:
        self._record = record
        self._depths = record.depths[STACKS.index(stack)]
        self._stack = stack
        self._heights = Growing(np.float64)
        self._rewrites = record.rewrites
        self._least = math.inf
        self._most = -math.inf
        # pyqtgraph 0.14 calls it "right" when a value holds from its own x on.
        self.curve = pg.PlotDataItem(stepMode="right", connect="all", skipFiniteCheck=True)

    @property
    def least(self) -> float:
        """The shallowest depth so far: the lane's floor."""
        return self._least if math.isfinite(self._least) else 0.0

    @property
    def most(self) -> float:
        """The greatest depth so far: the lane's ceiling."""
        return self._most if math.isfinite(self._most) else 0.0

    def paint_with(self, ink: Ink) -> None:
        """Use the theme's colours. Pens wider than 1 make pyqtgraph ten times slower."""
        self.curve.setPen(pg.mkPen(ink.stacks[self._stack], width=1))
        fill = pg.mkColor(ink.stacks[self._stack])
        fill.setAlpha(60)
        self.curve.setFillBrush(fill)
        self.curve.setFillLevel(LANES[self._stack].bottom)

    def refresh(self) -> None:
        """Take over what the record has gained."""
        if self._record.rewrites != self._rewrites:
            self._rewrites = self._record.rewrites
            self._heights.clear()
            self._least, self._most = math.inf, -math.inf
        new = self._depths.values[len(self._heights) :]
        if len(new) and (new.min() < self._least or new.max() > self._most):
            self._least, self._most = min(self._least, float(new.min())), max(self._most, float(new.max()))
            self._heights.clear()
            new = self._depths.values
        lane = LANES[self._stack]
        span = math.log1p(max(self.most - self.least, _SMALLEST_SPAN) / _UNIT)
        self._heights.extend(lane.bottom + lane.height * np.log1p((new - self.least) / _UNIT) / span)
        # The last depth holds until the end.
        ticks = np.append(self._record.ticks.values, self._record.end)
        heights = self._heights.values
        self.curve.setData(ticks, np.append(heights, heights[-1:] if len(heights) else lane.bottom))
