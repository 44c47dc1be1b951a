"""The start page: samples to try, programs opened last, and a button for any other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.debug.launch import Launch
from app.ui.icons import set_icon
from app.ui.samples import Sample, launch_of, samples
from app.ui.theme import colours

_LAUNCH: Final = Qt.ItemDataRole.UserRole
_LINE: Final = Qt.ItemDataRole.UserRole + 1
_MARGIN: Final = 8
_WIDEST: Final = 1080


class _TwoLines(QStyledItemDelegate):
    """A title in bold, under it a line in the muted colour, over as many lines as it needs."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListWidget) else _WIDEST
        title, line = self._places(QRect(0, 0, width, 10_000), index, option.font)
        return QSize(width, title.height() + line.height() + 2 * _MARGIN)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        named = colours()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        title, line = self._places(option.rect, index, option.font)
        painter.save()
        painter.setPen(QColor(named.on_accent if selected else named.text))
        painter.setFont(_bold(option.font))
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, index.data())
        painter.setPen(QColor(named.on_accent if selected else named.muted))
        painter.setFont(option.font)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, index.data(_LINE))
        painter.restore()

    @staticmethod
    def _places(cell: QRect, index: QModelIndex | QPersistentModelIndex, font: QFont) -> tuple[QRect, QRect]:
        """Where title and line go in a cell."""
        inner = cell.adjusted(_MARGIN + 2, _MARGIN, -_MARGIN, -_MARGIN)
        title = QRect(inner.topLeft(), QSize(inner.width(), QFontMetrics(_bold(font)).height()))
        below = QRect(title.left(), title.bottom() + 2, inner.width(), inner.height())
        wrap = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        line = QFontMetrics(font).boundingRect(below, int(wrap), index.data(_LINE))
        return title, QRect(below.topLeft(), QSize(below.width(), line.height() + 2))


def _bold(font: QFont) -> QFont:
    font = QFont(font)
    font.setBold(True)
    return font


class StartPage(QWidget):
    """Shown while no program is loaded.

    Signals
        chosen(Launch): load this.
        open_asked(): let the user pick a file.
    """

    chosen = Signal(Launch)
    open_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Start page")
        self.samples = self._list("Samples")
        self.recent = self._list("Recent programs")
        self.open = QPushButton("&Open program or recording…", self)
        set_icon(self.open, "folder-open")
        self.open.setToolTip("Open a DOS program (.COM or .EXE), or a recording of one (.dpmirec) (Ctrl+O)")
        self.open.clicked.connect(self.open_asked)
        head = QLabel("dpmiscope", self)
        font = head.font()
        font.setPointSizeF(font.pointSizeF() * 2)
        font.setBold(True)
        head.setFont(font)
        words = QLabel("Watch a DOS program live in two modes and on four stacks.", self)
        self._nothing_recent = QLabel("Programs and recordings you open are listed here.", self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        for column, (title, view) in enumerate((("&Samples", self.samples), ("&Recent programs", self.recent))):
            label = QLabel(title, self)
            label.setBuddy(view)
            label.setFont(_bold(label.font()))
            grid.addWidget(label, 0, column)
            grid.addWidget(view, 1, column)
        grid.addWidget(self._nothing_recent, 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.open, 2, 1, Qt.AlignmentFlag.AlignRight)
        middle = QWidget(self)
        middle.setMaximumWidth(_WIDEST)
        column_layout = QVBoxLayout(middle)
        column_layout.setSpacing(8)
        column_layout.addWidget(head)
        column_layout.addWidget(words)
        column_layout.addSpacing(12)
        column_layout.addLayout(grid)
        row = QHBoxLayout(self)
        row.setContentsMargins(32, 24, 32, 24)
        row.addStretch(1)
        row.addWidget(middle, 20)
        row.addStretch(1)
        self._fill(self.samples, samples())

    def show_recent(self, programs: Iterable[Path]) -> None:
        """List the programs opened last."""
        self._fill(self.recent, [Sample(path.name, str(path.parent), launch_of(path)) for path in programs])
        self._nothing_recent.setVisible(not self.recent.count())
        self.recent.setVisible(bool(self.recent.count()))

    def _list(self, name: str) -> QListWidget:
        view = QListWidget(self)
        view.setAccessibleName(name)
        view.setItemDelegate(_TwoLines(view))
        view.setFrameShape(QFrame.Shape.StyledPanel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setResizeMode(QListWidget.ResizeMode.Adjust)
        view.setWordWrap(True)  # without it rows keep their heights when the list becomes narrower
        view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        view.setMouseTracking(True)
        view.itemActivated.connect(self._choose)
        view.itemClicked.connect(self._choose)
        return view

    @staticmethod
    def _fill(view: QListWidget, choices: Iterable[Sample]) -> None:
        view.clear()
        for choice in choices:
            item = QListWidgetItem(choice.title, view)
            item.setData(_LAUNCH, choice.launch)
            item.setData(_LINE, choice.line)
            item.setToolTip(str(choice.program))

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_LAUNCH))
