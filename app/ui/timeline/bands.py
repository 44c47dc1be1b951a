"""Where things lie on the timeline: one plot, cut into horizontal bands. One unit of height is one stack lane."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.events import Stack


class Band(NamedTuple):
    """A strip of the plot, in plot units."""

    name: str
    bottom: float
    top: float

    @property
    def middle(self) -> float:
        """Where the band's name stands on the axis."""
        return (self.bottom + self.top) / 2

    @property
    def height(self) -> float:
        """In plot units."""
        return self.top - self.bottom


MODE: Final = Band("Mode", 7.0, 8.0)
LANES: Final = {
    Stack.APPLICATION: Band("Application", 5.95, 6.85),
    Stack.LOCKED: Band("Locked", 4.95, 5.85),
    Stack.REAL: Band("Real mode", 3.95, 4.85),
    Stack.RING0: Band("Ring 0", 2.95, 3.85),
}
CALLBACKS: Final = Band("Callbacks", 1.45, 2.75)
MARKS: Final = Band("Marks", 0.1, 1.25)
BANDS: Final = (MODE, *LANES.values(), CALLBACKS, MARKS)
TOP: Final = 8.5
"""Above the mode there is room for the heads of the flags."""
WHOLE: Final = Band("", 0.0, TOP)
