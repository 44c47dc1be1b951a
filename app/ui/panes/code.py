"""The code pane: the instructions at CS:(E)IP, breakpoints, and a cursor line to run to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QToolTip, QVBoxLayout, QWidget

from app.debug.snapshot import CodeLine, Snapshot
from app.emu.machine import Place
from app.ui import format as fmt
from app.ui.panes.code_painter import DOT_WIDTH, CodePainter, Page
from app.ui.panes.code_window import CodeWindow
from app.ui.panes.pane import Pane, Spot
from app.ui.theme import mono_font


class CodeView(QAbstractScrollArea):
    """Paints the lines in view and moves the cursor.

    Signals
        wanted(dict): fields of `Interest` to ask for.
        breakpoint_clicked(int): the gutter was clicked at a linear address.
    """

    wanted = Signal(dict)
    breakpoint_clicked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Code")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setBackgroundRole(self.palette().ColorRole.Base)
        self.setFont(mono_font())
        self.window_ = CodeWindow()
        self.cursor_linear: int | None = None
        self._breakpoints: dict[int, bool] = {}
        self._back: list[int] = []
        self._stop = Place(-1, 0), 0
        self._painter = CodePainter(self.font(), self.viewport().width())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the code of a snapshot; after a step the cursor stands on the current instruction."""
        self._breakpoints = {row.linear: row.enabled for row in snapshot.breakpoints if row.linear is not None}
        stop = snapshot.place, snapshot.registers.code_linear  # an edit of CS:(E)IP moves the view, too
        if stop != self._stop or self.cursor_linear is None:
            self._stop = stop
            self.cursor_linear = snapshot.registers.code_linear
        self.window_.show(snapshot.code, stop)
        current = next((line for line in snapshot.code if line.is_current), None)
        if current is not None:
            self.setAccessibleDescription(text_of(current))
        self._refresh()

    def go_to(self, linear: int) -> None:
        """Bring an address into view and put the cursor there."""
        if self.cursor_linear is not None:
            self._back.append(self.cursor_linear)
        self._jump(linear)

    def go_back(self) -> None:
        """Return to where the last jump of the view started."""
        if self._back:
            self._jump(self._back.pop())

    def _jump(self, linear: int) -> None:
        self.cursor_linear = linear
        self.window_.go_to(linear)
        self._refresh()

    def cursor_line(self) -> CodeLine | None:
        """The marked line."""
        return next((line for line in self.window_.lines if line.linear == self.cursor_linear), None)

    def _refresh(self) -> None:
        if self.window_.wanted:
            self.wanted.emit(dict(self.window_.wanted))
            self.window_.wanted = {}
        self.viewport().update()

    def _move_cursor(self, by: int) -> None:
        window = self.window_
        number = next((n for n, line in enumerate(window.lines) if line.linear == self.cursor_linear), window.top)
        number += by
        if number < window.top or number >= window.top + window.height - 1:
            window.scroll(by)
        if 0 <= number < len(window.lines):
            self.cursor_linear = window.lines[number].linear
        self._refresh()

    def _line_at(self, y: float) -> CodeLine | None:
        row = int(y) // self._painter.row_height
        visible = self.window_.visible
        return visible[row] if 0 <= row < len(visible) else None

    # --- what Qt calls ----------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The page."""
        painter = QPainter(self.viewport())
        window = self.window_
        page = Page(window.visible, self.cursor_linear, self._breakpoints, self.hasFocus(), window.before_current)
        self._painter.paint(painter, page)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Columns and lines for the new size."""
        self._painter = CodePainter(self.font(), self.viewport().width())
        height = self.viewport().height() // self._painter.row_height + 1
        if height != self.window_.height:
            self.window_.resize(height)
            self._refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Three lines a notch."""
        self.window_.scroll(round(-event.angleDelta().y() / 40))
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """In the gutter a breakpoint, elsewhere the cursor."""
        line = self._line_at(event.position().y())
        if line is None:
            return
        if event.position().x() < DOT_WIDTH and event.button() == Qt.MouseButton.LeftButton:
            self.breakpoint_clicked.emit(line.linear)
        else:
            self.cursor_linear = line.linear
            self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Follow a jump or call."""
        line = self._line_at(event.position().y())
        if line is not None and line.target is not None and event.position().x() >= DOT_WIDTH:
            self.go_to(line.target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor; Enter follows a jump, Esc returns, * goes back to the current instruction."""
        page = self.window_.height - 2
        match event.key():
            case Qt.Key.Key_Up:
                self._move_cursor(-1)
            case Qt.Key.Key_Down:
                self._move_cursor(1)
            case Qt.Key.Key_PageUp:
                self._move_cursor(-page)
            case Qt.Key.Key_PageDown:
                self._move_cursor(page)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                line = self.cursor_line()
                if line is not None and line.target is not None:
                    self.go_to(line.target)
            case Qt.Key.Key_Escape:
                self.go_back()
            case Qt.Key.Key_Asterisk | Qt.Key.Key_Home:
                self._jump_to_current()
            case _:
                super().keyPressEvent(event)

    def _jump_to_current(self) -> None:
        self.window_.go_to_current()
        self.cursor_linear = None
        self._refresh()

    def viewportEvent(self, event: QEvent) -> bool:
        """The whole line as a tooltip: what did not fit in."""
        if isinstance(event, QHelpEvent):
            line = self._line_at(event.pos().y())
            if line is not None:
                QToolTip.showText(event.globalPos(), _tip(line), self.viewport())
            return True
        return super().viewportEvent(event)


def text_of(line: CodeLine) -> str:
    """A line as text."""
    instruction = f"{line.mnemonic:7} {line.operands}" + (f"  ; {line.note}" if line.note else "")
    return f"{line.address!s:13}  {fmt.dword(line.linear)}  {fmt.data(line.data):24}  {instruction}".rstrip()


def _tip(line: CodeLine) -> str:
    parts = [f"{line.mnemonic} {line.operands}".strip(), fmt.data(line.data), f"linear {fmt.dword(line.linear)}"]
    if line.target is not None:
        parts.append(f"goes to linear {fmt.dword(line.target)} (Enter)")
    return "\n".join([*parts, line.note] if line.note else parts)


class CodePane(Pane):
    """Instructions around the current one, in the width of their segment."""

    key, title, icon = "code", "Code", "text-cursor"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = CodeView(self)
        self.setFocusProxy(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.view.wanted.connect(self.interest_changed)
        self.view.breakpoint_clicked.connect(self._toggle)

    @property
    def cursor_linear(self) -> int | None:
        """Linear address of the marked instruction."""
        return self.view.cursor_linear

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot's code."""
        self.view.show_snapshot(snapshot)

    def go_to(self, linear: int) -> None:
        """Show the instruction at a linear address."""
        self.view.go_to(linear)

    def export_text(self) -> str:
        """The lines in view."""
        return "\n".join(text_of(line) for line in self.view.window_.visible)

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the marked line."""
        line = self.view.cursor_line()
        if line is not None and (target := line.target) is not None:
            menu.addAction("Follow\tEnter", lambda: self.view.go_to(target))

    def spots(self) -> Sequence[Spot]:
        """The marked line."""
        line = self.view.cursor_line()
        return () if line is None else (Spot("Instruction", line.linear),)

    def _toggle(self, linear: int) -> None:
        self.request.emit(lambda session: session.toggle_breakpoint(linear))
