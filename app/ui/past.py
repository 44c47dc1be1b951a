"""Where the machine stands among the events the window knows."""

from __future__ import annotations

from collections.abc import Sequence

from app.debug.snapshot import Snapshot
from app.emu.events import Event


def happened(snapshot: Snapshot, events: Sequence[Event]) -> int:
    """How many of the events known lie behind the machine; the others are the future it came back from."""
    if snapshot.at_end:
        return len(events)
    return min(snapshot.happened, len(events))


def position_of(snapshot: Snapshot, events: Sequence[Event]) -> str:
    """Where the machine is, as it can be typed: the event that has just happened, else the tick."""
    last = happened(snapshot, events) - 1
    if last >= 0 and events[last].tick == snapshot.tick:
        return f"event {events[last].seq}"
    return f"tick {snapshot.tick}"
