"""The bridge: commands in, pictures out, and a pause that is obeyed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Never

import pytest
from pytestqt.qtbot import QtBot

from app.debug.session import Run, Session, StepInto, ToCallback
from app.debug.snapshot import Interest, Snapshot, Status, Stop
from app.emu.events import CallbackEntered, ModeSwitched
from app.ui.bridge import Bridge
from tests.ui.fakes import ENTERED, FakeSession, events_until


@pytest.fixture
def bridge(qtbot: QtBot, session: FakeSession) -> Iterator[Bridge]:
    made = Bridge()
    with qtbot.waitSignal(made.snapshot_ready):
        made.load(lambda: session)
    yield made
    made.close()


def test_a_step_brings_one_picture_of_the_next_instruction(qtbot: QtBot, bridge: Bridge, session: FakeSession) -> None:
    with qtbot.waitSignal(bridge.snapshot_ready) as ready:
        bridge.go(StepInto())
    assert ready.args[0].tick == 1
    assert ready.args[0].status is Status.STOPPED
    assert not bridge.is_busy


def test_the_session_lives_on_its_own_thread_only(qtbot: QtBot) -> None:
    threads = set()

    class Watched(FakeSession):
        def observe(self, interest: Interest) -> Snapshot:
            threads.add(threading.get_ident())
            return super().observe(interest)

        def advance(self, instructions: int = 100_000) -> Stop | None:
            threads.add(threading.get_ident())
            return super().advance(instructions)

    def start() -> FakeSession:
        threads.add(threading.get_ident())
        return Watched()

    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(start)
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.go(StepInto())
    bridge.close()
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_running_program_pauses_between_two_slices(qtbot: QtBot, bridge: Bridge, session: FakeSession) -> None:
    bridge.go(Run())
    qtbot.waitUntil(lambda: session.slices > 5)
    with qtbot.waitSignal(bridge.snapshot_ready, check_params_cb=lambda s: s.status is Status.STOPPED) as at:
        bridge.pause()
        asked = session.slices
    assert at.args[0].stop is Stop.PAUSED
    assert session.slices <= asked + 1, "none but the one that was under way"


class Clock:
    """A clock that the test sets, ahead of the real one."""

    def __init__(self) -> None:
        self.now = time.perf_counter() + 1

    def __call__(self) -> float:
        return self.now


def test_a_frame_of_a_run_has_one_picture_however_many_slices(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, bridge: Bridge, session: FakeSession
) -> None:
    clock = Clock()
    monkeypatch.setattr("app.ui.bridge.perf_counter", clock)
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.go(Run())
    pictures: list[Snapshot] = []
    bridge.snapshot_ready.connect(pictures.append)
    for frames in range(3):
        before = session.slices
        qtbot.waitUntil(lambda before=before: session.slices > before + 10)
        assert len(pictures) == frames
        with qtbot.waitSignal(bridge.snapshot_ready):
            clock.now += 1


def test_while_a_picture_is_drawn_the_run_goes_on_and_no_other_is_made(
    qtbot: QtBot, bridge: Bridge, session: FakeSession
) -> None:
    drawn: list[tuple[bool, int]] = []

    def draw(_snapshot: Snapshot) -> None:
        slices, serial = session.slices, session.serial
        deadline = time.monotonic() + 10
        while session.slices < slices + 40 and time.monotonic() < deadline:
            time.sleep(0.001)
        drawn.append((session.slices >= slices + 40, session.serial - serial))

    bridge.go(Run())
    qtbot.waitUntil(lambda: session.slices > 5)
    bridge.snapshot_ready.connect(draw)
    qtbot.waitUntil(lambda: len(drawn) > 1, timeout=30_000)
    bridge.snapshot_ready.disconnect(draw)
    assert set(drawn) == {(True, 0)}


def test_events_of_a_frame_arrive_together_and_typed(qtbot: QtBot, bridge: Bridge, session: FakeSession) -> None:
    frames, switches, dispatches = [], [], []
    bridge.events_arrived.connect(frames.append)
    bridge.mode_switched.connect(switches.append)
    bridge.callback_dispatched.connect(dispatches.append)
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.go(ToCallback())
    events = [event for frame in frames for event in frame]
    assert events == events_until(session.tick)[2:]  # two came with the first picture
    assert len(frames) == 1
    assert [type(event) for event in switches] == [ModeSwitched] * 2
    assert [type(event) for event in dispatches] == [CallbackEntered]


def test_ten_thousand_events_are_one_emission(qtbot: QtBot, session: FakeSession) -> None:
    session.tick = 40 * 10_000 // 12
    bridge, frames = Bridge(), []
    bridge.events_arrived.connect(frames.append)
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(lambda: session)
    bridge.close()
    assert len(frames) == 1
    assert len(frames[0]) >= 10_000


def test_a_goal_is_ignored_while_the_machine_runs(qtbot: QtBot, bridge: Bridge, session: FakeSession) -> None:
    bridge.go(Run())
    bridge.go(StepInto())
    bridge.pause()
    qtbot.waitUntil(lambda: not bridge.is_busy)
    assert [call[1] for call in session.calls if call[0] == "begin"] == [Run()]


def test_a_restart_goes_back_and_leaves_the_future_known(qtbot: QtBot, bridge: Bridge, session: FakeSession) -> None:
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.go(ToCallback())
    with qtbot.waitSignal(bridge.snapshot_ready) as ready:
        bridge.restart()
    assert ready.args[0].tick == 0
    assert not ready.args[0].at_end
    assert ready.args[0].events_from == len(events_until(ENTERED))
    assert ready.args[0].tick == 0


def test_what_cannot_be_done_is_said_and_the_thread_lives_on(qtbot: QtBot, bridge: Bridge) -> None:
    def refuse(_session: Session) -> Never:
        raise ValueError("no such selector")

    with qtbot.waitSignal(bridge.failed) as said:
        bridge.ask(refuse)
    assert said.args == ["no such selector"]
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.go(StepInto())


def test_a_mistake_in_the_engine_ends_the_run_not_the_window(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(lambda: FakeSession(fails="engine broke"))
    with qtbot.waitSignal(bridge.failed) as said:
        bridge.go(Run())
    assert said.args == ["engine broke"]
    assert not bridge.is_busy
    bridge.close()
    caplog.clear()


def test_a_session_that_fails_to_rest_as_well_does_not_end_the_thread(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeSession):
        def pause(self) -> Never:
            raise RuntimeError("pause broke")

    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(lambda: Broken(fails="engine broke"))
    with qtbot.waitSignal(bridge.failed) as said:
        bridge.go(Run())
    assert said.args == ["engine broke"]
    assert "pause broke" in caplog.text
    with qtbot.waitSignal(bridge.done) as done:
        bridge.ask(lambda _session: None, "still here")
    assert done.args == ["still here"]
    bridge.close()
    caplog.clear()


def test_an_idle_bridge_and_a_waiting_guest_take_no_slices_in_vain(qtbot: QtBot) -> None:
    class Waiting(FakeSession):
        def advance(self, instructions: int = 100_000) -> None:
            self.slices += 1
            self.status = Status.WAITING

    session = Waiting()
    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(lambda: session)
    qtbot.wait(50)
    assert session.slices == 0
    begun = time.monotonic()
    bridge.go(Run())
    qtbot.wait(300)
    bridge.close()
    assert session.slices <= (time.monotonic() - begun) / 0.005 + 2, "one look every five milliseconds, and no more"


def test_closing_ends_the_thread_in_the_middle_of_a_run(qtbot: QtBot, session: FakeSession) -> None:
    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready):
        bridge.load(lambda: session)
    bridge.go(Run())
    qtbot.waitUntil(lambda: session.slices > 5)
    bridge.close()
    assert not bridge._thread.isRunning()
