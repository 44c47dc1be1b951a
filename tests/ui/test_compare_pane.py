"""A pinned position beside the present."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.session import ToPosition
from app.debug.snapshot import Comparison, Difference, Part, Status
from app.ui.main_window import MainWindow
from app.ui.panes.compare import ComparePane
from app.ui.panes.difference_delegate import differing
from app.ui.panes.memory_place import LINEAR, Place
from tests.ui.fakes import ENTERED, FakeSession, snapshot_at
from tests.ui.test_window import begun, press


@pytest.fixture
def pane(qtbot: QtBot, window: MainWindow, session: FakeSession) -> ComparePane:
    """The pane after the start was pinned and the first callback entered."""
    press(window, "Ctrl+K")
    found: ComparePane = window.workbench.panes["compare"]
    qtbot.waitUntil(lambda: found._comparison is not None)
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    return found


def test_it_says_how_to_use_it(window: MainWindow) -> None:
    press(window, "Alt+C")
    pane = window.workbench.panes["compare"]
    assert "Ctrl+K" in pane.words.text()
    assert pane.words.isVisible()
    assert not pane._unpin.isVisible()
    assert not window.actions_["unpin"].isEnabled()


def test_pinning_brings_it_up_and_says_that_one_is_there(qtbot: QtBot, window: MainWindow) -> None:
    press(window, "Ctrl+K")
    pane = window.workbench.panes["compare"]
    qtbot.waitUntil(lambda: pane.words.text().startswith("This is the pinned position"))
    assert pane.isVisible()


def test_differences_stand_part_by_part(pane: ComparePane) -> None:
    rows = [[pane.model.index(row, column).data() for column in range(4)] for row in range(pane.model.rowCount())]
    assert [row[0] for row in rows if row[0]] == ["registers", "stacks", "memory"]
    assert ["registers", "ECX", "00000000", f"{ENTERED:08X}"] in rows
    assert rows[-1] == ["memory", "00110000, 4 bytes", "00 01 02 03", "00 01 FF 03"]
    assert next(row for row in rows if row[1].startswith("locked"))[2] == "–"
    assert pane.head.text() == f"tick 0 → now, tick {ENTERED}: {len(rows)} differences · 3 more ranges of memory"
    assert "00 01 FF 03" in pane.export_text()


def test_enter_shows_the_place(window: MainWindow, pane: ComparePane) -> None:
    pane.list.selectRow(pane.model.rowCount() - 1)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    assert window.workbench.panes["memory"].place == Place(LINEAR, 0x110000)


def test_the_pinned_position_is_gone_to_and_unpinned(
    qtbot: QtBot, window: MainWindow, session: FakeSession, pane: ComparePane
) -> None:
    QTest.mouseClick(pane._go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: begun(session)[-1] == ToPosition("tick 0") and not window.bridge.is_busy)
    qtbot.waitUntil(lambda: pane.model.rowCount() == 0 and pane.words.isVisible())
    press(window, "Ctrl+Shift+K")
    qtbot.waitUntil(lambda: "Ctrl+K" in pane.words.text())
    assert ("unpin",) in session.calls


def test_equal_states_are_said(qtbot: QtBot) -> None:
    pane = ComparePane()
    qtbot.addWidget(pane)
    pane.show()
    pane.show_snapshot(snapshot_at(20, comparison=Comparison("tick 10", 10, 0, ())))
    assert pane.words.text().startswith("No difference")
    pane.show_snapshot(snapshot_at(10, comparison=Comparison("tick 10", 10, 1, ())))
    assert pane.head.text() == "tick 10 → now, tick 10, branch 0: 0 differences"


def test_it_keeps_what_it_shows_while_the_program_waits(pane: ComparePane) -> None:
    rows = pane.model.rowCount()
    pane.show_snapshot(snapshot_at(ENTERED, status=Status.WAITING, comparison=None))
    assert pane.model.rowCount() == rows > 0


def test_what_differs_is_drawn_otherwise_and_not_only_in_colour(qtbot: QtBot) -> None:
    """In grey, the cell of a digit that differs still is another picture than the same digit where it does not."""
    pane = ComparePane()
    qtbot.addWidget(pane)
    pane.resize(900, 300)
    pane.show()

    def picture(then: str) -> QImage:
        row = Difference(Part.REGISTERS, "EAX", then, "00000012", None)
        pane.show_snapshot(snapshot_at(1, comparison=Comparison("tick 0", 0, 0, (row,))))
        cell = pane.list.visualRect(pane.model.index(0, 3))
        return pane.list.viewport().grab(cell).toImage().convertToFormat(QImage.Format.Format_Mono)

    assert picture("00000012") != picture("00000017")


@pytest.mark.parametrize(
    "text, other, marks",
    [
        ("00000012", "00000017", "       ^"),
        ("00 01 02", "00 FF 02", "   ^^   "),
        ("abc", "abc", "   "),
        ("free", "data, r/w", "^^^^"),
        ("0087:0100", "0087:00000100", "         "),
        ("–", "00000012", "^"),
    ],
)
def test_marks_of_differing_characters(text: str, other: str, marks: str) -> None:
    assert "".join("^" if mark else " " for mark in differing(text, other)) == marks


@given(st.text(alphabet="01A"), st.text(alphabet="01A"))
def test_what_is_not_marked_is_the_same_in_both(text: str, other: str) -> None:
    kept = ["".join(c for c, mark in zip(one, differing(one, two), strict=True) if not mark)
            for one, two in ((text, other), (other, text))]  # fmt: skip
    assert kept[0] == kept[1]
    assert (text == other) == (not any(differing(text, other)) and not any(differing(other, text)))


def test_the_pinned_branch_is_named_when_another_is_shown(qtbot: QtBot) -> None:
    pane = ComparePane()
    qtbot.addWidget(pane)
    snapshot = replace(snapshot_at(20, comparison=Comparison("event 3", 10, 0, ())), branch=1)
    pane.show_snapshot(snapshot)
    assert pane.head.text() == "event 3 (tick 10) → now, tick 20, branch 1: 0 differences"
