"""The same many times: whatever a program does again and again, every counter comes back to its start.

A few rounds by default; `DPMISCOPE_STRESS=1` makes them 100 000 callbacks, 10 000 programs run by a client, and 50
times everything used up, in each width. `-s` shows how long that took.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Final

import pytest

from app.emu.events import Event, ServiceCalled
from app.emu.machine import Machine
from tests.emu.inventory import differences, held, kept, resident
from tests.emu.runs import Console, is_stuck, machine
from tests.guest import build

FULL: Final = bool(os.environ.get("DPMISCOPE_STRESS"))
STRESSES: Final = {
    "many_callbacks_leave_nothing_behind": (4, 1000),
    "many_children_leave_nothing_behind": (16, 10_000),
    "all_that_is_used_up_comes_back": (2, 50),
}
"""Guest test -> rounds by default, and all of them. A round of the first is a hundred callbacks."""
STATE_MAY_GROW: Final = 100
"""Bytes: ticks and clocks are larger numbers later."""
MEMORY_MAY_GROW: Final = 32 << 20
"""Bytes beside the log of events, for caches and what the engine has translated."""


def is_marker(event: Event) -> bool:
    return isinstance(event, ServiceCalled) and (event.interrupt, event.function) == (0x31, 0x0400)


def markers(running: Machine) -> Iterator[int]:
    """Run to the end; stop where each round begins, and behind the last one. The number of the marker, from 0."""
    seen = found = 0
    while not is_stuck(running):
        running.slice(1_000_000)
        new = running.log.since(seen)
        seen += len(new)
        if any(is_marker(event) for event, _ in new):
            yield found
            found += 1


def log_size(running: Machine) -> int:
    return running.log.save().size_beside(None)


@pytest.mark.timeout(3600 if FULL else 120)
@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("program", STRESSES)
def test_every_counter_is_back_at_its_start(program: str, bits: int) -> None:
    rounds = STRESSES[program][FULL]
    running = machine(build.BUILT / f"{program}-{bits}.com", arguments=(str(rounds),), console=Console())
    warm = rounds // 2  # caches are full and every kind of child has run
    began = time.process_time()
    for number in markers(running):
        if number == warm:
            process_before, before = kept(running), held(running)
            grown = log_size(running) - resident()
        elif number == rounds:
            process_after, after = kept(running), held(running)
            grown += resident() - log_size(running)
    seconds = time.process_time() - began
    assert running.state.end.code == 0
    assert number == rounds
    assert not differences(before, after)
    more = process_after - process_before
    assert more.pop("state", 0) <= STATE_MAY_GROW
    assert not more
    assert grown < MEMORY_MAY_GROW
    assert not running.state.host.clients
    print(f"{program}, {bits} bits: {rounds} rounds, {len(running.log)} events, {seconds:.1f} s of processor time,")
    print(f"    memory of the process beside the events {grown / (1 << 20):+.1f} MiB")
