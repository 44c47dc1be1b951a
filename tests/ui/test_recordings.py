"""Recordings in the window: written while it runs, ended when it closes, opened like a program."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.debug.launch import Launch
from app.debug.recording import read
from app.debug.session import Run, Session, ToCallback
from app.debug.snapshot import Snapshot, Status
from app.ui.bridge import Bridge
from tests.emu.runs import SAMPLES, com

ENDLESS = bytes.fromhex("40 EBFD")
"""again: inc ax / jmp again"""


def loaded(qtbot: QtBot, launch: Launch) -> tuple[Bridge, Snapshot]:
    """A bridge with a session of its own, and its first picture."""
    bridge = Bridge()
    with qtbot.waitSignal(bridge.snapshot_ready) as ready:
        bridge.load(lambda: Session(launch))
    return bridge, ready.args[0]


def test_a_run_is_recorded_until_the_window_closes(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    bridge, first = loaded(qtbot, Launch(str(com(tmp_path, ENDLESS)), memory=8, record=str(path)))
    assert first.recording is not None
    assert first.recording.is_writing
    bridge.go(Run())
    with qtbot.waitSignal(bridge.snapshot_ready, check_params_cb=lambda picture: picture.tick > 1_000_000):
        pass
    bridge.close()
    assert read(str(path)).ways[0].end.tick > 1_000_000


def test_a_recording_is_opened_like_a_program(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    bridge, _ = loaded(qtbot, Launch(str(SAMPLES / "callback.com"), memory=8, record=str(path)))
    with qtbot.waitSignal(bridge.snapshot_ready, check_params_cb=lambda picture: picture.status is Status.ENDED):
        bridge.go(Run())
    bridge.close()
    bridge, first = loaded(qtbot, Launch(str(path)))
    assert (first.tick, first.at_end, first.program) == (0, False, "CALLBACK.COM")
    assert first.branches[0].end == "tick 1456"
    assert first.recording is not None
    assert (first.recording.file, first.recording.is_writing, first.recording.note) == (str(path), False, "")
    with qtbot.waitSignal(bridge.snapshot_ready, check_params_cb=lambda picture: picture.tick == 94):
        bridge.go(ToCallback())
    bridge.close()


def test_what_cannot_be_opened_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    path.write_bytes(b"nothing")
    bridge = Bridge()
    with qtbot.waitSignal(bridge.failed) as failed:
        bridge.load(lambda: Session(Launch(str(path))))
    assert "is no recording" in failed.args[0]
    bridge.close()
