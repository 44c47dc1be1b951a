"""The head of a stack column: which stack, whose, where, how full, and whether the processor pushes here now."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.debug.snapshot import StackView
from app.emu.events import Stack
from app.ui.format import STACK_NAMES, count, dword, size
from app.ui.panes.stack_rows import owner
from app.ui.theme import colours, mono_font

_MARGIN: Final = 7
_NARROW: Final = 225
"""Pixels below which badges are signs instead of words and the depth gives way to the pointer."""
_LEFT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class StackHead(QWidget):
    """Four short lines and a gauge."""

    def __init__(self, stack: Stack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = stack
        self._view: StackView | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # with keys, every slot's menu offers the same

    def show_stack(self, view: StackView) -> None:
        """Describe a stack."""
        if view == self._view:
            return
        self._view = view
        self.setToolTip(head_text(view))
        self.setAccessibleName(head_text(view))
        self.update()

    def sizeHint(self) -> QSize:
        """Four lines of the window's font."""
        return QSize(220, 4 * self._line + 16)

    @property
    def _line(self) -> int:
        return QFontMetrics(QApplication.font()).height() + 2

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Name and badges; owner; pointer; extent; gauge."""
        named, view = colours(), self._view
        painter = QPainter(self)
        in_use = view is not None and view.in_use
        exists = view is not None and view.exists
        own = QColor(named.stack(self._stack))
        ground = QColor(named.base)
        if in_use:
            tint = QColor(own)
            tint.setAlpha(34)
            painter.fillRect(self.rect(), ground)
            painter.fillRect(self.rect(), tint)
        else:
            painter.fillRect(self.rect(), QColor(named.alternate))
        painter.fillRect(QRect(0, 0, self.width(), 4 if in_use else 2), own if exists else QColor(named.line))
        box = QRect(_MARGIN, 6, self.width() - 2 * _MARGIN, self._line)
        self._paint_title(painter, box, own if exists else QColor(named.muted))
        font = QFont(QApplication.font())
        box.translate(0, self._line)
        _elided(painter, box, owner(view) if view is not None and exists else "does not exist now", font, named.muted)
        if view is not None and view.exists:
            self._paint_place(painter, box, view)
        if self.hasFocus():
            painter.setPen(QColor(named.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_title(self, painter: QPainter, box: QRect, own: QColor) -> None:
        """The name, and from the right: in use, nesting."""
        view, named = self._view, colours()
        right = box.right() + 1
        is_narrow = self.width() < _NARROW
        if view is not None and view.in_use:
            right = _badge(painter, right, box, "●" if is_narrow else "● in use", own, QColor(named.base)) - 4
        if view is not None and view.exists and view.nesting:
            nesting = f"×{view.nesting}" if is_narrow else f"nesting {view.nesting}"
            right = _badge(painter, right, box, nesting, None, QColor(named.text)) - 4
        font = QFont(QApplication.font())
        font.setBold(True)
        room = QRect(box.left(), box.top(), right - box.left(), box.height())
        _elided(painter, room, STACK_NAMES[self._stack], font, own.name())

    def _paint_place(self, painter: QPainter, box: QRect, view: StackView) -> None:
        """Pointer, extent and depth."""
        named = colours()
        mono = mono_font(QApplication.font().pointSizeF())
        bold = QFont(mono)
        bold.setBold(view.in_use)
        box.translate(0, self._line)
        depth = "" if self.width() < _NARROW else f"{count(view.depth)} B deep"
        width = QFontMetrics(QApplication.font()).horizontalAdvance(depth)
        painter.setFont(QApplication.font())
        painter.setPen(QColor(named.text if view.in_use else named.muted))
        painter.drawText(box, _RIGHT, depth)
        pointer = f"{'SS:ESP' if view.pointer.wide else 'SS:SP'} {view.pointer}"
        room = box.width() - width - 6
        if QFontMetrics(bold).horizontalAdvance(pointer) > room:
            pointer = str(view.pointer)
        _elided(painter, box.adjusted(0, 0, -width - 6, 0), pointer, bold, named.text if view.in_use else named.muted)
        box.translate(0, self._line)
        mono.setPointSizeF(max(7.0, mono.pointSizeF() - 1))
        total = size(view.high - view.low)
        painter.setFont(QApplication.font())
        painter.setPen(QColor(named.muted))
        painter.drawText(box, _RIGHT, total)
        width = QFontMetrics(QApplication.font()).horizontalAdvance(total)
        extent = f"{dword(view.low)}–{dword(view.high - 1)}" if self.width() >= _NARROW else f"{count(view.depth)} B of"
        _elided(painter, box.adjusted(0, 0, -width - 6, 0), extent, mono, named.muted)
        self._paint_gauge(painter, view)

    def _paint_gauge(self, painter: QPainter, view: StackView) -> None:
        """How much of the stack is in use: it fills from the right, as the stack grows downwards."""
        bar = QRectF(0, self.height() - 4, self.width(), 3)
        painter.fillRect(bar, QColor(colours().line))
        share = min(1.0, view.depth / max(1, view.high - view.low))
        if share > 0:
            used = max(3.0, bar.width() * share)
            painter.fillRect(bar.adjusted(bar.width() - used, 0, 0, 0), QColor(colours().stack(self._stack)))


def head_text(view: StackView) -> str:
    """The whole head in words: tooltip, screen reader, export."""
    name = f"{STACK_NAMES[view.stack]} stack"
    if not view.exists:
        return f"{name}: does not exist now"
    return "\n".join(
        (
            f"{name}: {owner(view)}" + (" (in use)" if view.in_use else ""),
            f"{'SS:ESP' if view.pointer.wide else 'SS:SP'} {view.pointer}, linear {dword(view.pointer_linear)}",
            f"linear {dword(view.low)} to {dword(view.high - 1)}, {size(view.high - view.low)}",
            f"{count(view.depth)} bytes deep, nesting {view.nesting}",
        )
    )


def _badge(painter: QPainter, right: int, box: QRect, text: str, fill: QColor | None, ink: QColor) -> int:
    """A pill that ends at `right`; returns where it begins."""
    font = QFont(QApplication.font())
    font.setPointSizeF(max(7.0, font.pointSizeF() - 1))
    font.setBold(fill is not None)
    width = QFontMetrics(font).horizontalAdvance(text) + 12
    pill = QRectF(right - width, box.top() + 1, width, box.height() - 2).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours().muted), 1) if fill is None else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else fill)
    painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    return right - width


def _elided(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0, box.width()))
    painter.drawText(box, _LEFT, text)
