"""All events of a run, in order, in little room: full chunks of them are packed, and unpacked when somebody looks.

A chunk is immutable and shared by the log, all checkpoints, pictures and branches. What kind each of its events is
can be told without unpacking it.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, overload

from app.emu import plain_events
from app.emu.events import KINDS, Event, Moment
from app.emu.plain_events import Row

CHUNK: Final = 1024
"""Events that are packed together."""
_UNPACKED: Final = 32
"""Chunks kept unpacked, those used last."""
_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}


class Chunk:
    """A number of events, packed. kinds: the number of each one's kind, one byte each."""

    __slots__ = ("_packed", "kinds")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.kinds = bytes(_NUMBERS[event.kind] for event, _ in rows)
        self._packed = zlib.compress(plain_events.write(rows), 1)

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return len(self._packed) + len(self.kinds)

    def rows(self) -> tuple[Row, ...]:
        """The events with their moments."""
        return _unpacked(self)

    def unpack(self) -> tuple[Row, ...]:
        """`rows`, made anew."""
        collects = gc.isenabled()
        gc.disable()  # thousands of new objects without cycles: looking for some takes three times as long as this
        try:
            return tuple(plain_events.read(zlib.decompress(self._packed)))
        finally:
            if collects:
                gc.enable()


@lru_cache(maxsize=_UNPACKED)
def _unpacked(chunk: Chunk) -> tuple[Row, ...]:
    return chunk.unpack()


@dataclass(frozen=True, slots=True)
class SavedLog(Sequence[Row]):
    """The log at one moment. All chunks are full; the rest is not packed."""

    chunks: tuple[Chunk, ...] = ()
    rest: tuple[Row, ...] = ()

    def __len__(self) -> int:
        return len(self.chunks) * CHUNK + len(self.rest)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[seq] for seq in range(*at.indices(len(self)))]
        number, offset = divmod(at if at >= 0 else len(self) + at, CHUNK)
        if number < 0:
            raise IndexError(at)
        return self.chunks[number].rows()[offset] if number < len(self.chunks) else self.rest[offset]

    def __iter__(self) -> Iterator[Row]:
        for chunk in self.chunks:
            yield from chunk.rows()
        yield from self.rest

    def until(self, count: int) -> SavedLog:
        """Its first events."""
        if count >= len(self):
            return self
        full, over = divmod(count, CHUNK)
        last = self.chunks[full].rows() if full < len(self.chunks) else self.rest
        return SavedLog(self.chunks[:full], last[:over])

    def backwards(self, kinds: Collection[str]) -> Iterator[Row]:
        """The events of some kinds (none: all), the last one first."""
        yield from (row for row in reversed(self.rest) if not kinds or row[0].kind in kinds)
        wanted = {_NUMBERS[kind] for kind in kinds}
        for chunk in reversed(self.chunks):
            if not kinds or not wanted.isdisjoint(chunk.kinds):
                yield from (row for row in reversed(chunk.rows()) if not kinds or row[0].kind in kinds)

    def seqs_of(self, kinds: Collection[str], first: int) -> list[int]:
        """The numbers of the events of some kinds, from number `first` on."""
        wanted = {_NUMBERS[kind] for kind in kinds}
        numbers = [number for chunk in self.chunks[first // CHUNK :] for number in chunk.kinds]
        numbers += [_NUMBERS[event.kind] for event, _ in self.rest]
        start = min(first // CHUNK, len(self.chunks)) * CHUNK
        return [seq for seq, number in enumerate(numbers, start) if number in wanted and seq >= first]

    def nth(self, kind: str, number: int) -> Row | None:
        """The n-th event of a kind, counted from 1; None when there are not so many."""
        wanted = _NUMBERS[kind]
        for chunk in self.chunks:
            count = chunk.kinds.count(wanted)
            if number <= count:
                return [row for row in chunk.rows() if row[0].kind == kind][number - 1] if number > 0 else None
            number -= count
        last = [row for row in self.rest if row[0].kind == kind]
        return last[number - 1] if 0 < number <= len(last) else None


class EventLog:
    """All events so far with the moment each happened in, in order; the list grows only."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._open: list[Row] = []

    def __len__(self) -> int:
        return len(self._chunks) * CHUNK + len(self._open)

    def __getitem__(self, seq: int) -> Row:
        number, offset = divmod(seq, CHUNK)
        return self._chunks[number].rows()[offset] if number < len(self._chunks) else self._open[offset]

    def append(self, event: Event, moment: Moment) -> None:
        """Add the next event; its seq is the length of the list before."""
        self._open.append((event, moment))
        if len(self._open) == CHUNK:
            self._chunks.append(Chunk(self._open))
            self._open = []

    def since(self, seq: int) -> list[Row]:
        """The events from a sequence number on."""
        return self._open[seq - len(self._chunks) * CHUNK :] if seq >= len(self._chunks) * CHUNK else self.save()[seq:]

    def save(self) -> SavedLog:
        """The list as an immutable value."""
        return SavedLog(tuple(self._chunks), tuple(self._open))

    def restore(self, saved: SavedLog) -> None:
        """Go back to a saved list."""
        self._chunks, self._open = list(saved.chunks), list(saved.rest)
