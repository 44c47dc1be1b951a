"""Bytes as hex digits and as text: draws a `HexDocument`, moves through it, takes what is typed.

Decision: painted by hand in a `QAbstractScrollArea`. A table view of 33 columns repaints four times slower and cannot
hatch what lies past a segment's limit as one area.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.format import byte, dword
from app.ui.panes.hex_document import CP437, ByteState, HexDocument
from app.ui.panes.hex_layout import HexLayout, Side
from app.ui.panes.hex_painter import paint_rows
from app.ui.theme import mono_font

_MARGIN_ROWS = 8
"""Rows asked for beyond what is seen, so that a turn of the wheel shows bytes at once."""


class HexView(QAbstractScrollArea):
    """A window on one space of memory. It knows only the bytes it was given and asks for others as it scrolls."""

    wanted = Signal(object, int)
    """Start and size of the bytes in view that are not known (start may exceed 31 bits)."""
    typed = Signal(object, int)
    """Offset of a byte and its new value."""
    cursor_moved = Signal(object)
    """Offset of the byte under the cursor."""
    scrolled_by_hand = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = HexDocument()
        self.grid = HexLayout.of(self.font(), 16)
        self.space_size = 0x1_0000_0000
        self.digits = 8
        self.position = 0
        self.anchor = 0
        self.side = Side.HEX
        self.low_nibble = False
        self.is_editable = False
        self._asked: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Memory bytes")
        self.setFont(mono_font())
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().actionTriggered.connect(lambda _action: self.scrolled_by_hand.emit())
        self._fit()

    # What is shown

    def show_document(self, document: HexDocument) -> None:
        """Draw new bytes of the same space."""
        if document == self.document:
            return
        self.document = document
        self.viewport().update()
        self._describe()

    def open_space(self, size: int, digits: int, offset: int) -> None:
        """Turn to a byte of another space of `size` bytes; nothing is known of it yet."""
        self.document = HexDocument()
        self._asked = None
        self.space_size = size
        self.digits = digits
        with QSignalBlocker(self.verticalScrollBar()):
            self._fit()
        self.go_to(offset)

    def go_to(self, offset: int) -> None:
        """Put the cursor on a byte and its row at the top."""
        bar = self.verticalScrollBar()
        with QSignalBlocker(bar):
            self._move(offset, select=False)
            bar.setValue(self.position // self.grid.per_row)
        self.viewport().update()
        self.ask()

    @property
    def top(self) -> int:
        """Offset of the first byte in view."""
        return self.verticalScrollBar().value() * self.grid.per_row

    @property
    def rows_in_view(self) -> int:
        """Rows that fit, a partly visible one included."""
        return self.viewport().height() // self.grid.row_height + 1

    @property
    def selection(self) -> tuple[int, int]:
        """First byte selected, and the one behind the last."""
        return min(self.anchor, self.position), max(self.anchor, self.position) + 1

    def ask(self) -> None:
        """Say which bytes are missing, if any, but not twice the same: they may be on their way, or not to be had."""
        first = self.top
        last = min(self.space_size, first + self.rows_in_view * self.grid.per_row)
        if self.document.covers(first, last):
            return
        margin = _MARGIN_ROWS * self.grid.per_row
        first = max(0, first - margin)
        missing = first, min(self.space_size, last + margin) - first
        if missing != self._asked:
            self._asked = missing
            self.wanted.emit(*missing)

    def selected_text(self) -> str:
        """The selection as it would be pasted: hex digits, or text from the text column."""
        first, last = self.selection
        values = [self.document.byte_at(offset) for offset in range(first, min(last, first + 0x1_0000))]
        if self.side is Side.TEXT:
            return "".join("." if value is None else CP437[value] for value in values)
        return " ".join("··" if value is None else byte(value) for value in values)

    def dump(self) -> str:
        """The rows in view as lines of address, digits and text."""
        lines = []
        for start in range(self.top, min(self.space_size, self.document.end), self.grid.per_row)[
            : self.rows_in_view - 1
        ]:
            values = [self.document.byte_at(start + column) for column in range(self.grid.per_row)]
            digits = " ".join("··" if value is None else byte(value) for value in values)
            text = "".join(" " if value is None else CP437[value] for value in values)
            lines.append(f"{start:0{self.digits}X}  {digits}  {text}")
        return "\n".join(lines)

    # Size and painting

    def _fit(self) -> None:
        """Take as many bytes per row as the width holds: 16, or 8 in a narrow dock."""
        wide = HexLayout.of(self.font(), 16, self.digits)
        top = self.top
        self.grid = wide if self.viewport().width() >= wide.width else HexLayout.of(self.font(), 8, self.digits)
        rows = -(-self.space_size // self.grid.per_row)
        page = max(1, self.viewport().height() // self.grid.row_height)
        bar = self.verticalScrollBar()
        bar.setPageStep(page)
        bar.setRange(0, max(0, rows - page))
        bar.setValue(top // self.grid.per_row)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Sixteen bytes by sixteen rows."""
        wide = HexLayout.of(self.font(), 16, self.digits)
        return QSize(wide.width + self.verticalScrollBar().sizeHint().width() + 4, 16 * wide.row_height)

    def minimumSizeHint(self) -> QSize:
        """Eight bytes by four rows."""
        narrow = HexLayout.of(self.font(), 8, self.digits)
        return QSize(narrow.width + self.verticalScrollBar().sizeHint().width() + 4, 4 * narrow.row_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer bytes fit."""
        super().resizeEvent(event)
        self._fit()
        self.ask()

    def changeEvent(self, event: QEvent) -> None:
        """Another font means another grid."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows in view."""
        paint_rows(self, event.rect())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The cursor looks different with the focus."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The same."""
        super().focusOutEvent(event)
        self.viewport().update()

    def _scrolled(self) -> None:
        self.viewport().update()
        self.ask()

    # Moving

    def _move(self, offset: int, *, select: bool) -> None:
        self.position = max(0, min(offset, self.space_size - 1))
        if not select:
            self.anchor = self.position
        self.low_nibble = False
        row, bar = self.position // self.grid.per_row, self.verticalScrollBar()
        if row < bar.value():
            bar.setValue(row)
        elif row >= bar.value() + bar.pageStep():
            bar.setValue(row - bar.pageStep() + 1)
        self.viewport().update()
        self._describe()
        self.cursor_moved.emit(self.position)

    def _describe(self) -> None:
        value = self.document.byte_at(self.position)
        words = {
            ByteState.PAST_LIMIT: "past the limit",
            ByteState.ABSENT: "page absent",
            ByteState.UNKNOWN: "not read yet",
        }.get(self.document.state_at(self.position), "")
        self.setAccessibleDescription(
            f"{dword(self.position)}: {words if value is None else f'{byte(value)} {CP437[value]}'}"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor on the byte clicked, in the column clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._point_at(event.position().toPoint(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select by dragging."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point_at(event.position().toPoint(), select=True)

    def _point_at(self, position: QPoint, select: bool) -> None:
        hit = self.grid.hit(position)
        if hit is None:
            return
        row, column, side = hit
        if not select:
            self.side = side
        self._move((self.verticalScrollBar().value() + row) * self.grid.per_row + column, select=select)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, pages, Home and End move; hex digits or text overwrite."""
        row, page = self.grid.per_row, self.verticalScrollBar().pageStep() * self.grid.per_row
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Backspace: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -row,
            Qt.Key.Key_Down: row,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -self.position if control else -(self.position % row),
            Qt.Key.Key_End: self.space_size if control else row - 1 - self.position % row,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self.scrolled_by_hand.emit()
            self._move(self.position + step, select=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif control or not self._type(event.text()):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """What would be typed into the text column is no shortcut."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether a key is text for the text column."""
        chords = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        return self.is_editable and self.side is Side.TEXT and not chords and event.text().isprintable()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from the hex digits to the text before it leaves the view."""
        if forward and self.side is Side.HEX:
            self.side = Side.TEXT
        elif not forward and self.side is Side.TEXT:
            self.side = Side.HEX
        else:
            return super().focusNextPrevChild(forward)
        self.low_nibble = False
        self.viewport().update()
        return True

    # Typing

    def _type(self, text: str) -> bool:
        """Overwrite at the cursor; False when the text means nothing here."""
        old = self.document.byte_at(self.position)
        if not self.is_editable or old is None or len(text) != 1 or not text.isprintable():
            return False
        if self.side is Side.TEXT:
            code = text.encode("cp437", "replace")[0]
            self._write(code)
            self._move(self.position + 1, select=False)
            return True
        if text not in "0123456789abcdefABCDEF":
            return False
        digit = int(text, 16)
        if self.low_nibble:
            self._write(old & 0xF0 | digit)
            self._move(self.position + 1, select=False)
        else:
            self._write(digit << 4 | old & 0x0F)
            self.low_nibble = True
        return True

    def _write(self, value: int) -> None:
        self.document = self.document.patched(self.position, value)
        self.typed.emit(self.position, value)
        self.viewport().update()
