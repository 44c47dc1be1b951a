"""The bookmarks pane: positions of this program worth coming back to, each with a note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from app.debug.session import ToPosition
from app.debug.snapshot import Snapshot
from app.ui.panes.pane import Pane
from app.ui.tables import Table

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_TITLES: Final = ("Position", "Note")
_NOTE: Final = 1


class Bookmark(NamedTuple):
    """A position as it can be typed, and what the user says about it."""

    position: str
    note: str


class BookmarkModel(QAbstractTableModel):
    """The bookmarks, in the order they were made. Notes can be edited."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.marks: list[Bookmark] = []

    def show_marks(self, marks: Sequence[Bookmark]) -> None:
        """Show other bookmarks."""
        self.beginResetModel()
        self.marks = list(marks)
        self.endResetModel()

    def add(self, mark: Bookmark) -> None:
        """Put one more at the end."""
        self.beginInsertRows(_NOWHERE, len(self.marks), len(self.marks))
        self.marks.append(mark)
        self.endInsertRows()

    def remove(self, row: int) -> None:
        """Forget one."""
        self.beginRemoveRows(_NOWHERE, row, row)
        del self.marks[row]
        self.endRemoveRows()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Rows, at the top level only."""
        return 0 if parent.isValid() else len(self.marks)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Columns, at the top level only."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Column titles."""
        is_title = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _TITLES[section] if is_title else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Notes can be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.isValid() and index.column() == _NOTE else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole}:
            return self.marks[index.row()][index.column()]
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take over an edited note."""
        if role != Qt.ItemDataRole.EditRole or index.column() != _NOTE:
            return False
        self.marks[index.row()] = self.marks[index.row()]._replace(note=str(value).strip())
        self.dataChanged.emit(index, index)
        return True


class BookmarksPane(Pane):
    """Enter or a double click on the position goes there, Del forgets, a double click on the note edits it.

    Signals
        marks_changed(list[Bookmark]): to be kept.
    """

    key, title, icon = "bookmarks", "Bookmarks", "bookmark"

    marks_changed = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = BookmarkModel(self)
        self.list = Table(self.model, "Bookmarks", self)
        self.list.set_widths(16)
        self.list.setToolTip("Ctrl+D adds one. Enter: go there. Del: forget. Double click on the note: edit it.")
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.list.doubleClicked.connect(lambda index: self._go_there() if index.column() != _NOTE else None)
        self.setFocusProxy(self.list)
        self.list.enter_pressed.connect(lambda _index: self._go_there())
        self.list.deleted.connect(lambda _index: self._remove())
        for signal in (self.model.dataChanged, self.model.rowsInserted, self.model.rowsRemoved):
            signal.connect(lambda *_: self.marks_changed.emit(list(self.model.marks)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Bookmarks do not change with the machine."""

    def show_marks(self, marks: Sequence[Bookmark]) -> None:
        """Show the bookmarks of another program."""
        self.model.show_marks(marks)

    def add(self, mark: Bookmark) -> None:
        """Add a bookmark, and let its note be changed at once."""
        self.model.add(mark)
        index = self.model.index(len(self.model.marks) - 1, _NOTE)
        self.list.setCurrentIndex(index)
        self.list.edit(index)

    def export_text(self) -> str:
        """The selected rows, or all."""
        return self.list.export_text()

    def _go_there(self) -> None:
        if self.list.currentIndex().isValid():
            self.go.emit(ToPosition(self.model.marks[self.list.currentIndex().row()].position))

    def _remove(self) -> None:
        if self.list.currentIndex().isValid():
            self.model.remove(self.list.currentIndex().row())
