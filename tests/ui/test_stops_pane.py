"""The breakpoints pane, and the ways to events of one kind."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionButton
from pytestqt.qtbot import QtBot

from app.debug.goals import PreviousEvent, ToEvent
from app.debug.watches import MemoryWatch, RegisterWatch, Use
from app.emu.events import KINDS
from app.ui.main_window import MainWindow
from app.ui.panes.breakpoints import BreakpointsPane
from app.ui.panes.memory_place import LINEAR, Place
from tests.ui.fakes import CLIENT, ENTERED, FakeSession, known_events
from tests.ui.test_window import begun, press


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow, session: FakeSession) -> BreakpointsPane:
    """The pane with a breakpoint, a watchpoint of memory and one of a register, in this order."""
    press(window, "F2")
    window.bridge.ask(
        lambda session: session.add_watchpoint(MemoryWatch(0x110400, 4, "EDI in the structure"), Use.READ)
    )
    window.bridge.ask(lambda session: session.add_watchpoint(RegisterWatch("eax"), Use.WRITE))
    press(window, "Alt+P")
    found: BreakpointsPane = window.workbench.panes["breakpoints"]
    qtbot.waitUntil(lambda: found.model.rowCount() == 3)
    return found


def asked(session: FakeSession, name: str) -> list[tuple[object, ...]]:
    return [call[1:] for call in session.calls if call[0] == name]


def test_every_stop_is_a_row(pane: BreakpointsPane) -> None:
    assert [[pane.model.index(row, column).data() for column in range(4)] for row in range(3)] == [
        ["1", "code", f"linear {CLIENT:08X}", "0"],
        ["2", "read", "EDI in the structure", "0"],
        ["3", "write", "EAX", "0"],
    ]


def test_without_stops_it_says_how_to_make_one(qtbot: QtBot, window: MainWindow) -> None:
    press(window, "Alt+P")
    pane = window.workbench.panes["breakpoints"]
    assert pane.empty.isVisible()
    assert "F2" in pane.empty.text()
    assert not pane.list.isVisible()


def test_space_and_a_click_into_the_box_turn_it_off_and_on(
    qtbot: QtBot, pane: BreakpointsPane, session: FakeSession
) -> None:
    pane.list.selectRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not session.stops[1].enabled)
    qtbot.waitUntil(lambda: pane.model.index(1, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked)
    box = pane.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, QStyleOptionButton())
    cell = pane.list.visualRect(pane.model.index(1, 0))
    at = QPoint(cell.left() + 3 + box.width() // 2, cell.center().y())
    QTest.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: session.stops[1].enabled)
    assert asked(session, "enable_stop") == [(2, False), (2, True)]


def test_del_removes_all_that_is_selected(qtbot: QtBot, pane: BreakpointsPane, session: FakeSession) -> None:
    pane.list.selectRow(0)
    QTest.keyClick(pane.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: pane.model.rowCount() == 1)
    assert [row.number for row in session.stops] == [3]


def test_enter_shows_the_memory_watched_and_a_double_click_the_code(
    qtbot: QtBot, window: MainWindow, pane: BreakpointsPane
) -> None:
    pane.list.selectRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    assert window.workbench.panes["memory"].place == Place(LINEAR, 0x110400)
    at = pane.list.visualRect(pane.model.index(0, 2)).center()
    QTest.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.workbench.panes["code"].isVisible()
    assert window.workbench.panes["code"].cursor_linear == CLIENT
    pane.list.selectRow(2)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)  # a register has no address: nothing happens
    assert window.workbench.panes["code"].isVisible()


def test_a_kind_of_event_is_added_once(qtbot: QtBot, pane: BreakpointsPane, session: FakeSession) -> None:
    assert [pane.kinds.itemData(number) for number in range(pane.kinds.count())] == list(KINDS)
    pane.kinds.setFocus()
    for _ in range(list(KINDS).index("callback_entered")):
        QTest.keyClick(pane.kinds, Qt.Key.Key_Down)
    assert pane.kinds.currentData() == "callback_entered"
    for _ in range(2):
        QTest.mouseClick(pane.add, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: pane.model.rowCount() == 4)
    assert asked(session, "toggle_event_stop") == [("callback_entered",)]
    assert pane.model.index(3, 2).data() == "callback entered"
    assert pane.list.currentIndex().row() == 3


def test_a_new_watchpoint_brings_the_pane_up_and_a_breakpoint_does_not(
    qtbot: QtBot, window: MainWindow, session: FakeSession
) -> None:
    press(window, "Alt+5")
    press(window, "Alt+1")
    press(window, "F2")
    qtbot.waitUntil(lambda: bool(window._snapshot.breakpoints))
    qtbot.wait(20)
    assert "breakpoints" not in window.workbench._in_view
    press(window, "Alt+3")
    press(window, "Shift+W")
    qtbot.waitUntil(lambda: "breakpoints" in window.workbench._in_view)
    assert window.workbench.focused is window.workbench.panes["registers"]


def test_the_menu_of_an_event_leads_to_others_of_its_kind(
    qtbot: QtBot, window: MainWindow, session: FakeSession
) -> None:
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    events = window.workbench.panes["events"]
    events.select(next(event.seq for event in known_events(window) if event.kind == "mode_switched"))

    def entry(text: str) -> None:
        menu = events.menu()
        next(action for action in menu.actions() if action.text() == text).trigger()
        menu.deleteLater()

    only = frozenset({"mode_switched"})
    entry("Run to the next “mode switched”")
    qtbot.waitUntil(lambda: begun(session)[-1] == ToEvent(only) and not window.bridge.is_busy)
    entry("Back to the previous “mode switched”")
    qtbot.waitUntil(lambda: begun(session)[-1] == PreviousEvent(only) and not window.bridge.is_busy)
    entry("Stop at every “mode switched”")
    qtbot.waitUntil(lambda: events._stops == only)
    entry("Stop at every “mode switched”")
    qtbot.waitUntil(lambda: events._stops == frozenset())
