"""Where things stand in a hex view: a grid of monospaced characters, and the way back from a pixel to a byte."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

_MARGIN = 6.0


class Side(Enum):
    """The two ways a byte is shown."""

    HEX = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class HexLayout:
    """Address, hex digits in groups of eight bytes, text. Lengths in pixels."""

    per_row: int
    char: float
    row_height: int
    hex_left: float
    text_left: float

    @classmethod
    def of(cls, font: QFont, per_row: int, digits: int = 8) -> HexLayout:
        """The grid for a font, a number of bytes per row and of address digits."""
        metrics = QFontMetricsF(font)
        char = metrics.horizontalAdvance("0")
        hex_left = _MARGIN + (digits + 2) * char
        return cls(
            per_row=per_row,
            char=char,
            row_height=round(metrics.height()) + 3,
            hex_left=hex_left,
            text_left=hex_left + (3 * per_row + per_row // 8) * char,
        )

    @property
    def address_left(self) -> float:
        """Where the address begins."""
        return _MARGIN

    @property
    def width(self) -> int:
        """Everything, with a margin."""
        return round(self.text_left + self.per_row * self.char + _MARGIN)

    def hex_x(self, column: int) -> float:
        """Left edge of a byte's two digits."""
        return self.hex_left + (3 * column + column // 8) * self.char

    def text_x(self, column: int) -> float:
        """Left edge of a byte's character."""
        return self.text_left + column * self.char

    def box(self, row: int, first: int, last: int, side: Side) -> QRectF:
        """The area of the bytes `first` to `last` of a row."""
        if side is Side.HEX:
            left, right = self.hex_x(first) - self.char / 4, self.hex_x(last) + 2.25 * self.char
        else:
            left, right = self.text_x(first), self.text_x(last) + self.char
        return QRectF(left, row * self.row_height, right - left, self.row_height)

    def hit(self, position: QPoint) -> tuple[int, int, Side] | None:
        """Row, column and side at a pixel; None over the address."""
        row = position.y() // self.row_height
        if position.x() >= self.text_left - self.char / 2:
            column = int((position.x() - self.text_left) // self.char)
            return row, max(0, min(column, self.per_row - 1)), Side.TEXT
        if position.x() < self.hex_left - self.char:
            return None
        nearest = min(range(self.per_row), key=lambda column: abs(self.hex_x(column) + self.char - position.x()))
        return row, nearest, Side.HEX
