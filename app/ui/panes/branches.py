"""The branches pane: the ways the run went. Changing something in the past began each but the first."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from app.debug.snapshot import BranchRow, Snapshot
from app.ui.panes.pane import Pane
from app.ui.tables import Column, Index, RowsModel, Table

_ONLY_ONE: Final = (
    "There is one way the run went so far. Go back and change a register, memory or a typed key: that begins another, "
    "and this one is kept here until you drop it."
)


class BranchesPane(Pane):
    """One row per branch. Enter or a double click shows it, Del drops one that is not shown."""

    key, title, icon = "branches", "Branches", "git-branch"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: RowsModel[BranchRow] = RowsModel(_COLUMNS, lambda row: row.number, self)
        self.list = Table(self.model, "Branches of the run", self)
        self.list.set_widths(9, 6, 14, 14)
        self.list.setToolTip("Enter or double click: show the branch. Del: drop one that is not shown.")
        self.list.enter_pressed.connect(self._show)
        self.list.doubleClicked.connect(self._show)
        self.list.deleted.connect(self._drop)
        self.hint = QLabel(_ONLY_ONE, self)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hint.setContentsMargins(8, 6, 8, 6)
        self.setFocusProxy(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addWidget(self.hint)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the branches."""
        self.model.show_rows(snapshot.branches, snapshot.place)
        self.hint.setVisible(len(snapshot.branches) < 2)

    def export_text(self) -> str:
        """The selected rows, or all."""
        return self.list.export_text()

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the selected branch."""
        index = self.list.currentIndex()
        if index.isValid():
            is_shown = self.model.row(index.row()).is_shown
            menu.addAction("Show this branch\tEnter", lambda: self._show(index)).setEnabled(not is_shown)
            menu.addAction("Drop this branch\tDel", lambda: self._drop(index)).setEnabled(not is_shown)

    def _show(self, index: Index) -> None:
        row = self.model.row(index.row())
        if not row.is_shown:
            self.request.emit(lambda session: session.show_branch(row.number))

    def _drop(self, index: Index) -> None:
        row = self.model.row(index.row())
        if not row.is_shown:
            self.request.emit(lambda session: session.drop_branch(row.number))


def _changes(row: BranchRow) -> str:
    return "; ".join(row.changes)


_COLUMNS: Final[list[Column[BranchRow]]] = [
    Column(
        "Branch", lambda row: f"► {row.number} shown" if row.is_shown else f"  {row.number}", marks_changes=False,
        colour=lambda row: "accent" if row.is_shown else "",
    ),
    Column("From", lambda row: "" if row.parent is None else str(row.parent), title_tip="The branch it left"),
    Column("Left at", lambda row: row.fork or "the start", title_tip="Where it left that branch"),
    Column("Reaches", lambda row: row.end, title_tip="The furthest place seen on it", marks_changes=False),
    Column("Changed in it", _changes, tip=lambda row: "\n".join(row.changes), marks_changes=False),
]  # fmt: skip
