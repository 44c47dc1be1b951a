"""What the window remembers between two starts: layout, theme, recent programs, bookmarks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from app.debug.history import DEFAULT_BUDGET
from app.ui.panes.bookmarks import Bookmark
from app.ui.theme import Scheme

_LAYOUT_VERSION: Final = 3
"""Raise it when panes are added or renamed: an older layout is then not restored."""
_MOST_RECENT: Final = 10
LEAST_HISTORY_MIB: Final = 16
MOST_HISTORY_MIB: Final = 1 << 16


class Settings:
    """An INI file in the user's configuration folder."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or platformdirs.user_config_path("dpmiscope", appauthor=False) / "window.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def layout_version(self) -> int:
        """Goes into `QMainWindow.saveState`."""
        return _LAYOUT_VERSION

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window; empty before the first start."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def layout(self) -> QByteArray:
        """Where the panes are; empty for the default layout."""
        return self._bytes("window/layout")

    @layout.setter
    def layout(self, value: QByteArray) -> None:
        self._store.setValue("window/layout", value)

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or as the system."""
        name = str(self._store.value("window/theme", Scheme.SYSTEM))
        return Scheme(name) if name in set(Scheme) else Scheme.SYSTEM

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self._store.setValue("window/theme", str(value))

    @property
    def history_mib(self) -> int:
        """MiB all checkpoints of a run may take; the usual amount when what was kept makes no sense."""
        kept = str(self._store.value("history/mib", ""))
        usable = kept.isdecimal() and LEAST_HISTORY_MIB <= int(kept) <= MOST_HISTORY_MIB
        return int(kept) if usable else DEFAULT_BUDGET >> 20

    @history_mib.setter
    def history_mib(self, value: int) -> None:
        self._store.setValue("history/mib", value)

    @property
    def recent(self) -> list[Path]:
        """Programs opened last that are still there, newest first."""
        names = self._store.value("programs/recent", [])
        if isinstance(names, str):  # a list of one is read back as its only entry
            names = [names]
        return [path for path in map(Path, names if isinstance(names, list) else []) if path.is_file()]

    def remember(self, program: Path) -> None:
        """Put a program at the head of the recent ones."""
        program = program.resolve()
        others = [path for path in self.recent if path != program]
        self._store.setValue("programs/recent", [str(path) for path in [program, *others][:_MOST_RECENT]])

    def bookmarks(self, program: Path) -> list[Bookmark]:
        """The bookmarks of a program; none when what was kept cannot be read."""
        try:
            kept = json.loads(str(self._store.value(_bookmarks_of(program), "[]")))
            return [Bookmark(str(position), str(note)) for position, note in kept]
        except (TypeError, ValueError):
            return []

    def keep_bookmarks(self, program: Path, marks: Sequence[Bookmark]) -> None:
        """Keep a program's bookmarks."""
        if marks:
            self._store.setValue(_bookmarks_of(program), json.dumps(marks))
        else:
            self._store.remove(_bookmarks_of(program))

    def save(self) -> None:
        """Write the file now."""
        self._store.sync()

    def _bytes(self, name: str) -> QByteArray:
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()


def _bookmarks_of(program: Path) -> str:
    """The key of a program's bookmarks; a slash in it would begin a group."""
    return f"bookmarks/{quote(str(program.resolve()), safe='')}"
