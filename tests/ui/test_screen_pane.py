"""The guest's screen: its text, its colours, and where key presses go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.session import Run
from app.debug.snapshot import Status
from app.emu.bios.palettes import PC
from app.emu.bios.screen import Screen
from app.ui.main_window import MainWindow
from app.ui.panes.screen import ScreenPane
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
    assert "Keys and mouse go to the program" in screen.hint.text()
    screen.glass.clearFocus()
    assert "Click here" in screen.hint.text()


def test_text_and_colours_are_those_of_the_pc(screen: ScreenPane) -> None:
    screen.show_snapshot(snapshot_at(0))
    assert screen.export_text().splitlines()[0].startswith("CALLBACK - a real-mode callback")
    assert "┌──" in screen.export_text()
    image = screen.glass.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert {QColor(*PC[:3]).name(), QColor(*PC[3:6]).name()} <= found  # attribute 1Fh: white on blue


def at(screen: ScreenPane, column: float, row: float) -> QPoint:
    """A point of the glass by its part of the picture's width and height."""
    area = screen.glass._area(screen.glass._screen)
    return QPoint(round(area.left() + area.width() * column), round(area.top() + area.height() * row))


def mouse_calls(session: FakeSession) -> list[tuple[object, ...]]:
    return [call for call in session.calls if "mouse" in call[0]]


def test_clicks_go_to_the_guest_at_their_place(qtbot: QtBot, screen: ScreenPane, session: FakeSession) -> None:
    QTest.mousePress(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.25))
    QTest.mousePress(screen.glass, Qt.MouseButton.RightButton, pos=at(screen, 0.5, 0.25))
    QTest.mouseRelease(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 1, 1))
    qtbot.waitUntil(lambda: len(mouse_calls(session)) == 5)
    moved, pressed, both, far, released = mouse_calls(session)
    assert moved[0] == "move_mouse"
    assert moved[1:] == pytest.approx((320, 50), abs=2)
    assert (pressed, both, released) == (
        ("hold_mouse_buttons", 1), ("hold_mouse_buttons", 3), ("hold_mouse_buttons", 2),
    )  # fmt: skip
    assert far == ("move_mouse", 639, 199), "the edge of the picture is the edge of the screen"


def test_the_click_that_brings_the_keyboard_is_not_the_guests(
    qtbot: QtBot, window: MainWindow, screen: ScreenPane, session: FakeSession
) -> None:
    window.workbench.panes["code"].view.setFocus()
    QTest.mouseClick(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.5))
    assert screen.glass.hasFocus()
    QTest.mousePress(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.5))
    qtbot.waitUntil(lambda: len(mouse_calls(session)) == 2)


def test_leaving_lets_the_buttons_go(
    qtbot: QtBot, window: MainWindow, screen: ScreenPane, session: FakeSession
) -> None:
    QTest.mousePress(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.5))
    window.workbench.panes["code"].view.setFocus()
    qtbot.waitUntil(lambda: ("hold_mouse_buttons", 0) in session.calls)


def test_movements_go_to_the_guest_while_it_runs(
    qtbot: QtBot, window: MainWindow, screen: ScreenPane, session: FakeSession
) -> None:
    QTest.mouseMove(screen.glass, at(screen, 0.1, 0.1))
    qtbot.wait(100)
    assert not mouse_calls(session), "at rest the mouse only passes by"
    screen.show_snapshot(replace(snapshot_at(0), status=Status.RUNNING))
    QTest.mouseMove(screen.glass, at(screen, 0.2, 0.2))
    QTest.mouseMove(screen.glass, at(screen, 0.5, 0.5))
    qtbot.waitUntil(lambda: bool(mouse_calls(session)))
    qtbot.wait(100)
    assert [call[1:] for call in mouse_calls(session)] == [pytest.approx((320, 100), abs=2)], "joined"


def test_the_past_is_safe_from_the_mouse(qtbot: QtBot, screen: ScreenPane, session: FakeSession) -> None:
    screen.show_snapshot(replace(snapshot_at(0), at_end=False))
    QTest.mouseClick(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.5))
    qtbot.wait(50)
    assert not mouse_calls(session)


def test_a_program_without_use_for_the_mouse_hears_nothing(
    qtbot: QtBot, screen: ScreenPane, session: FakeSession
) -> None:
    screen.show_snapshot(replace(snapshot_at(0), status=Status.RUNNING, pointer_area=None))
    QTest.mouseMove(screen.glass, at(screen, 0.3, 0.3))
    QTest.mouseClick(screen.glass, Qt.MouseButton.LeftButton, pos=at(screen, 0.5, 0.5))
    qtbot.wait(100)
    assert not mouse_calls(session)


def test_graphics_are_drawn_in_their_colours(screen: ScreenPane) -> None:
    pixels = bytes([1]) * 320 * 100 + bytes([2]) * 320 * 100
    colours = bytes((0, 0, 0, 255, 0, 0, 0, 0, 255)).ljust(768, b"\0")
    shown = Screen(40, 25, b"", (0, 0), cursor_visible=False, colours=colours, pixels=pixels)
    screen.show_snapshot(replace(snapshot_at(0), screen=shown))
    image = screen.glass.grab().toImage()
    ratio = image.devicePixelRatio()
    upper, lower = (at(screen, 0.5, row) * ratio for row in (0.25, 0.75))
    assert (image.pixelColor(upper).name(), image.pixelColor(lower).name()) == ("#ff0000", "#0000ff")
    area = screen.glass._area(shown)
    assert area.width() / area.height() == pytest.approx(4 / 3)
    assert screen.export_text() == ""
