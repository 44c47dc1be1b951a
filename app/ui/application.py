"""Starting the window: `run_window` is what the command line calls."""

from __future__ import annotations

import faulthandler
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication

from app.debug.launch import spare_the_collector
from app.debug.session import Launch, Session
from app.ui.icons import icon
from app.ui.main_window import MainWindow
from app.ui.settings import Settings
from app.ui.starting import Starting
from app.ui.theme import Theme


def make_application() -> QApplication:
    """The one QApplication."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("dpmiscope")
    application.setDesktopFileName("dpmiscope")
    return application


def run_window(launch: Launch | None) -> int:
    """Show the window until it is closed. launch: the program to begin with; None for the start page."""
    with Starting():
        application = make_application()
    faulthandler.enable()
    spare_the_collector()
    settings = Settings()
    window = MainWindow(Session, settings, Theme(application, settings.scheme))
    window.setWindowIcon(icon("layers"))
    _show_errors_in(window)
    window.show()
    if launch is not None:
        window.load(Path(launch.program), lambda: Session(launch))
    return application.exec()


def _show_errors_in(window: MainWindow) -> None:
    """An error in a slot or while painting is said in the window and printed; the window goes on."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        window.messages.say(f"dpmiscope made a mistake: {error} ({kind.__name__})")

    sys.excepthook = report
