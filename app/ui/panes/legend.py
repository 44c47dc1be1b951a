"""What the signs and backgrounds of a view mean: swatches with words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import colours

_SWATCH = 16
_GAP = 12


class Entry(NamedTuple):
    """Words, and what draws the swatch beside them into a box."""

    words: str
    paint: Callable[[QPainter, QRectF], None]


def background(brush: Callable[[], QBrush]) -> Callable[[QPainter, QRectF], None]:
    """A box filled as the view fills its cells; asked for its brush when it is painted, in the colours in force."""

    def paint(painter: QPainter, box: QRectF) -> None:
        painter.fillRect(box, QColor(colours().base))
        painter.fillRect(box, brush())
        painter.setPen(QColor(colours().line))
        painter.drawRect(box)

    return paint


def sign(text: str, colour: str, *, underlined: bool = False) -> Callable[[QPainter, QRectF], None]:
    """A sign as the view writes it, bold; colour names a field of `Colours`."""

    def paint(painter: QPainter, box: QRectF) -> None:
        painter.save()
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(getattr(colours(), colour)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        if underlined:
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    return paint


class Legend(QWidget):
    """A line of swatches with words; it goes when there is no room for it."""

    def __init__(self, parent: QWidget, *entries: Entry) -> None:
        super().__init__(parent)
        self._entries = entries
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        words = ", ".join(entry.words for entry in entries)
        self.setAccessibleName(f"Legend: {words}")
        self.setToolTip(words)

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        metrics = self.fontMetrics()
        width = sum(_SWATCH + 4 + metrics.horizontalAdvance(entry.words) + _GAP for entry in self._entries)
        return QSize(width, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """It may go."""
        return QSize(0, self.fontMetrics().height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Swatch, words, swatch, words."""
        if self.width() < self.sizeHint().width() - _GAP:
            return
        painter = QPainter(self)
        x = 0.0
        for entry in self._entries:
            entry.paint(painter, QRectF(x + 0.5, 2.5, _SWATCH - 1, self.height() - 6))
            x += _SWATCH + 4
            painter.setPen(QColor(colours().muted))
            painter.drawText(QRectF(x, 0, 400, self.height()), Qt.AlignmentFlag.AlignVCenter, entry.words)
            x += self.fontMetrics().horizontalAdvance(entry.words) + _GAP
        painter.end()
