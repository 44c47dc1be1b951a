"""The pages of one range of the memory map: a cell each, sixteen to a row, so that a row is 64 KiB."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from app.debug.memory_map import NO_MAP, MapRange, MemoryMap, Page, PageState, Purpose
from app.emu.memory.layout import PAGE
from app.ui.change_delegate import AGE_ROLE, change_font, draw_change_mark
from app.ui.format import dword
from app.ui.tables import NOWHERE, Index, Table
from app.ui.theme import colours

PER_ROW: Final = 16
_ROW: Final = PER_ROW * PAGE
_MOST_LOCKS: Final = 9
"""More than so many locks are written as +."""
_ROLES: Final = {
    Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole, AGE_ROLE,
}  # fmt: skip
"""What a cell has something to say to."""
_NO_RANGE: Final = MapRange(0, 0, Purpose.FREE, "")


class Look(Enum):
    """What a page's background tells. The values are words for the legend."""

    PLAIN = "present"
    READ_ONLY = "read-only"
    SUPERVISOR = "host's own"
    MAPPED = "mapped"
    OUT = "paged out"
    UNCOMMITTED = "uncommitted"

    @classmethod
    def of(cls, page: Page) -> Look:
        """How a page looks."""
        match page.state:
            case PageState.OUT:
                return cls.OUT
            case PageState.MAPPED:
                return cls.MAPPED
            case PageState.UNCOMMITTED:
                return cls.UNCOMMITTED
        if not page.is_user:
            return cls.SUPERVISOR
        return cls.PLAIN if page.is_writable else cls.READ_ONLY

    def brush(self) -> QBrush:
        """The background in the colours in force."""
        named = colours()
        blue, green, orange, violet = named.frame_fills
        match self:
            case Look.UNCOMMITTED:
                return QBrush(QColor(named.line), Qt.BrushStyle.BDiagPattern)
            case Look.OUT:
                return QBrush(QColor(named.error), Qt.BrushStyle.Dense6Pattern)
        return QBrush(
            QColor({Look.PLAIN: green, Look.READ_ONLY: orange, Look.SUPERVISOR: violet, Look.MAPPED: blue}[self])
        )


def signs(page: Page) -> str:
    """What a cell says: locks, then D for dirty or A for accessed."""
    locks = page.lock_count
    count = "" if not locks else str(locks) if locks <= _MOST_LOCKS else "+"
    return count + ("D" if page.dirty else "A" if page.accessed else "")


def describe(page: Page) -> str:
    """All about a page in one line, what is asked for most first."""
    held = ", ".join(f"{lock.times} by {lock.owner}" for lock in page.locks)
    parts = [page.state.value, f"locks: {held}" if held else "not locked"]
    if page.is_pageable:
        parts.append("marked pageable")
    if page.physical is not None:
        parts += ["dirty" if page.dirty else "clean", "accessed" if page.accessed else "not accessed"]
        parts.append("read/write" if page.is_writable else "read-only")
        if not page.is_user:
            parts.append("supervisor")
        parts.append(f"physical {dword(page.physical)}")
    return f"Page {dword(page.linear)}: {', '.join(parts)}"


class PageModel(QAbstractTableModel):
    """The pages of a range. Cells are worked out when they are painted: a range may have half a million."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._map = NO_MAP
        self._before: MemoryMap | None = None
        self._range = _NO_RANGE
        self._old = _NO_RANGE
        """The same range as it was at the stop before."""
        self._same_locks = True
        """Nobody has locked or unlocked anything since then."""
        self._pages: dict[int, Page] = {}
        """Those worked out so far, by their number in the range."""

    @property
    def range(self) -> MapRange:
        """Whose pages they are."""
        return self._range

    def show_range(self, shown: MemoryMap, before: MemoryMap | None, of: MapRange | None) -> None:
        """Show the pages of a range. before: the map of the stop before, to mark what has changed."""
        of = of or _NO_RANGE
        rows = self.rowCount()
        same = of.first_page == self._range.first_page and _rows(of) == rows
        if not same:
            self.beginResetModel()
        self._map, self._before, self._range = shown, before, of
        self._pages.clear()
        self._same_locks = before is not None and (before.locks, before.pageable) == (shown.locks, shown.pageable)
        old = before.range_at(of.linear) if before is not None else None
        self._old = old if old is not None and old.first_page == of.first_page else _NO_RANGE
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, PER_ROW - 1))

    def page(self, index: Index) -> Page | None:
        """The page of a cell; None where the range has none."""
        number = self._number(index)
        if number is None:
            return None
        if number not in self._pages:
            self._pages[number] = self._map.page(self._range, number)
        return self._pages[number]

    def index_of(self, linear: int) -> QModelIndex:
        """The cell of the page an address lies in."""
        at = linear - (self._range.first_page & -_ROW)
        return self.index(at // _ROW, at % _ROW // PAGE)

    def _number(self, index: Index) -> int | None:
        """Which page of the range a cell is."""
        linear = (self._range.first_page & -_ROW) + index.row() * _ROW + index.column() * PAGE
        number = (linear - self._range.first_page) // PAGE
        return number if 0 <= number < self._range.page_count else None

    # What Qt asks

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows of 64 KiB that the range touches."""
        return 0 if parent.isValid() else _rows(self._range)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Sixteen pages."""
        return 0 if parent.isValid() else PER_ROW

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only pages of the range can be chosen."""
        return super().flags(index) if self._number(index) is not None else Qt.ItemFlag.NoItemFlags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Above, the hexadecimal digit of the page; at the left, the address of the row."""
        if role != Qt.ItemDataRole.DisplayRole:
            return Qt.AlignmentFlag.AlignCenter if role == Qt.ItemDataRole.TextAlignmentRole else None
        if orientation == Qt.Orientation.Horizontal:
            return f"{section:X}"
        return dword((self._range.first_page & -_ROW) + section * _ROW)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's signs, colour, and in words what it is."""
        page = self.page(index) if role in _ROLES else None
        if page is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return signs(page)
            case _ if role == AGE_ROLE:
                return 0 if self.has_changed(index) else None
            case _:
                return describe(page)

    def has_changed(self, index: Index) -> bool:
        """Is the page of a cell another than at the stop before?"""
        number = self._number(index)
        if self._before is None or number is None or number >= self._old.page_count:
            return False
        if self._range.entry(number) != self._old.entry(number):
            return True
        return not self._same_locks and self._before.page(self._old, number) != self.page(index)


def _rows(of: MapRange) -> int:
    if not of.page_count:
        return 0
    last = of.first_page + (of.page_count - 1) * PAGE
    return (last // _ROW) - (of.first_page // _ROW) + 1


class PageGrid(Table):
    """The view of the pages: single cells, as wide as three characters."""

    def __init__(self, model: PageModel, parent: QWidget) -> None:
        super().__init__(model, "Pages", parent)
        self.pages = model
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        metrics = QFontMetrics(self.font())
        columns, rows = self.horizontalHeader(), self.verticalHeader()
        columns.setStretchLastSection(False)
        columns.setMinimumSectionSize(8)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setDefaultSectionSize(metrics.horizontalAdvance("00") + 11)
        rows.setFont(self.font())
        rows.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cells in view in one pass: a delegate called for each of them would take a tenth of a second."""
        painter = QPainter(self.viewport())
        brushes = {look: look.brush() for look in Look}
        plain, bold = self.font(), change_font(self.font(), 0)
        top, bottom = self.rowAt(event.rect().top()), self.rowAt(event.rect().bottom())
        last = self.pages.rowCount() - 1
        for row in range(max(top, 0), (bottom if bottom >= 0 else last) + 1):
            for column in range(PER_ROW):
                index = self.pages.index(row, column)
                page = self.pages.page(index)
                if page is None:
                    continue
                box = self.visualRect(index)
                painter.fillRect(box, brushes[Look.of(page)])
                changed = self.pages.has_changed(index)
                painter.setFont(bold if changed else plain)
                painter.setPen(QColor(colours().changed if changed else colours().text))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, signs(page))
                if changed:
                    draw_change_mark(painter, box, 0)
        self._draw_lines(painter)
        painter.end()

    def _draw_lines(self, painter: QPainter) -> None:
        """Lines between the cells, and a frame around the one at the cursor."""
        height = self.rowViewportPosition(self.pages.rowCount() - 1) + self.rowHeight(0) if self.pages.rowCount() else 0
        width = self.columnViewportPosition(PER_ROW - 1) + self.columnWidth(PER_ROW - 1)
        painter.setPen(QColor(colours().line))
        for column in range(PER_ROW):
            x = self.columnViewportPosition(column) + self.columnWidth(column) - 1
            painter.drawLine(x, 0, x, height)
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        for row in range(max(first, 0), (last if last >= 0 else self.pages.rowCount() - 1) + 1):
            y = self.rowViewportPosition(row) + self.rowHeight(row) - 1
            painter.drawLine(0, y, width, y)
        if self.currentIndex().isValid():
            painter.setPen(QPen(QColor(colours().accent), 2 if self.hasFocus() else 1))
            painter.drawRect(self.visualRect(self.currentIndex()).adjusted(1, 1, -1, -1))

    def export_text(self) -> str:
        """The page at the cursor, or all pages of the range, a line each."""
        cells = self.selectionModel().selectedIndexes() or [
            self.pages.index(row, column) for row in range(self.pages.rowCount()) for column in range(PER_ROW)
        ]
        return "\n".join(describe(page) for cell in cells if (page := self.pages.page(cell)) is not None)
