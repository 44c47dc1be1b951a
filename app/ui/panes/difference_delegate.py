"""Two values side by side: what differs between them is bold, underlined and coloured."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.theme import colours

_MARGIN = 4.0


def differing(text: str, other: str) -> list[bool]:
    """For each character of a text, whether it differs from another text.

    Texts of one length are compared place by place; of others, what is between the common beginning and the common end
    differs.
    """
    if len(text) == len(other):
        return [one != another for one, another in zip(text, other, strict=True)]
    shortest = min(len(text), len(other))
    head = next((place for place in range(shortest) if text[place] != other[place]), shortest)
    room = shortest - head
    tail = next((place for place in range(room) if text[-1 - place] != other[-1 - place]), room)
    return [head <= place < len(text) - tail for place in range(len(text))]


class DifferenceDelegate(QStyledItemDelegate):
    """Draws a cell beside the cell of the same row it is compared with. other: the column of that one."""

    def __init__(self, other: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._other = other

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """The background is Qt's, the text is ours."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Runs of equal and of differing characters, from the left."""
        super().paint(painter, option, index)
        text, other = str(index.data()), str(index.sibling(index.row(), self._other).data())
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(option.rect)
        x = option.rect.left() + _MARGIN
        marks = iter(differing(text, other))
        for is_different, run in groupby(text, key=lambda _character: next(marks)):
            shown = "".join(run)
            font = QFont(option.font)
            font.setBold(is_different)
            font.setUnderline(is_different)
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            name = "on_accent" if is_selected else "changed" if is_different else "text"
            painter.setPen(QColor(getattr(colours(), name)))
            base = option.rect.top() + (option.rect.height() - metrics.height()) / 2 + metrics.ascent()
            painter.drawText(QPointF(x, base), shown)
            x += metrics.horizontalAdvance(shown)
        painter.restore()
