"""The time axis: guest instructions, in units people read."""

from __future__ import annotations

import pyqtgraph as pg

from app.ui.format import count

_UNITS = ((1e9, " G"), (1e6, " M"), (1e3, " k"))


def tick_text(tick: float, spacing: float) -> str:
    """A tick on the axis, with as many digits as the spacing needs: `12.5 k`, `1.204 M`, `120 345`."""
    for size, unit in _UNITS:
        if abs(tick) >= size and spacing >= size / 1000:
            text = f"{tick / size:.3f}".rstrip("0").rstrip(".")
            return text + unit
    return count(round(tick))


class TickAxis(pg.AxisItem):
    """The bottom axis. Only whole instructions get a label."""

    def tickValues(self, left: float, right: float, size: float) -> list[tuple[float, list[float]]]:
        """Levels of ticks, none finer than one instruction."""
        return [(spacing, values) for spacing, values in super().tickValues(left, right, size) if spacing >= 1]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """The labels of one level."""
        return [tick_text(value, spacing) for value in values]
