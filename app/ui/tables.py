"""Tables that keep still: a model that repaints only the cells that differ, and the view all panes use.

A reset would cost a full repaint and the selection; instead rows are recognised by a key, inserted and removed where
they are, and each changed cell is announced by itself. The age of a change is counted in stops, not in seconds, so a
paused debugger shows the same picture after lunch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.ui.change_delegate import AGE_ROLE, OLDEST_AGE, ChangeDelegate
from app.ui.theme import colours, mono_font

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 10
"""The row object itself."""
NOWHERE: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: how a row is written there. colour names a field of `Colours`, or is empty for plain text."""

    title: str
    text: Callable[[Row], str]
    tip: Callable[[Row], str] | None = None
    colour: Callable[[Row], str] | None = None
    right: bool = False
    centred: bool = False
    title_tip: str = ""
    marks_changes: bool = True


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of one type, shown by columns.

    key tells which old row a new one is: `lambda row: row.selector`. Rows keep their order of arrival.
    """

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: QWidget) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []
        self._keys: list[Hashable] = []
        self._cells: list[tuple[str, ...]] = []
        self._ages: dict[tuple[Hashable, int], int] = {}
        self._previous: dict[tuple[Hashable, int], str] = {}
        self._stop: Hashable = None

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Row], stop: Hashable) -> None:
        """Show these rows now. Changes age by one whenever `stop` (`Snapshot.place`) is another one than last time."""
        first = self._stop is None
        if stop != self._stop:
            self._grow_older()
            self._stop = stop
        self._move_rows([self._key(row) for row in rows], rows)
        for number, row in enumerate(rows):
            self._replace(number, row, mark=not first)

    def forget(self) -> None:
        """Mark nothing as changed at the next `show_rows`."""
        self._stop = None
        self._ages.clear()

    def row(self, number: int) -> Row:
        """The row object at a row number."""
        return self._rows[number]

    def rows(self) -> Sequence[Row]:
        """All row objects."""
        return self._rows

    def number_of(self, key: Hashable) -> int | None:
        """Where the row with a key is, None when there is none."""
        return self._keys.index(key) if key in self._keys else None

    def _grow_older(self) -> None:
        if not self._ages:
            return
        faded = list(self._ages)
        self._ages = {place: age + 1 for place, age in self._ages.items() if age < OLDEST_AGE}
        numbers = {key: number for number, key in enumerate(self._keys)}
        for key, column in faded:
            if (number := numbers.get(key)) is not None:
                self._announce(number, column)

    def _move_rows(self, keys: list[Hashable], rows: Sequence[Row]) -> None:
        """Remove and insert rows so that the keys agree; what is equal at both ends stays untouched."""
        old = self._keys
        if old == keys:
            return
        head = 0
        while head < min(len(old), len(keys)) and old[head] == keys[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(keys)) - head and old[-1 - tail] == keys[-1 - tail]:
            tail += 1
        if (last := len(old) - tail) > head:
            self.beginRemoveRows(NOWHERE, head, last - 1)
            del self._keys[head:last], self._rows[head:last], self._cells[head:last]
            self.endRemoveRows()
        if (last := len(keys) - tail) > head:
            self.beginInsertRows(NOWHERE, head, last - 1)
            self._keys[head:head] = keys[head:last]
            self._rows[head:head] = rows[head:last]
            self._cells[head:head] = [self._write(row) for row in rows[head:last]]
            self.endInsertRows()

    def _replace(self, number: int, row: Row, *, mark: bool) -> None:
        old_row = self._rows[number]
        if old_row is row or old_row == row:
            return
        self._rows[number] = row
        old, new = self._cells[number], self._write(row)
        self._cells[number] = new
        for column, (before, after) in enumerate(zip(old, new, strict=True)):
            if before == after:
                continue
            if mark and self.columns[column].marks_changes:
                place = self._keys[number], column
                self._ages[place] = 0
                self._previous[place] = before
            self._announce(number, column)

    def _write(self, row: Row) -> tuple[str, ...]:
        return tuple(column.text(row) for column in self.columns)

    def _announce(self, number: int, column: int) -> None:
        index = self.index(number, column)
        self.dataChanged.emit(index, index)

    # --- what Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows, at the top level only."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Columns, at the top level only."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Column titles and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.title
            case Qt.ItemDataRole.ToolTipRole:
                return column.title_tip or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case _:
                return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's text, age of change, colour, and on hover its previous value."""
        number, section = index.row(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._cells[number][section]
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(self.columns[section])
            case Qt.ItemDataRole.ForegroundRole:
                colour = self.columns[section].colour
                name = colour(self._rows[number]) if colour else ""
                return QColor(getattr(colours(), name)) if name else None
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(number, section)
            case _ if role == AGE_ROLE:
                return self._ages.get((self._keys[number], section))
            case _ if role == ROW_ROLE:
                return self._rows[number]
            case _:
                return None

    def _tip(self, number: int, section: int) -> str | None:
        tip = self.columns[section].tip
        lines = [tip(self._rows[number])] if tip else []
        place = self._keys[number], section
        if place in self._ages:
            lines.append(f"was {self._previous[place]}")
        return "\n".join(line for line in lines if line) or None


def _alignment(column: Column[Any]) -> Qt.AlignmentFlag:
    if column.centred:
        return Qt.AlignmentFlag.AlignCenter
    return Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft)


class Table(QTableView):
    """The table view of all panes: whole rows, fixed height, our font, changes marked, reachable by name.

    Signals
        entered(QModelIndex), deleted(QModelIndex): Enter, or Del, was pressed on a cell that is not being edited.
    """

    enter_pressed = Signal(QModelIndex)
    deleted = Signal(QModelIndex)

    def __init__(self, model: QAbstractItemModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setFont(mono_font())
        self.setItemDelegate(ChangeDelegate(self))
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(QFontMetrics(self.font()).height() + 3)
        columns.setStretchLastSection(True)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(24)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Del are told to the pane; what an editor in a cell leaves of them is not."""
        told = {
            Qt.Key.Key_Return: self.enter_pressed, Qt.Key.Key_Enter: self.enter_pressed,
            Qt.Key.Key_Delete: self.deleted,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if told is not None and self.hasFocus() and self.currentIndex().isValid():
            told.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def set_widths(self, *characters: int) -> None:
        """Make the columns so many characters wide, from the left; the last one takes what is left."""
        one = QFontMetrics(self.font()).horizontalAdvance("0")
        for section, number in enumerate(characters):
            self.setColumnWidth(section, one * number + 14)

    def export_text(self) -> str:
        """The selected rows, or all, as aligned text."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        return as_text(self.model(), numbers or range(self.model().rowCount()))


def as_text(model: Any, numbers: Sequence[int]) -> str:
    """Rows of a model as text in aligned columns, titles first."""
    horizontal, shown = Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole
    sections = range(model.columnCount())
    lines = [[str(model.headerData(section, horizontal, shown) or "") for section in sections]]
    lines += [[str(model.index(number, section).data() or "") for section in sections] for number in numbers]
    widths = [max(len(line[section]) for line in lines) for section in sections]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
