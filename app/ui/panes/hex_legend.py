"""What the signs of a hex view mean."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.panes.hex_document import ByteState
from app.ui.panes.hex_painter import hatch
from app.ui.theme import colours

_ENTRIES = (("changed", None), ("past the limit", ByteState.PAST_LIMIT), ("page absent", ByteState.ABSENT))
_SWATCH = 16
_GAP = 12


class HexLegend(QWidget):
    """Three swatches with words; it goes when there is no room for it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend: " + ", ".join(words for words, _state in _ENTRIES))

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        metrics = self.fontMetrics()
        width = sum(_SWATCH + 4 + metrics.horizontalAdvance(words) + _GAP for words, _state in _ENTRIES)
        return QSize(width, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """It may go."""
        return QSize(0, self.fontMetrics().height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Swatch, words, swatch, words."""
        if self.width() < self.sizeHint().width():
            return
        named = colours()
        painter = QPainter(self)
        x = 0.0
        for words, state in _ENTRIES:
            box = QRectF(x + 0.5, 2.5, _SWATCH - 1, self.height() - 6)
            if state is None:
                font = painter.font()
                font.setBold(True)
                painter.setFont(font)
                painter.setPen(QColor(named.changed))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "A5")
                painter.drawLine(box.bottomLeft(), box.bottomRight())
                painter.setFont(self.font())
            else:
                painter.fillRect(box, QColor(named.base))
                painter.fillRect(box, hatch(state))
                painter.setPen(QColor(named.line))
                painter.drawRect(box)
            x += _SWATCH + 4
            painter.setPen(QColor(named.muted))
            painter.drawText(QRectF(x, 0, 400, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            x += self.fontMetrics().horizontalAdvance(words) + _GAP
        painter.end()
