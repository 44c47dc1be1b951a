"""Which snapshot a new one is compared with."""

from __future__ import annotations

from app.debug.snapshot import Snapshot


class Earlier:
    """Remembers the picture of the stop before.

    One stop may be drawn several times, because somebody scrolled or edited memory: marks of change then stay.
    """

    def __init__(self) -> None:
        self._shown: Snapshot | None = None
        self._before: Snapshot | None = None

    def than(self, snapshot: Snapshot) -> Snapshot | None:
        """The snapshot to compare with: None at first and after a restart."""
        if self._shown is not None and snapshot.place != self._shown.place:
            self._before = self._shown if snapshot.place > self._shown.place else None
        self._shown = snapshot
        return self._before
