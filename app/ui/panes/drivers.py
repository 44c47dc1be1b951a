"""The drivers pane: callbacks and breakpoints of the Virtual Machine Manager, and the client registers.

VMM 1 and 2.1: ring 3 reaches a driver at one of these addresses; the driver sees the registers of the VM in the client
register structure, and what it changes there the VM goes on with.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from app.debug.narrate import MODE_NAMES
from app.debug.snapshot import BreakRow, ClientFieldRow, DriversView, Snapshot
from app.ui.format import dword
from app.ui.panes.pane import Pane
from app.ui.tables import Column, RowsModel, Table


class DriversPane(Pane):
    """How full the pool is and what leads to drivers above; below, the client registers while ring 0 is entered."""

    key = "drivers"
    title = "Drivers"
    icon = "settings"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.breaks: RowsModel[BreakRow] = RowsModel(_BREAKS, lambda row: (row.kind, row.address), self)
        self.fields: RowsModel[ClientFieldRow] = RowsModel(_FIELDS, lambda row: row.name, self)
        self.break_table = Table(self.breaks, "Callbacks and breakpoints of drivers", self)
        self.break_table.set_widths(14, 9, 8, 8, 8, 4, 8)
        self.break_table.doubleClicked.connect(
            lambda index: self.reveal.emit("code", self.breaks.row(index.row()).procedure)
        )
        self.field_table = Table(self.fields, "Client registers", self)
        self.field_table.set_widths(13, 8, 8, 8)
        self.field_table.doubleClicked.connect(
            lambda index: self.reveal.emit("memory", self.fields.row(index.row()).linear)
        )
        self.pool, self.head = self._label(), self._label()
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self._column(self.pool, self.break_table))
        splitter.addWidget(self._column(self.head, self.field_table))
        splitter.setSizes([150, 250])
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self._show_heads(DriversView())

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setContentsMargins(6, 2, 4, 2)
        return label

    def _column(self, label: QLabel, table: Table) -> QWidget:
        widget = QWidget(self)
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(label)
        column.addWidget(table, 1)
        return widget

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show both tables and the lines above them."""
        self.breaks.show_rows(snapshot.drivers.breaks, snapshot.place)
        self.fields.show_rows(snapshot.drivers.fields, snapshot.place)
        self._show_heads(snapshot.drivers)

    def export_text(self) -> str:
        """Both tables with the lines above them, or the rows selected in the lower one."""
        if self.field_table.hasFocus():
            return self.field_table.export_text()
        above = f"{self.pool.text()}\n{self.break_table.export_text()}"
        return f"{above}\n\n{self.head.text()}\n{self.field_table.export_text()}"

    def _show_heads(self, view: DriversView) -> None:
        if view.drivers:
            pool = f"{', '.join(view.drivers)} · pool of callbacks and breakpoints: {view.used} of {view.size} used"
        else:
            pool = "No driver is loaded. The option --vxd FILE loads one."
        fields = "Nothing runs in ring 0: no client registers are kept."
        if view.fields:
            at = dword(view.fields[0].linear)
            fields = f"Client register structure at {at}, of {MODE_NAMES[view.mode]}; alternate: the VM's other mode"
        for label, text in ((self.pool, pool), (self.head, fields)):
            label.setText(text)
            label.setToolTip(text)


def _moved(row: BreakRow) -> str:
    return "" if row.advanced is None else ("yes" if row.advanced else "NO")


def _colour(row: BreakRow) -> str:
    return "changed" if row.advanced is False else ""


def _hex(value: int | None, digits: int) -> str:
    return "" if value is None else f"{value:0{digits}X}"


def _changed(row: ClientFieldRow) -> str:
    return "changed" if row.now != row.before else ""


_BREAKS: list[Column[BreakRow]] = [
    Column("Kind", lambda row: row.kind, colour=_colour),
    Column("Address", lambda row: str(row.address), colour=_colour, title_tip="Where ring 3 reaches it"),
    Column("Procedure", lambda row: dword(row.procedure), title_tip="Linear; a double click shows it"),
    Column("Driver", lambda row: row.driver),
    Column("Reference", lambda row: dword(row.reference), title_tip="What the procedure gets in EDX"),
    Column("Hits", lambda row: str(row.hits or "")),
    Column("IP moved", _moved, colour=_colour, title_tip="Did a breakpoint's handler move Client_IP the last time?"),
]

_FIELDS: list[Column[ClientFieldRow]] = [
    Column("Field", lambda row: row.name, colour=_changed),
    Column("Before", lambda row: _hex(row.before, row.digits), title_tip="As the first driver found it"),
    Column("Now", lambda row: _hex(row.now, row.digits), colour=_changed, title_tip="What the VM will go on with"),
    Column("Alternate", lambda row: _hex(row.alternate, row.digits), title_tip="Of the VM's other mode"),
]
