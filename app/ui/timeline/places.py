"""Places of the run the user wants to see on the timeline: bookmarks, and the position pinned to compare with."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from app.debug.positions import Position, event_of
from app.ui.timeline.bands import WHOLE
from app.ui.timeline.ink import Ink
from app.ui.timeline.items import BandItem
from app.ui.timeline.pixels import Scale
from app.ui.timeline.record import Record

_SIZE: Final = 4.0


class Flag(NamedTuple):
    """A place worth a flag. position: as it can be typed."""

    position: str
    words: str
    is_pin: bool = False


class PlaceFlags(BandItem):
    """A thin line at each place: a ribbon at its head for a bookmark, a pin for the pinned position."""

    def __init__(self, record: Record, ink: Ink) -> None:
        super().__init__(record, WHOLE, ink)
        self._bookmarks: list[Flag] = []
        self._pin: Flag | None = None

    def show_bookmarks(self, flags: list[Flag]) -> None:
        """Mark other bookmarks."""
        self._bookmarks = flags
        self.update()

    def show_pin(self, flag: Flag | None) -> None:
        """Mark another pinned position, or none."""
        if flag != self._pin:
            self._pin = flag
            self.update()

    def placed(self) -> list[tuple[float, Flag]]:
        """The flags that lie on the run known, with their ticks."""
        flags = self._bookmarks if self._pin is None else [*self._bookmarks, self._pin]
        found = ((tick_of(flag.position, self.record), flag) for flag in flags)
        return [(tick, flag) for tick, flag in found if tick is not None and tick <= self.record.end]

    def near(self, tick: float, reach: float) -> Flag | None:
        """The flag nearest to a tick, within reach."""
        close = [(abs(at - tick), number, flag) for number, (at, flag) in enumerate(self.placed())]
        distance, _number, flag = min(close, default=(reach + 1, 0, None))
        return flag if distance <= reach else None

    def draw(self, painter: QPainter, scale: Scale, place: QRectF) -> None:
        """The lines and their heads."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tick, flag in self.placed():
            x = tick * scale.slope + scale.offset
            if scale.begin <= x <= scale.end:
                painter.setPen(QPen(self.ink.chosen, 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, place.top() + _SIZE), QPointF(x, place.bottom()))
                draw_flag(painter, QPointF(x, place.top() + 1), flag, self.ink)


def draw_flag(painter: QPainter, top: QPointF, flag: Flag, ink: Ink) -> None:
    """The head of a flag's line, below a point: a notched ribbon, or a pin."""
    x, y = top.x(), top.y()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.chosen)
    if flag.is_pin:
        painter.drawEllipse(QPointF(x, y + _SIZE), _SIZE, _SIZE)
        painter.setBrush(ink.background)
        painter.drawEllipse(QPointF(x, y + _SIZE), _SIZE / 3, _SIZE / 3)
        return
    corners = ((x - 3, y), (x + 3, y), (x + 3, y + 9), (x, y + 6), (x - 3, y + 9))
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))


def tick_of(text: str, record: Record) -> float | None:
    """The tick of a position; None where the run is not known to have come, and for what is no position."""
    try:
        position = Position.parse(text)
    except ValueError:
        return None
    if position.kind == "tick":
        return float(position.number + position.plus)
    found = event_of(position, record.log)
    return None if found is None else float(found[0].tick + position.plus)
