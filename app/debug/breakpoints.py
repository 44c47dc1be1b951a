"""Breakpoints: code addresses the user wants to stop at."""

from __future__ import annotations

from app.debug.snapshot import BreakpointRow


class Breakpoints:
    """The breakpoints of a session, by linear address."""

    def __init__(self) -> None:
        self._rows: dict[int, BreakpointRow] = {}
        self._last = 0
        self.addresses: frozenset[int] = frozenset()
        """Linear addresses of the enabled ones."""

    def toggle(self, linear: int, label: str) -> None:
        """Set a breakpoint, or remove the one that is there."""
        if linear in self._rows:
            del self._rows[linear]
        else:
            self._last += 1
            self._rows[linear] = BreakpointRow(self._last, "code", linear, label, enabled=True, hits=0)
        self.addresses = frozenset(self._rows)

    def hit(self, linear: int) -> bool:
        """Count a hit at an address; False when no breakpoint of the user's is there."""
        row = self._rows.get(linear)
        if row is None:
            return False
        self._rows[linear] = BreakpointRow(row.number, row.kind, linear, row.label, row.enabled, row.hits + 1)
        return True

    def rows(self) -> tuple[BreakpointRow, ...]:
        """All of them, oldest first."""
        return tuple(self._rows.values())
