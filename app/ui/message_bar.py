"""What must not be missed is said in a bar above the panes.

It blocks nothing, and stays until it is closed or until the next command.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.ui.icons import icon, set_icon
from app.ui.theme import colours


class MessageBar(QFrame):
    """One message at a time; hidden while there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign, self._text = QLabel(self), QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleName("Message")
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = QToolButton(self)
        set_icon(close, "x")
        close.setText("Close")
        close.setAutoRaise(True)
        close.setToolTip("Close the message")
        close.clicked.connect(self.clear_message)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 4, 4)
        for widget in (self._sign, self._text, close):
            row.addWidget(widget)
        self.hide()

    @property
    def message(self) -> str:
        """What is said now."""
        return self._text.text() if self.isVisible() else ""

    def say(self, text: str) -> None:
        """Say what went wrong."""
        self._show(text, "triangle-alert", colours().error_fill, colours().error)

    def note(self, text: str, sign: str = "search") -> None:
        """Say something that is no error. sign: its icon."""
        self._show(text, sign, colours().cursor_line_fill, colours().text)

    def _show(self, text: str, sign: str, ground: str, ink: str) -> None:
        self.setStyleSheet(f"QFrame {{ background: {ground}; color: {ink}; }}")
        self._sign.setPixmap(icon(sign).pixmap(16))
        self._text.setText(text)
        self.show()

    def clear_message(self) -> None:
        """Say nothing."""
        self.hide()
