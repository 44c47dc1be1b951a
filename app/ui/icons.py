"""The icons: Lucide's line drawings in the colours of the palette in force."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QTransform
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from app.resources import resource
from app.ui.theme import Colours, colours

_SIZES = (16, 24, 32, 48)

MIRROR = "mirror:"
"""Before a name: left and right change places."""
TINTS = {"play": "application", "pause": "changed", "circle-dot": "breakpoint", "triangle-alert": "error"}
"""Icons with a colour of their own; all others are drawn in the text colour."""


def icon(name: str) -> QIcon:
    """An icon in the colours in force; an empty one when the file is missing."""
    return _tinted(name, colours())


def set_icon(button: QAbstractButton, name: str) -> None:
    """Give a button an icon that is drawn anew when the palette changes."""
    button.setIcon(icon(name))
    button.installEventFilter(_Tinter(button, name))


class _Tinter(QObject):
    """Watches one button for a change of palette."""

    def __init__(self, button: QAbstractButton, name: str) -> None:
        super().__init__(button)
        self._name = name

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.PaletteChange and isinstance(watched, QAbstractButton):
            watched.setIcon(icon(self._name))
        return False


@cache
def _tinted(name: str, named: Colours) -> QIcon:
    try:
        drawing = resource(f"icons/{name.removeprefix(MIRROR)}.svg").read_text()
    except FileNotFoundError:
        return QIcon()
    result = QIcon()
    normal = getattr(named, TINTS.get(name.removeprefix(MIRROR), "text"))
    for mode, colour, opacity in ((QIcon.Mode.Normal, normal, 1.0), (QIcon.Mode.Disabled, named.muted, 0.5)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
        for size in _SIZES:
            drawn = _drawn(renderer, size, opacity)
            if name.startswith(MIRROR):
                drawn = drawn.transformed(QTransform.fromScale(-1, 1))
            result.addPixmap(drawn, mode)
    return result


def _drawn(renderer: QSvgRenderer, size: int, opacity: float) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    renderer.render(painter)
    painter.end()
    return pixmap
