"""The timeline pane: the plot, what is under the mouse, and buttons for zoom and follow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.debug.narrate import brief, name_of
from app.debug.session import ToPosition
from app.debug.snapshot import Snapshot, Status
from app.ui.elided_label import ElidedLabel
from app.ui.format import MODE_NAMES, STACK_NAMES, count
from app.ui.panes.pane import Pane
from app.ui.timeline.ink import Ink
from app.ui.timeline.items import draw_mark
from app.ui.timeline.places import Flag
from app.ui.timeline.record import STACKS, Mark
from app.ui.timeline.view import TimelineView

_SWATCH = 14
_GAP = 12
_LEGEND_ROOM = 760
"""Width from which the pane shows the legend."""


class TimelinePane(Pane):
    """The whole run at a glance: modes, stack depths, callbacks, marks."""

    key = "timeline"
    title = "Timeline"
    icon = "activity"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = TimelineView(self)
        self.view.setAccessibleName("Timeline of modes, stack depths, callbacks and marks")
        self.view.hovered.connect(self._read_out)
        self.view.clicked.connect(self.event_selected)
        self.view.went.connect(lambda position: self.go.emit(ToPosition(position)))
        self.view.setToolTip(
            "Click: go there, to the event or else to the tick. Drag: move. Wheel: zoom.\n"
            "Ribbons are bookmarks, a ring is the pinned position. Ctrl+Backspace returns."
        )
        self.readout = ElidedLabel(self)
        self._follow = QAction("Follow", self, checkable=True, checked=True)
        self._follow.setToolTip("Keep the current position in view (End)")
        self._follow.toggled.connect(self.view.set_follow)
        self.view.follow_changed.connect(self._follow.setChecked)
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 4, 2)
        bar.setSpacing(4)
        bar.addWidget(self.readout, 1)
        self._legend = Legend(self)
        bar.addWidget(self._legend)
        for action in (self._follow, *self._zoom_actions()):
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        self._read_out(None)

    def _zoom_actions(self) -> list[QAction]:
        actions = []
        for title, tip, call in (
            ("−", "Zoom out (-)", lambda: self.view.zoom(1 / 1.5)),
            ("+", "Zoom in (+)", lambda: self.view.zoom(1.5)),
            ("All", "Show the whole run (Home)", self.view.show_whole),
        ):
            action = QAction(title, self)
            action.setToolTip(tip)
            action.triggered.connect(call)
            actions.append(action)
        return actions

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Add what is new. A pane that was not on the screen for a while asks for what it missed."""
        if not self.view.show_run(snapshot):
            self.interest_changed.emit({"events_from": len(self.view.record)})
            return
        if snapshot.status in {Status.STOPPED, Status.ENDED}:  # else nobody knows whether something is pinned
            pinned = snapshot.comparison
            is_here = pinned is not None and pinned.branch == snapshot.branch
            self.view.flags.show_pin(Flag(pinned.pinned, "pinned", is_pin=True) if pinned and is_here else None)
        self._read_out(None)

    def show_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        """Mark the bookmarks of the program."""
        self.view.flags.show_bookmarks([Flag(position, f"bookmark: {note}") for position, note in marks])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend goes where the read-out needs the room."""
        super().resizeEvent(event)
        self._legend.setVisible(self.width() >= _LEGEND_ROOM)

    def choose_event(self, seq: int) -> None:
        """Mark an event that was selected elsewhere."""
        self.view.choose(seq)

    def export_text(self) -> str:
        """The extremes of each stack and the counts of marks."""
        record = self.view.record
        lines = [f"{count(round(record.now))} instructions, {count(len(record))} events"]
        lines += [
            f"{STACK_NAMES[stack]} stack: {lane.least:.0f} to {lane.most:.0f} bytes deep"
            for stack, lane in zip(STACKS, self.view.lanes, strict=True)
        ]
        kinds = record.mark_kinds.values.tolist()
        lines += [f"{mark.words}: {count(kinds.count(mark))}" for mark in Mark]
        lines.append(f"callbacks dispatched: {count(len(record.bar_starts))}")
        return "\n".join(lines)

    def _read_out(self, tick: float | None) -> None:
        """Say what was at a tick, or now."""
        record = self.view.record
        at = record.now if tick is None else tick
        words = [f"tick {max(0, round(at))}"]
        if tick is not None and (flag := self.view.flags.near(at, self.view.reach)) is not None:
            words.append(flag.words)
        if (mode := record.mode_at(at)) is not None:
            words.append(MODE_NAMES[mode])
        seq = record.event_at(at)
        if seq is not None:
            event = record.log[seq][0]
            words.append(f"#{seq} {name_of(event.kind)}: {brief(event)}".removesuffix(": "))
        self.view.write_values(at)
        self.readout.say("   ·   ".join(words))


class Legend(QWidget):
    """The marks' shapes and colours with a word each."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Marks: " + ", ".join(mark.words for mark in Mark))
        self.setToolTip("Marks on the lowest row of the timeline")

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        metrics = self.fontMetrics()
        return QSize(sum(_SWATCH + metrics.horizontalAdvance(mark.short) + _GAP for mark in Mark), metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shape, word, shape, word."""
        ink = Ink.of_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 0.0
        for mark in Mark:
            area = self.rect().toRectF().adjusted(x, 0, 0, 0)
            draw_mark(painter, area.topLeft() + QPointF(_SWATCH / 2, area.height() / 2), mark, ink)
            painter.setPen(ink.text)
            painter.drawText(area.adjusted(_SWATCH, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, mark.short)
            x += _SWATCH + self.fontMetrics().horizontalAdvance(mark.short) + _GAP
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Another font: another width."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
