"""How a page of code is painted: gutter, addresses, bytes, instruction, notes, jump arrows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.debug.snapshot import CodeLine
from app.ui import format as fmt
from app.ui.theme import Colours, colours

DOT_WIDTH = 16
"""The part of the gutter where a click sets a breakpoint."""
_LANES, _LANE_WIDTH = 3, 5
_ARROW_WIDTH = 13
_GUTTER = DOT_WIDTH + _LANES * _LANE_WIDTH + _ARROW_WIDTH
_MNEMONIC_WIDTH = 7
_OPERANDS_WIDTH = 48
"""Operands and a note such as the name of a service, before linear addresses and bytes give way."""
_LEAST_OPERANDS = 30
"""As `rep movsb byte es:[edi], byte [esi]` takes: below this the bytes go."""
_TOKENS = re.compile(r"(?P<number>\b(?:0x)?[0-9][0-9A-Fa-f]*h?\b)|(?P<rest>[A-Za-z_]\w*|[^\w]+|.)")


@dataclass(frozen=True, slots=True)
class Page:
    """What to paint: the lines in view and what is special about them."""

    lines: Sequence[CodeLine]
    cursor: int | None
    """Linear address of the marked line."""
    breakpoints: dict[int, bool]
    """Linear address of each breakpoint, and whether it is enabled."""
    has_focus: bool
    dim: int = 0
    """So many lines at the top stand before the current one. They are read from a guessed byte, so they may be no code
    at all, and are painted in grey."""


class CodePainter:
    """Paints a page with a font into a width; columns give way when the room gets small."""

    def __init__(self, font: QFont, width: float) -> None:
        metrics = QFontMetricsF(font)
        self.row_height = round(metrics.height()) + 3
        self._font, self._bold = font, QFont(font)
        self._bold.setBold(True)
        self._one = metrics.horizontalAdvance("0")
        self._ascent = metrics.ascent() + 1.5
        self._width = width
        room = int((width - _GUTTER) / self._one)
        # An address takes 15 with its gap, a linear one 10, a byte 3.
        self._byte_count = min(max((room - 15 - _MNEMONIC_WIDTH - _OPERANDS_WIDTH) // 3, 4), 8)
        if room < 15 + 13 + _MNEMONIC_WIDTH + _LEAST_OPERANDS:
            self._byte_count = 0  # the instruction matters more; the tooltip has the bytes
        self._has_linear = room >= 15 + 10 + self._byte_count * 3 + 1 + _MNEMONIC_WIDTH + _OPERANDS_WIDTH
        self._linear_x = _GUTTER + 15 * self._one
        self._bytes_x = self._linear_x + (10 * self._one if self._has_linear else 0)
        self._mnemonic_x = self._bytes_x + (self._byte_count * 3 + 1 if self._byte_count else 0) * self._one
        self._operands_x = self._mnemonic_x + _MNEMONIC_WIDTH * self._one

    def paint(self, painter: QPainter, page: Page) -> None:
        """The whole page."""
        named = colours()
        for row, line in enumerate(page.lines):
            self._paint_ground(painter, row, line, page, named)
            self._paint_gutter(painter, row, line, page, named)
            self._paint_text(painter, row, line, named, is_dim=row < page.dim)
        self._paint_jumps(painter, page, named)

    def _paint_ground(self, painter: QPainter, row: int, line: CodeLine, page: Page, named: Colours) -> None:
        ground = QRectF(0, row * self.row_height, self._width, self.row_height)
        if line.is_current:
            painter.fillRect(ground, QColor(named.current_line_fill))
        if line.linear == page.cursor:
            if not line.is_current:
                painter.fillRect(ground, QColor(named.cursor_line_fill))
            if page.has_focus:
                painter.setPen(QPen(QColor(named.accent), 1))
                painter.drawRect(ground.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_gutter(self, painter: QPainter, row: int, line: CodeLine, page: Page, named: Colours) -> None:
        middle = (row + 0.5) * self.row_height
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if (enabled := page.breakpoints.get(line.linear)) is not None:
            painter.setPen(QPen(QColor(named.breakpoint), 1.6))
            painter.setBrush(QColor(named.breakpoint) if enabled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(DOT_WIDTH / 2, middle), 4.6, 4.6)
        if line.is_current:
            left = _GUTTER - _ARROW_WIDTH
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(named.accent))
            corners = ((left + 1, -4.5), (left + 9, 0.0), (left + 1, 4.5))
            painter.drawPolygon(QPolygonF([QPointF(x, middle + y) for x, y in corners]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_text(self, painter: QPainter, row: int, line: CodeLine, named: Colours, *, is_dim: bool) -> None:
        base = row * self.row_height + self._ascent

        def write(x: float, text: str, colour: str, font: QFont = self._font) -> None:
            painter.setFont(font)
            painter.setPen(QColor(named.muted if is_dim else colour))
            painter.drawText(QPointF(x, base), text)

        write(_GUTTER, str(line.address), named.text if line.is_current else named.muted)
        if self._has_linear:
            write(self._linear_x, fmt.dword(line.linear), named.muted)
        if self._byte_count:
            write(self._bytes_x, shortened(line.data, self._byte_count), named.muted)
        is_data = line.mnemonic == "db"
        mnemonic = named.jump if line.is_jump or line.target is not None else named.mnemonic
        write(self._mnemonic_x, line.mnemonic, named.error if is_data else mnemonic, self._bold)
        first = max(len(line.mnemonic) + 1 - _MNEMONIC_WIDTH, 0)  # behind `rep movsb`
        room = int((self._width - self._operands_x) / self._one)
        operands = _cut(line.operands, room - first)
        for token in _TOKENS.finditer(operands):
            colour = named.number if token.lastgroup == "number" else named.text
            write(self._operands_x + (first + token.start()) * self._one, token.group(), colour)
        if line.note:
            column = max(first + len(operands) + 2, 14 if self._byte_count else 0)
            note = _cut(f"; {line.note}", room - column)
            colour = named.accent if line.note.startswith("host!") else named.muted
            write(self._operands_x + column * self._one, note, colour)

    def _paint_jumps(self, painter: QPainter, page: Page, named: Colours) -> None:
        rows = {line.linear: row for row, line in enumerate(page.lines)}
        jumps = [
            (row, rows[line.target], line)
            for row, line in enumerate(page.lines)
            if line.target is not None and line.target in rows and line.target != line.linear
        ]
        jumps.sort(key=lambda jump: abs(jump[0] - jump[1]))
        busy: list[list[tuple[int, int]]] = [[] for _ in range(_LANES)]
        for start, end, line in jumps:
            low, high = min(start, end), max(start, end)
            lane = next((n for n in range(_LANES) if all(high < a or low > b for a, b in busy[n])), _LANES - 1)
            busy[lane].append((low, high))
            self._paint_jump(painter, start, end, lane, named, bright=line.is_current or line.linear == page.cursor)

    def _paint_jump(self, painter: QPainter, start: int, end: int, lane: int, named: Colours, *, bright: bool) -> None:
        right = _GUTTER - _ARROW_WIDTH - 1.5
        x = right - 3.5 - lane * _LANE_WIDTH
        down = 1 if end > start else -1
        top = round((start + 0.5) * self.row_height) + 0.5 + 2 * down
        bottom = round((end + 0.5) * self.row_height) + 0.5 - 2 * down
        path = QPainterPath(QPointF(right, top))
        path.lineTo(x, top)
        path.lineTo(x, bottom)
        path.lineTo(right, bottom)
        colour = QColor(named.jump if bright else named.muted)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2 if bright else 1))
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        head = ((right + 2, 0.0), (right - 2.5, -3.0), (right - 2.5, 3.0))
        painter.drawPolygon(QPolygonF([QPointF(hx, bottom + hy) for hx, hy in head]))


def shortened(data: bytes, most: int) -> str:
    """Bytes in hex, the last ones as an ellipsis when there are too many."""
    return fmt.data(data) if len(data) <= most else f"{fmt.data(data[: most - 1])} …"


def _cut(text: str, room: int) -> str:
    """A text with an ellipsis where it does not fit into so many characters."""
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…" if room > 0 else ""
