"""Recordings in the window: saved, opened, with their bookmarks, and what goes wrong with them is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.debug.journal import SUFFIX
from app.debug.recording import read
from app.debug.session import Launch, Session
from app.debug.snapshot import RecordingView, Status
from app.resources import resource
from app.ui.main_window import MainWindow
from app.ui.settings import Settings
from app.ui.theme import Theme
from tests.emu.runs import com
from tests.ui.fakes import FakeSession, known_events
from tests.ui.test_window import press

PROGRAM = resource("samples/hello16.com")


@pytest.fixture
def real(qtbot: QtBot, theme: Theme, own_settings: Path) -> MainWindow:
    """A window over real sessions, on a sample that has run to its end, with one bookmark."""
    window = MainWindow(Session, Settings(own_settings / "window.ini"), theme)
    qtbot.addWidget(window, before_close_func=lambda _window: window.bridge.close())
    window.show()
    qtbot.waitExposed(window)
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(PROGRAM, lambda: Session(Launch(str(PROGRAM))))
    window.activateWindow()
    press(window, "Alt+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick > 0 and not window.bridge.is_busy)
    press(window, "Ctrl+D")
    editor = window.workbench.panes["bookmarks"].list.findChild(QLineEdit)
    editor.setText("a client now")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    press(window, "F5")
    qtbot.waitUntil(lambda: window._snapshot.status is Status.ENDED and not window.bridge.is_busy)
    return window


def save_as(window: MainWindow, path: Path) -> None:
    """Ctrl+S, a name in the dialog, and its button."""
    press(window, "Ctrl+S")
    dialog = window._dialog
    assert isinstance(dialog, QFileDialog)
    dialog.findChild(QLineEdit).setText(str(path))
    save = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save)
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    window.activateWindow()  # as a desktop does when a dialog is gone


def open_chosen(window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ctrl+O, and a file picked in the system's dialog; returns the kinds it offers."""
    kinds = []

    def pick(_parent: object, _title: str, _folder: str, offered: str) -> tuple[str, str]:
        kinds.append(offered)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", pick)
    press(window, "Ctrl+O")
    return kinds[0]


def test_a_run_is_saved_and_opened_again_with_its_bookmarks(
    qtbot: QtBot, real: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, known = real._snapshot.tick, known_events(real)
    save_as(real, tmp_path / "run")
    file = tmp_path / f"run{SUFFIX}"
    qtbot.waitUntil(lambda: real.messages.message == f"The run is recorded in {file}.")
    real._settings.keep_bookmarks(PROGRAM, [])
    assert SUFFIX in open_chosen(real, file, monkeypatch)
    qtbot.waitUntil(lambda: real._snapshot.recording is not None)
    assert real._snapshot.tick == 0
    assert real.status.recording.isVisible()
    assert real.status.recording.accessibleDescription() == "Recorded"
    assert str(file) in real.status.recording.toolTip()
    marks = real.workbench.panes["bookmarks"].model.marks
    assert [note for _position, note in marks] == ["a client now"]
    assert real._settings.recent[0] == file
    press(real, "F5")
    qtbot.waitUntil(lambda: real._snapshot.status is Status.ENDED and not real.bridge.is_busy)
    assert real._snapshot.tick == end
    assert [str(event) for event in known_events(real)] == [str(event) for event in known]


def test_where_nothing_can_be_written_is_said_and_loses_nothing(qtbot: QtBot, real: MainWindow, tmp_path: Path) -> None:
    tick = real._snapshot.tick
    save_as(real, tmp_path / "no" / f"where{SUFFIX}")
    qtbot.waitUntil(lambda: "No such file" in real.messages.message)
    assert str(tmp_path / "no") in real.messages.message
    press(real, "Alt+Shift+F9")
    qtbot.waitUntil(lambda: real._snapshot.tick < tick and not real.bridge.is_busy)


def test_a_dialog_that_is_cancelled_changes_nothing(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    press(window, "Ctrl+S")
    assert window._dialog.selectedFiles()[0].endswith(f"CALLBACK{SUFFIX}")
    QTest.keyClick(window._dialog, Qt.Key.Key_Escape)
    window.activateWindow()
    press(window, "F7")
    qtbot.waitUntil(lambda: session.tick == 1)
    assert not [call for call in session.calls if call[0] == "save_recording"]


def test_a_damaged_recording_is_refused_and_the_program_stays(
    qtbot: QtBot, real: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / f"damaged{SUFFIX}"
    damaged.write_bytes(b"nothing of the kind")
    open_chosen(real, damaged, monkeypatch)
    qtbot.waitUntil(lambda: str(damaged) in real.messages.message)
    assert real.workbench.isVisible()
    assert real._snapshot.status is Status.ENDED


def test_recording_into_a_file_is_shown(qtbot: QtBot, make_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    file = tmp_path / f"live{SUFFIX}"
    window = make_window()
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(PROGRAM, lambda: Session(Launch(str(PROGRAM), record=str(file))))
    assert window.status.recording.accessibleDescription() == "Recording"
    assert str(file) in window.status.recording.toolTip()
    window.close()
    assert file.stat().st_size > 0


def test_what_is_wrong_with_a_recording_is_said_once(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    assert window.status.recording.isHidden()
    session.recording = RecordingView("run.dpmirec", 2048, is_writing=False, note="the end of the recording is missing")
    press(window, "F7")
    qtbot.waitUntil(lambda: window.messages.message == "the end of the recording is missing")
    assert "2 KiB" in window.status.recording.toolTip()
    assert "missing" in window.status.recording.toolTip()
    press(window, "F7")
    qtbot.waitUntil(lambda: window._snapshot.tick == 2 and not window.bridge.is_busy)
    assert window.messages.message == ""


def test_bookmarks_are_given_to_the_session(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    press(window, "Ctrl+D")
    qtbot.waitUntil(lambda: bool([call for call in session.calls if call[0] == "set_bookmarks"]))
    given = next(call[1] for call in session.calls if call[0] == "set_bookmarks")
    assert [position for position, _note in given] == ["event 1"]


def test_a_run_is_recorded_until_the_window_closes(
    qtbot: QtBot, make_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    file = tmp_path / f"live{SUFFIX}"
    program = com(tmp_path, bytes.fromhex("40 EBFD"))  # again: inc ax / jmp again
    window = make_window()
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(Launch(str(program), memory=8, record=str(file))))
    press(window, "F5")
    qtbot.waitUntil(lambda: window._snapshot.tick > 1_000_000)
    window.close()
    window.bridge.close()
    assert read(str(file)).ways[0].end.tick > 1_000_000
