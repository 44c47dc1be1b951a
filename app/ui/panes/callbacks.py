"""The callbacks pane: every address that leads to a handler, and what a handler found and changed in its structure.

DPMI 0.9, INT 31h AX=0303h: the host fills the structure when real-mode code calls the address, and loads all registers
from it when the handler executes its IRET. What the handler did not change there goes back as it came. Callbacks and
V86 breakpoints of drivers (VMM 1) stand in the same list; what those change are the client registers (pane Drivers).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.debug.snapshot import CallbackRow, Snapshot
from app.debug.watches import MemoryWatch, Watch
from app.emu.machine import Place
from app.emu.real_mode_call import RealModeCall
from app.ui.format import byte, count, dword, sized
from app.ui.panes.call_structure import FieldRow, structure_rows
from app.ui.panes.dispatch_row import DispatchRow, dispatch_rows
from app.ui.panes.headed import Headed
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table
from app.ui.theme import colours


class DispatchModel(RowsModel[DispatchRow]):
    """The callbacks and breakpoints; a handler at work has a background of its own."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As every row, with the active ones marked."""
        if role == Qt.ItemDataRole.BackgroundRole and self.row(index.row()).is_active:
            return QColor(colours().current_line_fill)
        return super().data(index, role)


class CallbacksPane(Pane):
    """All callbacks and breakpoints above, the selected one's structure below."""

    key = "callbacks"
    title = "Callbacks"
    icon = "phone-incoming"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stop = Place(0, 0)
        self._chosen_by_hand = False
        self.model = DispatchModel(_COLUMNS, lambda row: (row.kind, row.owner, row.address), self)
        self.table = Table(self.model, "Callbacks and breakpoints", self)
        self.table.set_widths(17, 9, 13, 13, 4, 8, 5, 8)
        self.table.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_structure())
        self.table.clicked.connect(lambda _index: self._choose_by_hand())
        self.table.doubleClicked.connect(self._reveal_procedure)
        self.table.enter_pressed.connect(self._reveal_procedure)
        self.fields: RowsModel[FieldRow] = RowsModel(_FIELD_COLUMNS, lambda row: row.offset, self)
        self.structure = Table(self.fields, "Real mode call structure", self)
        self.structure.set_widths(1, 4, 8, 8, 8)
        self.structure.doubleClicked.connect(self._reveal_field)
        self.structure.enter_pressed.connect(self._reveal_field)
        self.head = Headed(self.structure, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.table)
        splitter.addWidget(self.head)
        splitter.setSizes([80, 400])
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(0, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self.setFocusProxy(self.table)
        self._show_structure()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the list; the innermost active one is selected unless the user chose another."""
        self._stop = snapshot.place
        rows = dispatch_rows(snapshot)
        self.model.show_rows(rows, self._stop)
        active = [number for number, row in enumerate(rows) if row.is_active]
        if active and not self._chosen_by_hand:
            self.table.selectRow(active[-1])
        elif not self.table.currentIndex().isValid() and rows:
            self.table.selectRow(0)
        self._show_structure()

    def selected(self) -> CallbackRow | None:
        """The callback whose structure is shown; None also for those of drivers, which have none."""
        row = self._selected_row()
        return row.callback if row is not None else None

    def _selected_row(self) -> DispatchRow | None:
        index = self.table.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def export_text(self) -> str:
        """The list and the structure shown, or the rows selected in the structure."""
        if self.structure.hasFocus():
            return self.structure.export_text()
        return f"{self.table.export_text()}\n\n{self.head.text}\n{self.structure.export_text()}"

    def _choose_by_hand(self) -> None:
        row = self._selected_row()
        self._chosen_by_hand = row is not None and not row.is_active

    def _show_structure(self) -> None:
        row = self._selected_row()
        found = self.selected()
        self.head.say(_heading(row))
        self.fields.show_rows([] if found is None else structure_rows(found), self._stop)

    def _reveal_procedure(self, index: Index) -> None:
        self.reveal.emit("code", self.model.row(index.row()).procedure_linear)

    def _reveal_field(self, index: Index) -> None:
        if (row := self.selected()) is not None:
            self.reveal.emit("memory", row.structure_linear + self.fields.row(index.row()).offset)

    def watched(self) -> tuple[Watch, ...]:
        """The field at the cursor of the structure; with the keyboard in the list of callbacks, the whole structure."""
        row = self.selected()
        if row is None:
            return ()
        structure = f"the structure of slot {row.slot}"
        if (field := self._field()) is not None:
            what = f"{field.name} in {structure}"
            return (MemoryWatch(row.structure_linear + field.offset, field.width, what),)
        return (MemoryWatch(row.structure_linear, RealModeCall.SIZE, structure),)

    def _field(self) -> FieldRow | None:
        """The field at the cursor, while the structure has the keyboard."""
        index = self.structure.currentIndex()
        return self.fields.row(index.row()) if self.structure.hasFocus() and index.isValid() else None

    def spots(self) -> Sequence[Spot]:
        """The field at the cursor; else the handler, the address that leads to it, and the structure."""
        row = self._selected_row()
        if row is None:
            return ()
        found, field = row.callback, self._field()
        if found is not None and field is not None:
            return (Spot(field.name, found.structure_linear + field.offset),)
        procedure = Spot("Procedure", row.procedure_linear)
        if found is None:
            return (procedure,)
        return (procedure, Spot("Real-mode address", found.real.real_linear), Spot("Structure", found.structure_linear))


def _heading(row: DispatchRow | None) -> str:
    if row is None:
        return "No callback is registered. INT 31h AX=0303h gets one."
    found = row.callback
    if found is None:
        return f"{row.kind} of {row.owner}: it changes client registers, see the pane Drivers"
    return (
        f"Structure of callback {found.slot}: {found.structure}, linear {dword(found.structure_linear)}, "
        f"{RealModeCall.SIZE} bytes"
    )


def _kind(row: DispatchRow) -> str:
    return f"► {row.kind}" if row.is_active else row.kind


def _advanced(row: DispatchRow) -> str:
    return "" if row.advanced is None else "yes" if row.advanced else "NO"


def _advanced_colour(row: DispatchRow) -> str:
    return "changed" if row.advanced is False else ""


def _field_colour(row: FieldRow) -> str:
    return "changed" if row.is_changed else "muted" if row.name == "RESERVED" else ""


_COLUMNS: list[Column[DispatchRow]] = [
    Column("Kind", _kind, colour=lambda row: "locked" if row.is_active else "", marks_changes=False),
    Column("Address", lambda row: str(row.address), title_tip="Where it is reached: called, or for a breakpoint, run"),
    Column("Procedure", lambda row: row.procedure, title_tip="What is called then; Enter shows it"),
    Column(
        "Data", lambda row: row.given, tip=lambda row: row.given_tip,
        title_tip="The real mode call structure, or a driver's reference data",
    ),
    Column("Hits", lambda row: count(row.hits), title_tip="Dispatches so far"),
    Column(
        "IP moved", _advanced, colour=_advanced_colour,
        title_tip="Did a breakpoint's handler move Client_CS:IP the last time? If not, it is hit again at once.",
    ),
    Column("Depth", lambda row: str(row.depth or ""), title_tip="Dispatches of it in progress"),
    Column("Owner", lambda row: row.owner, title_tip="The client or the driver it belongs to"),
    Column(
        "Last caller", lambda row: "" if row.last_caller is None else str(row.last_caller),
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
