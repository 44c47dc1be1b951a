"""The code pane follows the machine without jumping about, and scrolls both ways through code read forwards only."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.debug.snapshot import CodeLine
from app.emu.address import Far
from app.ui.panes.code import CodePane
from app.ui.panes.code_window import CodeWindow
from tests.ui.fakes import ENTERED, HANDLER, snapshot_at


def lines(start: int, current: int | None = None, count: int = 60, size: int = 2) -> list[CodeLine]:
    """Instructions of `size` bytes each."""
    return [
        CodeLine(at, Far(0x87, at), b"\x90" * size, "nop", "", "", None, is_jump=False, is_current=at == current)
        for at in range(start, start + count * size, size)
    ]


def window_at(start: int, current: int) -> CodeWindow:
    """A window that has settled on a current instruction."""
    window = CodeWindow(height=20)
    window.show(lines(start, current), 0)
    while window.wanted:
        start = window.wanted["code_start"]
        window.show(lines(start if start is not None else current, current), 0)
    return window


def test_the_first_picture_shows_some_lines_above_the_current_one() -> None:
    window = window_at(0x100, 0x100)
    above = [line.linear for line in window.visible if line.linear < 0x100]
    assert 1 <= len(above) <= 6


def test_a_step_within_the_view_moves_the_mark_not_the_view() -> None:
    window = window_at(0x100, 0x100)
    top = window.visible[0].linear
    window.show(lines(window.lines[0].linear, 0x104), 1)
    assert window.visible[0].linear == top
    assert window.wanted == {}


def test_a_jump_out_of_what_was_sent_asks_to_follow() -> None:
    window = window_at(0x100, 0x100)
    window.show(lines(window.lines[0].linear, None), 1)
    assert window.wanted == {"code_start": None}
    window.show(lines(0x9000, 0x9000), 1)
    assert window.lines[0].linear == 0x9000
    assert window.wanted["code_start"] < 0x9000


def test_scrolling_up_asks_for_earlier_code_and_matches_it() -> None:
    window = window_at(0x200, 0x200)
    window.top = 0
    first = window.visible[0].linear
    window.scroll(-3)
    asked = window.wanted["code_start"]
    assert asked < first
    window.show(lines(asked - asked % 2, 0x200), 0)
    assert window.visible[3].linear == first


def test_code_that_never_falls_into_step_is_shown_from_the_address_itself() -> None:
    window = window_at(0x200, 0x200)
    window.go_to(0x5001)
    asked = window.wanted["code_start"]
    window.show(lines(asked + asked % 2, count=60), 0)  # even addresses only: 5001 is in no line
    if window.wanted:
        window.show(lines(0x5001), 0)
    assert window.visible[0].linear <= 0x5001


def test_scrolling_down_past_what_is_known_asks_for_more() -> None:
    window = window_at(0x100, 0x100)
    window.scroll(50)
    assert "code_start" in window.wanted


def test_an_empty_window_scrolls_without_harm() -> None:
    window = CodeWindow()
    window.scroll(-5)
    window.scroll(5)
    assert window.visible == ()


def test_the_lines_before_the_current_one_are_known_as_guesses() -> None:
    window = window_at(0x200, 0x200)
    shown = window.visible[window.before_current]
    assert shown.is_current
    window.scroll(3)
    assert window.visible[window.before_current].is_current
    window.scroll(20)
    assert window.before_current == 0
    window.lines = lines(0x300)
    assert window.before_current == 0


def test_an_answer_from_a_stop_before_is_not_shown() -> None:
    window = window_at(0x1000, 0x1020)
    window.show(lines(0x8000, 0x8010), 1)
    shown = window.visible
    window.show(lines(0x1000), 1)  # was asked for at the stop before, and comes late
    assert window.visible == shown
    assert window.wanted == {"code_start": shown[0].linear}


def test_two_stops_at_one_tick_are_two(qtbot: QtBot) -> None:
    """The host may go on elsewhere without an instruction executed: the cursor and the view follow."""
    pane = CodePane()
    qtbot.addWidget(pane)
    before = snapshot_at(ENTERED - 1)
    pane.show_snapshot(before)
    pane.show_snapshot(replace(snapshot_at(ENTERED), tick=before.tick, turn=1))
    assert pane.cursor_linear == HANDLER
    assert any(line.is_current for line in pane.view.window_.visible)
