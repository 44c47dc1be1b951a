"""The timeline's colours and fonts, from the theme. pyqtgraph keeps pens, so they are handed out anew on a change."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from app.emu.events import Stack
from app.emu.registers import Mode
from app.ui.theme import colours
from app.ui.timeline.record import Mark


@dataclass(frozen=True, slots=True)
class Ink:
    """Everything needed to draw one picture."""

    background: QColor
    text: QColor
    faint: QColor
    now: QColor
    chosen: QColor
    modes: dict[Mode, QColor]
    on_mode: QColor
    stacks: dict[Stack, QColor]
    bar: QColor
    on_bar: QColor
    marks: dict[Mark, QColor]
    small: QFont

    @classmethod
    def of_theme(cls) -> Ink:
        """The ink for the palette in force."""
        named = colours()
        small = QFont(QApplication.font())
        small.setPointSizeF(max(7.0, small.pointSizeF() - 1.5))
        return cls(
            background=QColor(named.base),
            text=QColor(named.muted),
            faint=QColor(named.line),
            now=QColor(named.text),
            chosen=QColor(named.accent),
            modes={mode: QColor(named.mode(mode)) for mode in Mode},
            on_mode=QColor(named.base),
            stacks={stack: QColor(named.stack(stack)) for stack in Stack},
            bar=QColor(named.accent),
            on_bar=QColor(named.on_accent),
            marks={
                Mark.EXCEPTION: QColor(named.error),
                Mark.HARDWARE: QColor(named.pm32),
                Mark.FAILURE: QColor(named.v86),
                Mark.PROGRAM: QColor(named.muted),
            },
            small=small,
        )
