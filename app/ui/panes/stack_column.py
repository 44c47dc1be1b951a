"""One of the four stacks: its head, and its rows from the top of the stack down the screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QListView, QMenu, QVBoxLayout, QWidget

from app.debug.snapshot import StackView
from app.debug.watches import DepthWatch, MemoryWatch, Watch
from app.emu.events import Stack
from app.ui.format import STACK_NAMES
from app.ui.panes.pane import Spot
from app.ui.panes.stack_delegate import StackDelegate
from app.ui.panes.stack_head import StackHead, head_text
from app.ui.panes.stack_model import StackModel
from app.ui.panes.stack_routes import STRIP
from app.ui.panes.stack_rows import ABSENT, Row, nearest_row, value_text
from app.ui.theme import colours, mono_font


class StackList(QListView):
    """The rows. Says what it shows in words when there are none."""

    followed = Signal(object)
    """Linear address a slot points to, when the user asks to go there."""
    sideways = Signal(int)
    """Left or right arrow: -1 or 1."""

    def __init__(self, stack: Stack, model: StackModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.stack = stack
        self._model = model
        self.setModel(model)
        self.setAccessibleName(f"{STACK_NAMES[stack]} stack, slots")
        self.setFont(mono_font())
        self.setItemDelegate(StackDelegate(self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setMinimumWidth(120)
        self.clicked.connect(self._use)

    def _use(self, index: QModelIndex) -> None:
        row = self.rows[index.row()]
        if row.slot is not None and row.slot.points_to is not None:
            self.followed.emit(row.slot.points_to)
        elif row.frame is not None and row.folded is not None:
            self._model.toggle_fold(row.frame)

    @property
    def rows(self) -> list[Row]:
        """The rows shown."""
        return self._model.rows

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go to the neighbouring stack, Enter does what a click does."""
        sideways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self._use(self.currentIndex())
        elif sideways is None:
            super().keyPressEvent(event)
        else:
            self.sideways.emit(sideways)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over slots that lead somewhere."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self.rows[index.row()] if index.isValid() else None
        leads = row is not None and (
            row.folded is not None or (row.slot is not None and row.slot.points_to is not None)
        )
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or why there are none."""
        super().paintEvent(event)
        if not self.rows:
            painter = QPainter(self.viewport())
            painter.setPen(colours().muted)
            painter.setFont(QApplication.font())
            area = self.viewport().rect().adjusted(12, 12, -12, -12)
            painter.drawText(area, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, ABSENT[self.stack])


class StackColumn(QWidget):
    """Head and rows of one stack."""

    def __init__(self, stack: Stack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stack = stack
        self.head = StackHead(stack, self)
        self.model = StackModel(self)
        self.list = StackList(stack, self.model, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(STRIP)
        layout.addWidget(self.head)
        layout.addWidget(self.list, 1)

    def show_stack(self, view: StackView, before: StackView | None) -> None:
        """Show a stack; the view stays at the top, or with the slot it was scrolled to."""
        self.head.show_stack(view)
        bar = self.list.verticalScrollBar()
        top, current = bar.value(), self.list.currentIndex()
        rows = self.model.rows
        anchor = rows[top].linear if 0 < top < len(rows) else None
        selected = rows[current.row()].linear if current.isValid() else None
        self.model.show_stack(view, before)
        if anchor is not None and self.model.rows:
            bar.setValue(nearest_row(self.model.rows, anchor))
        if selected is not None:
            number = self.model.row_at(selected)
            self.list.setCurrentIndex(self.model.index(-1 if number is None else number))

    def row_rect(self, number: int, seen_from: QWidget) -> QRect:
        """Where a row is, in another widget's coordinates; it may lie outside the part that can be seen."""
        rect = self.list.visualRect(self.model.index(number))
        return QRect(self.list.viewport().mapTo(seen_from, rect.topLeft()), rect.size())

    def body_rect(self, seen_from: QWidget) -> QRect:
        """The part of the column where rows can be seen, in another widget's coordinates."""
        port = self.list.viewport()
        return QRect(port.mapTo(seen_from, QPoint(0, 0)), port.size())

    def hovered_row(self) -> int | None:
        """The row under the mouse."""
        port = self.list.viewport()
        if not port.underMouse():
            return None
        index = self.list.indexAt(port.mapFromGlobal(self.cursor().pos()))
        return index.row() if index.isValid() else None

    def select(self, number: int) -> None:
        """Bring a row into view and select it."""
        index = self.model.index(number)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def export_text(self) -> str:
        """Head and rows as text."""
        view = self.model.view
        head = "" if view is None else head_text(view)
        return "\n".join([head, *(row.text for row in self.model.rows)])

    def selected(self) -> Row | None:
        """The row the cursor is on."""
        index = self.list.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    @property
    def has_keyboard(self) -> bool:
        """The keyboard is in the rows, or the head was clicked."""
        return self.list.hasFocus() or self.head.hasFocus()

    def watched(self) -> tuple[Watch, ...]:
        """The slot or frame at the cursor, and the stack's depth; only that when the head was clicked."""
        view, row = self.model.view, self.selected()
        if view is None or not view.exists:
            return ()
        deeper = DepthWatch(self.stack, view.depth)
        if self.head.hasFocus() or row is None or row.is_end:
            return (deeper,)
        if (slot := row.slot) is not None:
            what = f"{slot.meaning} at {slot.address}" if slot.meaning else f"the slot {slot.address}"
            return MemoryWatch(slot.linear, slot.width, what), deeper
        frame = row.frame
        return (deeper,) if frame is None else (MemoryWatch(frame.low, frame.high - frame.low, frame.label), deeper)

    def spots(self) -> Sequence[Spot]:
        """The slot or frame at the cursor, and what the slot points at."""
        row = self.selected()
        if row is None or self.head.hasFocus():
            return ()
        here = Spot("Place on the stack", row.linear)
        target = row.slot.points_to if row.slot is not None else None
        return (here,) if target is None else (here, Spot("Where it points", target))

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the selected row."""
        row = self.selected()
        if row is None or self.head.hasFocus():
            return
        if (slot := row.slot) is not None:
            if (target := slot.points_to) is not None:
                menu.addAction("Go to where it points", lambda: self.list.followed.emit(target))
            menu.addSeparator()
            self._add_copy(menu, "Copy value", value_text(slot))
            self._add_copy(menu, "Copy address", str(slot.address))
        self._add_copy(menu, "Copy row", row.text)

    @staticmethod
    def _add_copy(menu: QMenu, title: str, text: str) -> QAction:
        return menu.addAction(title, lambda: QGuiApplication.clipboard().setText(text))
