"""The events pane: everything that happened, filtered by words and kinds, with all fields of the one selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.debug.goals import PreviousEvent, ToEvent, ToPosition
from app.debug.narrate import name_of
from app.debug.snapshot import Snapshot, Status
from app.emu.events import KINDS
from app.ui import format as fmt
from app.ui.icons import set_icon
from app.ui.panes.event_fields import fields
from app.ui.panes.event_model import EventModel
from app.ui.panes.pane import Pane, Spot
from app.ui.past import happened
from app.ui.tables import Column, RowsModel, Table
from app.ui.theme import colours

_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Switches of mode and stack", ("mode_switched", "stack_switched")),
    ("Callbacks", ("callback_",)),
    ("Real-mode calls", ("real_mode_",)),
    ("Services", ("service_", "unsupported_")),
    ("Interrupts and exceptions", ("interrupt_", "exception_", "vector_")),
    ("Descriptors and memory", ("descriptor_", "memory_")),
    ("Programs and clients", ("program_", "client_")),
    ("Drivers", ("vxd_", "v86_")),
    ("Findings", ("finding",)),
)
"""Kinds by what they are about: name, and how the kinds begin."""
_LINEAR: Final = ("linear", "cr2", "procedure")
"""Fields of events that are linear addresses."""
_CLIENT: Final = 4
_AHEAD: Final = 2
"""Events of the future in view below the line, where there are any."""
_WIDE: Final = 900


class EventTable(Table):
    """The list. Where the machine is back in time, a line stands behind the last event that has happened."""

    def __init__(self, model: EventModel, name: str, parent: QWidget) -> None:
        super().__init__(model, name, parent)
        self._model = model

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, and the line."""
        super().paintEvent(event)
        if not self._model.is_past:
            return
        row = self._model.last_row
        y = self.rowViewportPosition(row) + self.rowHeight(row) if row >= 0 else self.rowViewportPosition(0)
        painter = QPainter(self.viewport())
        painter.setPen(QPen(QColor(colours().accent), 2))
        painter.drawLine(0, y, self.viewport().width(), y)


class EventsPane(Pane):
    """All events, newest below. The list follows the machine until it is scrolled away from it."""

    key, title, icon = "events", "Events", "list"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = EventModel(self)
        self.list = EventTable(self.model, "Events", self)
        self.list.setToolTip("Double click or Enter: go to where it happened")
        self.list.enter_pressed.connect(self._go_there)
        self.list.doubleClicked.connect(self._go_there)
        self._has_ended = False
        self._stops: frozenset[str] = frozenset()
        self._follows = True
        self._is_choosing = False
        bar = self.list.verticalScrollBar()
        bar.rangeChanged.connect(self._keep_up)
        bar.valueChanged.connect(self._look_whether_it_follows)
        self.list.set_widths(5, 9, 19)
        self.list.horizontalHeader().setStretchLastSection(False)
        self.list.horizontalHeader().setSectionResizeMode(3, self.list.horizontalHeader().ResizeMode.Stretch)
        self.list.setColumnWidth(_CLIENT, 50)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.selectionModel().currentRowChanged.connect(self._show_fields)
        self.field_model: RowsModel[tuple[str, str]] = RowsModel(
            (
                Column("Field", lambda pair: pair[0], colour=lambda _pair: "muted", marks_changes=False),
                Column("Value", lambda pair: pair[1], tip=lambda pair: pair[1], marks_changes=False),
            ),
            lambda pair: pair[0],
            self,
        )
        self.fields = Table(self.field_model, "Fields of the event", self)
        self.fields.set_widths(12)
        self.fields.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text = QLineEdit(self)
        self.text.setPlaceholderText("Filter: words that must occur (Ctrl+F)")
        self.text.setAccessibleName("Filter events by words")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(self._filter)
        self.kinds, self._kind_actions = self._make_kinds()
        self.counter = QLabel(self)
        self._arrange()
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.text.setFocus)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Append what is new; draw the line where the machine is."""
        self._has_ended = snapshot.status is Status.ENDED
        self._stops = frozenset(row.label for row in snapshot.breakpoints if row.kind == "event")
        follows = self._follows
        self.model.take(snapshot.events_from, snapshot.log)
        self.model.come_to(happened(snapshot))
        self.list.viewport().update()
        self._follows = follows
        self._keep_up()
        self._count()

    def choose_event(self, seq: int) -> None:
        """Select an event that was selected in another pane."""
        self._is_choosing = True
        self.select(seq)
        self._is_choosing = False

    def select(self, seq: int) -> None:
        """Select an event and bring it into view."""
        row = self.model.row_of(seq)
        if row is not None:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.list.selectionModel().setCurrentIndex(self.model.index(row, 0), flags)
            self.list.scrollTo(self.model.index(row, 0))

    def export_text(self) -> str:
        """The selected rows, or all."""
        return self.list.export_text()

    def spots(self) -> Sequence[Spot]:
        """The linear addresses the selected event tells of."""
        index = self.list.currentIndex()
        if not index.isValid():
            return ()
        told = self.model.event(index.row()).details()
        return [Spot(name_of(name).capitalize(), told[name]) for name in _LINEAR if isinstance(told.get(name), int)]

    def fill_menu(self, menu: QMenu) -> None:
        """Go to the selected event, and to or through others of its kind."""
        index = self.list.currentIndex()
        if not index.isValid():
            return
        kind = self.model.event(index.row()).kind
        kinds, name = frozenset({kind}), name_of(kind)
        menu.addAction("Go there\tEnter", lambda: self._go_there(index))
        menu.addSeparator()
        ahead = menu.addAction(f"Run to the next “{name}”", lambda: self.go.emit(ToEvent(kinds)))
        ahead.setEnabled(not self._has_ended)
        menu.addAction(f"Back to the previous “{name}”", lambda: self.go.emit(PreviousEvent(kinds)))
        stop = menu.addAction(f"Stop at every “{name}”")
        stop.setCheckable(True)
        stop.setChecked(kind in self._stops)
        stop.toggled.connect(lambda _on: self.request.emit(lambda session: session.toggle_event_stop(kind)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The fields stand below the list, or beside it where the pane is low."""
        super().resizeEvent(event)
        # Nearly always 1, and among the fields anyway.
        self.list.setColumnHidden(_CLIENT, self.width() < _WIDE)
        low = self.width() > self.height() * 1.4
        across = Qt.Orientation.Horizontal if low else Qt.Orientation.Vertical
        if self._split.orientation() != across:
            self._split.setOrientation(across)
            self._split.setSizes([600, 400])

    def _go_there(self, index: QModelIndex) -> None:
        self.go.emit(ToPosition(f"event {self.model.event(index.row()).seq}"))

    def _keep_up(self) -> None:
        """Bring the last event that has happened into view, unless the user looks elsewhere."""
        if not self._follows:
            return
        if self.model.is_past and self.model.last_row >= 0:
            row = self.model.last_row
            for wanted in (min(row + _AHEAD, self.model.rowCount() - 1), row):
                self.list.scrollTo(self.model.index(wanted, 0))
        else:
            self.list.scrollToBottom()
        self._follows = True

    def _look_whether_it_follows(self, value: int) -> None:
        bar = self.list.verticalScrollBar()
        last = self.model.last_row if self.model.is_past else self.model.rowCount() - 1
        self._follows = value <= max(last, 0) <= value + bar.pageStep()

    def _show_fields(self, current: QModelIndex) -> None:
        shown = fields(self.model.event(current.row())) if current.isValid() else []
        if current.isValid() and not self._is_choosing:
            self.event_selected.emit(self.model.event(current.row()).seq)
        self.field_model.show_rows(shown, 0)
        self.fields.setVisible(bool(shown))

    def _filter(self) -> None:
        chosen = [prefix for action, prefixes in self._kind_actions if action.isChecked() for prefix in prefixes]
        all_kinds = len(chosen) == sum(len(prefixes) for _action, prefixes in self._kind_actions)
        kinds = None if all_kinds else [kind for kind in KINDS if kind.startswith(tuple(chosen))]
        selected = self.list.currentIndex()
        seq = self.model.event(selected.row()).seq if selected.isValid() else None
        self.model.filter(self.text.text(), kinds)
        self.kinds.setText("All kinds" if all_kinds else "Some kinds")
        if seq is not None:
            self.select(seq)
        else:
            self.list.scrollToBottom()
        self._count()

    def _count(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        self.counter.setText(fmt.count(total) if shown == total else f"{fmt.count(shown)} of {fmt.count(total)}")

    def _make_kinds(self) -> tuple[QToolButton, list[tuple[QAction, tuple[str, ...]]]]:
        button = QToolButton(self)
        button.setText("All kinds")
        set_icon(button, "funnel")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolTip("Which kinds of events are listed")
        menu = QMenu(button)
        actions = []
        for name, prefixes in _GROUPS:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(True)
            action.setToolTip(", ".join(name_of(kind) for kind in KINDS if kind.startswith(prefixes)))
            action.toggled.connect(self._filter)
            actions.append((action, prefixes))
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button, actions

    def _arrange(self) -> None:
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._split.addWidget(self.list)
        self._split.addWidget(self.fields)
        self._split.setSizes([600, 400])
        self._split.setChildrenCollapsible(False)
        self.fields.hide()  # until an event is selected: the list needs the room
        head = QHBoxLayout()
        head.setContentsMargins(4, 2, 4, 0)
        head.addWidget(self.text, stretch=1)
        head.addWidget(self.kinds)
        head.addWidget(self.counter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._split, stretch=1)
