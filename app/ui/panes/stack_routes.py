"""Where the lines from saved stack pointers run: through the gutters between the columns, never across text.

A line leaves its slot into the gutter beside it. To a neighbouring column it turns there; to a column farther away it
climbs to the strip between heads and rows, runs along that, and comes down in the gutter beside its target. Lines that
share a gutter or the strip each have a track of their own. No widgets: rectangles in, points out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

GUTTER: Final = 20
"""Pixels between two columns."""
STRIP: Final = 12
"""Pixels between heads and rows."""
_TRACK: Final = 4.0
_TRACKS: Final = 3
_RADIUS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Link:
    """From a slot (column and row number) to the row it points at."""

    source: tuple[int, int]
    target: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Route:
    """A link as it can be drawn now: a line with square corners."""

    link: Link
    points: tuple[QPointF, ...]
    reaches: bool
    """False: the target is scrolled out of view, the line ends at the edge it left by."""

    @property
    def start(self) -> QPointF:
        """At the slot."""
        return self.points[0]

    @property
    def end(self) -> QPointF:
        """At the target."""
        return self.points[-1]

    @property
    def path(self) -> QPainterPath:
        """The line with its corners rounded."""
        path = QPainterPath(self.start)
        for before, corner, after in zip(self.points, self.points[1:], self.points[2:], strict=False):
            path.lineTo(_towards(corner, before))
            path.quadTo(corner, _towards(corner, after))
        path.lineTo(self.end)
        return path


def route(link: Link, number: int, bodies: Sequence[QRectF], begin: QRectF, finish: QRectF) -> Route | None:
    """The way of a link; None while its slot is out of view.

    number counts the links and picks their tracks; bodies are the visible parts of the columns, begin and finish the
    rows at both ends, which may lie outside.
    """
    source, target = bodies[link.source[0]], bodies[link.target[0]]
    start_y, end_y = begin.center().y(), finish.center().y()
    if not source.top() <= start_y <= source.bottom():
        return None
    reaches = target.top() <= end_y <= target.bottom()
    end_y = min(max(end_y, target.top() + 2), target.bottom() - 2)
    track = (number % _TRACKS) * _TRACK
    side = 1 if link.target[0] > link.source[0] else -1
    leave = source.right() if side > 0 else source.left()
    arrive = target.left() if side > 0 else target.right()
    if link.source[0] == link.target[0]:
        arrive = leave
    turn = leave + side * (GUTTER / 2 - _TRACK + track)
    points = [QPointF(leave, start_y), QPointF(turn, start_y)]
    if abs(link.target[0] - link.source[0]) > 1:
        strip = target.top() - STRIP / 2 - _TRACK / 2 + track / 2
        down = arrive - side * (GUTTER / 2 - _TRACK + track)
        points += [QPointF(turn, strip), QPointF(down, strip), QPointF(down, end_y)]
    else:
        points.append(QPointF(turn, end_y))
    points.append(QPointF(arrive, end_y))
    return Route(link, tuple(points), reaches)


def _towards(corner: QPointF, other: QPointF) -> QPointF:
    """A point on the way from a corner to another point, one radius away or half-way."""
    way = other - corner
    length = abs(way.x()) + abs(way.y())
    return corner + way * min(0.5, _RADIUS / length) if length else corner
