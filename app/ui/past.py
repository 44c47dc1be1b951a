"""Where the machine stands among the events the window knows."""

from __future__ import annotations

from app.debug.snapshot import Snapshot


def happened(snapshot: Snapshot) -> int:
    """How many of the events known lie behind the machine; the others are the future it came back from."""
    return min(snapshot.happened, len(snapshot.log))


def position_of(snapshot: Snapshot) -> str:
    """Where the machine is, as it can be typed: the event that has just happened, else the tick."""
    last = happened(snapshot) - 1
    if last >= 0 and snapshot.log[last][0].tick == snapshot.tick:
        return f"event {last}"
    return f"tick {snapshot.tick}"
