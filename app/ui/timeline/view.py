"""The plot: bands one above the other, one time axis, zoom and pan along it.

Decision: one plot with bands instead of several linked plots. Axes then line up by construction, one view box handles
the mouse, and a position line crosses everything.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.debug.snapshot import Snapshot, Status
from app.ui.past import happened
from app.ui.timeline.axis import TickAxis
from app.ui.timeline.bands import BANDS, TOP
from app.ui.timeline.ink import Ink
from app.ui.timeline.items import CallbackBars, Marks, ModeRibbon
from app.ui.timeline.lanes import DepthLane
from app.ui.timeline.places import PlaceFlags
from app.ui.timeline.record import STACKS, Record

_SHORTEST = 20.0
"""Instructions that fill the plot at the closest zoom."""
_LEAST_RUN = 100.0
"""Instructions the whole picture spans at least, while a run is young."""
_CLICK_REACH = 7
"""Pixels between a click and the mark it means."""
_ZOOM = 1.5
_AXIS = 132
"""Pixels for the bands' names and values."""
_RUNNING_SECONDS = 0.25
"""Between two drawings while the machine runs: drawing is what keeps the window busiest."""
_BREATH = 0.03
"""Share of the view kept free behind the current position."""


class TimelineView(pg.PlotWidget):
    """The run drawn over its instruction clock."""

    hovered = Signal(object)
    """The tick under the mouse, None when it left."""
    clicked = Signal(int)
    """The event meant by a click: its seq."""
    went = Signal(str)
    """The position meant by a click: that of a flag, of an event, or the tick."""
    follow_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": TickAxis("bottom")})
        ink = Ink.of_theme()
        self.record = Record()
        self._drawn_at = 0.0
        self.follows = True
        self._whole = True
        self._ribbon = ModeRibbon(self.record, ink)
        self._bars = CallbackBars(self.record, ink)
        self._marks = Marks(self.record, ink)
        self.flags = PlaceFlags(self.record, ink)
        self.lanes = [DepthLane(self.record, stack) for stack in STACKS]
        self._now = pg.InfiniteLine(angle=90)
        self._pointer = pg.InfiniteLine(angle=90)
        self._chosen = pg.InfiniteLine(angle=90)
        self._future = pg.LinearRegionItem(movable=False)
        self._compose()
        self.paint_with(ink)

    def _compose(self) -> None:
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        # On the PlotItem, not the curves: see the traps in pyqtgraph 0.14.
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(True)
        box = plot.getViewBox()
        box.setMouseEnabled(x=True, y=False)
        box.setYRange(0.0, TOP, padding=0)
        box.setDefaultPadding(0.0)
        box.sigRangeChangedManually.connect(self._moved_by_hand)
        left = plot.getAxis("left")
        left.setStyle(tickLength=0, tickAlpha=0)
        left.setPen(pg.mkPen(None))
        left.setWidth(_AXIS)
        for item in (*(lane.curve for lane in self.lanes), self._ribbon, self._bars, self._marks, self.flags):
            plot.addItem(item)
        for line in (self._pointer, self._chosen, self._now):
            line.setZValue(10)
            plot.addItem(line, ignoreBounds=True)
        self._future.setZValue(5)
        self.flags.setZValue(8)
        plot.addItem(self._future, ignoreBounds=True)
        self._future.hide()
        self._pointer.hide()
        self._chosen.hide()
        self.scene().sigMouseMoved.connect(self._hover)
        self.scene().sigMouseClicked.connect(self._click)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # the right button zooms

    def paint_with(self, ink: Ink) -> None:
        """Use the theme's colours."""
        self.setBackground(ink.background)
        for axis in ("left", "bottom"):
            self.getPlotItem().getAxis(axis).setTextPen(ink.text)
            self.getPlotItem().getAxis(axis).setTickFont(ink.small)
        self.getPlotItem().getAxis("bottom").setPen(ink.faint)
        for lane in self.lanes:
            lane.paint_with(ink)
        for item in (self._ribbon, self._bars, self._marks, self.flags):
            item.ink = ink
            item.update()
        self._now.setPen(pg.mkPen(ink.now, width=2))
        self._pointer.setPen(pg.mkPen(ink.text, width=1, style=Qt.PenStyle.DotLine))
        self._chosen.setPen(pg.mkPen(ink.chosen, width=1))
        veil = pg.mkColor(ink.background)
        veil.setAlpha(170)
        self._future.setBrush(veil)
        for line in self._future.lines:
            line.setPen(pg.mkPen(None))

    def show_run(self, snapshot: Snapshot) -> bool:
        """Draw what a snapshot adds; False when earlier events are missing."""
        if not self.record.extend(snapshot.events_from, snapshot.log):
            return False
        self.record.reach(snapshot.tick, happened(snapshot))
        if snapshot.status is Status.RUNNING and perf_counter() - self._drawn_at < _RUNNING_SECONDS:
            return True
        self._drawn_at = perf_counter()
        for lane in self.lanes:
            lane.refresh()
        for item in (self._ribbon, self._bars, self._marks, self.flags):
            item.refresh()
        self._now.setPos(self.record.now)
        self._future.setVisible(self.record.now < self.record.end)
        self._future.setRegion((self.record.now, self.record.end * 2))
        self._keep_in_view()
        return True

    # What is seen

    @property
    def span(self) -> tuple[float, float]:
        """First and last tick in view."""
        (left, right), _ = self.getPlotItem().getViewBox().viewRange()
        return float(left), float(right)

    def show_whole(self) -> None:
        """Show the run from its first instruction, and go on doing so."""
        self._whole = True
        self.set_follow(True)
        self._keep_in_view()

    def set_follow(self, on: bool) -> None:
        """Keep the current position in view from now on, or leave the view alone."""
        if on != self.follows:
            self.follows = on
            self.follow_changed.emit(on)
        if on:
            self._keep_in_view()

    def zoom(self, factor: float) -> None:
        """Closer (above 1) or farther, around the current position when it is in view, else around the middle."""
        left, right = self.span
        now = self.record.now
        centre = now if left <= now <= right else (left + right) / 2
        self._whole = False
        self._set_span(centre - (centre - left) / factor, centre + (right - centre) / factor)

    def pan(self, share: float) -> None:
        """Move along by a share of what is seen."""
        left, right = self.span
        step = (right - left) * share
        self._whole = False
        self.set_follow(False)
        self._set_span(left + step, right + step)

    def choose(self, seq: int) -> None:
        """Mark an event's place and bring it into view."""
        if not 0 <= seq < len(self.record):
            return
        tick = float(self.record.ticks.values[seq])
        self._chosen.setPos(tick)
        self._chosen.show()
        left, right = self.span
        if not left <= tick <= right:
            self._whole = False
            self.set_follow(False)
            half = (right - left) / 2
            self._set_span(tick - half, tick + half)

    def _keep_in_view(self) -> None:
        end = max(self.record.end, _LEAST_RUN)
        box = self.getPlotItem().getViewBox()
        box.setLimits(xMin=-end * 0.02, xMax=end * (1 + 2 * _BREATH), minXRange=_SHORTEST)
        if not self.follows:
            return
        left, right = self.span
        now = max(self.record.now, _LEAST_RUN)
        if self._whole:
            self._set_span(-end * 0.01, end * (1 + _BREATH))
        elif not left <= self.record.now <= right:  # a place in view that was clicked stays where it is
            width = right - left
            self._set_span(now + width * (_BREATH - 1), now + width * _BREATH)

    def _set_span(self, left: float, right: float) -> None:
        self.getPlotItem().getViewBox().setXRange(float(left), float(right), padding=0)

    def _moved_by_hand(self, _axes: Any) -> None:
        """Wheel or drag: keep the new width, and follow only while the current position stays in view."""
        self._whole = False
        left, right = self.span
        if not left <= self.record.now <= right:
            self.set_follow(False)

    # Mouse and keys

    def _tick_at(self, scene: QPointF) -> float:
        return float(self.getPlotItem().getViewBox().mapSceneToView(scene).x())

    def write_values(self, tick: float) -> None:
        """Put the state at a tick beside the bands' names: the mode, and each stack's depth."""
        values = self.record.values_at(tick)
        names = [(band.middle, f"{band.name}  {values.get(band.name, '')}".rstrip()) for band in BANDS]
        self.getPlotItem().getAxis("left").setTicks([names])

    def _hover(self, scene: QPointF) -> None:
        if not self.getPlotItem().getViewBox().sceneBoundingRect().contains(scene):
            self._unhover()
            return
        tick = self._tick_at(scene)
        self._pointer.setPos(tick)
        self._pointer.show()
        self.hovered.emit(tick)

    def _unhover(self) -> None:
        self._pointer.hide()
        self.hovered.emit(None)

    def changeEvent(self, event: QEvent) -> None:
        """Light becomes dark, or dark light."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "lanes"):
            self.paint_with(Ink.of_theme())

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is gone: so is its line."""
        super().leaveEvent(event)
        self._unhover()

    @property
    def reach(self) -> float:
        """Ticks between the mouse and what it means."""
        left, right = self.span
        return _CLICK_REACH * (right - left) / max(1, self.getPlotItem().getViewBox().width())

    def _click(self, event: Any) -> None:
        """Go to what was clicked; a drag is no click, and the second click of two goes where the first one went."""
        if event.button() != Qt.MouseButton.LeftButton or event.double():
            return
        tick = self._tick_at(event.scenePos())
        flag, seq = self.flags.near(tick, self.reach), self.record.meant_by(tick, self.reach)
        if flag is not None:
            self.went.emit(flag.position)
        elif seq is not None:
            self.choose(seq)
            self.clicked.emit(seq)
            self.went.emit(f"event {seq}")
        else:
            self.went.emit(f"tick {round(min(max(tick, 0.0), self.record.end))}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows pan, plus and minus zoom, Home shows everything, End goes to where the machine is."""
        match event.key():
            case Qt.Key.Key_Left:
                self.pan(-0.1)
            case Qt.Key.Key_Right:
                self.pan(0.1)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(_ZOOM)
            case Qt.Key.Key_Minus:
                self.zoom(1 / _ZOOM)
            case Qt.Key.Key_Home:
                self.show_whole()
            case Qt.Key.Key_End:
                self.set_follow(True)
            case _:
                event.ignore()
