"""While something is searched for, the panes keep their picture, the status bar says how far it is, and Esc cancels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.goals import LastUse
from app.debug.snapshot import Status
from app.debug.watches import RegisterWatch
from app.emu.machine import Place
from app.ui.main_window import MainWindow
from tests.ui.fakes import ENTERED, FakeSession, known_events
from tests.ui.test_window import press


@pytest.fixture
def searching(qtbot: QtBot, window: MainWindow, session: FakeSession) -> MainWindow:
    """A window in the middle of a search that takes long."""
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    session.search_slices = 100_000
    window.go(LastUse(RegisterWatch("eax")))
    qtbot.waitUntil(lambda: window.status.status.accessibleDescription() == "Searching")
    return window


def test_the_panes_keep_their_picture(searching: MainWindow) -> None:
    assert searching._snapshot.tick == ENTERED
    assert searching.workbench.panes["registers"]._stop == Place(ENTERED, 0)
    assert searching.status.sentence.toolTip().startswith("Searching… ")
    assert searching.status.progress.isVisible()
    assert f"tick {ENTERED}" in searching.status.tick.text()
    assert not searching.actions_["step_into"].isEnabled()


@pytest.mark.parametrize("keys", ["Esc", "F12", "Pause"])
def test_keys_cancel(qtbot: QtBot, searching: MainWindow, session: FakeSession, keys: str) -> None:
    press(searching, keys)
    qtbot.waitUntil(lambda: not searching.bridge.is_busy)
    assert session.tick == searching._snapshot.tick == ENTERED
    assert searching.status.progress.isHidden()
    assert searching.actions_["step_into"].isEnabled()
    assert not searching.actions_["cancel"].isEnabled()


def test_esc_belongs_to_the_code_pane_again_afterwards(qtbot: QtBot, searching: MainWindow) -> None:
    press(searching, "Esc")
    qtbot.waitUntil(lambda: not searching.bridge.is_busy)
    view = searching.workbench.panes["code"].view
    view.setFocus()
    start = view.cursor_linear
    view.go_to(start + 3)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.cursor_linear == start


def test_progress_is_said_and_the_place_found_is_shown(
    qtbot: QtBot, searching: MainWindow, session: FakeSession
) -> None:
    session.search_slices = session._searched + 200
    qtbot.waitUntil(lambda: searching.status.progress.value() >= 20)
    assert f"{searching.status.progress.value()} %" in searching.status.sentence.toolTip()
    qtbot.waitUntil(lambda: searching._snapshot.tick == ENTERED - 2)
    assert searching.messages.message == ""
    assert searching.status.progress.isHidden()


def test_what_is_not_found_is_said_where_it_is_noticed(
    qtbot: QtBot, searching: MainWindow, session: FakeSession
) -> None:
    session.finds = None
    session.search_slices = 1
    qtbot.waitUntil(lambda: not searching.bridge.is_busy)
    assert searching.messages.message == searching._snapshot.sentence != ""
    searching.messages.clear_message()
    searching.bridge.look_at({"memory_start": 0x400})
    serial = searching._snapshot.serial
    qtbot.waitUntil(lambda: searching._snapshot.serial > serial)
    assert searching.messages.message == ""
    assert searching._snapshot.status is Status.STOPPED


def test_requests_are_refused_meanwhile(qtbot: QtBot, searching: MainWindow, session: FakeSession) -> None:
    searching.bridge.ask(lambda session: session.set_register("eax", 1))
    qtbot.waitUntil(lambda: "F12" in searching.messages.message)
    assert not [call for call in session.calls if call[0] == "set_register"]
    qtbot.waitUntil(lambda: session._searched > 5)
    assert session.status is Status.SEARCHING
    press(searching, "Esc")
    qtbot.waitUntil(lambda: not searching.bridge.is_busy)


def test_events_known_are_not_lost_by_a_search(qtbot: QtBot, searching: MainWindow, session: FakeSession) -> None:
    known = len(known_events(searching))
    press(searching, "Esc")
    qtbot.waitUntil(lambda: not searching.bridge.is_busy)
    press(searching, "Shift+F9")
    qtbot.waitUntil(lambda: searching._snapshot.tick > ENTERED and not searching.bridge.is_busy)
    events = known_events(searching)
    assert len(events) > known
    assert [event.seq for event in events] == list(range(len(events)))
