"""The compare pane: a pinned position beside the present, thing by thing that differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.debug.session import ToPosition
from app.debug.snapshot import Comparison, Difference, Part, Snapshot, Status
from app.ui.elided_label import ElidedLabel
from app.ui.icons import set_icon
from app.ui.panes.difference_delegate import DifferenceDelegate
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, Index, RowsModel, Table

_HOW: Final = (
    "Nothing is pinned. Ctrl+K (or the button above) pins the position the machine is at. Then step, run or go to "
    "another one, ahead or behind: what differs between the two is listed here."
)
_HERE: Final = "This is the pinned position. Go to another one, and what differs is listed here."
_SAME: Final = "No difference: registers, stacks, descriptors, callbacks, vectors and memory are the same."
_THEN, _NOW = 2, 3
_WIDE: Final = 640


class Line(NamedTuple):
    """One difference; the first of each part also names the part."""

    part: str
    difference: Difference


class ComparePane(Pane):
    """What, then, now. Enter or a double click shows where it is in memory."""

    key, title, icon = "compare", "Compare", "pin"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None
        self.head = ElidedLabel(self)
        self._pin = self._button("Pin", "pin", "Pin this position (Ctrl+K)", self.pin)
        self._unpin = self._button("Unpin", "pin-off", "Compare no longer (Ctrl+Shift+K)", self.unpin)
        self._go = self._button("Go there", "locate", "Go to the pinned position", self._go_there)
        self.model: RowsModel[Line] = RowsModel(_COLUMNS, lambda line: line.difference, self)
        self.list = Table(self.model, "Differences", self)
        self.list.set_widths(10, 26)
        header = self.list.horizontalHeader()
        for column in (_THEN, _NOW):
            header.setSectionResizeMode(column, header.ResizeMode.Stretch)
        for column in (_THEN, _NOW):
            self.list.setItemDelegateForColumn(column, DifferenceDelegate(_other(column), self.list))
        self.list.enter_pressed.connect(self._reveal)
        self.list.doubleClicked.connect(self._reveal)
        self.list.setToolTip("Enter or double click: show it in memory")
        self.words = QLabel(_HOW, self)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setContentsMargins(8, 6, 8, 6)
        self.setFocusProxy(self.list)
        self._arrange()
        self._show(None, "")

    def _button(self, text: str, icon: str, tip: str, call: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        set_icon(button, icon)
        button.setToolTip(tip)
        button.clicked.connect(call)
        return button

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 4, 2)
        bar.setSpacing(4)
        bar.addWidget(self.head, 1)
        for button in (self._go, self._pin, self._unpin):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        column.addWidget(self.words, 1)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the differences; while the program waits for a key, what there was when it rested last."""
        if snapshot.status in {Status.STOPPED, Status.ENDED}:
            self._show(snapshot.comparison, _position(snapshot.tick, snapshot.branch, snapshot.comparison))

    def _show(self, comparison: Comparison | None, now: str) -> None:
        self._comparison = comparison
        is_pinned = comparison is not None
        self._unpin.setVisible(is_pinned)
        self._go.setVisible(is_pinned)
        lines = _lines(comparison)
        self.model.show_rows(lines, 0)
        self.list.setVisible(bool(lines))
        self.words.setVisible(not lines)
        if comparison is None:
            self.head.say("")
            self.words.setText(_HOW)
            return
        then = _position(comparison.tick, comparison.branch, comparison)
        is_here = then == now
        named = comparison.pinned if comparison.pinned == then else f"{comparison.pinned} ({then})"
        more = f" · {comparison.left_out} more ranges of memory" if comparison.left_out else ""
        what = "1 difference" if len(lines) == 1 else f"{len(lines)} differences"
        self.head.say(f"{named} → now, {now}: {what}{more}")
        self.words.setText(_HERE if is_here else _SAME)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons have words where there is room."""
        super().resizeEvent(event)
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonTextBesideIcon if self.width() >= _WIDE else styles.ToolButtonIconOnly
        for button in (self._go, self._pin, self._unpin):
            button.setToolButtonStyle(style)

    def pin(self) -> None:
        """Keep the present as the position to compare with."""
        self.request.emit(lambda session: session.pin())

    def unpin(self) -> None:
        """Compare no longer."""
        self.request.emit(lambda session: session.unpin())

    def export_text(self) -> str:
        """The positions, and the selected rows or all."""
        return f"{self.head.text()}\n{self.list.export_text()}" if self._comparison is not None else _HOW

    def spots(self) -> Sequence[Spot]:
        """Where the selected difference is."""
        index = self.list.currentIndex()
        linear = self.model.row(index.row()).difference.linear if index.isValid() else None
        return () if linear is None else (Spot("Address", linear),)

    def _go_there(self) -> None:
        if self._comparison is not None:
            self.go.emit(ToPosition(self._comparison.pinned))

    def _reveal(self, index: Index) -> None:
        linear = self.model.row(index.row()).difference.linear
        if linear is not None:
            self.reveal.emit("memory", linear)


def _other(column: int) -> int:
    return _NOW if column == _THEN else _THEN


def _position(tick: int, branch: int, comparison: Comparison | None) -> str:
    """A position by its tick; by its branch, too, where that is not the pinned one's."""
    return f"tick {tick}" + (f", branch {branch}" if comparison is not None and branch != comparison.branch else "")


def _lines(comparison: Comparison | None) -> list[Line]:
    """The differences part by part."""
    if comparison is None:
        return []
    lines = []
    for part in Part:
        found = [difference for difference in comparison.differences if difference.part is part]
        lines += [Line("" if number else part.value, difference) for number, difference in enumerate(found)]
    return lines


_COLUMNS: Final[list[Column[Line]]] = [
    Column("Part", lambda line: line.part, colour=lambda _line: "accent", marks_changes=False),
    Column("What", lambda line: line.difference.what, tip=lambda line: line.difference.what, marks_changes=False),
    Column(
        "Then", lambda line: line.difference.then or "–", tip=lambda line: line.difference.then, marks_changes=False
    ),
    Column("Now", lambda line: line.difference.now or "–", tip=lambda line: line.difference.now, marks_changes=False),
]
