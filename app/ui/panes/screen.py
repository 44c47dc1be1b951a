"""The screen pane: what the guest shows, and the keyboard for it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.debug.snapshot import ScreenView, Snapshot
from app.ui.panes.hex_document import CP437
from app.ui.panes.key_names import typed
from app.ui.panes.pane import Pane
from app.ui.theme import colours, mono_font

DOS_COLOURS: Final = (
    "#000000", "#0000AA", "#00AA00", "#00AAAA", "#AA0000", "#AA00AA", "#AA5500", "#AAAAAA",
    "#555555", "#5555FF", "#55FF55", "#55FFFF", "#FF5555", "#FF55FF", "#FFFF55", "#FFFFFF",
)  # fmt: skip
"""The sixteen colours: an attribute's low four bits choose the text's, the next three the ground's."""
_SIGNS: Final = " " + CP437[1:]
_FRAME: Final = 3
_HINT: Final = "Click here, or press Alt+0: keys then go to the program."
_HINT_FOCUSED: Final = "Keys go to the program. Alt+1 or a click elsewhere takes them back, F12 pauses."


class ScreenPane(Pane):
    """Eighty columns by twenty-five rows, as large as the room allows."""

    key, title, icon = "screen", "Screen", "monitor"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.glass = Glass(self)
        self.hint = QLabel(_HINT, self)
        self.hint.setContentsMargins(6, 0, 6, 2)
        self.setFocusProxy(self.glass)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 0)
        column.setSpacing(0)
        column.addWidget(self.glass, stretch=1)
        column.addWidget(self.hint)
        self.glass.installEventFilter(self)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the guest's screen."""
        self.glass.show_screen(snapshot.screen)

    def export_text(self) -> str:
        """The text on the screen."""
        return self.glass.text()

    def eventFilter(self, _glass: object, event: QEvent) -> bool:
        """Keys pressed on the glass go to the guest, most shortcuts of the window included."""
        match event.type():
            case QEvent.Type.ShortcutOverride if isinstance(event, QKeyEvent) and _is_for_guest(event):
                event.accept()
                return True
            case QEvent.Type.KeyPress if isinstance(event, QKeyEvent) and _is_for_guest(event):
                text = typed(event)
                if text:
                    self.request.emit(lambda session: session.type_keys(text))
                return True
            case QEvent.Type.FocusIn:
                self.hint.setText(_HINT_FOCUSED)
            case QEvent.Type.FocusOut:
                self.hint.setText(_HINT)
            case _:
                pass
        return False


def _is_for_guest(event: QKeyEvent) -> bool:
    """Pause, Alt+digit and Ctrl+Alt stay with the debugger: it must be possible to leave."""
    modifiers = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
    alt, control = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
    if modifiers == alt | control or (modifiers == alt and Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_9):
        return False
    if event.key() in {Qt.Key.Key_F12, Qt.Key.Key_Pause}:
        return False
    return bool(typed(event))


class Glass(QWidget):
    """Paints the cells; has a frame while the keyboard is in it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._screen: ScreenView | None = None
        self._font, self._cell = mono_font(), (8.0, 16.0)
        self.setAccessibleName("Screen of the guest")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=True)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setMinimumSize(160, 100)

    def show_screen(self, screen: ScreenView) -> None:
        """Show other cells."""
        if screen != self._screen:
            self._screen = screen
            self.setAccessibleDescription(self.text())
            self._fit()
            self.update()

    def text(self) -> str:
        """The lines of the screen without the blanks at their ends."""
        if self._screen is None:
            return ""
        columns, signs = self._screen.columns, "".join(_SIGNS[code] for code in self._screen.cells[::2])
        lines = [signs[at : at + columns].rstrip() for at in range(0, len(signs), columns)]
        return "\n".join(lines).rstrip("\n")

    def focusNextPrevChild(self, _next: bool) -> bool:
        """Tab is a key like any other."""
        return False

    def resizeEvent(self, _event: object) -> None:
        """The largest font that fits."""
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the frame."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the frame."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Every cell, in runs of one attribute, then the cursor and the frame."""
        painter = QPainter(self)
        if self._screen is not None:
            area = self._area(self._screen)
            painter.fillRect(area, QColor(DOS_COLOURS[0]))
            painter.setFont(self._font)
            for row in range(self._screen.rows):
                self._paint_row(painter, area, row, self._screen)
            self._paint_cursor(painter, area, self._screen)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _area(self, screen: ScreenView) -> QRectF:
        width, height = self._cell[0] * screen.columns, self._cell[1] * screen.rows
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _fit(self) -> None:
        if self._screen is None:
            return
        room = self.width() - 2 * _FRAME, self.height() - 2 * _FRAME
        for pixels in range(28, 4, -1):
            font = QFont(self._font)
            font.setPixelSize(pixels)
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            metrics = QFontMetricsF(font)
            cell = metrics.horizontalAdvance("M"), round(metrics.ascent() + metrics.descent())
            if cell[0] * self._screen.columns <= room[0] and cell[1] * self._screen.rows <= room[1]:
                break
        self._font, self._cell = font, cell

    def _paint_row(self, painter: QPainter, area: QRectF, row: int, screen: ScreenView) -> None:
        width, height = self._cell
        line = screen.cells[row * screen.columns * 2 : (row + 1) * screen.columns * 2]
        signs, attributes = line[::2], line[1::2]
        top = area.top() + row * height
        base = top + QFontMetricsF(self._font).ascent()
        column = 0
        while column < len(attributes):
            end = column + 1
            while end < len(attributes) and attributes[end] == attributes[column]:
                end += 1
            attribute, left = attributes[column], area.left() + column * width
            if attribute >> 4 & 7:
                painter.fillRect(
                    QRectF(left, top, (end - column) * width, height), QColor(DOS_COLOURS[attribute >> 4 & 7])
                )
            run = "".join(_SIGNS[code] for code in signs[column:end])
            if run.strip():
                painter.setPen(QColor(DOS_COLOURS[attribute & 15]))
                painter.drawText(QPointF(left, base), run)
            column = end

    def _paint_cursor(self, painter: QPainter, area: QRectF, screen: ScreenView) -> None:
        if not screen.cursor_visible:
            return
        width, height = self._cell
        column, row = screen.cursor
        thick = max(height / 7, 2)
        at = QRectF(area.left() + column * width, area.top() + (row + 1) * height - thick, width, thick)
        painter.fillRect(at, QColor(DOS_COLOURS[7]))
