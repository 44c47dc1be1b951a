"""Ctrl+G: an address to look at, or a position of the run to go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.debug.positions import KINDS, Position
from app.debug.session import Goal, ToPosition
from app.debug.snapshot import Snapshot
from app.emu.registers import Mode
from app.ui.panes.memory_place import LINEAR, parse_place
from app.ui.theme import colours, mono_font

_WIDTH: Final = 470
HINT: Final = (
    "An address: <b>0087:0100</b> (selector or segment), <b>cs:eip</b>, <b>00110000</b> (linear)<br>"
    "A position: <b>event 41</b>, <b>event 41+7</b>, <b>tick 120345</b>, <b>callback 2</b>, <b>mode 5</b>, <b>end</b>"
)


def destination(text: str, snapshot: Snapshot) -> Goal | int:
    """What somebody typed: a goal to run for, or a linear address to show.

    Raises `ValueError` with a message for the user.
    """
    if text.lower().strip().startswith(KINDS):
        return ToPosition(str(Position.parse(text)))
    place = parse_place(text, snapshot.registers)
    if place.space == LINEAR:
        return place.start
    number = int(place.space[4:], 16)
    if place.space.startswith("sel:"):
        for row in snapshot.descriptors:
            if row.selector | 3 == number | 3 and row.table in {"GDT", "LDT"}:
                return row.descriptor.base + place.start & 0xFFFFFFFF
        if snapshot.mode is not Mode.V86:
            raise ValueError(f"No descriptor has the selector {number:04X}. Write seg:{number:04X}:… for a segment.")
    return (number << 4) + place.start


class GoToDialog(QDialog):
    """One line to type into. It stays open until what was typed makes sense."""

    def __init__(self, parent: QWidget, choose: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to")
        self._choose = choose
        self.line = QLineEdit(self)
        self.line.setFont(mono_font())
        self.line.setAccessibleName("Address or position")
        self.line.setPlaceholderText("address or position")
        self.line.returnPressed.connect(self._try)
        self._problem = QLabel(self)
        self._problem.setWordWrap(True)
        self._problem.setMinimumWidth(_WIDTH)
        self._problem.setStyleSheet(f"color: {colours().error}")
        self._problem.hide()
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self._problem)
        column.addWidget(QLabel(HINT, self))

    def _try(self) -> None:
        try:
            self._choose(self.line.text())
        except ValueError as problem:
            self._problem.setText(str(problem))
            self._problem.show()
            self.adjustSize()
        else:
            self.accept()
