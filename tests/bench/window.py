"""What the user feels: callback round trips, steps, ways back, time to the first picture of the window."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.debug.goals import PreviousCallback, StepBack, StepInto, ToCallback, ToPosition
from app.debug.launch import CapturedConsole, Launch, start
from app.debug.session import Session
from app.debug.snapshot import Interest
from app.resources import resource
from tests.bench.table import Measure, rate, row

CALLBACKS = str(Path(__file__).with_name("callbacks.com"))
NESTED = str(resource("samples") / "nested.com")


@row("machine: callbacks")
def callbacks() -> Iterable[Measure]:
    for checks in (True, False):
        machine = start(Launch(CALLBACKS, limit_checks=checks), CapturedConsole())
        while not machine.state.host.levels:
            machine.slice(100_000)
        before, began = machine.state.turn, time.perf_counter()
        while not machine.has_ended:
            machine.slice(100_000)
        seconds = time.perf_counter() - began
        what = f"callback round trips, checks {'on' if checks else 'off'}"
        yield Measure(what, (machine.state.turn - before) / 2 / seconds)
    session = Session(Launch(CALLBACKS))
    began = time.perf_counter()
    session.run(ToPosition("end"))
    yield Measure("the same, recorded for going back", 4000 / (time.perf_counter() - began))


@row("session: steps")
def steps() -> Iterable[Measure]:
    session = Session(Launch(NESTED))
    session.run(ToCallback())

    def step() -> int:
        session.run(StepInto())
        if session.machine.has_ended:
            session.restart()
        return 1

    def step_and_look() -> int:
        step()
        session.observe(Interest())
        return 1

    yield Measure("steps", rate(step))
    yield Measure("steps with a snapshot", rate(step_and_look))
    session.run(ToPosition("end"))
    back = []
    for goal in (PreviousCallback(), *[StepBack()] * 20):
        began = time.perf_counter()
        session.run(goal)
        back.append(time.perf_counter() - began)
    yield Measure("steps back, median", 1 / sorted(back)[len(back) // 2])


@row("window: start")
def first_picture() -> Iterable[Measure]:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "app", "shot", NESTED, "--output", str(Path(folder) / "window.png")]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        yield Measure("whole windows, timeline included, from the command on", 1 / (time.perf_counter() - began))


@row("window: many events")
def many_events() -> Iterable[Measure]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.emu.events import Moment
    from app.emu.registers import Mode
    from app.ui.application import make_application
    from app.ui.panes.events import EventsPane
    from app.ui.theme import Theme
    from tests.ui.fakes import PER_ROUND, ROUND, events_until, log_of, snapshot_at

    application = make_application()
    Theme(application, "light")
    events = events_until(ROUND * (100_000 // PER_ROUND))
    snapshot = snapshot_at(0, log=log_of(events, [Moment(event.tick, Mode.PM32, (0, 0, 0, 0)) for event in events]))
    pane = EventsPane()
    pane.show()
    began = time.perf_counter()
    pane.show_snapshot(snapshot)
    taken = time.perf_counter()
    pane.text.setText("callback")
    filtered = time.perf_counter()
    pane.text.setText("mode")
    again = time.perf_counter()
    pane.close()
    yield Measure("events taken by the pane", len(events) / (taken - began))
    yield Measure("events searched for a word", len(events) / (filtered - taken))
    yield Measure("the same for another word", len(events) / (again - filtered), "events searched for a word")
