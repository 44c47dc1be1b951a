"""The callbacks pane: real-mode callbacks, and what a handler found and changed in its structure.

DPMI 0.9, INT 31h AX=0303h: the host fills the structure when real-mode code calls the address, and loads all registers
from it when the handler executes its IRET. What the handler did not change there goes back as it came.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSplitter, QToolButton, QVBoxLayout, QWidget

from app.debug.snapshot import CallbackRow, Snapshot
from app.debug.watches import MemoryWatch, Watch
from app.emu.machine import Place
from app.emu.real_mode_call import RealModeCall
from app.ui.format import byte, count, dword, sized
from app.ui.icons import icon
from app.ui.panes.call_structure import FieldRow, structure_rows
from app.ui.panes.pane import Pane
from app.ui.tables import Column, Index, RowsModel, Table
from app.ui.theme import colours


class CallbackModel(RowsModel[CallbackRow]):
    """The callbacks; a handler at work has a background of its own."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As every row, with the active ones marked."""
        if role == Qt.ItemDataRole.BackgroundRole and is_active(self.row(index.row())):
            return QColor(colours().current_line_fill)
        return super().data(index, role)


class CallbacksPane(Pane):
    """All callbacks above, the selected one's structure below."""

    key = "callbacks"
    title = "Callbacks"
    icon = "phone-incoming"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stop = Place(0, 0)
        self._chosen_by_hand = False
        self.model = CallbackModel(_CALLBACK_COLUMNS, lambda row: (row.client, row.slot), self)
        self.table = Table(self.model, "Real-mode callbacks", self)
        self.table.set_widths(6, 4, 9, 13, 13, 8, 5, 7)
        self.table.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_structure())
        self.table.clicked.connect(lambda _index: self._choose_by_hand())
        self.fields: RowsModel[FieldRow] = RowsModel(_FIELD_COLUMNS, lambda row: row.offset, self)
        self.structure = Table(self.fields, "Real mode call structure", self)
        self.structure.set_widths(1, 4, 8, 8, 8)
        self.head = QLabel(self)
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._memory = QToolButton(self)
        self._memory.setIcon(icon("memory-stick"))
        self._memory.setToolTip("Show the structure in the memory pane")
        self._memory.setAccessibleName("Show the structure in memory")
        self._memory.setAutoRaise(True)
        self._memory.clicked.connect(self._reveal_structure)
        self._arrange()
        self.setFocusProxy(self.table)
        self._show_structure()

    def _arrange(self) -> None:
        below = QWidget(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 4, 2)
        bar.addWidget(self.head, 1)
        bar.addWidget(self._memory)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.structure, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.table)
        splitter.addWidget(below)
        splitter.setSizes([80, 400])
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(0, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the callbacks; the innermost active one is selected unless the user chose another."""
        self._stop = snapshot.place
        self.model.show_rows(snapshot.callbacks, self._stop)
        active = [number for number, row in enumerate(snapshot.callbacks) if is_active(row)]
        if active and not self._chosen_by_hand:
            self.table.selectRow(active[-1])
        elif not self.table.currentIndex().isValid() and snapshot.callbacks:
            self.table.selectRow(0)
        self._show_structure()

    def selected(self) -> CallbackRow | None:
        """The callback whose structure is shown."""
        index = self.table.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def export_text(self) -> str:
        """The callbacks and the structure shown, or the rows selected in the structure."""
        if self.structure.hasFocus():
            return self.structure.export_text()
        return f"{self.table.export_text()}\n\n{self.head.text()}\n{self.structure.export_text()}"

    def _choose_by_hand(self) -> None:
        row = self.selected()
        self._chosen_by_hand = row is not None and not is_active(row)

    def _show_structure(self) -> None:
        row = self.selected()
        self._memory.setEnabled(row is not None)
        if row is None:
            self.head.setText("No callback is registered. INT 31h AX=0303h gets one.")
            self.fields.show_rows([], self._stop)
            return
        self.head.setText(
            f"Structure of callback {row.slot}: {row.structure}, linear {dword(row.structure_linear)}, "
            f"{RealModeCall.SIZE} bytes"
        )
        self.head.setToolTip(self.head.text())
        self.fields.show_rows(structure_rows(row), self._stop)

    def _reveal_structure(self) -> None:
        if (row := self.selected()) is not None:
            self.reveal.emit("memory", row.structure_linear)

    def watched(self) -> tuple[Watch, ...]:
        """The field at the cursor of the structure; with the keyboard in the list of callbacks, the whole structure."""
        row = self.selected()
        if row is None:
            return ()
        structure = f"the structure of slot {row.slot}"
        index = self.structure.currentIndex()
        if self.structure.hasFocus() and index.isValid():
            field = self.fields.row(index.row())
            what = f"{field.name} in {structure}"
            return (MemoryWatch(row.structure_linear + field.offset, field.width, what),)
        return (MemoryWatch(row.structure_linear, RealModeCall.SIZE, structure),)

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the selected callback."""
        row = self.selected()
        if row is None:
            return
        menu.addAction("Show structure in memory", self._reveal_structure)
        menu.addAction("Show real-mode address in memory", lambda: self.reveal.emit("memory", row.real.real_linear))


def is_active(row: CallbackRow) -> bool:
    """Whether the handler is at work."""
    return row.state == "active"


def _colour(row: CallbackRow) -> str:
    """Free and frozen slots step back."""
    return "" if row.state in {"active", "ready"} else "muted"


def _state(row: CallbackRow) -> str:
    return "► active" if is_active(row) else row.state


def _field_colour(row: FieldRow) -> str:
    return "changed" if row.is_changed else "muted" if row.name == "RESERVED" else ""


_CALLBACK_COLUMNS: list[Column[CallbackRow]] = [
    Column("Client", lambda row: str(row.client), colour=_colour),
    Column("Slot", lambda row: str(row.slot), colour=_colour),
    Column("Real", lambda row: str(row.real), colour=_colour, title_tip="The address real-mode code calls"),
    Column("Handler", lambda row: str(row.handler), colour=_colour, title_tip="The client's protected-mode procedure"),
    Column("Structure", lambda row: str(row.structure), colour=_colour, tip=lambda row: dword(row.structure_linear)),
    Column("State", _state, colour=lambda row: "locked" if is_active(row) else _colour(row)),
    Column("Depth", lambda row: str(row.depth or ""), title_tip="Dispatches of it in progress"),
    Column("Hits", lambda row: count(row.hits), colour=_colour, title_tip="Dispatches so far"),
    Column(
        "Last caller", lambda row: "" if row.last_caller is None else str(row.last_caller), colour=_colour,
        title_tip="Far return address at the last dispatch",
    ),
]  # fmt: skip

_FIELD_COLUMNS: list[Column[FieldRow]] = [
    Column(
        "", lambda row: "•" if row.is_changed else "", colour=_field_colour, marks_changes=False,
        title_tip="Changed since the host filled it",
    ),
    Column("At", lambda row: f"{byte(row.offset)}h", colour=lambda _row: "muted"),
    Column("Field", lambda row: row.name, colour=_field_colour),
    Column(
        "At entry", lambda row: "" if row.entry is None else sized(row.entry, row.width), colour=lambda _row: "muted",
        marks_changes=False, title_tip="What the host wrote at the last dispatch",
    ),
    Column("Now", lambda row: sized(row.now, row.width), colour=_field_colour, title_tip="What is in memory now"),
    Column("Meaning", lambda row: row.meaning, tip=lambda row: row.meaning, marks_changes=False),
]  # fmt: skip
