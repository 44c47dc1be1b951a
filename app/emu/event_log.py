"""All events of a run, in order, in little room: full chunks of them are packed, and unpacked when somebody looks.

A chunk is immutable and shared by the log, all checkpoints, pictures and branches. What kind each of its events is
can be told without unpacking it.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, overload

from app.emu import plain_events
from app.emu.events import KINDS, Event, Moment
from app.emu.plain_events import Row

CHUNK: Final = 1024
"""Events that are packed together."""
_POINTER: Final = 8
"""Bytes a log takes for each chunk, shared or not."""
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


class Tail:
    """The events that do not fill a chunk yet. It only grows, so all who have a part of it share it."""

    __slots__ = ("_chunk", "_rows")

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._rows: list[Row] | None = list(rows)
        self._chunk: Chunk | None = None

    def append(self, row: Row) -> Chunk | None:
        """Add an event; the chunk it completes, which takes the rows' place wherever they are held."""
        if self._rows is not None:
            self._rows.append(row)
            if len(self._rows) == CHUNK:
                self._chunk = Chunk(self._rows)
                self._rows = None
        return self._chunk

    def first(self, count: int) -> Sequence[Row]:
        """Its first events."""
        rows = self._rows  # another thread may pack them meanwhile
        if rows is None:
            rows = [] if self._chunk is None else list(self._chunk.rows())
        return rows[:count]


@dataclass(frozen=True, slots=True)
class SavedLog(Sequence[Row]):
    """The log at one moment: full chunks, and the first `over` events of what came behind them."""

    chunks: tuple[Chunk, ...] = ()
    tail: Tail = field(default_factory=Tail)
    over: int = 0

    @property
    def rest(self) -> Sequence[Row]:
        """The events behind the chunks."""
        return self.tail.first(self.over)

    def size_beside(self, before: SavedLog | None) -> int:
        """Bytes it holds that an earlier one of the same run does not."""
        known = min(len(before.chunks), len(self.chunks)) if before is not None else 0
        return sum(chunk.size for chunk in self.chunks[known:]) + _POINTER * len(self.chunks)

    def __len__(self) -> int:
        return len(self.chunks) * CHUNK + self.over

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return self._part(*at.indices(len(self)))
        number, offset = divmod(at if at >= 0 else len(self) + at, CHUNK)
        if number < 0:
            raise IndexError(at)
        return self.chunks[number].rows()[offset] if number < len(self.chunks) else self.rest[offset]

    def _part(self, start: int, stop: int, step: int) -> list[Row]:
        rows: list[Row] = []
        first = min(start // CHUNK, len(self.chunks))
        for chunk in self.chunks[first:]:
            if first * CHUNK + len(rows) >= stop:
                break
            rows += chunk.rows()
        else:
            rows += self.rest
        return rows[start - first * CHUNK : stop - first * CHUNK : step]

    def __iter__(self) -> Iterator[Row]:
        for chunk in self.chunks:
            yield from chunk.rows()
        yield from self.rest

    def until(self, count: int) -> SavedLog:
        """Its first events."""
        if count >= len(self):
            return self
        full, over = divmod(count, CHUNK)
        if full >= len(self.chunks):
            return SavedLog(self.chunks, self.tail, over)
        return SavedLog(self.chunks[:full], Tail(self.chunks[full].rows()[:over]), over)

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

    def nth(self, kinds: Collection[str], number: int) -> Row | None:
        """The n-th event of some kinds, counted from 1; None when there are not so many."""
        wanted = [_NUMBERS[kind] for kind in kinds]
        for chunk in self.chunks:
            count = sum(map(chunk.kinds.count, wanted))
            if number <= count:
                return [row for row in chunk.rows() if row[0].kind in kinds][number - 1] if number > 0 else None
            number -= count
        last = [row for row in self.rest if row[0].kind in kinds]
        return last[number - 1] if 0 < number <= len(last) else None


class EventLog:
    """All events so far with the moment each happened in, in order; the list grows only."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._tail = Tail()
        self._count = 0

    def __len__(self) -> int:
        return len(self._chunks) * CHUNK + self._count

    def __getitem__(self, seq: int) -> Row:
        number, offset = divmod(seq, CHUNK)
        return self._chunks[number].rows()[offset] if number < len(self._chunks) else self._tail.first(CHUNK)[offset]

    def append(self, event: Event, moment: Moment) -> None:
        """Add the next event; its seq is the length of the list before."""
        full = self._tail.append((event, moment))
        self._count += 1
        if full is not None:
            self._chunks.append(full)
            self._tail, self._count = Tail(), 0

    def since(self, seq: int) -> list[Row]:
        """The events from a sequence number on."""
        first = len(self._chunks) * CHUNK
        return list(self._tail.first(CHUNK)[seq - first :]) if seq >= first else self.save()[seq:]

    def save(self) -> SavedLog:
        """The list as an immutable value."""
        return SavedLog(tuple(self._chunks), self._tail, self._count)

    def restore(self, saved: SavedLog) -> None:
        """Go back to a saved list."""
        self._chunks = list(saved.chunks)
        self._tail, self._count = Tail(saved.rest), saved.over
