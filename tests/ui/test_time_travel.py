"""Time travel in the window over the real machine: asked by keys, answered where the user looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.debug.session import Launch, Session
from app.debug.snapshot import Status, Stop
from app.resources import resource
from app.ui.main_window import MainWindow
from tests.ui.fakes import known_events
from tests.ui.test_window import press


@pytest.fixture
def nested(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> MainWindow:
    """The window on `nested.com`, at the entry of its second callback."""
    window = make_window()
    program = resource("samples/nested.com")
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(Launch(str(program))))
    window.activateWindow()
    window.workbench.bring_up("code")
    go(qtbot, window, "Shift+F9")
    go(qtbot, window, "Shift+F9")
    assert window._snapshot.tick == 182
    return window


def go(qtbot: QtBot, window: MainWindow, keys: str) -> None:
    press(window, keys)
    qtbot.waitUntil(lambda: not window.bridge.is_busy and not window._is_asked)


def look_at_bytes(qtbot: QtBot, window: MainWindow) -> None:
    """Bring up memory nobody ever writes, and put the cursor there."""
    press(window, "Alt+9")
    memory = window.workbench.panes["memory"]
    QTest.keyClicks(memory.address, "5000")
    QTest.keyClick(memory.address, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(memory.watched()) and memory.watched()[0].linear == 0x5000)


def test_who_wrote_a_register_and_back_from_there(qtbot: QtBot, nested: MainWindow) -> None:
    press(nested, "Alt+3")
    QTest.keyClick(nested.workbench.panes["registers"].general, Qt.Key.Key_Down)
    go(qtbot, nested, "W")
    snapshot = nested._snapshot
    assert snapshot.stop is Stop.FOUND
    current = next(line for line in snapshot.code if line.is_current)
    assert (current.mnemonic, current.operands) == ("xor", "ebx, ebx")
    told = nested.status.sentence.toolTip()
    assert told.startswith("xor ebx, ebx at 00B7:00000511 ")
    assert "EBX" in told
    go(qtbot, nested, "Ctrl+Backspace")
    assert nested._snapshot.tick == 182
    assert not nested.actions_["return"].isEnabled()


def test_who_wrote_what_was_never_written_is_said(qtbot: QtBot, nested: MainWindow) -> None:
    look_at_bytes(qtbot, nested)
    go(qtbot, nested, "W")
    assert nested._snapshot.tick == 182
    assert nested.messages.message.startswith("Nothing writes 00005000, 1 byte since")


def test_a_watchpoint_stops_runs_both_ways(qtbot: QtBot, nested: MainWindow) -> None:
    press(nested, "Alt+3")
    QTest.keyClick(nested.workbench.panes["registers"].general, Qt.Key.Key_Down)
    press(nested, "Shift+W")
    qtbot.waitUntil(lambda: len(nested._snapshot.breakpoints) == 1)
    go(qtbot, nested, "F5")
    ahead = nested._snapshot
    assert Stop.WATCHPOINT in ahead.stop
    assert ahead.tick > 182
    go(qtbot, nested, "Ctrl+F5")
    go(qtbot, nested, "Ctrl+F5")
    assert Stop.WATCHPOINT in nested._snapshot.stop
    assert nested._snapshot.tick < 182


def test_an_edit_in_the_past_makes_a_branch_and_the_old_one_is_shown_again(qtbot: QtBot, nested: MainWindow) -> None:
    go(qtbot, nested, "Shift+F8")
    before = nested._snapshot
    known = len(known_events(nested))
    press(nested, "Alt+3")
    general = nested.workbench.panes["registers"].general
    at = general.visualRect(general.model().index(0, 1)).center()
    QTest.mouseClick(general.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(general.viewport(), Qt.MouseButton.LeftButton, pos=at)
    editor = general.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "1234")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: nested._snapshot.registers.eax == 0x1234)
    assert nested.status.past.accessibleDescription() == "Branch 1"
    press(nested, "Alt+N")
    pane = nested.workbench.panes["branches"]
    qtbot.waitUntil(lambda: pane.model.rowCount() == 2)
    assert pane.model.index(1, 4).data() == f"tick {before.tick}: EAX := 00001234"
    pane.list.selectRow(0)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: nested._snapshot.branch == 0)
    assert nested._snapshot.registers.eax == before.registers.eax
    qtbot.waitUntil(lambda: len(known_events(nested)) == known)


def test_what_a_handler_changes_is_seen_beside_the_pinned_entry(qtbot: QtBot, nested: MainWindow) -> None:
    go(qtbot, nested, "Ctrl+K")
    pane = nested.workbench.panes["compare"]
    qtbot.waitUntil(lambda: pane._comparison is not None)
    go(qtbot, nested, "F7")
    go(qtbot, nested, "F7")  # mov eax, [esi]
    rows = {pane.model.index(row, 1).data(): row for row in range(pane.model.rowCount())}
    assert {"EAX", "ESI", "EIP"} & set(rows)
    assert pane.head.text().startswith("event 43 (tick 182) → now, tick 184")


def test_a_long_search_can_be_cancelled(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    program = resource("samples/timer.com")
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(Launch(str(program))))
    window.activateWindow()
    go(qtbot, window, "F5")
    assert window._snapshot.status is Status.ENDED
    tick = window._snapshot.tick
    look_at_bytes(qtbot, window)
    press(window, "W")
    qtbot.waitUntil(lambda: window._snapshot.status is Status.ENDED and window.actions_["cancel"].isEnabled())
    press(window, "Esc")
    qtbot.waitUntil(lambda: not window.bridge.is_busy)
    assert window._snapshot.tick == tick
    assert Stop.PAUSED in window._snapshot.stop
