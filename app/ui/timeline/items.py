"""The drawn things of the timeline: mode ribbon, callback bars, marks.

Each item draws in pixels and asks `pixels` what is worth drawing, so a picture costs what the screen is wide, however
long the run is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app.emu.events import CallbackEntered
from app.ui.format import MODE_NAMES
from app.ui.timeline.bands import CALLBACKS, MARKS, MODE, Band
from app.ui.timeline.ink import Ink
from app.ui.timeline.pixels import Scale, visible_bars, visible_marks, visible_runs
from app.ui.timeline.record import MODES, Mark, Record

_LEAST_ROWS = 3
"""Nested callbacks that find room before bars get thinner."""
_MARK_SIZE = 4.0
_LEAST_LABEL = 12.0
"""Pixels below which no text is tried."""
_LEAST_ROUND = 6.0
"""Pixels below which a bar has square corners."""


class BandItem(pg.GraphicsObject):
    """Something that fills one band of the plot for the whole run."""

    def __init__(self, record: Record, band: Band, ink: Ink) -> None:
        super().__init__()
        self.record = record
        self.ink = ink
        self.band = band
        self._extent = 1.0

    def refresh(self) -> None:
        """The record has grown or the colours changed."""
        if self._extent != self.record.end:
            self.prepareGeometryChange()
            self._extent = self.record.end
        self.update()

    def boundingRect(self) -> QRectF:
        """The band from the first tick to the latest."""
        return QRectF(0.0, self.band.bottom, max(self._extent, 1.0), self.band.height)

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Leave plot coordinates and draw on pixels."""
        transform = painter.worldTransform()
        screen = self.getViewBox().sceneBoundingRect()
        painter.resetTransform()
        scale = Scale(transform.m11(), transform.dx(), screen.left(), screen.right())
        self.draw(painter, scale, transform.mapRect(QRectF(0.0, self.band.bottom, 1.0, self.band.height)))

    @abstractmethod
    def draw(self, painter: QPainter, scale: Scale, place: QRectF) -> None:
        """Draw in pixels; only top and height of `place` count."""


def draw_label(painter: QPainter, box: QRectF, texts: Sequence[str], colour: QColor, font: QFont) -> None:
    """The first of some texts, the longest first, that fits into a box; nothing when none does."""
    if box.width() < _LEAST_LABEL:
        return
    metrics = QFontMetricsF(font)
    if box.height() < metrics.ascent():
        return
    box = box.adjusted(4, 0, -3, 0)
    text = next((text for text in texts if metrics.horizontalAdvance(text) <= box.width()), "")
    if text:
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class ModeRibbon(BandItem):
    """Which mode the processor was in, as one coloured strip."""

    def __init__(self, record: Record, ink: Ink) -> None:
        super().__init__(record, MODE, ink)

    def draw(self, painter: QPainter, scale: Scale, place: QRectF) -> None:
        """One rectangle per run of a mode, with the mode's name where there is room."""
        modes = self.record.run_modes.values
        for left, right, index in visible_runs(self.record.run_starts.values, self.record.end, scale):
            mode = MODES[modes[index]]
            box = QRectF(left, place.top(), max(1.0, right - left), place.height())
            painter.fillRect(box, self.ink.modes[mode])
            box.setLeft(max(box.left(), scale.begin))
            box.setRight(min(box.right(), scale.end))
            draw_label(painter, box, [MODE_NAMES[mode]], self.ink.on_mode, self.ink.small)


class CallbackBars(BandItem):
    """Callback handlers at work: one bar each, nested ones below the one they interrupt."""

    def __init__(self, record: Record, ink: Ink) -> None:
        super().__init__(record, CALLBACKS, ink)

    def draw(self, painter: QPainter, scale: Scale, place: QRectF) -> None:
        """The bars between the edges; one that goes on now ends at the current position."""
        record = self.record
        shown = record.bars_between(*scale.ticks)
        if not len(shown):
            return
        depths = record.bar_depths.values[shown]
        row = place.height() / max(_LEAST_ROWS, int(record.bar_depths.values.max()))
        ends = record.bar_ends.values[shown].clip(max=record.end)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink.bar)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for left, right, index in visible_bars(record.bar_starts.values[shown], ends, depths, scale):
            top = place.top() + (int(depths[index]) - 1) * row
            box = QRectF(left, top, right - left, max(2.0, row - 1.5))
            if box.width() < _LEAST_ROUND:
                painter.fillRect(box, self.ink.bar)
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 2.5, 2.5)
            event = record.log[int(record.bar_seqs.values[shown[index]])][0]
            name = str(event.slot) if isinstance(event, CallbackEntered) else "VMM"
            box.setLeft(max(box.left(), scale.begin))
            draw_label(painter, box, (f"callback {name}", name), self.ink.on_bar, self.ink.small)


class Marks(BandItem):
    """Events worth a mark, one row per kind, each kind with a shape of its own."""

    def __init__(self, record: Record, ink: Ink) -> None:
        super().__init__(record, MARKS, ink)

    def draw(self, painter: QPainter, scale: Scale, place: QRectF) -> None:
        """The marks between the edges."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = place.height() / len(Mark)
        for pixel, code in visible_marks(self.record.mark_ticks.values, self.record.mark_kinds.values, scale):
            kind = Mark(code)
            draw_mark(painter, QPointF(pixel, place.top() + (kind + 0.5) * row), kind, self.ink)


def draw_mark(painter: QPainter, centre: QPointF, kind: Mark, ink: Ink) -> None:
    """The sign of one kind of mark: triangle, diamond, cross, flag."""
    x, y, size = centre.x(), centre.y(), _MARK_SIZE
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.marks[kind])
    corners: tuple[tuple[float, float], ...]
    match kind:
        case Mark.EXCEPTION:
            corners = ((x, y - size), (x + size, y + size), (x - size, y + size))
        case Mark.HARDWARE:
            corners = ((x, y - size), (x + size * 0.8, y), (x, y + size), (x - size * 0.8, y))
        case Mark.PROGRAM:
            corners = (
                (x - 1, y - size),
                (x + size + 1, y - size / 2),
                (x + 1, y),
                (x + 1, y + size),
                (x - 1, y + size),
            )
        case Mark.FAILURE:
            painter.setPen(QPen(ink.marks[kind], 2))
            painter.drawLine(QPointF(x - 3, y - 3), QPointF(x + 3, y + 3))
            painter.drawLine(QPointF(x - 3, y + 3), QPointF(x + 3, y - 3))
            return
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
