"""Short words as chips: the segment registers that hold a selector."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app.ui.change_delegate import ChangeDelegate
from app.ui.theme import colours


class ChipDelegate(ChangeDelegate):
    """Draws each word of a cell as a filled pill. The cell's text stays what copy and screen readers get."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """The background is Qt's, the words are ours."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Background, then the chips from the left."""
        super().paint(painter, option, index)
        words = str(index.data() or "").split()
        if not words:
            return
        named = colours()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        font = QFont(option.font)
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1))
        font.setBold(True)
        metrics = QFontMetricsF(font)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        painter.setClipRect(option.rect)
        x = option.rect.left() + 9.0
        for text in words:
            box = QRectF(x, option.rect.top() + 1.5, metrics.horizontalAdvance(text) + 10, option.rect.height() - 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(named.on_accent if selected else named.accent))
            painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
            painter.setPen(QColor(named.accent if selected else named.on_accent))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            x = box.right() + 3
        painter.restore()
