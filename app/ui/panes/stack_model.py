"""The rows of one stack column as a list model: what a screen reader says, and what the delegate paints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QObject, Qt

from app.debug.snapshot import StackFrame, StackView
from app.ui.format import dword
from app.ui.panes.stack_rows import Change, Row, row_at, rows_of
from app.ui.tables import NOWHERE, ROW_ROLE, Index

_CHANGES = {Change.PUSHED: "pushed since the stop before", Change.WRITTEN: "written since the stop before"}


class StackModel(QAbstractListModel):
    """Keeps row numbers from the top of the stack: row 0 is where the live pointer stands."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.view: StackView | None = None
        self._before: StackView | None = None
        self._unfolded: set[int] = set()

    def toggle_fold(self, frame: StackFrame) -> None:
        """Show all slots of a long frame, or only the essential ones again."""
        self._unfolded ^= {frame.high}
        if self.view is not None:
            self.show_stack(self.view, self._before)

    def show_stack(self, view: StackView, before: StackView | None) -> None:
        """Show a stack, with marks for what differs from `before`."""
        self.view, self._before = view, before
        rows = rows_of(view, before, self._unfolded)
        shown = len(self.rows)
        if len(rows) < shown:
            self.beginRemoveRows(NOWHERE, len(rows), shown - 1)
            self.rows = self.rows[: len(rows)]
            self.endRemoveRows()
        elif len(rows) > shown:
            self.beginInsertRows(NOWHERE, shown, len(rows) - 1)
            self.rows = self.rows + rows[shown:]
            self.endInsertRows()
        if rows != self.rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    @property
    def is_complete(self) -> bool:
        """Whether the rows reach the end of the stack."""
        return self.view is None or not self.rows or self.rows[-1].linear >= self.view.high

    def row_at(self, linear: int) -> int | None:
        """The row of the slot at a linear address."""
        return row_at(self.rows, linear)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Slots, frame lines and the last line."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row as text, in full on hover, and itself for the delegate."""
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return "\n".join(_details(row))
            case _ if role == ROW_ROLE:
                return row
            case _:
                return None

    def text(self, numbers: Sequence[int]) -> str:
        """Rows as lines of text."""
        return "\n".join(self.rows[number].text for number in numbers)


def _details(row: Row) -> list[str]:
    """What a row means, line by line."""
    lines = [row.text]
    if row.frame is not None:
        lines.append(f"linear {dword(row.frame.low)} to {dword(row.frame.high)}, level {row.frame.level}")
        if row.folded is not None:
            lines.append(f"{row.folded} slots folded: click to see them" if row.folded else "click to fold")
    if row.slot is not None:
        lines.append(f"linear {dword(row.slot.linear)}, {row.slot.width} bytes")
        if row.inside is not None:
            lines.append(f"in: {row.inside.label} · {row.inside.pushed_by}")
        if row.slot.points_to is not None:
            lines.append(f"points to linear {dword(row.slot.points_to)}: click to go there")
    if row.is_top:
        lines.append("the stack pointer stands here")
    if row.change in _CHANGES:
        lines.append(_CHANGES[row.change])
    return lines
