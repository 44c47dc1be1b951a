"""Into ring 0 and back with real keys, and what the window shows on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.debug.launch import Launch
from app.debug.session import Session
from app.debug.snapshot import Snapshot, Status
from app.emu.memory import layout
from app.emu.registers import Mode
from app.ui.main_window import MainWindow
from tests.emu.runs import SAMPLES
from tests.ui.test_window import press

DRIVERS = SAMPLES / "drivers"


@pytest.fixture
def on_driver(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> MainWindow:
    """A window on a driver and the client that calls it; it stands in ring 0, before the first program."""
    window = make_window()
    program = DRIVERS / "entrypm.com"
    launch = Launch(str(program), vxds=(str(DRIVERS / "entry.vxd"),), memory=8)
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(launch))
    qtbot.waitUntil(lambda: "timeline" in window.workbench.panes)
    press(window, "Alt+1")
    return window


def by_key(qtbot: QtBot, window: MainWindow, keys: str) -> Snapshot:
    """Press keys and wait for the machine to rest again, elsewhere or with other breakpoints."""

    def standing() -> tuple[object, object]:
        shown = window._snapshot
        assert shown is not None
        return shown.place, shown.breakpoints

    before = standing()
    press(window, keys)

    def is_done() -> bool:
        shown = window._snapshot
        at_rest = shown is not None and shown.status in {Status.STOPPED, Status.ENDED}
        return at_rest and not window.bridge.is_busy and standing() != before

    qtbot.waitUntil(is_done)
    assert window._snapshot is not None
    return window._snapshot


def test_from_the_call_into_ring_0_and_back(qtbot: QtBot, on_driver: MainWindow) -> None:
    window = on_driver
    assert window._snapshot.mode is Mode.RING0  # type: ignore[union-attr]
    entered = by_key(qtbot, window, "Shift+F9")
    procedure = entered.registers.code_linear
    assert entered.mode is Mode.RING0
    assert "Callbacks 1" in window.status.nesting.text()
    assert window.status.mode.accessibleDescription() == "Ring 0"
    assert "003B:0002 was reached" in window.status.sentence.text()
    press(window, "Alt+7")
    callbacks = window.workbench.panes["callbacks"]
    assert callbacks.model.index(0, 0).data() == "► PM API"
    press(window, "Alt+D")
    assert window.workbench.panes["drivers"].fields.rowCount() > 0
    press(window, "Alt+1")
    back = by_key(qtbot, window, "Shift+F7")
    assert (back.mode, back.registers.cs.selector) == (Mode.PM16, layout.BREAK_CODE), "INT 30h at the address called"
    back = by_key(qtbot, window, "Shift+F7")
    call = back.registers.code_linear
    over = by_key(qtbot, window, "F8")
    assert over.mode is Mode.PM16
    assert call < over.registers.code_linear <= call + 8, "over the call and all it caused"
    again = by_key(qtbot, window, "Shift+F8")
    assert again.registers.code_linear == call
    inside = by_key(qtbot, window, "F7")
    while inside.mode is not Mode.RING0:
        inside = by_key(qtbot, window, "F7")
    assert inside.registers.code_linear == procedure
    out = by_key(qtbot, window, "Shift+F11")
    assert (out.mode, out.registers.code_linear) == (Mode.PM16, over.registers.code_linear)


def test_a_breakpoint_in_ring_0_by_key(qtbot: QtBot, on_driver: MainWindow) -> None:
    window = on_driver
    entered = by_key(qtbot, window, "Shift+F9")
    by_key(qtbot, window, "F7")
    set_ = by_key(qtbot, window, "F2")
    (stop,) = set_.breakpoints
    assert stop.linear is not None
    assert stop.linear > entered.registers.code_linear >= 0xC0000000
    by_key(qtbot, window, "Ctrl+F2")
    hit = by_key(qtbot, window, "F5")
    assert hit.status is Status.STOPPED
    assert (hit.mode, hit.registers.code_linear) == (Mode.RING0, stop.linear)
