"""The strip below a descriptor table: the eight bytes of the selected entry, taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.debug.snapshot import DescriptorRow
from app.ui.format import byte, dword, size, word
from app.ui.icons import icon
from app.ui.panes.descriptor_words import Bit, access_bits, flag_bits, is_gate, is_unused, parts
from app.ui.theme import colours, mono_font

_CELL: Final = 40


class DescriptorBytes(QWidget):
    """Eight bytes as they lie in memory, each field below those that hold it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row: DescriptorRow | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Bytes of the descriptor")

    def show_row(self, row: DescriptorRow | None) -> None:
        """Take another descriptor apart."""
        self._row = row
        if row is not None:
            fields = (f"{part.name} {part.value}" for part in parts(row.raw, row.descriptor))
            self.setAccessibleDescription(", ".join(fields))
        self.update()

    def sizeHint(self) -> QSize:
        """Eight cells, three lines."""
        return QSize(8 * _CELL + 2, 3 * self.fontMetrics().height() + 10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bytes on top, a bracket per field, its name and value."""
        if self._row is None:
            return
        named = colours()
        painter = QPainter(self)
        line = self.fontMetrics().height()
        small = QFont(self.font())
        small.setPointSizeF(max(7.0, small.pointSizeF() - 1))
        for part in parts(self._row.raw, self._row.descriptor):
            left, width = part.first * _CELL + 1, (part.last - part.first + 1) * _CELL - 3
            painter.fillRect(QRectF(left, 0, width, line + 4), QColor(named.base))
            painter.setPen(QPen(QColor(named.line), 1))
            painter.drawRect(QRectF(left + 0.5, 0.5, width - 1, line + 3))
            painter.setFont(mono_font())
            painter.setPen(QColor(named.text))
            for number in range(part.first, part.last + 1):
                cell = QRectF(number * _CELL, 0, _CELL, line + 4)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, byte(self._row.raw[number]))
            painter.setPen(QPen(QColor(named.accent), 2))
            painter.drawLine(left + 1, line + 6, left + width - 1, line + 6)
            painter.setFont(small)
            painter.setPen(QColor(named.muted))
            below = QRectF(left - 1, line + 8, width + 2, line)
            name = QFontMetricsF(small).elidedText(part.name, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
            painter.setFont(mono_font(small.pointSizeF()))
            painter.setPen(QColor(named.number))
            painter.drawText(below.translated(0, line - 1), Qt.AlignmentFlag.AlignCenter, part.value)
        painter.end()


class DescriptorDetails(QWidget):
    """Bytes, bits in words, and the way to the segment's memory."""

    show_memory = Signal(object)
    """Linear address of the segment's base."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row: DescriptorRow | None = None
        self.bytes = DescriptorBytes(self)
        self.head, self.bits = QLabel(self), QLabel(self)
        for label in (self.head, self.bits):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
        self.head.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.button = QToolButton(self)
        self.button.setText("Show in memory")
        self.button.setIcon(icon("memory-stick"))
        self.button.setToolTip("Show the segment's first byte in the memory pane")
        self.button.clicked.connect(self._show_memory)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.bytes)
        top.addWidget(self.head, 1)
        top.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.bits)
        self.show_row(None)

    def show_row(self, row: DescriptorRow | None) -> None:
        """Explain an entry, or say that none is selected."""
        self._row = row
        self.bytes.show_row(row)
        self.bytes.setVisible(row is not None)
        self.button.setVisible(row is not None and not is_gate(row.descriptor))
        self.head.setText("Select an entry to see its bytes taken apart." if row is None else head_html(row))
        self.bits.setText("" if row is None else bits_html(row))
        self.bits.setVisible(row is not None)

    def _show_memory(self) -> None:
        if self._row is not None:
            self.show_memory.emit(self._row.descriptor.base)


def head_html(row: DescriptorRow) -> str:
    """What an entry is, where it leads, whose it is."""
    descriptor, whose = row.descriptor, f"selector {word(row.selector)}, {row.owner}"
    if is_unused(row):
        return "A free entry: all bytes are zero."
    if is_gate(descriptor):
        target = "" if row.handler is None else f"to <b>{row.handler}</b><br>"
        return f"<b>{descriptor.describe()}</b><br>{target}{row.owner}"
    last = descriptor.base + descriptor.limit & 0xFFFFFFFF
    extent = f"linear {dword(descriptor.base)} to {dword(last)}, {size(descriptor.limit + 1)}"
    return f"<b>{descriptor.describe()}</b><br>{extent}<br>{whose}"


def bits_html(row: DescriptorRow) -> str:
    """The access byte and the flags, bit by bit."""
    text = f"access&nbsp;{byte(row.descriptor.access)}: {_bits(access_bits(row.descriptor))}"
    flags = flag_bits(row.descriptor)
    return f"{text}&nbsp;&nbsp; flags&nbsp;{row.descriptor.flags:X}: {_bits(flags)}" if flags else text


def _bits(bits: Iterable[Bit]) -> str:
    return " · ".join(f"<b>{bit.name}&nbsp;{bit.value}</b>&nbsp;{bit.words.replace(' ', '&nbsp;')}" for bit in bits)
