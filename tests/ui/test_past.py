"""Going back in time: the window keeps what lies ahead, in grey, until the past is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.debug.session import ToPosition
from app.ui.main_window import MainWindow
from app.ui.panes.bookmarks import Bookmark, BookmarksPane
from app.ui.panes.events import EventsPane
from app.ui.theme import colours
from app.ui.timeline.pane import TimelinePane
from tests.ui.fakes import ENTERED, ROUND, FakeSession, events_until


def at_tick(qtbot: QtBot, window: MainWindow, tick: int) -> None:
    qtbot.waitUntil(lambda: window._snapshot.tick == tick and not window.bridge.is_busy)


@pytest.fixture
def later(qtbot: QtBot, window: MainWindow, session: FakeSession) -> MainWindow:
    """The window after three callbacks were entered."""
    for turn in range(3):
        window.actions_["to_callback"].trigger()
        at_tick(qtbot, window, turn * ROUND + ENTERED)
    return window


@pytest.fixture
def events(later: MainWindow) -> EventsPane:
    return later.workbench.panes["events"]


@pytest.fixture
def timeline(later: MainWindow) -> TimelinePane:
    return later.workbench.panes["timeline"]


def grey_from(pane: EventsPane) -> int:
    """The first row all of which is grey."""
    muted = QColor(colours().muted)
    rows = range(pane.model.rowCount())
    return next(
        (row for row in rows if pane.model.index(row, 3).data(Qt.ItemDataRole.ForegroundRole) == muted), len(rows)
    )


def test_what_lies_ahead_stays_in_grey(
    qtbot: QtBot, later: MainWindow, session: FakeSession, events: EventsPane, timeline: TimelinePane
) -> None:
    known = len(events_until(session.tick))
    assert grey_from(events) == events.model.total == known
    assert later.status.past.isHidden()
    later.actions_["step_back"].trigger()
    at_tick(qtbot, later, 2 * ROUND + ENTERED - 1)
    assert events.model.total == len(timeline.view.record) == known
    assert grey_from(events) == len(events_until(session.tick))
    assert timeline.view._future.isVisible()
    assert timeline.view.record.end == session.furthest
    assert not later.status.past.isHidden()
    later.grab()


def test_running_on_through_what_is_known_adds_nothing_twice(
    qtbot: QtBot, later: MainWindow, session: FakeSession, events: EventsPane, timeline: TimelinePane
) -> None:
    later.restart()
    at_tick(qtbot, later, 0)
    for turn in range(4):
        later.actions_["to_callback"].trigger()
        at_tick(qtbot, later, turn * ROUND + ENTERED)
    expected = events_until(session.tick)
    assert list(events.model.events) == list(later.workbench.events) == timeline.view.record.events == expected
    assert later.status.past.isHidden()
    assert not timeline.view._future.isVisible()


def test_a_change_of_the_past_drops_what_is_no_longer_true(
    qtbot: QtBot, later: MainWindow, session: FakeSession, events: EventsPane, timeline: TimelinePane
) -> None:
    later.workbench.bring_up("tables")  # in front of the events, which must catch up later
    later.restart()
    at_tick(qtbot, later, 0)
    later.actions_["to_callback"].trigger()
    at_tick(qtbot, later, ENTERED)
    later.bridge.ask(lambda session: session.set_register("eax", 7))
    qtbot.waitUntil(lambda: later._snapshot.branch == 1)
    expected = events_until(ENTERED)
    assert timeline.view.record.events == expected
    assert len(timeline.view.lanes[1].curve.getOriginalDataset()[0]) == len(expected) + 1
    later.workbench.bring_up("events")
    qtbot.waitUntil(lambda: events.model.total == len(expected))
    assert grey_from(events) == len(expected)


def test_a_double_click_or_enter_on_an_event_goes_there(
    qtbot: QtBot, later: MainWindow, session: FakeSession, events: EventsPane
) -> None:
    later.workbench.bring_up("events")
    events.list.scrollToTop()
    at = events.list.visualRect(events.model.index(4, 2)).center()
    QTest.mouseClick(events.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(events.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: ("begin", ToPosition("event 4")) in session.calls)
    at_tick(qtbot, later, events_until(session.furthest)[4].tick)
    events.select(1)
    QTest.keyClick(events.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("begin", ToPosition("event 1")) in session.calls)


def test_a_double_click_on_the_timeline_goes_there(
    qtbot: QtBot, later: MainWindow, session: FakeSession, timeline: TimelinePane
) -> None:
    box = timeline.view.getPlotItem().getViewBox()
    at = timeline.view.mapFromScene(box.mapViewToScene(box.viewRect().center()))
    QTest.mouseClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    QTest.mouseDClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    QTest.mouseRelease(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    qtbot.waitUntil(lambda: session.calls[-1][0] == "begin" and isinstance(session.calls[-1][1], ToPosition))


def test_events_and_timeline_select_together(later: MainWindow, events: EventsPane, timeline: TimelinePane) -> None:
    timeline.event_selected.emit(3)
    assert events.model.event(events.list.currentIndex().row()).seq == 3
    events.select(6)
    assert timeline.view._chosen.value() == timeline.view.record.ticks.values[6]


def test_the_list_keeps_the_machine_in_view_while_it_goes_back(
    qtbot: QtBot, later: MainWindow, events: EventsPane
) -> None:
    bar = events.list.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    later.restart()
    at_tick(qtbot, later, 0)
    assert bar.value() <= events.model.last_row < bar.maximum()
    later.actions_["to_callback"].trigger()
    at_tick(qtbot, later, ENTERED)
    row = events.model.last_row
    assert bar.value() <= row <= bar.value() + bar.pageStep()


def test_bookmarks_are_noted_edited_gone_to_removed_and_kept(
    qtbot: QtBot, later: MainWindow, session: FakeSession, make_window: Callable[[], MainWindow]
) -> None:
    pane: BookmarksPane = later.workbench.panes["bookmarks"]
    later.actions_["bookmark"].trigger()
    editor = pane.list.findChild(QLineEdit)
    editor.setText("third time in")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    last = events_until(session.tick)[-1]
    mark = Bookmark(f"event {last.seq}", "third time in")
    qtbot.waitUntil(lambda: pane.model.marks == [mark])
    later.actions_["step_back"].trigger()
    at_tick(qtbot, later, last.tick - 1)
    pane.list.setFocus()
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("begin", ToPosition(mark.position)) in session.calls)
    other = make_window()
    other.load(Path("CALLBACK.COM"), FakeSession)
    again: BookmarksPane = other.workbench.panes["bookmarks"]
    assert again.model.marks == [mark]
    again.list.selectRow(0)
    again._remove()
    assert other._settings.bookmarks(Path("CALLBACK.COM")) == []
    assert other._settings.bookmarks(Path("OTHER.COM")) == []
