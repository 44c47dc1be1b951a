"""Why no window can be opened. Qt would print lines about plugins and abort; here it is said what can be done."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QLibraryInfo, QMessageLogContext, QtMsgType, qInstallMessageHandler

_FAILED: Final = 125
"""The exit code of a command that could not be done."""
_HELP: Final = "`dpmiscope run`, `trace` and `shot` work without a window."
_INSTALLS: Final = "`python3 bootstrap.py run` installs what Qt needs."


def reason(told: Sequence[str], wanted: Sequence[Path]) -> str:
    """What to say when Qt cannot open a window. told: what it said itself; wanted: platform plugins it tried."""
    for plugin in wanted:
        try:
            ctypes.CDLL(str(plugin))
        except OSError as missing:
            return f"no window can be opened: {missing}. {_INSTALLS} {_HELP}"
    display = next((line for line in told if "display" in line), None)
    if display is not None:
        return f"no window can be opened: {display.rstrip('.')}. Set DISPLAY to a display that is there. {_HELP}"
    return f"no window can be opened: {' '.join(told).rstrip('.')}. {_HELP}"


class Starting:
    """While Qt starts: what it says is kept, and told when it gives up; else passed on."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def __enter__(self) -> None:
        qInstallMessageHandler(self._take)

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        qInstallMessageHandler(None)
        for line in self._told:
            _say(line)

    def _take(self, kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if kind is not QtMsgType.QtFatalMsg:
            self._told.append(message)
            return
        _say(f"dpmiscope: {reason(self._told or [message.splitlines()[0]], _plugins())}")
        os._exit(_FAILED)  # Qt aborts the process as soon as this returns


def _plugins() -> list[Path]:
    """The platform plugins Qt has for the display there is."""
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    names = ["xcb"] * ("DISPLAY" in os.environ) + ["wayland"] * ("WAYLAND_DISPLAY" in os.environ)
    return [path for name in names if (path := folder / f"libq{name}.so").exists()]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the command's own answer
