"""A line of text above a view: what the view shows, or why it is empty."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.elided_label import ElidedLabel


class Headed(QWidget):
    """A view with a heading, and perhaps something below it."""

    def __init__(self, view: QWidget, parent: QWidget, *, footer: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = ElidedLabel(self)
        self.heading.setContentsMargins(6, 2, 4, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(view, 1)
        if footer is not None:
            column.addWidget(footer)

    def say(self, text: str) -> None:
        """Change the heading."""
        self.heading.say(text)

    @property
    def text(self) -> str:
        """The heading."""
        return self.heading.text()
