"""The events in a table that only grows, and what of it passes the filter."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.debug.narrate import brief, name_of
from app.emu.event_log import SavedLog
from app.emu.events import CallbackEntered, CallbackReturned, Event, ModeSwitched, StackSwitched
from app.ui.theme import Colours, colours

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_TITLES: Final = ("Seq", "Tick", "Event", "What", "Client")
_WHAT: Final = 3
_RIGHT: Final = (0, 1)


class EventModel(QAbstractTableModel):
    """Rows are the events that pass the filter, in order. Text is made only for rows that are seen or searched."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._log = SavedLog()
        self._shown: list[int] = []
        self._text = ""
        self._kinds: frozenset[str] | None = None
        self._lines: dict[int, str] = {}
        self._happened = 0

    @property
    def total(self) -> int:
        """Events there are, whether they pass the filter or not."""
        return len(self._log)

    def take(self, first: int, log: SavedLog) -> None:
        """Show another log, which is the same before number `first`."""
        first = min(first, len(log))
        if first < len(self._log):
            self.beginResetModel()
            del self._shown[bisect_left(self._shown, first) :]
            self._lines.clear()
            self.endResetModel()
        self._log = log
        passing = self._passing(first)
        if passing:
            self.beginInsertRows(_NOWHERE, len(self._shown), len(self._shown) + len(passing) - 1)
            self._shown.extend(passing)
            self.endInsertRows()

    @property
    def last_row(self) -> int:
        """The row of the last event shown that has happened; -1 when all lie ahead."""
        return bisect_left(self._shown, self._happened) - 1

    @property
    def is_past(self) -> bool:
        """Some events lie ahead of the machine."""
        return self._happened < len(self._log)

    def come_to(self, count: int) -> None:
        """So many events have happened; those behind them are the future, in grey."""
        old, self._happened = self._happened, count
        first, last = sorted((old, count))
        top, bottom = bisect_left(self._shown, first), bisect_left(self._shown, last) - 1
        if top <= bottom:
            self.dataChanged.emit(
                self.index(top, 0), self.index(bottom, len(_TITLES) - 1), [Qt.ItemDataRole.ForegroundRole]
            )

    def filter(self, text: str, kinds: Iterable[str] | None) -> None:
        """Show events whose line contains all words of `text`, of these kinds (None: of all)."""
        self.beginResetModel()
        self._text = text.lower()
        self._kinds = None if kinds is None else frozenset(kinds)
        self._shown = self._passing(0)
        self.endResetModel()

    def event(self, row: int) -> Event:  # type: ignore[override]  # QObject.event is never wanted here
        """The event in a row."""
        return self._log[self._shown[row]][0]

    def row_of(self, seq: int) -> int | None:
        """The row of an event, None when the filter hides it."""
        row = bisect_left(self._shown, seq)
        return row if row < len(self._shown) and self._shown[row] == seq else None

    def _passing(self, first: int) -> list[int]:
        """Numbers of the events from `first` on that pass the filter."""
        log, words = self._log, self._text.split()
        of_kind = range(first, len(log)) if self._kinds is None else log.seqs_of(self._kinds, first)
        return [number for number in of_kind if self._has(number, words)] if words else list(of_kind)

    def _has(self, number: int, words: list[str]) -> bool:
        line = f"{name_of(self._log[number][0].kind)} {self._line(number)}".lower()
        return all(word in line for word in words)

    def _line(self, number: int) -> str:
        line = self._lines.get(number)
        if line is None:
            line = self._lines[number] = brief(self._log[number][0])
        return line

    # --- what Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Rows, at the top level only."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Columns, at the top level only."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Column titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        number = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._cell(number, index.column())
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
            case Qt.ItemDataRole.ForegroundRole:
                if number >= self._happened:
                    return QColor(colours().muted)
                return _colour(self._log[number][0], index.column(), colours())
            case Qt.ItemDataRole.ToolTipRole if index.column() == _WHAT:
                return self._line(number)
            case _:
                return None

    def _cell(self, number: int, section: int) -> str:
        event = self._log[number][0]
        match section:
            case 0:
                return f"{event.seq} "
            case 1:
                return f"{event.tick} "
            case 2:
                return name_of(event.kind)
            case 3:
                return self._line(number)
            case _:
                return str(event.client) if event.client else "–"


def _alignment(section: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if section in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return Qt.AlignmentFlag.AlignVCenter | side


def _colour(event: Event, section: int, named: Colours) -> QColor | None:
    """The mode or stack an event leads to colours its name."""
    if section != 2:
        return QColor(named.muted) if section in {0, 1, 4} else None
    match event:
        case ModeSwitched():
            return QColor(named.mode(event.to))
        case StackSwitched():
            return QColor(named.stack(event.to))
        case CallbackEntered() | CallbackReturned():
            return QColor(named.accent)
        case _ if event.kind in {"exception_raised", "unsupported_called"}:
            return QColor(named.error)
        case _:
            return None
