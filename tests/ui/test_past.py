"""Going back in time: the window keeps what lies ahead, in grey, until the past is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
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
from app.ui.timeline.places import tick_of
from tests.ui.fakes import ENTERED, ROUND, FakeSession, events_until, known_events
from tests.ui.test_window import begun, press


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
    assert events.model.total == len(timeline.view.record)
    assert known_events(later) == [event for event, _ in timeline.view.record.log] == expected
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
    assert [event for event, _ in timeline.view.record.log] == expected
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


def on_the_timeline(timeline: TimelinePane, tick: float, height: float = 2.0) -> QPoint:
    box = timeline.view.getPlotItem().getViewBox()
    return QPoint(timeline.view.mapFromScene(box.mapViewToScene(QPointF(tick, height))))


def test_a_click_on_an_event_of_the_timeline_goes_there_and_selects_it(
    qtbot: QtBot, later: MainWindow, session: FakeSession, timeline: TimelinePane, events: EventsPane
) -> None:
    entered = next(event for event in known_events(later) if event.kind == "callback_entered")
    at = on_the_timeline(timeline, entered.tick)
    QTest.mouseClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    at_tick(qtbot, later, ENTERED)
    assert begun(session)[-1] == ToPosition(f"event {entered.seq}")
    assert events.model.event(events.list.currentIndex().row()) == entered


def test_a_click_elsewhere_goes_to_the_tick_and_a_double_click_is_one_click(
    qtbot: QtBot, later: MainWindow, session: FakeSession, timeline: TimelinePane
) -> None:
    before = len(begun(session))
    at = on_the_timeline(timeline, ROUND + 5)  # five ticks from any event
    port = timeline.view.viewport()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(port, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: len(begun(session)) > before and not later.bridge.is_busy)
    position = begun(session)[-1].text
    assert position.startswith("tick ")
    assert abs(int(position.removeprefix("tick ")) - ROUND - 5) <= 1
    assert later._snapshot.tick == int(position.removeprefix("tick "))
    assert len(begun(session)) == before + 1
    press(later, "Ctrl+Backspace")
    at_tick(qtbot, later, 2 * ROUND + ENTERED)


def test_what_was_clicked_stays_under_the_mouse(qtbot: QtBot, later: MainWindow, timeline: TimelinePane) -> None:
    timeline.view.zoom(3)
    span = timeline.view.span
    tick = round(span[0] + (span[1] - span[0]) / 3)
    QTest.mouseClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=on_the_timeline(timeline, tick))
    qtbot.waitUntil(lambda: later._snapshot.tick < 2 * ROUND + ENTERED and not later.bridge.is_busy)
    assert timeline.view.span == pytest.approx(span)


@pytest.mark.parametrize("tick", [-1, 10_000])
def test_clicks_beyond_the_run_mean_its_ends(qtbot: QtBot, timeline: TimelinePane, tick: float) -> None:
    at = on_the_timeline(timeline, min(tick, timeline.view.span[1] - 0.1))
    with qtbot.waitSignal(timeline.view.went) as went:
        QTest.mouseClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    tick_meant = tick_of(went.args[0], timeline.view.record)
    assert tick_meant == min(max(tick, 0), timeline.view.record.end)


def test_dragging_moves_the_timeline_and_goes_nowhere(
    qtbot: QtBot, later: MainWindow, session: FakeSession, timeline: TimelinePane
) -> None:
    timeline.view.zoom(4)
    before, span = len(begun(session)), timeline.view.span
    port, at = timeline.view.viewport(), on_the_timeline(timeline, sum(span) / 2)
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 12):
        QTest.mouseMove(port, at + QPoint(6 * step, 0))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at + QPoint(66, 0))
    assert timeline.view.span[0] < span[0]
    qtbot.wait(30)
    assert len(begun(session)) == before


def test_bookmarks_and_the_pinned_position_have_flags(
    qtbot: QtBot, later: MainWindow, session: FakeSession, timeline: TimelinePane
) -> None:
    flags = timeline.view.flags
    assert flags.placed() == []
    later.add_bookmark()
    press(later, "Ctrl+K")
    press(later, "Alt+5")
    here = float(2 * ROUND + ENTERED)
    qtbot.waitUntil(lambda: [(tick, flag.is_pin) for tick, flag in flags.placed()] == [(here, False), (here, True)])
    later.grab()
    press(later, "Shift+F7")
    at_tick(qtbot, later, 2 * ROUND + ENTERED - 1)
    at = on_the_timeline(timeline, here)
    QTest.mouseMove(timeline.view.viewport(), at)
    qtbot.waitUntil(lambda: "bookmark: " in timeline.readout.text())
    QTest.mouseClick(timeline.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: begun(session)[-1] == ToPosition(flags.placed()[0][1].position))
    press(later, "Ctrl+Shift+K")
    qtbot.waitUntil(lambda: [flag.is_pin for _tick, flag in flags.placed()] == [False])


def test_bookmarks_kept_have_flags_when_the_program_is_loaded_again(
    qtbot: QtBot, later: MainWindow, make_window: Callable[[], MainWindow]
) -> None:
    later._keep_bookmarks([Bookmark("event 1", "the client"), Bookmark("nonsense", ""), Bookmark("tick 5000", "")])
    other = make_window()
    with qtbot.waitSignal(other.bridge.snapshot_ready):
        other.load(Path("CALLBACK.COM"), FakeSession)
    qtbot.waitUntil(lambda: "timeline" in other.workbench.panes)
    flags = other.workbench.panes["timeline"].view.flags
    qtbot.waitUntil(lambda: [flag.words for _tick, flag in flags.placed()] == ["bookmark: the client"])


@pytest.mark.parametrize(
    "position, tick",
    [("event 2", 10), ("event 2+3", 13), ("tick 7", 7), ("callback 2", ROUND + ENTERED), ("mode 2", ENTERED),
     ("event 9999", None), ("callback 0", None), ("end", None), ("somewhere", None)],
)  # fmt: skip
def test_ticks_of_positions(timeline: TimelinePane, position: str, tick: float | None) -> None:
    assert tick_of(position, timeline.view.record) == tick


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
