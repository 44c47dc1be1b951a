"""What every pane is: a view of snapshots that may ask for things, and never touches the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import Any, ClassVar, Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from app.debug.snapshot import Snapshot
from app.debug.watches import Watch
from app.ui.format import dword
from app.ui.questions import Ask, Question, first, questions

_VIEWS: Final = (("memory", "memory"), ("code", "code"), ("map", "memory map"))
"""Panes that show an address, and their names in menus."""


class Spot(NamedTuple):
    """An address that something selected stands for. what: its name in the menu (`handler`); linear."""

    what: str
    linear: int


class Pane(QWidget):
    """A pane of the window. Only panes on the screen are fed.

    Signals
        request(Callable[[Session], None]): something to do on the emulation thread while the machine rests, for
            example `lambda session: session.toggle_breakpoint(linear)`; a fresh snapshot follows.
        go(Goal): run for a goal.
        interest_changed(dict): fields of `Interest` to replace, as `{"memory_start": 0x400}`.
        reveal(str, int): ask the pane with this key (`memory`, `code`) to come up and show a linear address. Declared
            with `object`: Qt's int ends at 7FFFFFFFh, and the host's memory lies above.
        event_selected(int): the user selected an event; its seq. The other panes hear of it by `choose_event`.
    """

    key: ClassVar[str]
    """Name in settings, layouts and `shot --pane`."""
    title: ClassVar[str]
    icon: ClassVar[str]
    """File in resources/icons, without its ending."""

    request = Signal(object)
    go = Signal(object)
    interest_changed = Signal(dict)
    reveal = Signal(str, object)
    event_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"pane_{self.key}")
        self.setAccessibleName(self.title)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self, self.copy_text)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot, marking what differs from the one before.

        A pane that keeps events drops those from `events_from` on before it adds the snapshot's: a change of the past
        has made them untrue.
        """
        raise NotImplementedError

    def go_to(self, linear: int) -> None:
        """Show a linear address; panes without addresses ignore it."""

    def choose_event(self, seq: int) -> None:
        """Select an event that was selected elsewhere; panes without events ignore it."""

    def show_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        """The program's bookmarks, as position and note, have changed; panes without a time axis ignore it."""

    def export_text(self) -> str:
        """What the pane shows, or its selected rows, as aligned text."""
        raise NotImplementedError

    def copy_text(self) -> None:
        """Put `export_text()` on the clipboard."""
        QGuiApplication.clipboard().setText(self.export_text())

    def menu(self) -> QMenu:
        """What can be done with what is selected: opened by the right mouse button and by the context-menu key."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.addSeparator()
        spots = self.spots()
        for spot in spots:
            self._offer(menu if len(spots) == 1 else menu.addMenu(f"{spot.what}, {dword(spot.linear)}"), spot)
        menu.addSeparator()
        keys = {ask: first(self.watched(), ask) for ask in Ask}
        for question in questions(self.watched()):
            key = f"\t{question.ask}" if question == keys[question.ask] else ""
            menu.addAction(question.text + key, partial(self._put, question))
        menu.addSeparator()
        menu.addAction("Copy", self.copy_text)
        return menu

    def fill_menu(self, menu: QMenu) -> None:
        """Put the pane's own entries into its menu; most panes have some for the row selected."""

    def spots(self) -> Sequence[Spot]:
        """The addresses of what is selected: every pane offers the same for each of them."""
        return ()

    def _offer(self, menu: QMenu, spot: Spot) -> None:
        """What can be done with an address."""
        for key, words in _VIEWS:
            if key != self.key:
                menu.addAction(f"Show in {words}", partial(self.reveal.emit, key, spot.linear))
        toggle: Callable[[Any], None] = methodcaller("toggle_breakpoint", spot.linear)
        menu.addAction("Toggle breakpoint", partial(self.request.emit, toggle))

    def watched(self) -> tuple[Watch, ...]:
        """What is selected, as things that can be watched; a key asks about the first that can be asked so."""
        return ()

    def ask(self, ask: Ask) -> bool:
        """Ask something about what is selected; False when there is nothing that can be asked so."""
        question = first(self.watched(), ask)
        if question is not None:
            self._put(question)
        return question is not None

    def _put(self, question: Question) -> None:
        if question.goal is not None:
            self.go.emit(question.goal)
        elif question.stop is not None:
            watch, use = question.stop
            self.request.emit(lambda session: session.add_watchpoint(watch, use))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu: views leave this event to the pane, after a right click has selected what is under it."""
        self.menu().popup(event.globalPos())
