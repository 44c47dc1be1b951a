"""Time travel: what recording costs, and how long the ways back take in a long recording."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.debug.goals import Goal, LastUse, PreviousCallback, Run, StepBack, StepBackOver, StepOut, ToPosition
from app.debug.launch import CapturedConsole, Launch, spare_the_collector, start
from app.debug.session import Session
from app.debug.watches import MemoryWatch, RegisterWatch
from tests.bench.processor import LOOPS, raw, uncounted
from tests.bench.table import Measure, rate, row

HERE: Final = Path(__file__).parent
WAYS: Final = 60
"""Positions tried at random."""


def loop_program(folder: str) -> Path:
    """The loop of registers as a .COM program without end."""
    path = Path(folder) / "LOOP.COM"
    path.write_bytes(bytes.fromhex(LOOPS["registers"]))
    return path


@row("history: what recording costs")
def recording() -> Iterable[Measure]:
    spare_the_collector()
    yield Measure("Unicorn, not counted", uncounted(LOOPS["registers"]))
    yield Measure("Unicorn, counted", raw(LOOPS["registers"], 100_000), "Unicorn, not counted")
    with TemporaryDirectory() as folder:
        session = Session(Launch(str(loop_program(folder))))
        session.begin(Run())
        yield Measure("instructions recorded", rate(lambda: _ticks(session), seconds=3), "Unicorn, not counted")
    launch = Launch(str(HERE / "callbacks.com"))
    yield Measure("callbacks, not recorded", _callbacks_alone(launch))
    yield Measure("callbacks recorded", _callbacks_recorded(launch), "callbacks, not recorded")


def _ticks(session: Session) -> int:
    before = session.machine.tick
    session.advance(400_000)
    return session.machine.tick - before


def _callbacks_alone(launch: Launch) -> float:
    machine = start(launch, CapturedConsole())
    began = time.perf_counter()
    while not machine.has_ended:
        machine.slice(400_000)
    return 4000 / (time.perf_counter() - began)


def _callbacks_recorded(launch: Launch) -> float:
    session = Session(launch)
    began = time.perf_counter()
    session.run(Run())
    return 4000 / (time.perf_counter() - began)


@row("history: ways through a thousand million instructions")
def ways() -> Iterable[Measure]:
    spare_the_collector()
    session = Session(Launch(str(HERE / "long.com")))
    began = time.perf_counter()
    session.run(Run(), most=1 << 40)
    history, taken = session.history, time.perf_counter() - began
    end = session.machine.tick
    yield Measure("instructions recorded", end / taken)
    yield Measure("events recorded", len(session.machine.log) / taken)
    yield Measure("checkpoints, bytes for each second of running", history.size / taken)
    chance = random.Random(1)
    goals: dict[str, Callable[[], Goal]] = {
        "to a position at random": lambda: ToPosition(f"tick {chance.randrange(end)}"),
        "step back from there": StepBack,
        "to the previous callback": PreviousCallback,
        "step back over, from there": StepBackOver,
        "step back": StepBack,
    }
    times: dict[str, list[float]] = {name: [] for name in (*goals, "step back over a callback")}
    for _ in range(WAYS):
        for name, goal in goals.items():
            times[name].append(_timed(session, goal()))
    for number in chance.sample(range(1, 16_000), WAYS):
        session.run(ToPosition(f"callback {number}"))
        session.run(StepOut())  # behind the far call to the callback
        times["step back over a callback"].append(_timed(session, StepBackOver()))
    for name, seconds in times.items():
        yield Measure(f"{name}, median", 1 / statistics.median(seconds), is_duration=True)
        yield Measure(f"{name}, slowest of {WAYS}", 1 / max(seconds), is_duration=True)
    for watch in (MemoryWatch(0x180000, 4), RegisterWatch("gs")):
        session.run(ToPosition("tick 500000000"))
        seconds = _timed(session, LastUse(watch))
        yield Measure(f"who wrote {watch}? instructions searched", 500_000_000 / seconds)


def _timed(session: Session, goal: Goal) -> float:
    began = time.perf_counter()
    session.run(goal, most=1 << 40)
    return time.perf_counter() - began
