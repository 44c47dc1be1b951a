"""Errors are said in a bar above the panes. It stays until closed, blocks nothing, and is gone at the next success."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.icons import icon
from app.ui.theme import colours


class MessageBar(QToolBar):
    """One message at a time; hidden while there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Messages", parent)
        self.setObjectName("messages")
        self.setMovable(False)
        self._plate = QFrame(self)
        self._plate.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._sign, self._text = QLabel(self._plate), QLabel(self._plate)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleName("Error message")
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = QToolButton(self._plate)
        close.setIcon(icon("x"))
        close.setText("Close")
        close.setAutoRaise(True)
        close.setToolTip("Close the message")
        close.clicked.connect(self.clear_message)
        row = QHBoxLayout(self._plate)
        row.setContentsMargins(8, 4, 4, 4)
        for widget in (self._sign, self._text, close):
            row.addWidget(widget)
        self.addWidget(self._plate)
        self.hide()

    @property
    def message(self) -> str:
        """What is said now."""
        return self._text.text() if self.isVisible() else ""

    def say(self, text: str) -> None:
        """Say what went wrong."""
        named = colours()
        self._plate.setStyleSheet(f"QFrame {{ background: {named.error_fill}; color: {named.error}; }}")
        self._sign.setPixmap(icon("triangle-alert").pixmap(16))
        self._text.setText(text)
        self.show()

    def clear_message(self) -> None:
        """Say nothing."""
        self.hide()
