"""The memory for going back: shown, said when it was not enough, set, kept, and given to every session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QSpinBox
from pytestqt.qtbot import QtBot

from app.debug.history import DEFAULT_BUDGET
from app.debug.session import Launch, Session
from app.resources import resource
from app.ui.main_window import MainWindow
from app.ui.settings import Settings
from tests.ui.fakes import FakeSession
from tests.ui.test_window import press


def test_it_is_shown(window: MainWindow) -> None:
    assert "(42 of 512 MiB)" in window.actions_["set_memory"].text()
    assert window.status.history.isHidden()
    window.resize(1600, 900)
    assert not window.status.history.isHidden()
    assert window.status.history.text() == "History 42 of 512 MiB"
    assert "7 checkpoints" in window.status.history.toolTip()
    assert "dropped" not in window.status.history.toolTip()


def test_what_fell_out_is_said(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    session.dropped = 12
    press(window, "F7")
    qtbot.waitUntil(lambda: window.status.history.text() == "History 42 of 512 MiB, thinned")
    assert "12 more were dropped" in window.status.history.toolTip()
    assert window.status.history.isVisible()  # however narrow the window


def test_it_is_set_kept_and_given_to_every_session(
    qtbot: QtBot, window: MainWindow, session: FakeSession, make_window: Callable[[], MainWindow]
) -> None:
    assert session.calls[0] == ("set_budget", DEFAULT_BUDGET)
    press(window, "Ctrl+Shift+M")
    dialog = window._dialog
    assert isinstance(dialog, QInputDialog)
    number = dialog.findChild(QSpinBox)
    number.selectAll()
    QTest.keyClicks(number, "64")
    QTest.keyClick(number, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.status.history.text() == "History 42 of 64 MiB")
    other = make_window()
    fresh = FakeSession()
    with qtbot.waitSignal(other.bridge.snapshot_ready):
        other.load(Path("OTHER.COM"), lambda: fresh)
    assert fresh.calls[0] == ("set_budget", 64 << 20)


def test_a_real_session_obeys(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    window._settings.history_mib = 24
    program = resource("samples/hello16.com")
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(Launch(str(program))))
    assert window._snapshot.history.budget == 24 << 20


@pytest.mark.parametrize("kept", ["", "much", "-5", "3", "99999999"])
def test_nonsense_in_the_settings_gives_the_usual_amount(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "window.ini"
    path.write_text(f"[history]\nmib={kept}\n")
    assert Settings(path).history_mib == DEFAULT_BUDGET >> 20
