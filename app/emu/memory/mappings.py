"""Which linear addresses show which physical ones, found by walking the page tables."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from app.emu.memory.memory import PAGED_OUT, PRESENT, USER, Memory

Run: TypeAlias = tuple[int, int, int]
"""A linear address, the physical address it shows, and how many bytes go on in both."""


def mapped_runs(memory: Memory, *, paged_out: bool = False) -> list[Run]:
    """Linear ranges user code may reach, in address order. paged_out: those the host would bring back for it, too."""
    there = PRESENT | PAGED_OUT if paged_out else PRESENT
    runs: list[Run] = []
    directory = np.frombuffer(memory.buffer, np.uint32, 1024, memory.directory)
    for slot in np.flatnonzero(directory & PRESENT):
        table = np.frombuffer(memory.buffer, np.uint32, 1024, int(directory[slot]) & ~0xFFF)
        pages = np.flatnonzero((table & USER != 0) & (table & there != 0))
        if not len(pages):
            continue
        frames = (table[pages] & 0xFFFFF000).astype(np.int64)
        linear = (int(slot) << 22) + (pages.astype(np.int64) << 12)
        ends = np.flatnonzero((np.diff(linear) != 0x1000) | (np.diff(frames) != 0x1000)) + 1
        for start, end in zip([0, *ends], [*ends, len(pages)], strict=True):
            runs.append((int(linear[start]), int(frames[start]), int(end - start) << 12))
    return runs
