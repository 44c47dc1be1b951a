"""Paints a hex view: one pass per row, whole strings where nothing is special."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from app.ui.format import byte
from app.ui.panes.hex_document import CP437, ByteState
from app.ui.panes.hex_layout import Side
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.ui.panes.hex_view import HexView

HATCHES = {
    ByteState.PAST_LIMIT: Qt.BrushStyle.BDiagPattern,
    ByteState.ABSENT: Qt.BrushStyle.DiagCrossPattern,
}
"""How areas without readable bytes are filled."""


def hatch(state: ByteState) -> QBrush:
    """The brush for bytes that cannot be read."""
    return QBrush(QColor(colours().line), HATCHES[state])


def paint_rows(view: HexView, area: QRect) -> None:
    """Draw the rows of a view that touch an area of its viewport."""
    painter = QPainter(view.viewport())
    named = colours()
    painter.fillRect(area, QColor(named.base))
    grid = view.grid
    painter.setPen(QColor(named.line))
    for x in (grid.hex_left - grid.char, grid.text_left - grid.char):
        painter.drawLine(QLineF(round(x) + 0.5, area.top(), round(x) + 0.5, area.bottom()))
    for row in range(area.top() // grid.row_height, area.bottom() // grid.row_height + 1):
        first = view.top + row * grid.per_row
        if first < view.space_size:
            _paint_row(painter, view, row, first)
    painter.end()


def _paint_row(painter: QPainter, view: HexView, row: int, first: int) -> None:
    named, grid, document = colours(), view.grid, view.document
    base = row * grid.row_height + QFontMetricsF(view.font()).ascent() + 1.5
    last = min(grid.per_row, view.space_size - first)
    painter.setFont(view.font())
    painter.setPen(QColor(named.muted))
    painter.drawText(QPointF(grid.address_left, base), f"{first:0{view.digits}X}")
    states = [document.state_at(first + column) for column in range(last)]
    for left, right, state in _runs(states):
        if state in HATCHES:
            for side in Side:
                painter.fillRect(grid.box(row, left, right, side), hatch(state))
    _paint_selection(painter, view, row, first, last)
    values = [document.byte_at(first + column) for column in range(last)]
    codes = ["  " if state is ByteState.UNKNOWN else "··" for state in states]
    letters = [" "] * last
    for column, value in enumerate(values):
        if value is not None:
            codes[column], letters[column] = byte(value), CP437[value]
    _paint_bytes(painter, view, base, first, codes, grid.hex_x)
    _paint_bytes(painter, view, base, first, letters, grid.text_x)
    if first <= view.position < first + last:
        _paint_cursor(painter, view, row, view.position - first)


def _paint_bytes(
    painter: QPainter, view: HexView, base: float, first: int, texts: list[str], place: Callable[[int], float]
) -> None:
    """Draw one side of a row: zeros step back, changed bytes stand out by weight, colour and a line below."""
    named = colours()
    plain, bold = view.font(), QFont(view.font())
    bold.setBold(True)
    for column, text in enumerate(texts):
        x = place(column)
        if first + column in view.document.changed:
            painter.setFont(bold)
            painter.setPen(QPen(QColor(named.changed), 1))
            painter.drawLine(QLineF(x, base + 2.5, x + len(text) * view.grid.char, base + 2.5))
            painter.drawText(QPointF(x, base), text)
            painter.setFont(plain)
        elif text.strip():
            painter.setPen(QColor(named.muted if text in {"00", "··", "·"} else named.text))
            painter.drawText(QPointF(x, base), text)


def _paint_selection(painter: QPainter, view: HexView, row: int, first: int, last: int) -> None:
    start, end = view.selection
    left, right = max(start, first) - first, min(end, first + last) - 1 - first
    if end - start < 2 or left > right:
        return
    for side in Side:
        painter.fillRect(view.grid.box(row, left, right, side), QColor(colours().cursor_line_fill))


def _paint_cursor(painter: QPainter, view: HexView, row: int, column: int) -> None:
    """A frame around the byte, strong on the side that takes the keys; a bar under the digit typed next."""
    accent = QColor(colours().accent)
    for side in Side:
        box = view.grid.box(row, column, column, side).adjusted(0.5, 0.5, -0.5, -0.5)
        active = side is view.side and view.hasFocus()
        painter.setPen(QPen(accent, 1, Qt.PenStyle.SolidLine if active else Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
    if view.side is Side.HEX and view.hasFocus() and view.is_editable:
        x = view.grid.hex_x(column) + (view.grid.char if view.low_nibble else 0)
        painter.fillRect(QRectF(x, (row + 1) * view.grid.row_height - 3, view.grid.char, 2), accent)


def _runs(states: list[ByteState]) -> Iterator[tuple[int, int, ByteState]]:
    """Neighbours with the same state: first column, last column, state."""
    begin = 0
    for column in range(1, len(states) + 1):
        if column == len(states) or states[column] is not states[begin]:
            yield begin, column - 1, states[begin]
            begin = column
