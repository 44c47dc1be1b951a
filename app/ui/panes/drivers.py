"""The drivers pane: the drivers loaded, how full their pool is, and the client registers.

VMM 1 and 2.1: what ring 3 reaches drivers by comes from one pool of callbacks and breakpoints (pane Callbacks). A
driver sees the registers of the VM in the client register structure, and what it changes there the VM goes on with.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QSplitter, QVBoxLayout, QWidget

from app.debug.narrate import MODE_NAMES
from app.debug.snapshot import ClientFieldRow, DriverRow, DriversView, Snapshot
from app.debug.watches import MemoryWatch, Watch
from app.ui.format import dword, word
from app.ui.panes.headed import Headed
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table


class DriversPane(Pane):
    """The drivers and the pool above; below, the client registers while ring 0 is entered."""

    key = "drivers"
    title = "Drivers"
    icon = "settings"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drivers: RowsModel[DriverRow] = RowsModel(_DRIVERS, lambda row: row.ddb, self)
        self.fields: RowsModel[ClientFieldRow] = RowsModel(_FIELDS, lambda row: row.name, self)
        self.driver_table = Table(self.drivers, "Drivers", self)
        self.driver_table.setMinimumHeight(3 * self.driver_table.verticalHeader().defaultSectionSize())
        self.driver_table.set_widths(8, 5, 8, 8, 8, 8)
        self.field_table = Table(self.fields, "Client registers", self)
        self.field_table.set_widths(13, 8, 8, 8)
        for table, show in ((self.driver_table, self._reveal_driver), (self.field_table, self._reveal_field)):
            table.doubleClicked.connect(show)
            table.enter_pressed.connect(show)
        self.fill = QProgressBar(self)
        self.fill.setFormat("%v of %m callbacks and breakpoints used")
        self.fill.setToolTip("The pool of all drivers (MaxBPs). A callback is never freed.")
        self.fill.setAccessibleName("Pool of callbacks and breakpoints")
        self.pool = Headed(self.driver_table, self, footer=self.fill)
        self.head = Headed(self.field_table, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.pool)
        splitter.addWidget(self.head)
        splitter.setSizes([80, 320])
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self.setFocusProxy(self.field_table)
        self._show_heads(DriversView())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show both tables, the pool and the lines above."""
        self.drivers.show_rows(snapshot.drivers.drivers, snapshot.place)
        self.fields.show_rows(snapshot.drivers.fields, snapshot.place)
        self._show_heads(snapshot.drivers)

    def export_text(self) -> str:
        """Both tables with the lines above them and the pool, or the rows selected in the lower one."""
        if self.field_table.hasFocus():
            return self.field_table.export_text()
        above = f"{self.pool.text or self.fill.text()}\n{self.driver_table.export_text()}"
        return f"{above}\n\n{self.head.text}\n{self.field_table.export_text()}"

    def watched(self) -> tuple[Watch, ...]:
        """The field at the cursor of the client registers."""
        field = self._field()
        if field is None:
            return ()
        return (MemoryWatch(field.linear, field.digits // 2, field.name),)

    def spots(self) -> Sequence[Spot]:
        """The field at the cursor; with the keyboard in the list of drivers, a driver's procedures and its DDB."""
        if self.driver_table.hasFocus():
            row = self._driver()
            named = ("Control procedure", "V86 API", "PM API", "DDB")
            places = (row.control, row.v86_api, row.pm_api, row.ddb) if row is not None else ()
            return [Spot(name, place) for name, place in zip(named, places, strict=False) if place]
        field = self._field()
        return (Spot(field.name, field.linear),) if field is not None else ()

    def _field(self) -> ClientFieldRow | None:
        index = self.field_table.currentIndex()
        return self.fields.row(index.row()) if index.isValid() else None

    def _driver(self) -> DriverRow | None:
        index = self.driver_table.currentIndex()
        return self.drivers.row(index.row()) if index.isValid() else None

    def _reveal_driver(self, index: Index) -> None:
        self.reveal.emit("code", self.drivers.row(index.row()).control)

    def _reveal_field(self, index: Index) -> None:
        self.reveal.emit("memory", self.fields.row(index.row()).linear)

    def _show_heads(self, view: DriversView) -> None:
        self.pool.say("" if view.drivers else "No driver is loaded. The option --vxd FILE loads one.")
        self.pool.heading.setVisible(not view.drivers)
        self.fill.setVisible(bool(view.drivers))
        self.fill.setRange(0, view.size)
        self.fill.setValue(view.used)
        fields = "Nothing runs in ring 0: no client registers are kept."
        if view.fields:
            at = dword(view.fields[0].linear)
            fields = f"Client register structure at {at}, of {MODE_NAMES[view.mode]}; alternate: the VM's other mode"
        self.head.say(fields)


def _hex(value: int | None, digits: int) -> str:
    return "" if value is None else f"{value:0{digits}X}"


def _changed(row: ClientFieldRow) -> str:
    return "changed" if row.now != row.before else ""


def _api(linear: int) -> str:
    return dword(linear) if linear else "none"


_DRIVERS: list[Column[DriverRow]] = [
    Column("Name", lambda row: row.name, colour=lambda row: "muted" if row.is_dropped else ""),
    Column("Device", lambda row: f"{word(row.number)}h", title_tip="Device id"),
    Column("DDB", lambda row: dword(row.ddb), title_tip="Device description block, linear"),
    Column("Control", lambda row: dword(row.control), title_tip="Control procedure; Enter shows it"),
    Column("V86 API", lambda row: _api(row.v86_api), title_tip="What INT 2Fh AX=1684h in V86 mode leads to"),
    Column("PM API", lambda row: _api(row.pm_api), title_tip="The same in protected mode"),
    Column(
        "File", lambda row: f"{row.file} (has refused to be initialised)" if row.is_dropped else row.file,
        tip=lambda row: row.file,
    ),
]  # fmt: skip

_FIELDS: list[Column[ClientFieldRow]] = [
    Column("Field", lambda row: row.name, colour=_changed),
    Column("Before", lambda row: _hex(row.before, row.digits), title_tip="As the first driver found it"),
    Column("Now", lambda row: _hex(row.now, row.digits), colour=_changed, title_tip="What the VM will go on with"),
    Column("Alternate", lambda row: _hex(row.alternate, row.digits), title_tip="Of the VM's other mode"),
]
