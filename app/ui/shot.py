"""Pictures without a display: the window, or one pane, at a position of the run."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Final

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QPoint,
    QRect,
    QSize,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from app.debug.session import Launch, Session, ToPosition
from app.debug.snapshot import Interest, Snapshot, Stop
from app.ui.application import make_application
from app.ui.main_window import MainWindow
from app.ui.panes import PANES
from app.ui.settings import Settings
from app.ui.theme import Scheme, Theme

OK, USAGE, TIME_OUT, FAILED = 0, 2, 124, 125
"""Exit codes, as everywhere on the command line."""
_ROUNDS: Final = 4
"""Panes may ask for more once they know their size, and again for what that brings."""
_SETTLE_MS: Final = 80
_POINTS_PER_INCH: Final = 72


def take_shot(
    launch: Launch, *, output: str, pane: str | None, position: str, size: str, theme: str, seconds: float | None
) -> int:
    """Draw a picture into a file; the exit code of the command, its reason on standard error."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(_pass_on)
    keys = [entry.key for entry in PANES]
    width, times, height = size.lower().partition("x")
    if not (times and width.isdigit() and height.isdigit() and int(width) and int(height)):
        return _refuse(USAGE, f"--size {size}: write width and height in pixels: 1280x800")
    if pane is not None and pane not in keys:
        return _refuse(USAGE, f"--pane {pane}: there is no such pane; choose one of {', '.join(keys)}")
    save = _WRITERS.get(Path(output).suffix.lower())
    if save is None:
        return _refuse(USAGE, f"{output}: the name must end in {', '.join(_WRITERS)}")
    try:
        session = Session(launch)
        stop = _run_to(session, position, seconds)
    except ValueError as problem:
        return _refuse(USAGE, f"--at: {problem}")
    if stop is None:
        return _refuse(TIME_OUT, f"{position} was not reached in {seconds:g} seconds")
    if Stop.REACHED not in stop and position.strip().lower() != "end":
        return _refuse(FAILED, f"the program ended before {position}")
    make_application()
    widget = _draw(session, pane, QSize(int(width), int(height)), Scheme(theme))
    saved = save(widget, output)
    widget.close()
    return OK if saved else _refuse(FAILED, f"{output}: cannot be written")


def _refuse(code: int, message: str) -> int:
    print(f"dpmiscope: {message}", file=sys.stderr)  # noqa: T201 - the command's own answer
    return code


def _pass_on(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Qt's messages, but for those it has for every window without a display and every shaded button in a PDF."""
    if "propagateSizeHints" not in message and "unable to create a gradient" not in message:
        print(message, file=sys.stderr)  # noqa: T201 - as Qt would


def _run_to(session: Session, position: str, seconds: float | None) -> Stop | None:
    """Run to a position; None when the time is over before."""
    deadline = monotonic() + seconds if seconds is not None else None
    session.begin(ToPosition(position))
    while (stop := session.advance()) is None:
        if deadline is not None and monotonic() > deadline:
            return None
    return stop


def _draw(session: Session, pane: str | None, size: QSize, scheme: Scheme) -> QWidget:
    """The widget, laid out and fed until its panes want nothing more."""
    application = make_application()
    theme = Theme(application, scheme)
    show: Callable[[Snapshot], None]
    wanted: dict[str, Any] = {}
    if pane is not None:
        single = next(entry for entry in PANES if entry.key == pane).make(None)
        widget: QWidget = single
        show = single.show_snapshot
        single.interest_changed.connect(wanted.update)
    else:
        # Own settings: the picture must not depend on how this user arranged the panes.
        with tempfile.TemporaryDirectory() as folder:
            window = MainWindow(Session, Settings(Path(folder) / "window.ini"), theme)
        widget = window
        show = window.show_snapshot
        window.workbench.interest_changed.connect(wanted.update)
    widget.resize(size)
    widget.show()
    fields: dict[str, Any] = {}
    for _round in range(_ROUNDS):
        show(session.observe(Interest(**fields)))
        _settle()
        if not wanted:
            break
        fields |= wanted
        wanted.clear()
    if (focus := application.focusWidget()) is not None:
        focus.clearFocus()  # nobody types into a picture
    return widget


def _settle() -> None:
    """Let layouts, late panes and paint events happen."""
    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()


def _save_png(widget: QWidget, output: str) -> bool:
    return widget.grab().save(output, "PNG")


def _save_svg(widget: QWidget, output: str) -> bool:
    drawing = QSvgGenerator()
    drawing.setFileName(output)
    drawing.setSize(widget.size())
    drawing.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    drawing.setTitle("dpmiscope")
    return _render(widget, drawing)


def _save_pdf(widget: QWidget, output: str) -> bool:
    page = QPdfWriter(output)
    page.setPageSize(QPageSize(widget.size(), "window", QPageSize.SizeMatchPolicy.ExactMatch))
    page.setPageMargins(page.pageLayout().margins() * 0)
    page.setResolution(_POINTS_PER_INCH)
    return _render(widget, page)


def _render(widget: QWidget, device: QSvgGenerator | QPdfWriter) -> bool:
    painter = QPainter()
    if not painter.begin(device):
        return False
    widget.render(painter, QPoint())
    return painter.end()


_WRITERS: Final = {".png": _save_png, ".svg": _save_svg, ".pdf": _save_pdf}
