"""The window as a user has it: real keys, real clicks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QDockWidget, QHeaderView, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.debug.goals import (
    BackToCaller,
    GoBack,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    PreviousStackSwitch,
    RunBack,
    StepBack,
    StepBackOver,
    ToStackSwitch,
)
from app.debug.session import (
    Goal,
    Launch,
    Run,
    Session,
    StepInto,
    StepOut,
    StepOver,
    ToCallback,
    ToEvent,
    ToModeSwitch,
    ToPosition,
)
from app.debug.snapshot import Interest, Snapshot, Status
from app.emu.registers import Mode
from app.resources import resource
from app.ui.actions import ROWS
from app.ui.main_window import MainWindow
from app.ui.panes import PANES, Entry
from app.ui.samples import launch_of
from app.ui.theme import Scheme, colours
from tests.ui.fakes import CLIENT, ENTERED, ROUND, FakeSession, events_until

GOALS = [
    ("F7", StepInto()), ("F11", StepInto()), ("F8", StepOver()), ("F10", StepOver()), ("Shift+F11", StepOut()),
    ("Ctrl+F9", StepOut()), ("Alt+F9", ToModeSwitch()), ("Shift+F9", ToCallback()), ("Ctrl+Shift+F9", ToEvent()),
    ("F5", Run()), ("Alt+Right", ToEvent()), ("Shift+F7", StepBack()), ("Shift+F8", StepBackOver()),
    ("Ctrl+Shift+F11", BackToCaller()), ("Ctrl+F5", RunBack()), ("Alt+Shift+F9", PreviousModeSwitch()),
    ("Alt+Shift+F8", PreviousCallback()), ("Alt+Left", PreviousEvent()), ("Ctrl+F8", ToStackSwitch()),
    ("Ctrl+Shift+F8", PreviousStackSwitch()),
]  # fmt: skip


def press(widget: QWidget, keys: str) -> None:
    combination = QKeySequence(keys)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def begun(session: FakeSession) -> list[Goal]:
    return [call[1] for call in session.calls if call[0] == "begin"]


@pytest.mark.parametrize("keys, goal", GOALS, ids=[keys for keys, _goal in GOALS])
def test_a_key_begins_its_goal(qtbot: QtBot, window: MainWindow, session: FakeSession, keys: str, goal: Goal) -> None:
    press(window, keys)
    qtbot.waitUntil(lambda: begun(session) == [goal])
    window.pause()
    qtbot.waitUntil(lambda: not window.bridge.is_busy)


@pytest.mark.parametrize("keys", ["F12", "Pause"])
def test_pause_keys_stop_a_run(qtbot: QtBot, window: MainWindow, session: FakeSession, keys: str) -> None:
    press(window, "F5")
    qtbot.waitUntil(window.actions_["pause"].isEnabled)
    assert not window.actions_["step_into"].isEnabled()
    press(window, keys)
    qtbot.waitUntil(lambda: session.status is Status.STOPPED and window.actions_["step_into"].isEnabled(), timeout=500)
    assert not window.actions_["pause"].isEnabled()


def test_f2_and_a_click_in_the_gutter_set_a_breakpoint(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    press(window, "F2")
    qtbot.waitUntil(lambda: ("toggle_breakpoint", CLIENT) in session.calls)
    view = window.workbench.panes["code"].view
    row = view._painter.row_height
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.viewport().rect().topLeft() + _at(5, row * 2 + 4)
    )
    qtbot.waitUntil(lambda: len(session.stops) == 2)


def _at(x: int, y: int) -> QPoint:
    return QPoint(x, y)


def test_f4_runs_to_the_line_the_cursor_was_moved_to(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    view = window.workbench.panes["code"].view
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    press(window, "F4")
    qtbot.waitUntil(lambda: bool(begun(session)))
    assert begun(session)[0].linear == view.window_.lines[2].linear


def test_ctrl_backspace_returns_from_a_jump_when_there_was_one(
    qtbot: QtBot, window: MainWindow, session: FakeSession
) -> None:
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: session.tick == ENTERED and not window.bridge.is_busy)
    press(window, "Ctrl+Backspace")
    assert not window.actions_["return"].isEnabled()
    window.go(ToPosition("event 1"))
    qtbot.waitUntil(lambda: window._snapshot.tick == 0 and not window.bridge.is_busy)
    press(window, "Ctrl+Backspace")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    assert begun(session)[-1] == GoBack()
    assert not window.actions_["return"].isEnabled()


def test_restart_goes_back_to_the_first_instruction(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: session.tick == ENTERED and not window.bridge.is_busy)
    press(window, "Ctrl+F2")
    qtbot.waitUntil(lambda: ("restart",) in session.calls)
    qtbot.waitUntil(lambda: "tick 0" in window.status.tick.text())


def test_go_to_a_position_and_what_it_says_to_nonsense(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    press(window, "Ctrl+G")
    line = window._dialog.line
    QTest.keyClicks(line, "event forty")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert window._dialog.isVisible()
    assert "event 41" in window._dialog._problem.text()
    line.clear()
    QTest.keyClicks(line, "event 41 + 7")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: begun(session) == [ToPosition("event 41+7")])
    assert not window._dialog.isVisible()


def test_the_status_bar_says_mode_stack_nesting_tick_and_what_happened(
    qtbot: QtBot, window: MainWindow, session: FakeSession
) -> None:
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED)
    status = window.status
    assert status.mode.accessibleDescription() == "PM 32"
    assert status.stack.accessibleDescription() == "Locked stack"
    assert "Callbacks 1" in status.nesting.text()
    assert status.tick.text() == f"tick {ENTERED}"
    assert "locked stack" in status.sentence.toolTip()
    assert "CALLBACK.COM" in window.windowTitle()


def test_the_status_bar_names_the_host_that_is_played(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> None:
    window, program = make_window(), resource("samples/hello32.com")
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        window.load(program, lambda: Session(Launch(str(program), profile="cwsdpmi")))
    assert window.status.client.text() == "No client · cwsdpmi"
    assert "CWSDPMI r7" in window.status.client.toolTip()
    press(window, "Alt+F9")
    qtbot.waitUntil(lambda: window.status.client.text() == "Client 1, 32-bit · cwsdpmi")
    press(window, "Ctrl+F2")
    qtbot.waitUntil(lambda: window.status.client.text() == "No client · cwsdpmi")


@pytest.mark.parametrize("entry", PANES, ids=[entry.key for entry in PANES])
def test_alt_digit_brings_up_a_pane(qtbot: QtBot, window: MainWindow, entry: Entry) -> None:
    press(window, entry.shortcut)
    pane = window.workbench.panes[entry.key]
    qtbot.waitUntil(pane.isVisible)


def test_the_layout_comes_back_and_can_be_reset(
    qtbot: QtBot, make_window: Callable[[], MainWindow], session: FakeSession
) -> None:
    def load(window: MainWindow) -> None:
        with qtbot.waitSignal(window.bridge.snapshot_ready):
            window.load(Path("CALLBACK.COM"), lambda: session)

    first = make_window()
    load(first)
    first.findChild(QDockWidget, "dock_stacks").close()
    first.findChild(QDockWidget, "dock_memory").setFloating(True)
    first.close()
    second = make_window()
    load(second)
    assert second.findChild(QDockWidget, "dock_stacks").isHidden()
    assert second.findChild(QDockWidget, "dock_memory").isFloating()
    press(second, "Ctrl+Shift+R")
    assert not second.findChild(QDockWidget, "dock_stacks").isHidden()
    assert not second.findChild(QDockWidget, "dock_memory").isFloating()


def test_a_broken_layout_file_gives_the_default_layout(
    qtbot: QtBot, make_window: Callable[[], MainWindow], own_settings: Path
) -> None:
    own_settings.mkdir()
    (own_settings / "window.ini").write_text(
        "[window]\nlayout=rubbish\ngeometry=12\ntheme=purple\n[programs]\nrecent=/gone\n"
    )
    window = make_window()
    assert window.start_page.recent.count() == 0


def test_the_start_page_loads_a_sample_by_key(
    qtbot: QtBot, make_window: Callable[[], MainWindow], session: FakeSession
) -> None:
    window = make_window()
    assert window.start_page.isVisible()
    assert window.start_page.samples.count() >= 8
    window.start_page.samples.setCurrentRow(1)
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        QTest.keyClick(window.start_page.samples, Qt.Key.Key_Return)
    assert window.workbench.isVisible()
    assert window._settings.recent[0].name == "hello16.com"


def test_rows_of_the_start_page_have_room_for_their_lines(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> None:
    """Also when the scroll bar has made the list narrower."""
    samples = make_window().start_page.samples
    qtbot.waitUntil(lambda: samples.verticalScrollBar().isVisible())

    def heights() -> list[int]:
        tops = [samples.visualItemRect(samples.item(row)).top() for row in range(samples.count())]
        return [after - before for before, after in itertools.pairwise(tops)]

    qtbot.waitUntil(lambda: heights() == [samples.sizeHintForRow(row) for row in range(samples.count() - 1)])


def test_the_start_page_offers_the_c_programs(make_window: Callable[[], MainWindow]) -> None:
    samples = make_window().start_page.samples
    assert "C: signals" in [samples.item(row).text() for row in range(samples.count())]


def test_a_sample_of_the_start_page_runs_behind_the_one_it_needs() -> None:
    session = Session(launch_of(resource("samples/user16.com")))
    assert session.observe(Interest()).program == "provider.com, user16.com"
    session.run(Run())
    assert "1000 added, the sum is 1000." in session.console.text().decode()
    assert launch_of(resource("samples/hello16.com")).then == ()


def test_the_start_page_offers_drivers_with_their_programs(
    qtbot: QtBot, make_window: Callable[[], MainWindow], session: FakeSession
) -> None:
    window = make_window()
    view = window.start_page.samples
    titles = [view.item(row).text() for row in range(view.count())]
    number = next(row for row, title in enumerate(titles) if title == "Ring 0: patch.vxd with tsr.com, patch86.com")
    with qtbot.waitSignal(window.start_page.chosen) as chosen:
        view.setCurrentRow(number)
        QTest.keyClick(view, Qt.Key.Key_Return)
    (launch,) = chosen.args
    assert [Path(each).name for each in launch.vxds] == ["patch.vxd"]
    assert launch.name == "tsr.com, patch86.com"
    assert Session(launch).machine.regs.mode is Mode.RING0


def test_a_program_that_cannot_be_loaded_is_said_on_the_start_page(
    qtbot: QtBot, make_window: Callable[[], MainWindow]
) -> None:
    def fail() -> Never:
        raise ValueError("C:\\X: is a folder")

    window = make_window()
    with qtbot.waitSignal(window.bridge.failed):
        window.load(Path("x"), fail)
    assert window.messages.message == "C:\\X: is a folder"
    assert window.start_page.isVisible()


def test_the_theme_can_be_chosen_and_is_kept(qtbot: QtBot, window: MainWindow) -> None:
    light = colours()
    window._choose_scheme(Scheme.DARK)
    assert colours() is not light
    assert window._settings.scheme is Scheme.DARK
    window._choose_scheme(Scheme.LIGHT)


def test_no_two_actions_share_a_key() -> None:
    keys = [key for row in ROWS for key in row.keys] + [entry.shortcut for entry in PANES]
    assert len(keys) == len(set(keys))


def test_every_action_has_words_a_key_and_a_tooltip_that_shows_it(window: MainWindow) -> None:
    for row, action in window.actions_.rows():
        assert action.text()
        assert not action.shortcut().isEmpty()
        assert action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()
        assert row.tip in action.toolTip()


def test_every_menu_entry_can_be_read(window: MainWindow) -> None:
    entries = [action for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()]
    assert len(entries) > 25
    assert [action for action in entries if not action.text() and not action.isSeparator()] == []


def test_every_item_view_has_a_name_for_screen_readers(window: MainWindow) -> None:
    views = [view for view in window.findChildren(QAbstractItemView) if not isinstance(view, QHeaderView)]
    owned = [view for view in views if view.parent().metaObject().className() != "QComboBoxPrivateContainer"]
    assert len(owned) > 5
    assert [view for view in owned if not view.accessibleName()] == []


def test_help_lists_every_key(qtbot: QtBot, window: MainWindow) -> None:
    press(window, "F1")
    text = " ".join(label.text() for label in window._dialog.findChildren(QLabel))
    assert all(key in text for key in ("F7", "Alt+F9", "Ctrl+F2", "Alt+9"))


def test_panes_nobody_sees_are_not_fed_and_miss_nothing(qtbot: QtBot, window: MainWindow, session: FakeSession) -> None:
    events = window.workbench.panes["events"]
    window.workbench.bring_up("tables")  # in front of the events
    shown: list[Snapshot] = []
    events.show_snapshot = lambda snapshot: (shown.append(snapshot), type(events).show_snapshot(events, snapshot))
    for turn in range(3):
        press(window, "Shift+F9")
        qtbot.waitUntil(lambda turn=turn: window._snapshot.tick == turn * ROUND + ENTERED and not window.bridge.is_busy)
    assert shown == []
    window.workbench.bring_up("events")
    qtbot.waitUntil(lambda: bool(shown))
    assert events.model.total == len(events_until(session.tick))
