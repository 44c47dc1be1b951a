"""Which instructions the code pane shows: the part of the code in view, and how it follows the machine. No Qt.

Instructions can be read forwards only, so to see what stands before the first line a piece further back is asked for
and matched with what is known (`anchor`): x86 code read from a wrong byte falls into step within a few instructions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from app.debug.snapshot import CodeLine

_BYTES_PER_LINE = 5
_LINES_BEFORE = 6
"""How much is shown above an instruction that was jumped to."""


@dataclass(slots=True)
class CodeWindow:
    """The lines known, which of them is at the top, and what to ask for next.

    `wanted` after each call: fields of `Interest` to ask for, or empty when what is known will do.
    """

    height: int = 20
    """Lines in view."""
    lines: Sequence[CodeLine] = ()
    top: int = 0
    wanted: dict[str, int | None] = field(default_factory=dict)
    _anchor: tuple[int, int] | None = None
    """A linear address asked for, and how many lines are to stand above it."""
    _stop: Hashable = None
    _missed: bool = False
    """The current instruction was not among the lines that came; the next ones were asked for around it."""

    @property
    def visible(self) -> Sequence[CodeLine]:
        """The lines in view."""
        return self.lines[self.top : self.top + self.height]

    @property
    def before_current(self) -> int:
        """How many of the lines in view stand before the current instruction."""
        current = next((number for number, line in enumerate(self.lines) if line.is_current), 0)
        return min(max(current - self.top, 0), self.height)

    def show(self, lines: Sequence[CodeLine], stop: Hashable) -> None:
        """Take over a snapshot's code. stop: what tells the snapshot's stop from others.

        After a step the current instruction comes into view, if it is not there.
        """
        at_top = self.visible[0].linear if self.visible else None
        follows, self._stop, self._missed = stop != self._stop or self._missed, stop, False
        self.wanted = {}
        if follows:
            self._anchor = None
        places = {line.linear: number for number, line in enumerate(lines)}
        current = next((number for number, line in enumerate(lines) if line.is_current), None)
        if self._anchor is not None:
            self._settle(lines, places)
        elif not follows and at_top is not None and at_top not in places:
            self._ask(at_top, 0)  # these lines were asked for at a stop before: the answer has come too late
        elif not follows:
            self.lines, self.top = lines, places.get(at_top, 0) if at_top is not None else 0
        elif current is None:
            self._missed = bool(lines)
            self.wanted = {"code_start": None}
        else:
            old = places.get(at_top, -1) if at_top is not None else -1
            self.lines = lines
            if old >= 0 and old <= current < old + self.height - 1:
                self.top = old
            else:
                self._reach(lines[current].linear, _LINES_BEFORE)

    def resize(self, height: int) -> None:
        """Another number of lines fits in."""
        self.height = max(height, 1)
        self.wanted = {"code_lines": self.height * 3}

    def scroll(self, lines: int) -> None:
        """Move the view down (or up, when negative)."""
        self.wanted = {}
        if not self.lines:
            return
        if self.top + lines < 0:
            self._reach(self.lines[self.top].linear, -lines)
            return
        self.top = min(self.top + lines, len(self.lines) - 1)
        if self.top + self.height > len(self.lines):
            self._ask(self.lines[self.top].linear, 0)

    def go_to(self, linear: int) -> None:
        """Bring an address into view."""
        self.wanted = {}
        if not any(line.linear == linear for line in self.visible):
            self._ask(linear, _LINES_BEFORE)

    def go_to_current(self) -> None:
        """Bring the current instruction into view, wherever the view is."""
        self._stop, self.top, self.lines = None, 0, ()
        self.wanted = {"code_start": None}

    def _reach(self, linear: int, above: int) -> None:
        """Put so many lines above an address, from what is known or by asking."""
        number = next((n for n, line in enumerate(self.lines) if line.linear == linear), 0)
        if number >= above:
            self.top = number - above
            if self.top + self.height > len(self.lines):
                self._ask(linear, above)
        else:
            self.top = 0
            self._ask(linear, above)

    def _ask(self, linear: int, above: int) -> None:
        self._anchor = (linear, above)
        self.wanted = {"code_start": max(linear - above * _BYTES_PER_LINE, 0)}

    def _settle(self, lines: Sequence[CodeLine], places: dict[int, int]) -> None:
        """What was asked for has come; when it misses the address, ask for just that."""
        linear, above = self._anchor or (0, 0)
        number = places.get(linear)
        if number is not None:
            self.lines, self.top, self._anchor = lines, max(number - above, 0), None
        elif lines and lines[0].linear == max(linear - above * _BYTES_PER_LINE, 0) and above:
            self._ask(linear, 0)
