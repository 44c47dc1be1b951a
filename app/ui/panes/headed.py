"""A line of text above a view: what the view shows, or why it is empty."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget


class Headed(QWidget):
    """A view with a heading, which is cut where there is no room; on hover it is all there."""

    def __init__(self, view: QWidget, parent: QWidget, *, footer: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QLabel(self)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
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
        self.heading.setText(text)
        self.heading.setToolTip(text)

    @property
    def text(self) -> str:
        """The heading."""
        return self.heading.text()
