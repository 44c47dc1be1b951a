"""The vectors pane: who answers interrupts in real and protected mode, and exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QTabBar, QToolButton, QVBoxLayout, QWidget

from app.debug.snapshot import Snapshot, VectorRow
from app.debug.watches import VectorWatch, Watch
from app.ui.format import byte
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table
from app.ui.theme import mono_font

NAMES: Final = ("real", "protected", "exception")
_TITLES: Final = ("Real", "Protected", "Exceptions")
_TIPS: Final = (
    "Interrupt vectors of real mode (INT 31h AX=0200h, 0201h): segment:offset in low memory",
    "Interrupt vectors of protected mode (INT 31h AX=0204h, 0205h): the client's virtual table",
    "Exception handlers (INT 31h AX=0202h, 0203h)",
)


class VectorModel(RowsModel[VectorRow]):
    """Vectors; hooked ones are bold."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As every row, with hooked vectors emphasised."""
        if role == Qt.ItemDataRole.FontRole and not self.row(index.row()).is_default:
            font = mono_font()
            font.setBold(True)
            return font
        return super().data(index, role)


class VectorsPane(Pane):
    """One tab per table; a filter, and a switch that leaves only what somebody hooked."""

    key = "vectors"
    title = "Vectors"
    icon = "arrow-left-right"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self.tabs = QTabBar(self)
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("filter: vector, name, owner")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter of vectors")
        self.filter.textChanged.connect(lambda _text: self._show_rows())
        self.hooked_only = QToolButton(self)
        self.hooked_only.setText("Hooked only")
        self.hooked_only.setCheckable(True)
        self.hooked_only.setToolTip("Hide vectors that still lead to their default handler")
        self.hooked_only.toggled.connect(lambda _on: self._show_rows())
        self.stack = QStackedWidget(self)
        self.models: dict[str, VectorModel] = {}
        self.views: dict[str, Table] = {}
        for number, name in enumerate(NAMES):
            self.tabs.addTab(_TITLES[number])
            self.tabs.setTabToolTip(number, _TIPS[number])
            model = VectorModel(_COLUMNS, lambda row: row.vector, self)
            view = Table(model, f"{_TITLES[number]} vectors", self)
            view.set_widths(6, 13, 24, 8)
            view.doubleClicked.connect(lambda _index: self._reveal_handler())
            view.enter_pressed.connect(lambda _index: self._reveal_handler())
            self.models[name], self.views[name] = model, view
            self.stack.addWidget(view)
        self.tabs.currentChanged.connect(self._turn_to)
        self._turn_to(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 2, 6, 2)
        bar.addWidget(self.tabs)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.hooked_only)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 1)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the three tables; a handler that changed carries a mark."""
        self._snapshot = snapshot
        self._show_rows()

    def export_text(self) -> str:
        """The table shown, or its selected rows."""
        return self.views[NAMES[self.tabs.currentIndex()]].export_text()

    def watched(self) -> tuple[Watch, ...]:
        """The selected vector."""
        row = self._selected()
        return () if row is None else (VectorWatch(row.table, row.vector),)

    def spots(self) -> Sequence[Spot]:
        """The handler of the selected vector."""
        row = self._selected()
        return () if row is None else (Spot("Handler", row.linear),)

    def _selected(self) -> VectorRow | None:
        name = NAMES[self.tabs.currentIndex()]
        index = self.views[name].currentIndex()
        return self.models[name].row(index.row()) if index.isValid() else None

    def _turn_to(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self.setFocusProxy(self.views[NAMES[number]])

    def _show_rows(self) -> None:
        if self._snapshot is None:
            return
        words = self.filter.text().lower().split()
        for number, name in enumerate(NAMES):
            rows = [row for row in self._snapshot.vectors if row.table == name]
            hooked = sum(not row.is_default for row in rows)
            if self.hooked_only.isChecked():
                rows = [row for row in rows if not row.is_default]
            shown = [row for row in rows if _matches(row, words)]
            self.models[name].show_rows(shown, self._snapshot.place)
            # The number says how many are hooked.
            self.tabs.setTabText(number, f"{_TITLES[number]} · {hooked}" if hooked else _TITLES[number])

    def _reveal_handler(self) -> None:
        row = self._selected()
        if row is not None:
            self.reveal.emit("code", row.linear)


def _matches(row: VectorRow, words: list[str]) -> bool:
    text = f"{byte(row.vector)}h {row.name} {row.owner} {row.handler}".lower()
    return all(word in text for word in words)


def _colour(row: VectorRow) -> str:
    return "muted" if row.is_default else ""


_COLUMNS: list[Column[VectorRow]] = [
    Column("Vector", lambda row: f"{byte(row.vector)}h", colour=_colour),
    Column("Handler", lambda row: str(row.handler), colour=_colour),
    Column("Name", lambda row: row.name, colour=_colour, tip=lambda row: row.name),
    Column("State", lambda row: "default" if row.is_default else "hooked", colour=_colour, marks_changes=False),
    Column("Owner", lambda row: row.owner, colour=_colour, tip=lambda row: row.owner),
]
