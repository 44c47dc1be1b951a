"""Paints one row of a stack column."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.debug.snapshot import StackFrame, StackSlot
from app.ui.change_delegate import draw_change_mark
from app.ui.panes.stack_rows import Change, Row, value_text
from app.ui.tables import ROW_ROLE
from app.ui.theme import colours

BAR: Final = 4
"""Width of the bar along a frame."""
_POINTER: Final = 11
"""Room for the live pointer's arrow."""
_CHEVRON: Final = 12
_GAP: Final = 12
_NARROW: Final = 190
"""Pixels below which a column leaves out the addresses; they stay in tooltips and for screen readers."""
_VCENTRE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def bar_colour(level: int) -> QColor:
    """The side bar of a frame: its background's hue, strong."""
    fill = QColor(colours().frame_fill(level))
    return QColor.fromHsl(fill.hslHue(), 130, 120 if fill.lightness() > 128 else 150)


class StackDelegate(QStyledItemDelegate):
    """Address, value, meaning; frames as blocks with a bar and a title; nothing is ever clipped, only elided."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are alike."""
        return QSize(80, QFontMetrics(option.font).height() + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Background and bar, then what kind of row it is."""
        row: Row = index.data(ROW_ROLE)
        painter.save()
        _paint_ground(painter, option, row)
        box = QRect(option.rect).adjusted(BAR + 3, 0, -4, 0)
        if row.slot is not None:
            _paint_slot(painter, QFont(option.font), box, row, row.slot)
        elif row.frame is not None:
            _paint_title(painter, box, row.frame, row.folded)
        else:
            _text(painter, box, row.text, QApplication.font(), colours().muted)
        painter.restore()


def _paint_slot(painter: QPainter, mono: QFont, box: QRect, row: Row, slot: StackSlot) -> None:
    named = colours()
    one = QFontMetrics(mono).horizontalAdvance("0")
    is_narrow = box.width() < _NARROW - BAR
    if row.is_top:
        _paint_pointer(painter, box, QColor(named.text))
    gap = _GAP - 4 if is_narrow else _GAP
    box.adjust(0 if is_narrow else _POINTER, 0, 0, 0)
    if not is_narrow:
        _text(painter, box, row.address, mono, named.text if row.is_top else named.muted)
        box.adjust(one * len(row.address), 0, 0, 0)
    box.adjust(_GAP, 0, 0, 0)
    if row.change is Change.WRITTEN:
        draw_change_mark(painter, box.adjusted(1 - _GAP, 0, 0, 0), 0)
    elif row.change is Change.PUSHED:
        _paint_plus(painter, box.left() - _GAP / 2 - 0.5, box.center().y() + 0.5)
    value = value_text(slot)
    mono.setBold(row.change is not Change.NONE)
    _text(painter, box, value, mono, named.text if row.change is Change.NONE else named.changed)
    box.adjust(one * len(value) + gap, 0, 0, 0)
    words = QApplication.font()
    if slot.points_to is not None:
        _text(painter, box, f"{slot.meaning or 'stack pointer'} →", words, named.link)
    else:
        _text(painter, box, slot.meaning, words, named.text if row.inside else named.muted)


def _paint_title(painter: QPainter, box: QRect, frame: StackFrame, folded: int | None) -> None:
    """What was pushed, bold; who pushed it behind; before it whether slots are folded, at the end how many."""
    if folded is not None:
        _paint_chevron(painter, box, is_open=not folded)
        box.adjust(_CHEVRON, 0, 0, 0)
    if folded:
        more = f"+{folded}"
        width = QFontMetrics(QApplication.font()).horizontalAdvance(more)
        _text(painter, box.adjusted(box.width() - width, 0, 1, 0), more, QApplication.font(), colours().muted)
        box.adjust(0, 0, -width - 4, 0)
    bold = QFont(QApplication.font())
    bold.setBold(True)
    _text(painter, box, frame.label, bold, colours().text)
    box.adjust(QFontMetrics(bold).horizontalAdvance(frame.label) + 7, 0, 0, 0)
    if box.width() > _GAP:
        _text(painter, box, frame.pushed_by, QApplication.font(), colours().muted)


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
    named = colours()
    rect = option.rect
    if row.inside is not None:
        painter.fillRect(rect, QColor(named.frame_fill(row.inside.level)))
        painter.fillRect(QRect(rect.left(), rect.top(), BAR, rect.height()), bar_colour(row.inside.level))
        if row.frame is not None:
            painter.setPen(bar_colour(row.inside.level))
            painter.drawLine(rect.left(), rect.top(), rect.right(), rect.top())
    elif row.is_end:
        painter.setPen(QPen(QColor(named.line), 1, Qt.PenStyle.DashLine))
        painter.drawLine(rect.left() + BAR, rect.top(), rect.right(), rect.top())
    if option.state & QStyle.StateFlag.State_Selected:
        focused = bool(option.state & QStyle.StateFlag.State_Active and option.state & QStyle.StateFlag.State_HasFocus)
        accent = QColor(named.accent)
        painter.setPen(QPen(accent, 1, Qt.PenStyle.SolidLine if focused else Qt.PenStyle.DotLine))
        accent.setAlpha(36)
        painter.setBrush(accent)
        painter.drawRect(rect.adjusted(0, 0, -1, -1))
    elif option.state & QStyle.StateFlag.State_MouseOver:
        veil = QColor(named.accent)
        veil.setAlpha(20)
        painter.fillRect(rect, veil)


def _text(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, _VCENTRE, QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width()))


def _paint_pointer(painter: QPainter, box: QRect, colour: QColor) -> None:
    """The live pointer: a triangle that points at the slot."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    x, y = box.left(), box.center().y() + 0.5
    painter.drawPolygon(QPolygonF([QPointF(x, y - 4), QPointF(x + 7, y), QPointF(x, y + 4)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _paint_chevron(painter: QPainter, box: QRect, *, is_open: bool) -> None:
    """An angle that points right at a folded frame and down at an open one."""
    x, y = box.left() + 2.5, box.center().y() + 0.5
    corners = ((-2, -1.5), (1.5, 2), (5, -1.5)) if is_open else ((0, -3.5), (3.5, 0), (0, 3.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours().muted), 1.5))
    painter.drawPolyline([QPointF(x + dx, y + dy) for dx, dy in corners])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _paint_plus(painter: QPainter, x: float, y: float) -> None:
    """The mark of a slot that was pushed since the stop before."""
    painter.setPen(QPen(QColor(colours().changed), 1.5))
    painter.drawLine(QPointF(x - 2.5, y), QPointF(x + 2.5, y))
    painter.drawLine(QPointF(x, y - 2.5), QPointF(x, y + 2.5))
