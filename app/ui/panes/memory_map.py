"""The memory map pane: what lies where in linear memory and whose it is; behind a range its pages.

DPMI 0.9 and 1.0: memory blocks and shared memory (05xxh, 0Dxxh), locks counted by page (0600h, 0601h), pages of blocks
(0504h to 0509h); the accessed and dirty bits are those of the page tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.debug.memory_map import NO_MAP, MapRange, Purpose, Tally
from app.debug.narrate import counted
from app.debug.snapshot import Snapshot
from app.debug.watches import MemoryWatch, Watch
from app.emu.memory.layout import PAGE
from app.ui import format as fmt
from app.ui.elided_label import ElidedLabel
from app.ui.panes.earlier import Earlier
from app.ui.panes.headed import Headed
from app.ui.panes.legend import Entry, Legend, background, sign
from app.ui.panes.page_grid import Look, PageGrid, PageModel, describe
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table, as_text

_COLOURS = {
    Purpose.SYSTEM: "v86",
    Purpose.PROGRAM: "v86",
    Purpose.BLOCK: "application",
    Purpose.SHARED: "pm16",
    Purpose.DEVICE: "pm32",
    Purpose.XMS: "number",
    Purpose.STACK: "locked",
    Purpose.HOST: "ring0",
    Purpose.DRIVER: "ring0",
    Purpose.FREE: "muted",
}
"""The colour of a range's name."""


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A range, and which of the guest's pointers lead into it."""

    range: MapRange
    here: tuple[str, ...]
    is_new: bool
    """It was not there at the stop before."""


class MemoryMapPane(Pane):
    """All ranges above, the pages of the selected one below."""

    key = "map"
    title = "Memory map"
    icon = "layout-dashboard"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._earlier = Earlier()
        self._map, self._before = NO_MAP, NO_MAP
        self._chosen: int | None = None
        """Linear address of the range the user has chosen; None: the one CS:(E)IP lies in."""
        self.ranges: RowsModel[RangeRow] = RowsModel(_COLUMNS, lambda row: row.range.linear, self)
        self.table = Table(self.ranges, "Ranges of linear memory", self)
        self.table.set_widths(1, 8, 9, 24, 24, 6, 6, 6)
        self.table.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_pages())
        self.table.clicked.connect(self._choose)
        self.table.enter_pressed.connect(lambda index: self._reveal(self.ranges.row(index.row()).range.linear))
        self.table.doubleClicked.connect(lambda index: self._reveal(self.ranges.row(index.row()).range.linear))
        self.pages = PageModel(self)
        self.grid = PageGrid(self.pages, self)
        self.grid.selectionModel().currentChanged.connect(lambda _now, _before: self._tell_page())
        self.grid.enter_pressed.connect(self._reveal_page)
        self.grid.doubleClicked.connect(self._reveal_page)
        self.told = ElidedLabel(self)
        self.told.setContentsMargins(6, 2, 4, 2)
        self._arrange()
        self.setFocusProxy(self.table)

    def _arrange(self) -> None:
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(0)
        column.addWidget(self.told)
        for entries in _LEGENDS:
            legend = Legend(below, *entries)
            legend.setContentsMargins(6, 0, 4, 0)
            column.addWidget(legend)
        self.head = Headed(self.grid, self, footer=below)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.table)
        splitter.addWidget(self.head)
        splitter.setSizes([220, 220])
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(0, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self._show_pages()

    # What is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the map; the range with CS:(E)IP is selected unless the user has chosen another."""
        before = self._earlier.than(snapshot)
        self._map = snapshot.memory_map
        self._before = before.memory_map if before is not None else NO_MAP
        pointers = _pointers(snapshot)
        known = {each.linear for each in self._before.ranges if each.purpose is not Purpose.FREE}
        rows = [
            RangeRow(
                each,
                tuple(name for name, at in pointers if each.linear <= at < each.end),
                bool(known) and each.linear not in known and each.purpose is not Purpose.FREE,
            )
            for each in self._map.ranges
        ]
        self.ranges.show_rows(rows, snapshot.place)
        self._select(snapshot.registers.code_linear if self._chosen is None else self._chosen)
        self._show_pages()

    def go_to(self, linear: int) -> None:
        """Select the range and the page of an address."""
        self._chosen = linear
        self._select(linear)
        index = self.pages.index_of(linear)
        if self.pages.page(index) is not None:
            self.grid.setCurrentIndex(index)
            self.grid.scrollTo(index)

    def export_text(self) -> str:
        """All ranges and the pages of the selected one, or what is selected in the view that has the keyboard."""
        focused = next((view for view in (self.table, self.grid) if view.hasFocus()), None)
        if focused is not None:
            return focused.export_text()
        ranges = as_text(self.ranges, range(self.ranges.rowCount()))
        return f"{ranges}\n\n{self.head.text}\n{self.grid.export_text()}"

    def selected(self) -> MapRange | None:
        """The range whose pages are shown."""
        index = self.table.currentIndex()
        return self.ranges.row(index.row()).range if index.isValid() else None

    def watched(self) -> tuple[Watch, ...]:
        """The page at the cursor, or with the keyboard in the ranges the whole range, as far as memory is there."""
        page = self.pages.page(self.grid.currentIndex())
        if self.grid.hasFocus() and page is not None and page.physical is not None:
            return (MemoryWatch(page.linear, PAGE, f"page {fmt.dword(page.linear)}"),)
        row = self.selected()
        if row is None or not row.entries or row.tally().uncommitted:
            return ()
        return (MemoryWatch(row.linear, row.size),)

    def spots(self) -> Sequence[Spot]:
        """The page at the cursor, or with the keyboard in the ranges the range."""
        page = self.pages.page(self.grid.currentIndex())
        if self.grid.hasFocus() and page is not None:
            return (Spot("Page", max(page.linear, self.pages.range.linear)),)
        row = self.selected()
        return () if row is None else (Spot("Range", row.linear),)

    def _choose(self, index: QModelIndex) -> None:
        self._chosen = self.ranges.row(index.row()).range.linear

    def _select(self, linear: int) -> None:
        found = self._map.range_at(linear)
        number = self.ranges.number_of(found.linear) if found is not None else None
        if number is not None and number != self.table.currentIndex().row():
            self.table.selectRow(number)
            self.table.scrollTo(self.ranges.index(number, 0))

    def _show_pages(self) -> None:
        row = self.selected()
        self.pages.show_range(self._map, self._before, row)
        self.head.say(_heading(row))
        self._tell_page()

    def _tell_page(self) -> None:
        page = self.pages.page(self.grid.currentIndex())
        self.told.say(
            describe(page) if page is not None else "Choose a page to read about it; Enter shows it in memory."
        )

    def _reveal_page(self, index: Index) -> None:
        if (page := self.pages.page(index)) is not None:
            self._reveal(max(page.linear, self.pages.range.linear))

    def _reveal(self, linear: int) -> None:
        self.reveal.emit("memory", linear)


def _pointers(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Where the guest runs and where the tops of its stacks are."""
    found = [("CS:EIP", snapshot.registers.code_linear)]
    for view in snapshot.stacks:
        if view.exists:
            name = fmt.STACK_NAMES[view.stack].lower()
            found.append(("SS:ESP" if view.in_use else f"{name} stack", view.pointer_linear))
    return found


def _heading(row: MapRange | None) -> str:
    if row is None:
        return "No program is loaded."
    name = f"{row.what[:1].upper()}{row.what[1:]}, {fmt.dword(row.linear)} to {fmt.dword(row.end - 1)}"
    if not row.entries:
        return f"{name}: nothing is behind these addresses."
    return f"{name}: {_pages(row)}"


def _pages(row: MapRange) -> str:
    tally = row.tally()
    parts = [counted(tally.pages, "page", "pages")]
    named = {
        "paged out": tally.out, "mapped": tally.mapped, "uncommitted": tally.uncommitted, "locked": row.locked,
        "accessed": tally.accessed, "dirty": tally.dirty,
    }  # fmt: skip
    parts += [f"{number} {name}" for name, number in named.items() if number]
    return ", ".join(parts)


def _present(row: RangeRow) -> str:
    """Pages that are there: all, or how many of them."""
    if not row.range.entries:
        return ""
    tally: Tally = row.range.tally()
    return str(tally.pages) if tally.present == tally.pages else f"{tally.present}/{tally.pages}"


def _colour(row: RangeRow) -> str:
    return _COLOURS[row.range.purpose]


def _handle(row: RangeRow) -> str:
    return "" if row.range.handle is None else f"{row.range.handle:X}h"


_LOOKS = tuple(Entry(look.value, background(look.brush)) for look in Look)
_LEGENDS = (
    _LOOKS[:-1],
    (
        *_LOOKS[-1:],
        Entry("accessed", sign("A", "text")),
        Entry("dirty", sign("D", "text")),
        Entry("locks", sign("2", "text")),
        Entry("changed", sign("•", "changed")),
    ),
)
"""Two lines, which fit into the pane in the smallest window."""
_COLUMNS: list[Column[RangeRow]] = [
    Column(
        "", lambda row: "+" if row.is_new else "", colour=lambda _row: "changed", marks_changes=False,
        title_tip="+ was not there at the stop before",
    ),
    Column("Linear", lambda row: fmt.dword(row.range.linear), marks_changes=False),
    Column("Size", lambda row: fmt.size(row.range.size)),
    Column("What", lambda row: row.range.what, colour=_colour, tip=lambda row: row.range.purpose.value),
    Column("Owner", lambda row: row.range.owner, tip=lambda row: row.range.owner),
    Column("Pages", _present, title_tip="Pages it touches; those present of all, where some are not"),
    Column("Locked", lambda row: str(row.range.locked or ""), title_tip="Pages somebody has locked"),
    Column("Handle", _handle, title_tip="Of a memory block or shared memory"),
    Column("Pointers", lambda row: ", ".join(row.here), title_tip="What leads here now", marks_changes=False),
]  # fmt: skip
