"""Which physical addresses have to be watched for the segments in use, and the memory hooks that watch them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import unicorn

from app.emu.cpu.limits import NARROW, Span, covers, forbidden, intersect, merge
from app.emu.memory import layout
from app.emu.memory.mappings import Run, mapped_runs
from app.emu.memory.memory import Memory
from app.emu.registers import Segment

_MOST: Final = 12
"""Segments watched at a time; more cost every access to memory too much."""
_LOW: Final = [(0, layout.LOW_GUARD + 15)]
"""Where null selectors loaded by 16-bit code reach: their base is 0."""

Use = tuple[Segment, int, bool]
"""A segment, the highest offset instructions reach in it, and whether it is watched for reads only (CS)."""
Spans = tuple[list[Span], list[Span]]
"""Physical addresses: reads, writes."""


class Arming:
    """The ranges watched now. Hooks are changed only while the engine stands still."""

    def __init__(self, uc: unicorn.Uc, memory: Memory, hook: Callable[..., None]) -> None:
        self._uc = uc
        self._memory = memory
        self._hook = hook
        self._uses: dict[Use, Spans] = {}
        self._hooks: list[int] = []
        self.margin = NARROW
        """Change it only before `remap`."""
        self._is_suspended = False
        self._low = False
        self._runs: list[Run] = []
        self.spans: Spans = ([], [])

    @property
    def is_idle(self) -> bool:
        """No segment in use needs watching."""
        return not any(reads or writes for reads, writes in self._uses.values())

    def arm(self, uses: list[Use], *, low: bool) -> bool:
        """Watch these segments, too, and low memory or not. True when something was dropped for it."""
        new = [use for use in uses if use not in self._uses]
        if not new and low == self._low and not self._is_suspended:
            return False
        self._low = low
        self._is_suspended = False
        dropped = len(self._uses) + len(new) > _MOST
        if dropped:
            self._uses = {use: spans for use, spans in self._uses.items() if use in uses}
        for use in new:
            self._uses[use] = self.physical(use)
        self._rebuild()
        return dropped

    def disarm(self, uses: set[Use]) -> None:
        """Stop watching for segments that are no longer loaded."""
        self._uses = {use: spans for use, spans in self._uses.items() if use not in uses}
        self._rebuild()

    def suspend(self) -> None:
        """Watch nothing until the next `arm`."""
        self._is_suspended = True
        self._rebuild()

    def remap(self) -> None:
        """Page tables were changed."""
        self._runs = mapped_runs(self._memory)
        self._uses = {use: self.physical(use) for use in self._uses}
        self._rebuild()

    def physical(self, use: Use) -> Spans:
        """The physical addresses at which an access through a segment may break a rule."""
        segment, reach, reads_only = use
        reads, writes = forbidden(segment, reach, self.margin)
        return intersect(reads, self._runs), [] if reads_only else intersect(writes, self._runs)

    def covers(self, use: Use) -> bool:
        """Would a use of this segment be noticed?"""
        reads, writes = self._uses.get(use) or self.physical(use)
        return covers(self.spans[0], reads) and covers(self.spans[1], writes)

    def run_of(self, linear: int) -> Run | None:
        """The mapped run an address lies in."""
        return next((run for run in self._runs if run[0] <= linear < run[0] + run[2]), None)

    def watching(self, address: int, *, write: bool) -> set[Use]:
        """The segments an address is watched for."""
        return {
            use for use, spans in self._uses.items() if any(first <= address <= last for first, last in spans[write])
        }

    def _rebuild(self) -> None:
        low = intersect(_LOW, self._runs) if self._low else []
        reads = merge([*low, *(span for spans in self._uses.values() for span in spans[0])])
        writes = merge([*low, *(span for spans in self._uses.values() for span in spans[1])])
        if self._is_suspended:
            reads, writes = [], []
        if (reads, writes) == self.spans:
            return
        self.spans = reads, writes
        for hook in self._hooks:
            self._uc.hook_del(hook)
        self._hooks = [self._add(unicorn.UC_HOOK_MEM_READ, span) for span in reads]
        self._hooks += [self._add(unicorn.UC_HOOK_MEM_WRITE, span) for span in writes]

    def _add(self, kind: int, span: Span) -> Any:
        return self._uc.hook_add(kind, self._hook, None, *span)
