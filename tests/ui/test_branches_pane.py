"""Branches of the run: listed, shown, dropped, and named in the status bar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.panes.branches import BranchesPane
from tests.ui.fakes import ENTERED, ROUND, FakeSession
from tests.ui.test_window import press


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow, session: FakeSession) -> BranchesPane:
    """The pane after EAX was changed in the past."""
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ROUND + ENTERED and not window.bridge.is_busy)
    press(window, "Shift+F7")
    qtbot.waitUntil(lambda: window._snapshot.tick == ROUND + ENTERED - 1 and not window.bridge.is_busy)
    assert window.status.past.accessibleDescription() == "Past"
    window.bridge.ask(lambda session: session.set_register("eax", 7))
    qtbot.waitUntil(lambda: len(window._snapshot.branches) == 2)
    press(window, "Alt+N")
    return window.workbench.panes["branches"]


def rows(pane: BranchesPane) -> list[list[str]]:
    return [[pane.model.index(row, column).data() for column in range(5)] for row in range(pane.model.rowCount())]


def test_one_branch_comes_with_an_explanation(window: MainWindow) -> None:
    press(window, "Alt+N")
    pane = window.workbench.panes["branches"]
    assert pane.model.rowCount() == 1
    assert pane.hint.isVisible()
    assert window.status.past.isHidden()


def test_every_branch_is_a_row(window: MainWindow, pane: BranchesPane) -> None:
    fork = ROUND + ENTERED - 1
    assert rows(pane) == [
        ["  0", "", "the start", "tick 0", ""],
        ["► 1 shown", "0", f"tick {fork}", f"tick {fork + 30}", f"tick {fork}: EAX := 00000007"],
    ]
    assert not pane.hint.isVisible()
    assert window.status.past.accessibleDescription() == "Branch 1"
    assert window.status.past.isVisible()


def test_enter_shows_a_branch(qtbot: QtBot, window: MainWindow, session: FakeSession, pane: BranchesPane) -> None:
    pane.list.selectRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)  # is shown already
    pane.list.selectRow(0)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(pane)[0][0] == "► 0 shown")
    assert [call for call in session.calls if call[0] == "show_branch"] == [("show_branch", 0)]
    assert "ranch 0" in window.status.past.accessibleDescription()


def test_del_drops_a_branch_that_is_not_shown(
    qtbot: QtBot, window: MainWindow, session: FakeSession, pane: BranchesPane
) -> None:
    pane.list.selectRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    pane.list.selectRow(0)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: pane.model.rowCount() == 1)
    assert [call for call in session.calls if call[0] == "drop_branch"] == [("drop_branch", 0)]
    assert window.status.past.isHidden()
