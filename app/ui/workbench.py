"""The panes and where they stand: docks that can be moved, floated, tabbed and put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget, QWidget

from app.debug.snapshot import BreakpointRow, Snapshot, Status
from app.ui.panes import PANES, Entry, Place
from app.ui.panes.pane import Pane

_AREA = Qt.DockWidgetArea.LeftDockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class Workbench(QMainWindow):
    """A window inside the window that holds nothing but docks. Feeds the panes that can be seen.

    Signals, as those of the panes
        request(Callable[[Session], None]), go(Goal), interest_changed(dict)
    """

    request = Signal(object)
    go = Signal(object)
    interest_changed = Signal(dict)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.panes: dict[str, Pane] = {}
        self._entries = {entry.key: entry for entry in PANES}
        self._in_view: set[str] = set()  # docks behind a tab count as visible to Qt, but nobody sees them
        self._snapshot: Snapshot | None = None
        self._fed: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._newest_stop = 0
        self._bookmarks: Sequence[tuple[str, str]] = ()
        self._has_default_layout = True
        self._docks = {entry.key: self._make_dock(entry) for entry in PANES}
        self._dock_all()
        for entry in PANES:
            if not entry.is_heavy:
                self._fill(entry)

    # --- feeding ----------------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand a picture to the panes that can be seen; while the program runs only to those that follow it."""
        self._snapshot = snapshot
        self._show_new_stops(snapshot.breakpoints)
        self._seen = {key: min(seen, snapshot.events_from) for key, seen in self._seen.items()}
        for key in self.panes:
            self._feed(key)

    def _show_new_stops(self, stops: Sequence[BreakpointRow]) -> None:
        """A watchpoint or event to stop at that is new shows itself; a breakpoint is seen in the code."""
        fresh = [row for row in stops if row.number > self._newest_stop and row.kind != "code"]
        self._newest_stop = max((row.number for row in stops), default=0)
        if fresh:
            self._docks["breakpoints"].show()
            self._docks["breakpoints"].raise_()

    def _feed(self, key: str) -> None:
        pane, snapshot = self.panes[key], self._snapshot
        if snapshot is None or key not in self._in_view or self._fed.get(key) == snapshot.serial:
            return
        if snapshot.status is Status.RUNNING and not self._entries[key].follows_run:
            return
        self._fed[key] = snapshot.serial
        pane.show_snapshot(replace(snapshot, events_from=self._seen.get(key, 0)))
        self._seen[key] = len(snapshot.log)

    def show_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        """Tell all panes the program's bookmarks: position and note."""
        self._bookmarks = marks
        for pane in self.panes.values():
            pane.show_bookmarks(marks)

    # --- showing one pane -------------------------------------------------------------------------------------------

    def bring_up(self, key: str) -> None:
        """Show a pane in front of its neighbours and give it the keyboard."""
        dock = self._docks[key]
        dock.show()
        dock.raise_()
        if key in self.panes:
            self.panes[key].setFocus()

    def reveal(self, key: str, linear: int) -> None:
        """Show a linear address in a pane."""
        self.bring_up(key)
        if key in self.panes:
            self.panes[key].go_to(linear)

    def _choose_event(self, source: str, seq: int) -> None:
        """An event was selected in one pane: the others show it, too."""
        for key, pane in self.panes.items():
            if key != source:
                pane.choose_event(seq)

    @property
    def focused(self) -> Pane | None:
        """The pane that has the keyboard."""
        focus = QApplication.focusWidget()
        return next((pane for pane in self.panes.values() if focus is not None and pane.isAncestorOf(focus)), None)

    def event(self, event: QEvent) -> bool:
        """A mouse button let go over no pane has dragged a border: the layout is the user's from then on."""
        if event.type() is QEvent.Type.MouseButtonRelease:
            self._take_over()
        return super().event(event)

    # --- layout -----------------------------------------------------------------------------------------------------

    def restore(self, layout: QByteArray, version: int) -> None:
        """Take over a layout saved before; keep the default one when it does not fit this version."""
        self._has_default_layout = not self.restoreState(layout, version)

    def reset(self) -> None:
        """Put all panes back where they belong."""
        for dock in self._docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        self._dock_all()
        for dock in self._docks.values():
            dock.show()
        self._raise_first()
        self._has_default_layout = True
        self._share_room()

    def showEvent(self, event: QShowEvent) -> None:
        """Build what was left out of the start-up, after the first paint."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fill_heavy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The default layout shares the room anew whenever there is more or less of it."""
        super().resizeEvent(event)
        if self._has_default_layout:
            QTimer.singleShot(0, self, self._share_room)

    def _take_over(self) -> None:
        """The user moved a pane: sizes are no longer ours to choose."""
        self._has_default_layout = False

    def _fill_heavy(self) -> None:
        for entry in PANES:
            if entry.is_heavy and entry.key not in self.panes:
                self._fill(entry)
                self._feed(entry.key)
        self._share_room()

    def _fill(self, entry: Entry) -> None:
        dock = self._docks[entry.key]
        pane = entry.make(dock)
        pane.request.connect(self.request)
        pane.go.connect(self.go)
        pane.interest_changed.connect(self.interest_changed)
        pane.reveal.connect(self.reveal)
        pane.event_selected.connect(lambda seq: self._choose_event(entry.key, seq))
        pane.show_bookmarks(self._bookmarks)
        dock.setWidget(pane)
        self.panes[entry.key] = pane

    def _make_dock(self, entry: Entry) -> QDockWidget:
        dock = QDockWidget(entry.title, self)
        dock.setObjectName(f"dock_{entry.key}")
        dock.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)

        def come_or_go(visible: bool) -> None:
            if not visible:
                self._in_view.discard(entry.key)
                return
            self._in_view.add(entry.key)
            if entry.key in self.panes:
                self._feed(entry.key)

        dock.visibilityChanged.connect(come_or_go)
        dock.topLevelChanged.connect(self._take_over)
        return dock

    def _at(self, place: Place) -> list[QDockWidget]:
        return [self._docks[entry.key] for entry in PANES if entry.place is place]

    def _dock_all(self) -> None:
        """Above registers, code, and lists over pictures; below, over the whole width, the stacks."""
        registers, code, stacks = self._first(Place.REGISTERS), self._first(Place.CODE), self._first(Place.STACKS)
        lists, pictures = self._at(Place.LISTS), self._at(Place.PICTURES)
        self.addDockWidget(_AREA, registers)
        self.splitDockWidget(registers, stacks, _DOWN)
        self.splitDockWidget(registers, code, _ACROSS)
        self.splitDockWidget(code, lists[0], _ACROSS)
        self.splitDockWidget(lists[0], pictures[0], _DOWN)
        for first, *others in (self._at(Place.CODE), lists, pictures):
            for dock in others:
                self.tabifyDockWidget(first, dock)
        self._raise_first()

    def _first(self, place: Place) -> QDockWidget:
        return self._at(place)[0]

    def _raise_first(self) -> None:
        for place in (Place.CODE, Place.LISTS, Place.PICTURES):
            self._first(place).raise_()

    def _share_room(self) -> None:
        """Registers as wide as they need; code and lists share the rest; the stacks get a good part of the height."""
        if not self._has_default_layout or not self.isVisible():
            return
        registers, code, stacks = self._first(Place.REGISTERS), self._first(Place.CODE), self._first(Place.STACKS)
        lists, pictures = self._first(Place.LISTS), self._first(Place.PICTURES)
        width, height = self.width(), self.height()
        first = min(max(round(width * 0.2), 256), 300)
        rest = width - first
        self.resizeDocks([registers, code, lists], [first, round(rest * 0.48), round(rest * 0.52)], _ACROSS)
        self.resizeDocks([registers, stacks], [round(height * 0.57), round(height * 0.43)], _DOWN)
        self.resizeDocks([lists, pictures], [round(height * 0.26), round(height * 0.31)], _DOWN)
