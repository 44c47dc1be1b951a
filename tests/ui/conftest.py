"""Windows in tests: offscreen, with their own settings, and no thread left behind."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.debug.launch import Launch
from app.debug.session import Session
from app.ui.main_window import MainWindow
from app.ui.settings import Settings
from app.ui.theme import Scheme, Theme
from tests.ui.fakes import FakeSession

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's own settings."""
    folder = tmp_path / "settings"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.delenv("DPMISCOPE_THEME", raising=False)
    return folder


@pytest.fixture(autouse=True)
def left_behind() -> Iterator[None]:
    """What a test leaves is collected behind it: windows must not die in the midst of another test's event loop."""
    yield
    gc.collect()


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.deleteLater()


@pytest.fixture
def make_window(
    qtbot: QtBot, theme: Theme, session: FakeSession, own_settings: Path
) -> Iterator[Callable[[], MainWindow]]:
    """Windows over the fake session; each is shown, and closed when the test ends."""
    windows: list[MainWindow] = []

    def open_session(_launch: Launch) -> Session:
        return session  # type: ignore[return-value]

    def make() -> MainWindow:
        window = MainWindow(open_session, Settings(own_settings / "window.ini"), theme)
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, make_window: Callable[[], MainWindow], session: FakeSession) -> MainWindow:
    """A window with the fake program loaded and all panes built."""
    made = make_window()
    with qtbot.waitSignal(made.bridge.snapshot_ready):
        made.load(Path("CALLBACK.COM"), lambda: session)  # type: ignore[arg-type,return-value]
    qtbot.waitUntil(lambda: "timeline" in made.workbench.panes)
    made.activateWindow()
    made.workbench.bring_up("code")
    return made
