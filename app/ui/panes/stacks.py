"""The stacks pane: the four stacks of DPMI side by side, and what the host saved of one on another.

DPMI 0.9 gives a client an application stack; the host adds a locked protected-mode stack, a real-mode stack and its
own at ring 0. Which one is live, how deep events are nested on it and where the host keeps the pointers of the others
is the hard part of DPMI, and what this pane is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from app.debug.snapshot import Interest, Snapshot
from app.debug.watches import Watch
from app.emu.events import Stack
from app.ui.panes.earlier import Earlier
from app.ui.panes.pane import Pane, Spot
from app.ui.panes.stack_column import StackColumn
from app.ui.panes.stack_links import LinkOverlay, find_row
from app.ui.panes.stack_routes import GUTTER
from app.ui.theme import colours

_HOST_SLOTS = 384
"""Slots to have of the ring-0 stack: the outermost frame says where everything began."""
_MOST_SLOTS = 6144


class StacksPane(Pane):
    """Application, locked, real-mode and ring-0 stack."""

    key = "stacks"
    title = "Stacks"
    icon = "layers"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._earlier = Earlier()
        self._slots = Interest().stack_slots
        area = QWidget(self)
        self.columns = tuple(StackColumn(stack, area) for stack in Stack)
        row = QHBoxLayout(area)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GUTTER)
        for number, column in enumerate(self.columns):
            row.addWidget(column, 1)
            column.list.verticalScrollBar().valueChanged.connect(partial(self._scrolled, column))
            column.list.followed.connect(self.follow)
            column.list.sideways.connect(lambda step, number=number: self._focus(number + step))
        self.overlay = LinkOverlay(self.columns, area)
        self._legend = QLabel(self)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setMargin(3)
        self._write_legend()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(self._legend)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the four stacks, marking what was pushed or written since the stop before."""
        before = self._earlier.than(snapshot)
        for number, (column, view) in enumerate(zip(self.columns, snapshot.stacks, strict=True)):
            column.show_stack(view, before.stacks[number] if before is not None else None)
            if view.in_use:
                self.setFocusProxy(column.list)
        self.overlay.follow_rows()
        ring0 = self.columns[-1].model
        if ring0.view is not None and ring0.view.nesting and not ring0.is_complete and self._slots < _HOST_SLOTS:
            self._ask_for(_HOST_SLOTS)

    def _scrolled(self, column: StackColumn, _value: int) -> None:
        """At the end of what was sent, ask for more of a deep stack."""
        bar = column.list.verticalScrollBar()
        if bar.value() == bar.maximum() > 0 and not column.model.is_complete and self._slots < _MOST_SLOTS:
            self._ask_for(2 * self._slots)

    def _ask_for(self, slots: int) -> None:
        self._slots = slots
        self.interest_changed.emit({"stack_slots": slots})

    def follow(self, linear: int) -> None:
        """Select the slot at a linear address, on whichever stack it lies; in memory when it is on none in view."""
        place = find_row(self.columns, linear)
        if place is None:
            self.reveal.emit("memory", linear)
        else:
            self.columns[place[0]].select(place[1])

    def go_to(self, linear: int) -> None:
        """Select a slot, if a stack holds the address."""
        if (place := find_row(self.columns, linear)) is not None:
            self.columns[place[0]].select(place[1])

    def export_text(self) -> str:
        """The stack that has the focus, else all four."""
        column = self._focused()
        chosen = self.columns if column is None else (column,)
        return "\n\n".join(column.export_text() for column in chosen)

    def fill_menu(self, menu: QMenu) -> None:
        """What can be done with the selected row of the stack that has the focus."""
        if (column := self._focused()) is not None:
            column.fill_menu(menu)

    def watched(self) -> tuple[Watch, ...]:
        """What is selected in the stack that has the focus."""
        column = self._focused()
        return () if column is None else column.watched()

    def spots(self) -> Sequence[Spot]:
        """What is selected in the stack that has the focus."""
        column = self._focused()
        return () if column is None else column.spots()

    def _focused(self) -> StackColumn | None:
        """The stack that has the keyboard."""
        return next((column for column in self.columns if column.has_keyboard), None)

    def _focus(self, number: int) -> None:
        """Move to another column, if there is one."""
        if not 0 <= number < len(self.columns):
            return
        target = self.columns[number].list
        target.setFocus(Qt.FocusReason.TabFocusReason)
        if not target.currentIndex().isValid() and target.rows:
            self.columns[number].select(0)

    def changeEvent(self, event: QEvent) -> None:
        """The legend keeps colours in its text; everything else asks while painting."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._write_legend()

    def _write_legend(self) -> None:
        named = colours()
        signs = (
            (named.text, "►", "stack pointer"),
            (named.changed, "+", "pushed"),
            (named.changed, "•", "written"),
            (named.link, "→", "saved stack pointer, click to follow"),
        )
        words = "&nbsp;&nbsp;&nbsp;".join(
            f"<b style='color:{colour}'>{sign}</b>&nbsp;{text}" for colour, sign, text in signs
        )
        self._legend.setText(f"<span style='color:{named.muted}'>{words}&nbsp;&nbsp;&nbsp;lowest address on top</span>")
