"""The screen pane: what the guest shows, and its keyboard and mouse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.debug.snapshot import Snapshot, Status
from app.emu.bios.graphics_text import GRAPHICS_COLUMNS, GRAPHICS_ROWS
from app.emu.bios.screen import Screen
from app.emu.devices.mouse import BUTTONS
from app.ui.panes.hex_document import CP437
from app.ui.panes.key_names import typed
from app.ui.panes.pane import Pane
from app.ui.theme import colours, mono_font

_SIGNS: Final = " " + CP437[1:]
_FRAME: Final = 3
_ASPECT: Final = 4 / 3
"""Width to height of the picture in mode 13h: its pixels are higher than wide."""
_BETWEEN_MOVES: Final = 40
"""Milliseconds between two movements of the mouse passed on; those between are joined."""
_BUTTONS: Final = {
    Qt.MouseButton.LeftButton: BUTTONS["left"],
    Qt.MouseButton.RightButton: BUTTONS["right"],
    Qt.MouseButton.MiddleButton: BUTTONS["middle"],
}
_HINT: Final = "Click here, or press Alt+0: keys and mouse then go to the program."
_HINT_FOCUSED: Final = "Keys and mouse go to the program. Alt+1 or a click elsewhere takes them back, F12 pauses."


class ScreenPane(Pane):
    """The picture as large as the room allows. While it has the keyboard, the mouse over it is the guest's, too.

    Not when the program has no use for it, and not in the past, where it would begin a new branch by merely passing.
    """

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
        self._snapshot: Snapshot | None = None
        self._place = self._sent_place = (-1, -1)
        """Where the mouse is in the guest's coordinates, and where the guest was told it is."""
        self._buttons = 0
        self._enters = False
        """The next press is the click that brought the keyboard here."""
        self._moves = QTimer(self)
        self._moves.setSingleShot(True)
        self._moves.setInterval(_BETWEEN_MOVES)
        self._moves.timeout.connect(self._send_place)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the guest's screen."""
        self._snapshot = snapshot
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
            case QEvent.Type.MouseMove if isinstance(event, QMouseEvent):
                self._mouse_moved(event)
            case QEvent.Type.MouseButtonPress | QEvent.Type.MouseButtonDblClick if isinstance(event, QMouseEvent):
                self._mouse_button(event, self._buttons | _BUTTONS.get(event.button(), 0))
            case QEvent.Type.MouseButtonRelease if isinstance(event, QMouseEvent):
                self._mouse_button(event, self._buttons & ~_BUTTONS.get(event.button(), 0))
            case QEvent.Type.FocusIn if isinstance(event, QFocusEvent):
                self._enters = event.reason() is Qt.FocusReason.MouseFocusReason
                self.hint.setText(_HINT_FOCUSED)
            case QEvent.Type.FocusOut:
                self._hold(0)
                self.hint.setText(_HINT)
            case _:
                pass
        return False

    # The mouse

    def _mouse_moved(self, event: QMouseEvent) -> None:
        """Pass a movement on while the program runs."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.status not in {Status.RUNNING, Status.WAITING} or not self._points(event):
            return
        if not self._moves.isActive():
            self._moves.start()

    def _mouse_button(self, event: QMouseEvent, buttons: int) -> None:
        """Pass a button on, at the place where it was pressed; the click that brings the keyboard here stays ours."""
        if self._enters:
            self._enters = False
        elif self._points(event):
            self._hold(buttons)

    def _points(self, event: QMouseEvent) -> bool:
        """Note the place the mouse is at; False when the guest is not to hear of it."""
        snapshot = self._snapshot
        if not self.glass.hasFocus() or snapshot is None or not snapshot.at_end or snapshot.pointer_area is None:
            return False
        self._place = self.glass.place(event.position(), snapshot.pointer_area)
        return True

    def _hold(self, buttons: int) -> None:
        if buttons != self._buttons:
            self._buttons = buttons
            self._send_place()
            self.request.emit(lambda session: session.hold_mouse_buttons(buttons))

    def _send_place(self) -> None:
        if self._place != self._sent_place:
            self._sent_place = x, y = self._place
            self.request.emit(lambda session: session.move_mouse(x, y))


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
        self._screen: Screen | None = None
        self._font, self._cell = mono_font(), (8.0, 16.0)
        self.setAccessibleName("Screen of the guest")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 100)

    def show_screen(self, screen: Screen) -> None:
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

    def place(self, position: QPointF, size: tuple[int, int]) -> tuple[int, int]:
        """A position of the mouse as a place on a screen of this size; beside the picture it is at its edge."""
        if self._screen is None:
            return 0, 0
        area = self._area(self._screen)
        x = (position.x() - area.left()) / area.width() * size[0]
        y = (position.y() - area.top()) / area.height() * size[1]
        return min(max(int(x), 0), size[0] - 1), min(max(int(y), 0), size[1] - 1)

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
        """The picture, or every cell in runs of one attribute and the cursor; then the frame."""
        painter = QPainter(self)
        if self._screen is not None and self._screen.pixels:
            painter.drawImage(self._area(self._screen), _picture(self._screen))
        elif self._screen is not None:
            area = self._area(self._screen)
            painter.fillRect(area, _colour(self._screen, 0))
            painter.setFont(self._font)
            for row in range(self._screen.rows):
                self._paint_row(painter, area, row, self._screen)
            self._paint_cursor(painter, area, self._screen)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _area(self, screen: Screen) -> QRectF:
        if screen.pixels:
            room = self.width() - 2 * _FRAME, self.height() - 2 * _FRAME
            height = min(room[1], room[0] / _ASPECT)
            width = height * _ASPECT
        else:
            width, height = self._cell[0] * screen.columns, self._cell[1] * screen.rows
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _fit(self) -> None:
        if self._screen is None or self._screen.pixels:
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

    def _paint_row(self, painter: QPainter, area: QRectF, row: int, screen: Screen) -> None:
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
            ground = attribute >> 4 & (7 if screen.blinks else 15)
            if ground:
                painter.fillRect(QRectF(left, top, (end - column) * width, height), _colour(screen, ground))
            run = "".join(_SIGNS[code] for code in signs[column:end])
            if run.strip():
                painter.setPen(_colour(screen, attribute & 15))
                painter.drawText(QPointF(left, base), run)
            column = end

    def _paint_cursor(self, painter: QPainter, area: QRectF, screen: Screen) -> None:
        if not screen.cursor_visible:
            return
        width, height = self._cell
        column, row = screen.cursor
        first, last = (min(line, screen.cell_lines - 1) for line in screen.cursor_lines)
        top = area.top() + (row + first / screen.cell_lines) * height
        thick = max((last + 1 - first) / screen.cell_lines * height, 2)
        painter.fillRect(QRectF(area.left() + column * width, top, width, thick), _colour(screen, 7))


def _colour(screen: Screen, number: int) -> QColor:
    """One of the guest's colours."""
    return QColor(*screen.colours[3 * number : 3 * number + 3])


def _picture(screen: Screen) -> QImage:
    """The pixels of mode 13h."""
    form = QImage.Format.Format_Indexed8
    image = QImage(screen.pixels, GRAPHICS_COLUMNS, GRAPHICS_ROWS, GRAPHICS_COLUMNS, form).copy()
    image.setColorTable([_colour(screen, number).rgb() for number in range(256)])
    return image
