"""Two hundred runs of every sample: how many different traces there are. One, or something is broken."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterable
from typing import Final

from app.debug.history import START, History
from app.debug.launch import CapturedConsole
from app.emu.machine import Machine
from tests.bench.table import Measure, row
from tests.emu.runs import SAMPLE_PROGRAMS, machine

RUNS: Final = 200
SLICES: Final = (400_000, 1000, 77, 9_999)
"""Instructions in one go: every run is cut differently from the one before it."""


@row("determinism: two hundred runs of each sample")
def determinism() -> Iterable[Measure]:
    for program in SAMPLE_PROGRAMS:
        began = time.perf_counter()
        digests = set()
        slices = itertools.cycle(SLICES)
        for number in range(RUNS):
            digests.add(_digest(machine(program, console=CapturedConsole()), next(slices), again=number % 10 == 0))
        assert len(digests) == 1, f"{program.name}: {len(digests)} different traces in {RUNS} runs"
        yield Measure(f"{program.name}: {RUNS} runs, one trace", RUNS / (time.perf_counter() - began))


def _digest(running: Machine, size: int, *, again: bool) -> str:
    """The trace of a run to its end; again: after going back to its start once."""
    history = History(running)
    for _ in range(1 + again):
        history.go(START)
        while not running.has_ended:
            history.slice(size)
    trace = "\n".join(event.to_json() for event, _ in running.log.since(0))
    return hashlib.sha256(trace.encode()).hexdigest()
