"""The guest's screen: its text, its colours, and where key presses go."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.session import Run
from app.ui.main_window import MainWindow
from app.ui.panes.screen import DOS_COLOURS, ScreenPane
from tests.ui.fakes import FakeSession, snapshot_at


@pytest.fixture
def screen(qtbot: QtBot, window: MainWindow) -> ScreenPane:
    window.workbench.bring_up("screen")
    pane = window.workbench.panes["screen"]
    qtbot.waitUntil(pane.isVisible)
    pane.glass.setFocus()
    return pane


KEYS = [
    (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a"),
    ("A", Qt.KeyboardModifier.ShiftModifier, "A"),
    (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier, "{F5}"),
    (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, "{Up}"),
    (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "{Tab}"),
    (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, "{Esc}"),
    (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, "{Ctrl+C}"),
    (Qt.Key.Key_X, Qt.KeyboardModifier.AltModifier, "{Alt+X}"),
    ("{", Qt.KeyboardModifier.NoModifier, "{{"),
]


@pytest.mark.parametrize("key, modifiers, text", KEYS, ids=[text for _key, _modifiers, text in KEYS])
def test_keys_go_to_the_guest_while_the_screen_has_the_keyboard(
    qtbot: QtBot, screen: ScreenPane, session: FakeSession, key: Qt.Key | str, modifiers: Qt.KeyboardModifier, text: str
) -> None:
    QTest.keyClick(screen.glass, key, modifiers)
    qtbot.waitUntil(lambda: ("type_keys", text) in session.calls)
    assert not any(call[0] == "begin" for call in session.calls)


def test_pausing_and_leaving_work_from_the_screen(
    qtbot: QtBot, window: MainWindow, screen: ScreenPane, session: FakeSession
) -> None:
    window.go(Run())
    qtbot.waitUntil(window.actions_["pause"].isEnabled)
    QTest.keyClick(screen.glass, Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: not window.bridge.is_busy)
    QTest.keyClick(screen.glass, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(window.workbench.panes["code"].view.hasFocus)
    assert not any(call[0] == "type_keys" for call in session.calls)


def test_the_hint_says_where_keys_go(screen: ScreenPane) -> None:
    assert "Keys go to the program" in screen.hint.text()
    screen.glass.clearFocus()
    assert "Click here" in screen.hint.text()


def test_text_and_colours_are_those_of_the_pc(screen: ScreenPane) -> None:
    screen.show_snapshot(snapshot_at(0))
    assert screen.export_text().splitlines()[0].startswith("CALLBACK - a real-mode callback")
    assert "┌──" in screen.export_text()
    image = screen.glass.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert {QColor(DOS_COLOURS[0]).name(), QColor(DOS_COLOURS[1]).name()} <= found  # attribute 1Fh: white on blue
