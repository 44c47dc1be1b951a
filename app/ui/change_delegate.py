"""How a changed value looks: by colour, and by a mark that needs no colour. It fades by stops."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.theme import colours

AGE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""Stops since a value changed: 0 at this stop, up to `OLDEST_AGE`; None when it did not."""
OLDEST_AGE: Final = 2
_MARK_ROOM: Final = 5


def change_colour(age: int) -> QColor:
    """The text colour of a value that changed `age` stops ago."""
    return QColor(colours().changed if age == 0 else colours().changed_old)


def change_font(font: QFont, age: int | None) -> QFont:
    """Bold for what changed at this stop."""
    font = QFont(font)
    font.setBold(age == 0)
    return font


def draw_change_mark(painter: QPainter, cell: QRect, age: int) -> None:
    """A dot at the left edge of a cell: full when the value changed at this stop, a ring when one or two ago."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(change_colour(age))
    painter.setBrush(change_colour(age) if age == 0 else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(cell.left() + 3.5, cell.center().y() + 0.5), 1.9, 1.9)
    painter.restore()


class ChangeDelegate(QStyledItemDelegate):
    """Draws cells of models that answer `AGE_ROLE`."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Bold and coloured while the change is fresh; selected rows keep the selection's own text colour."""
        super().initStyleOption(option, index)
        age = index.data(AGE_ROLE)
        if age is not None:
            option.font = change_font(option.font, age)
            option.palette.setColor(QPalette.ColorRole.Text, change_colour(age))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The cell, moved a little to the right: the room left of it belongs to the mark."""
        cell = QRect(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if (background := index.data(Qt.ItemDataRole.BackgroundRole)) is not None:
            painter.fillRect(cell, background)
        if is_selected:
            active = option.state & QStyle.StateFlag.State_Active
            group = QPalette.ColorGroup.Active if active else QPalette.ColorGroup.Inactive
            painter.fillRect(cell, option.palette.brush(group, QPalette.ColorRole.Highlight))
        option.rect = cell.adjusted(_MARK_ROOM, 0, 0, 0)
        super().paint(painter, option, index)
        age = index.data(AGE_ROLE)
        if age is not None and not is_selected:
            draw_change_mark(painter, cell, age)
