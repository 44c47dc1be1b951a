"""Every colour and font of the window.

Fusion with our own two palettes: `QStyleHints.setColorScheme` does nothing on X11 without a desktop theme, so the
palette is ours and the system is only asked which of the two it wants. `colours()` answers from the palette in force,
so a pane asks while it paints and never stores a colour.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.emu.events import Stack
from app.emu.registers import Mode
from app.resources import resource

ENVIRONMENT: Final = "DPMISCOPE_THEME"
"""Environment variable that overrules setting and system: `light`, `dark` or `system`."""


class Scheme(StrEnum):
    """What the user may ask for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Colours:
    """Named colours. All but the `…_fill` ones are text colours, at least 4.5:1 against `base` and every fill."""

    window: str
    base: str
    alternate: str
    """Every second row of a table, headers, badges at rest."""
    line: str
    """Borders and rules; no text."""
    text: str
    muted: str
    accent: str
    """Links, focus, selection."""
    on_accent: str
    error: str
    changed: str
    """A value that changed at this stop."""
    changed_old: str
    """A value that changed one or two stops ago."""
    breakpoint: str
    link: str
    """The line from a saved stack pointer to the place it points at."""
    v86: str
    pm16: str
    pm32: str
    ring0: str
    application: str
    locked: str
    mnemonic: str
    number: str
    jump: str
    current_line_fill: str
    cursor_line_fill: str
    error_fill: str
    frame_fills: tuple[str, str, str, str]
    """Backgrounds of the frames on a stack, by nesting level, then again from the start."""

    def mode(self, mode: Mode) -> str:
        """The colour a mode has everywhere."""
        return {Mode.V86: self.v86, Mode.PM16: self.pm16, Mode.PM32: self.pm32, Mode.RING0: self.ring0}[mode]

    def stack(self, stack: Stack) -> str:
        """The colour a stack has everywhere; the real-mode and ring-0 stacks share theirs with their modes."""
        return {
            Stack.APPLICATION: self.application,
            Stack.LOCKED: self.locked,
            Stack.REAL: self.v86,
            Stack.RING0: self.ring0,
        }[stack]

    def frame_fill(self, level: int) -> str:
        """Background of a stack frame at a nesting level of the host."""
        return self.frame_fills[level % len(self.frame_fills)]


LIGHT: Final = Colours(
    window="#F1F3F5",
    base="#FFFFFF",
    alternate="#F6F7F9",
    line="#CDD3DA",
    text="#1B1F24",
    muted="#59626E",
    accent="#0B5CAD",
    on_accent="#FFFFFF",
    error="#A61B1B",
    changed="#B3200E",
    changed_old="#83503F",
    breakpoint="#B3200E",
    link="#0B5CAD",
    v86="#8A4B08",
    pm16="#1559B7",
    pm32="#6437C4",
    ring0="#9B1C6F",
    application="#0B6660",
    locked="#40660F",
    mnemonic="#123E7C",
    number="#0B6660",
    jump="#6437C4",
    current_line_fill="#FFF3C9",
    cursor_line_fill="#E6EFFA",
    error_fill="#FDE8E6",
    frame_fills=("#E3EEFB", "#E4F3E6", "#FBEBDC", "#F1E6F8"),
)

DARK: Final = Colours(
    window="#1D2126",
    base="#15181C",
    alternate="#1B1F24",
    line="#3A424C",
    text="#E4E8ED",
    muted="#A3ADB9",
    accent="#74B6FF",
    on_accent="#0A1420",
    error="#FF9188",
    changed="#FF8A7A",
    changed_old="#D5AFA3",
    breakpoint="#FF8A7A",
    link="#74B6FF",
    v86="#F2AE5C",
    pm16="#7CBAFF",
    pm32="#C0A5FF",
    ring0="#F497D3",
    application="#56CFBE",
    locked="#A4D465",
    mnemonic="#9CCBFF",
    number="#7FD6C8",
    jump="#C0A5FF",
    current_line_fill="#3B3413",
    cursor_line_fill="#1E2D3F",
    error_fill="#40201E",
    frame_fills=("#1D3148", "#1D3625", "#41301C", "#35254A"),
)


def colours() -> Colours:
    """The colours in force now."""
    return DARK if QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def palette(named: Colours) -> QPalette:
    """The Qt palette made of our colours."""
    roles = QPalette.ColorRole
    pairs = {
        roles.Window: named.window,
        roles.WindowText: named.text,
        roles.Base: named.base,
        roles.AlternateBase: named.alternate,
        roles.Text: named.text,
        roles.Button: named.window,
        roles.ButtonText: named.text,
        roles.BrightText: named.error,
        roles.ToolTipBase: named.base,
        roles.ToolTipText: named.text,
        roles.PlaceholderText: named.muted,
        roles.Highlight: named.accent,
        roles.HighlightedText: named.on_accent,
        roles.Link: named.link,
        roles.LinkVisited: named.link,
        roles.Accent: named.accent,
        roles.Mid: named.line,
        roles.Midlight: named.line,
    }
    result = QPalette(QColor(named.window))
    for role, colour in pairs.items():
        result.setColor(role, QColor(colour))
    faint = QColor(named.muted)
    faint.setAlpha(150)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return result


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = QColor(colour)
        channels = (parts.redF(), parts.greenF(), parts.blueF())
        red, green, blue = (c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4) for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Theme(QObject):
    """Keeps the application's palette at what the user or the system wants.

    Signals
        changed: the palette is another one now; icons have to be tinted again (painting follows by itself).
    """

    changed = Signal()

    def __init__(self, application: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
        super().__init__(application)
        application.setStyle("Fusion")
        self._scheme = scheme
        # Kept: without a reference the C++ object is deleted under the signal's feet.
        self._hints = application.styleHints()
        self._hints.colorSchemeChanged.connect(self._apply)
        self._apply()

    @property
    def scheme(self) -> Scheme:
        """What was asked for."""
        return self._scheme

    def choose(self, scheme: Scheme) -> None:
        """Use another scheme from now on."""
        self._scheme = scheme
        self._apply()

    def _apply(self) -> None:
        asked = os.environ.get(ENVIRONMENT, self._scheme)
        if asked not in {Scheme.LIGHT, Scheme.DARK}:
            asked = Scheme.DARK if self._hints.colorScheme() == Qt.ColorScheme.Dark else Scheme.LIGHT
        QApplication.setPalette(palette(DARK if asked == Scheme.DARK else LIGHT))
        self.changed.emit()


@cache
def _mono_family() -> str:
    QFontDatabase.addApplicationFont(str(resource("fonts/DejaVuSansMono-Bold.ttf")))
    number = QFontDatabase.addApplicationFont(str(resource("fonts/DejaVuSansMono.ttf")))
    families = QFontDatabase.applicationFontFamilies(number)
    return families[0] if families else "monospace"


def mono_font(points: float = 0) -> QFont:
    """The one fixed-pitch font, which comes with the program; as large as the window's own font unless told."""
    font = QFont(_mono_family())
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(points or max(QApplication.font().pointSizeF(), 8))
    return font
