"""Keys of the host as text for `Session.type_keys`: letters as they are, other keys by name in braces.

`{F1}` `{Esc}` `{Up}` `{Ctrl+C}` `{Alt+X}`; a brace itself is written twice.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_NAMED: Final = {
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backtab: "Shift+Tab",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDn",
    Qt.Key.Key_Insert: "Ins",
    Qt.Key.Key_Delete: "Del",
    **{Qt.Key(Qt.Key.Key_F1 + number): f"F{number + 1}" for number in range(12)},
}


def typed(event: QKeyEvent) -> str:
    """What a key press types; empty for keys the PC does not have, and for modifiers alone."""
    key = Qt.Key(event.key())
    modifiers = event.modifiers()
    prefix = "Ctrl+" if modifiers & Qt.KeyboardModifier.ControlModifier else ""
    prefix += "Alt+" if modifiers & Qt.KeyboardModifier.AltModifier else ""
    if name := _NAMED.get(key):
        return f"{{{prefix}{name}}}"
    if prefix and Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
        return f"{{{prefix}{chr(key)}}}"
    text = event.text()
    if not text.isprintable() or prefix:
        return ""
    return text.replace("{", "{{").replace("}", "}}")
