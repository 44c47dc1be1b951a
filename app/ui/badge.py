"""A word on a coloured ground: the mode in the status bar, a state in a pane's head."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import colours


class Badge(QWidget):
    """One word. Its ground is the named colour, its text the window's ground."""

    def __init__(self, name: str, parent: QWidget | None = None, widest: str = "") -> None:
        super().__init__(parent)
        self._text, self._colour, self._widest = "", "muted", widest
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        font = self.font()
        font.setBold(True)
        self.setFont(font)

    def show_word(self, text: str, colour: str, tip: str = "") -> None:
        """Show another word. colour: a name from `Colours`."""
        if (text, colour) != (self._text, self._colour):
            self._text, self._colour = text, colour
            self.setAccessibleDescription(text)
            self.updateGeometry()
            self.update()
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        """Room for the word, or for the widest one, so that nothing moves when it changes."""
        metrics = QFontMetrics(self.font())
        width = max(metrics.horizontalAdvance(word) for word in (self._text, self._widest))
        return QSize(width + 16, metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A rounded plate with the word."""
        if not self._text:
            return
        named = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(named, self._colour)))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setPen(QColor(named.base))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
