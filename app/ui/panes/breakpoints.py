"""The breakpoints pane: everything that stops a run, forwards and backwards: code, watchpoints, kinds of events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.debug.narrate import name_of
from app.debug.snapshot import BreakpointRow, Snapshot
from app.emu.events import KINDS
from app.emu.machine import Place
from app.ui.format import count
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table

_EMPTY: Final = (
    "Nothing stops a run. F2 in the code sets a breakpoint; Shift+W and Shift+R set a watchpoint for what is selected "
    "in the registers, stacks, memory, tables, callbacks or vectors; above, kinds of events can be chosen."
)


class StopModel(RowsModel[BreakpointRow]):
    """The stops; a box in the first column turns each on and off."""

    def __init__(self, enable: Callable[[int, bool], None], parent: QWidget) -> None:
        super().__init__(_COLUMNS, lambda row: row.number, parent)
        self._enable = enable

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first column has a box."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.isValid() and index.column() == 0 else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As every row, with the box."""
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            return Qt.CheckState.Checked if self.row(index.row()).enabled else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for the change; the next snapshot shows it."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self._enable(self.row(index.row()).number, Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


class BreakpointsPane(Pane):
    """One row per stop. Space turns it on and off, Del removes it, Enter or a double click shows where it is."""

    key, title, icon = "breakpoints", "Breakpoints", "circle-dot"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kinds = QComboBox(self)
        self.kinds.setAccessibleName("Kind of event")
        self.kinds.view().setAccessibleName("Kinds of events")
        for kind in KINDS:
            self.kinds.addItem(name_of(kind), kind)
        self.add = QToolButton(self)
        self.add.setText("Add")
        self.add.setToolTip("Stop at every event of this kind")
        self.add.clicked.connect(self._add_kind)
        self.model = StopModel(self._enable, self)
        self.list = Table(self.model, "Breakpoints and watchpoints", self)
        self.list.set_widths(6, 8, 34)
        self.list.setItemDelegateForColumn(0, QStyledItemDelegate(self.list))  # the box stands where it is clicked
        self.list.setToolTip("Space: on or off. Del: remove. Enter or double click: show where it is.")
        self.list.enter_pressed.connect(self._reveal)
        self.list.doubleClicked.connect(lambda index: self._reveal(index) if index.column() else None)
        self.list.deleted.connect(lambda _index: self._remove())
        toggle = QShortcut(Qt.Key.Key_Space, self.list, self._toggle)
        toggle.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.empty = QLabel(_EMPTY, self)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.empty.setContentsMargins(8, 6, 8, 6)
        self.setFocusProxy(self.list)
        self._arrange()
        self._show_rows((), Place(0, 0))

    def _arrange(self) -> None:
        label = QLabel("Stop at &every", self)
        label.setBuddy(self.kinds)
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 4, 2)
        bar.setSpacing(6)
        for widget in (label, self.kinds, self.add):
            bar.addWidget(widget)
        bar.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the stops; a hit since the stop before is marked."""
        self._show_rows(snapshot.breakpoints, snapshot.place)

    def _show_rows(self, rows: tuple[BreakpointRow, ...], stop: Place) -> None:
        self.model.show_rows(rows, stop)
        self.list.setVisible(bool(rows))
        self.empty.setVisible(not rows)

    def export_text(self) -> str:
        """The selected rows, or all."""
        return self.list.export_text()

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the selected stop."""
        index = self.list.currentIndex()
        if not index.isValid():
            return
        row = self.model.row(index.row())
        menu.addAction("Show where it is\tEnter", lambda: self._reveal(index)).setEnabled(row.linear is not None)
        menu.addAction("Turn off\tSpace" if row.enabled else "Turn on\tSpace", self._toggle)
        menu.addAction("Remove\tDel", self._remove)

    def spots(self) -> Sequence[Spot]:
        """Where the selected stop is."""
        index = self.list.currentIndex()
        linear = self.model.row(index.row()).linear if index.isValid() else None
        return () if linear is None else (Spot("Address", linear),)

    def _reveal(self, index: Index) -> None:
        row = self.model.row(index.row())
        if row.linear is not None:
            self.reveal.emit("code" if row.kind == "code" else "memory", row.linear)

    def _remove(self) -> None:
        """Remove the selected stops, or the one at the cursor."""
        indexes = self.list.selectionModel().selectedRows() or [self.list.currentIndex()]
        numbers = [self.model.row(index.row()).number for index in indexes]

        def remove(session: Any) -> None:
            for number in numbers:
                session.remove_stop(number)

        self.request.emit(remove)

    def _toggle(self) -> None:
        """Turn the stop at the cursor on or off."""
        if self.list.currentIndex().isValid():
            row = self.model.row(self.list.currentIndex().row())
            self._enable(row.number, not row.enabled)

    def _enable(self, number: int, on: bool) -> None:
        self.request.emit(lambda session: session.enable_stop(number, on))

    def _add_kind(self) -> None:
        """Stop at every event of the kind chosen; where that is so already, show it."""
        kind = self.kinds.currentData()
        for number, row in enumerate(self.model.rows()):
            if row.kind == "event" and row.label == kind:
                self.list.selectRow(number)
                return
        self.request.emit(lambda session: session.toggle_event_stop(kind))


def _colour(row: BreakpointRow) -> str:
    """What is turned off steps back."""
    return "" if row.enabled else "muted"


_COLUMNS: Final[list[Column[BreakpointRow]]] = [
    Column("No.", lambda row: str(row.number), colour=_colour, title_tip="The box turns it on and off"),
    Column(
        "Kind", lambda row: row.kind, colour=_colour,
        title_tip="code: an instruction is next; write, read: something was used; event: one of its kind happened",
    ),
    Column(
        "What", lambda row: name_of(row.label) if row.kind == "event" else row.label, colour=_colour,
        tip=lambda row: row.label,
    ),
    Column("Hits", lambda row: count(row.hits), colour=_colour, title_tip="How often it has stopped the run"),
]  # fmt: skip
