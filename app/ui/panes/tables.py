"""The descriptor tables pane: GDT, LDT and IDT as they lie in guest memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.debug.snapshot import DescriptorRow, Snapshot
from app.debug.watches import DescriptorWatch, SelectorWatch, Watch
from app.emu.registers import SEGMENTS
from app.ui.format import byte, dword, word
from app.ui.panes.chip_delegate import ChipDelegate
from app.ui.panes.descriptor_details import DescriptorDetails
from app.ui.panes.descriptor_words import flags_text, is_gate, is_unused
from app.ui.panes.earlier import Earlier
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, RowsModel, Table

NAMES = ("GDT", "LDT", "IDT")
_TIPS = (
    "Global descriptor table: the host's own segments",
    "Local descriptor table: the client's segments",
    "Interrupt descriptor table: where the processor goes on interrupts and exceptions",
)
_ROOM_FOR_DETAILS: Final = 260
"""Pixels of height below which only rows are shown."""


class TablesPane(Pane):
    """One tab per table, a filter, and the selected entry's bytes taken apart."""

    key = "tables"
    title = "Descriptor tables"
    icon = "table"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._earlier = Earlier()
        self._snapshot: Snapshot | None = None
        self._marks: dict[tuple[str, int], str] = {}
        self.tabs = QTabBar(self)
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("filter: selector, type, owner, register")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter of descriptors")
        self.filter.textChanged.connect(lambda _text: self._show_rows())
        self.stack = QStackedWidget(self)
        self.details = DescriptorDetails(self)
        self.details.show_memory.connect(lambda linear: self.reveal.emit("memory", linear))
        self.views: dict[str, Table] = {}
        self.models: dict[str, RowsModel[DescriptorRow]] = {}
        for number, name in enumerate(NAMES):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(number, _TIPS[number])
            self._add_table(name)
        self.tabs.currentChanged.connect(self._turn_to)
        self._arrange()
        self.tabs.setCurrentIndex(NAMES.index("LDT"))

    def _add_table(self, name: str) -> None:
        columns = _gate_columns(self._mark) if name == "IDT" else _segment_columns(self._mark)
        model: RowsModel[DescriptorRow] = RowsModel(columns, lambda row: row.selector, self)
        view = Table(model, f"{name} entries", self)
        if name == "IDT":
            view.set_widths(1, 6, 15, 20, 4, 4)
        else:
            view.set_widths(1, 6, 9, 8, 8, 30, 26, 4, 4)
            view.setItemDelegateForColumn(2, ChipDelegate(view))
        view.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_details())
        view.doubleClicked.connect(lambda _index: self._reveal_selected())
        self.models[name], self.views[name] = model, view
        self.stack.addWidget(view)

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 2, 4, 2)
        bar.addWidget(self.tabs)
        bar.addWidget(self.filter, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.details)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low pane the rows need the room of the details; their columns say the same."""
        super().resizeEvent(event)
        self.details.setVisible(self.height() >= _ROOM_FOR_DETAILS)

    # What is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the three tables; entries that are new or changed since the stop before carry a mark."""
        before = self._earlier.than(snapshot)
        self._snapshot = snapshot
        old = {} if before is None else {(row.table, row.selector): row.raw for row in before.descriptors}
        self._marks.clear()
        for row in snapshot.descriptors if old else ():
            place = row.table, row.selector
            if old.get(place) != row.raw:
                self._marks[place] = "•" if place in old else "+"
        self._show_rows()

    def _show_rows(self) -> None:
        """Show the rows that match the filter."""
        if self._snapshot is None:
            return
        words = self.filter.text().lower().split()
        for number, name in enumerate(NAMES):
            rows = [row for row in self._snapshot.descriptors if row.table == name]
            shown = [row for row in rows if _matches(row, words)]
            self.models[name].show_rows(shown, self._snapshot.place)
            of = f"{len(shown)} of {len(rows)}" if words else str(len(rows))
            self.tabs.setTabText(number, f"{name}  {of}")
        self._show_details()

    def selected(self) -> DescriptorRow | None:
        """The entry the cursor is on."""
        name = NAMES[self.tabs.currentIndex()]
        index = self.views[name].currentIndex()
        return self.models[name].row(index.row()) if index.isValid() else None

    def select(self, selector: int) -> None:
        """Turn to the entry a selector names."""
        name = "LDT" if selector & 4 else "GDT"
        numbers = [number for number, row in enumerate(self.models[name].rows()) if row.selector | 3 == selector | 3]
        if numbers:
            self.tabs.setCurrentIndex(NAMES.index(name))
            self.views[name].selectRow(numbers[0])

    def export_text(self) -> str:
        """The table shown, or its selected rows."""
        return self.views[NAMES[self.tabs.currentIndex()]].export_text()

    def _mark(self, row: DescriptorRow) -> str:
        return self._marks.get((row.table, row.selector), "")

    def _turn_to(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self.setFocusProxy(self.views[NAMES[number]])
        self._show_details()

    def _show_details(self) -> None:
        self.details.show_row(self.selected())

    # What the user asks

    def _reveal_selected(self) -> None:
        row = self.selected()
        if row is not None and not is_gate(row.descriptor):
            self.reveal.emit("memory", row.descriptor.base)

    def watched(self) -> tuple[Watch, ...]:
        """The selected descriptor, and its selector being loaded; gates are neither."""
        row = self.selected()
        if row is None or row.table == "IDT":
            return ()
        return DescriptorWatch(row.selector), SelectorWatch(row.selector)

    def spots(self) -> Sequence[Spot]:
        """The base of the selected segment; a gate's handler, which is the host's."""
        row = self.selected()
        if row is None or is_unused(row):
            return ()
        if row.handler is not None:
            return (Spot("Handler", row.handler.offset),)
        return () if is_gate(row.descriptor) else (Spot("Base", row.descriptor.base),)


def _matches(row: DescriptorRow, words: list[str]) -> bool:
    """Whether every word is found somewhere in a row; the name of a segment register only as a holder."""
    handler = "" if row.handler is None else str(row.handler)
    text = " ".join((word(row.selector), row.descriptor.describe(), row.owner, handler)).lower()
    text += f" {dword(row.descriptor.base).lower()}"
    return all(wanted in (row.held_by if wanted in SEGMENTS else text) for wanted in words)


def _mark_column(mark: Callable[[DescriptorRow], str]) -> Column[DescriptorRow]:
    return Column(
        "", mark, colour=lambda _row: "changed", marks_changes=False,
        title_tip="+ new, • changed since the stop before",
    )  # fmt: skip


def _faint(row: DescriptorRow) -> str:
    """Entries that cannot be used step back."""
    return "" if row.descriptor.is_present and not is_unused(row) else "muted"


def _segment_columns(mark: Callable[[DescriptorRow], str]) -> list[Column[DescriptorRow]]:
    return [
        _mark_column(mark),
        Column("Selector", lambda row: word(row.selector), colour=_faint, title_tip="With the client's RPL"),
        Column(
            "Held by", lambda row: " ".join(row.held_by).upper(), marks_changes=False,
            title_tip="Segment registers that hold the selector now",
        ),
        Column("Base", lambda row: dword(row.descriptor.base), colour=_faint),
        Column("Limit", lambda row: dword(row.descriptor.limit), colour=_faint, title_tip="Last valid offset"),
        Column("Type", lambda row: "free" if is_unused(row) else row.descriptor.describe(), colour=_faint),
        Column("Owner", lambda row: row.owner, tip=lambda row: row.owner, colour=_faint),
        Column("DPL", lambda row: str(row.descriptor.dpl), title_tip="Descriptor privilege level"),
        Column("P", _present, title_tip="Present"),
        Column("Flags", lambda row: flags_text(row.descriptor), colour=_faint, title_tip="G, D/B, L, AVL"),
    ]  # fmt: skip


def _gate_columns(mark: Callable[[DescriptorRow], str]) -> list[Column[DescriptorRow]]:
    return [
        _mark_column(mark),
        Column("Vector", lambda row: f"{byte(row.index)}h"),
        Column("Handler", lambda row: "" if row.handler is None else str(row.handler)),
        Column("Type", lambda row: "free" if is_unused(row) else row.descriptor.describe(), colour=_faint),
        Column("DPL", lambda row: str(row.descriptor.dpl), title_tip="Who may call it with INT"),
        Column("P", _present, title_tip="Present"),
        Column("Owner", lambda row: row.owner, tip=lambda row: row.owner),
    ]


def _present(row: DescriptorRow) -> str:
    return "yes" if row.descriptor.is_present else "no"
