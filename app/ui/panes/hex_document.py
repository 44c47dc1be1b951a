"""What a hex view shows: the bytes the session sent, what differs from the picture before, and what cannot be read.

No Qt. Offsets are offsets in the space shown (linear, a segment, a selector).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from app.debug.snapshot import MemoryView

_CONTROL = (
    "\u00b7☺☻♥♦♣♠•◘○◙♂♀♪♫☼"
    "►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
)  # fmt: skip
CP437 = _CONTROL + bytes(range(0x20, 0x7F)).decode("ascii") + "⌂" + bytes(range(0x80, 0xFF)).decode("cp437") + "\u00a0"
"""A visible sign for each byte as the PC's screen shows it; zero is a small dot."""


class ByteState(IntEnum):
    """Why a byte can or cannot be seen, as in `MemoryView.state`."""

    READABLE = 0
    PAST_LIMIT = 1
    ABSENT = 2
    UNKNOWN = 3
    """Not asked for yet."""


@dataclass(frozen=True, slots=True)
class HexDocument:
    """One piece of memory, immutable like the snapshot it comes from."""

    start: int = 0
    linear: int = 0
    data: bytes = b""
    state: bytes = b""
    changed: frozenset[int] = field(default_factory=frozenset)
    """Offsets of bytes that differ from the picture before."""

    @classmethod
    def of(cls, view: MemoryView, before: MemoryView | None = None) -> HexDocument:
        """The document of a snapshot, compared with the one before when that showed the same space."""
        return cls(view.start, view.linear, view.data, view.state, _differences(view, before))

    @property
    def end(self) -> int:
        """Offset behind the last byte known."""
        return self.start + len(self.data)

    def covers(self, start: int, end: int) -> bool:
        """Whether all bytes between two offsets are known."""
        return self.start <= start and end <= self.end

    def state_at(self, offset: int) -> ByteState:
        """What is known of a byte."""
        index = offset - self.start
        return ByteState(self.state[index]) if 0 <= index < len(self.state) else ByteState.UNKNOWN

    def byte_at(self, offset: int) -> int | None:
        """A byte that can be read, else None."""
        if self.state_at(offset) is not ByteState.READABLE:
            return None
        return self.data[offset - self.start]

    def read(self, offset: int, size: int) -> bytes | None:
        """Some bytes, or None when not all can be read."""
        values = [self.byte_at(offset + index) for index in range(size)]
        return None if None in values else bytes(value for value in values if value is not None)

    def linear_at(self, offset: int) -> int:
        """The linear address of a byte."""
        return self.linear + offset - self.start & 0xFFFFFFFF

    def patched(self, offset: int, value: int) -> HexDocument:
        """The document as it will be once the session has written a byte."""
        index = offset - self.start
        data = self.data[:index] + bytes((value,)) + self.data[index + 1 :]
        return replace(self, data=data, changed=self.changed | {offset})


def _differences(view: MemoryView, before: MemoryView | None) -> frozenset[int]:
    if before is None or before.title != view.title:
        return frozenset()
    first, last = max(view.start, before.start), min(view.start + len(view.data), before.start + len(before.data))
    if first >= last:
        return frozenset()
    new, old = (
        view.data[first - view.start : last - view.start],
        before.data[first - before.start : last - before.start],
    )
    if new == old:
        return frozenset()
    return frozenset(first + index for index, (a, b) in enumerate(zip(new, old, strict=True)) if a != b)
