"""Lines from saved stack pointers to the places they point at, drawn over the four columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.panes.stack_column import StackColumn
from app.ui.panes.stack_routes import Link, Route, route
from app.ui.theme import colours

_ARROW: Final = 6.0


def find_links(columns: Sequence[StackColumn]) -> list[Link]:
    """All slots that point into one of the stacks, from the left and from the top."""
    links = []
    for number, column in enumerate(columns):
        for row_number, row in enumerate(column.model.rows):
            if row.slot is None or row.slot.points_to is None:
                continue
            target = find_row(columns, row.slot.points_to)
            if target is not None:
                links.append(Link((number, row_number), target))
    return links


def find_row(columns: Sequence[StackColumn], linear: int) -> tuple[int, int] | None:
    """The column and row that show a linear address."""
    for number, column in enumerate(columns):
        row = column.model.row_at(linear)
        if row is not None:
            return number, row
    return None


class LinkOverlay(QWidget):
    """A transparent sheet as large as the widget the columns lie on. Mouse and keys go through it."""

    def __init__(self, columns: Sequence[StackColumn], ground: QWidget) -> None:
        super().__init__(ground)
        self._ground = ground
        self._columns = columns
        self._links: list[Link] = []
        self._hovered: tuple[int, int] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for column in columns:
            column.list.verticalScrollBar().valueChanged.connect(self._refresh)
            column.list.viewport().installEventFilter(self)
        ground.installEventFilter(self)

    def follow_rows(self) -> None:
        """The rows have changed: find the links anew."""
        links = find_links(self._columns)
        if links != self._links:
            self._links = links
            self.update()

    def routes(self) -> list[Route]:
        """The links that can be drawn now."""
        bodies = [QRectF(column.body_rect(self._ground)) for column in self._columns]
        found = (
            route(link, number, bodies, self._row_rect(link.source), self._row_rect(link.target))
            for number, link in enumerate(self._links)
        )
        return [line for line in found if line is not None]

    def _row_rect(self, place: tuple[int, int]) -> QRectF:
        return QRectF(self._columns[place[0]].row_rect(place[1], self._ground))

    def _refresh(self) -> None:
        if self._links:
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the columns; notice which row the mouse is over."""
        match event.type():
            case QEvent.Type.Resize if watched is self._ground:
                self.setGeometry(self._ground.rect())
                self.raise_()
            case QEvent.Type.Resize:
                self._refresh()
            case QEvent.Type.MouseMove | QEvent.Type.Leave:
                self._notice_mouse()
            case _:
                pass
        return False

    def _notice_mouse(self) -> None:
        hovered = None
        for number, column in enumerate(self._columns):
            row = column.hovered_row()
            if row is not None:
                hovered = number, row
        if hovered != self._hovered:
            self._hovered = hovered
            self._refresh()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All lines; the one under the mouse strong and the others pale."""
        routes = self.routes()
        if not routes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picked = [line for line in routes if self._hovered in {line.link.source, line.link.target}]
        for line in (line for line in routes if line not in picked):
            self._paint(painter, line, 0.3 if picked else 0.9, 1.5)
        for line in picked:
            self._paint(painter, line, 1.0, 2.5)
        painter.end()

    def _paint(self, painter: QPainter, line: Route, opacity: float, width: float) -> None:
        """A dot at the slot, an arrow and a frame at the target; dashed while the target is out of view."""
        colour = QColor(colours().link)
        painter.setOpacity(opacity)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine if line.reaches else Qt.PenStyle.DashLine))
        painter.drawPath(line.path)
        if line.reaches:
            painter.setPen(QPen(colour, max(1.0, width - 0.5)))
            painter.drawRect(self._row_rect(line.link.target).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(line.start, 3.0, 3.0)
        back = _ARROW if line.points[-2].x() > line.end.x() else -_ARROW
        wings = (QPointF(back, -_ARROW * 0.6), QPointF(back, _ARROW * 0.6))
        painter.drawPolygon(QPolygonF([line.end, *(line.end + wing for wing in wings)]))
        painter.setOpacity(1.0)
