"""The four stacks, their frames, and the lines between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication

from app.debug.snapshot import StackView
from app.emu.events import Stack
from app.ui.format import STACK_NAMES
from app.ui.main_window import MainWindow
from app.ui.panes.memory_place import Place
from app.ui.panes.stack_head import head_text
from app.ui.panes.stack_routes import GUTTER, Link, route
from app.ui.panes.stack_rows import Change, row_at, rows_of
from app.ui.panes.stacks import StacksPane
from tests.ui.stack_story import (
    APPLICATION_POINTER,
    LOCKED,
    LOCKED_POINTER,
    REAL_POINTER,
    RING0,
    Word,
    four_stacks,
    stack_of,
    stacks_snapshot,
)


@pytest.fixture
def pane(qtbot: Any) -> StacksPane:
    pane = StacksPane()
    qtbot.addWidget(pane)
    pane.resize(1100, 700)
    pane.show_snapshot(stacks_snapshot(1, four_stacks()))
    pane.show()
    qtbot.waitExposed(pane)
    return pane


def without_lowest(view: StackView, count: int) -> StackView:
    """The stack before its last pushes."""
    slots = view.slots[count:]
    lowest = slots[0]
    return replace(view, slots=slots, pointer=lowest.address, pointer_linear=lowest.linear, frames=view.frames)


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_frame_is_announced_above_its_lowest_slot() -> None:
    rows = rows_of(four_stacks()[1])
    titles = [(number, row.text) for number, row in enumerate(rows) if row.frame is not None]
    assert titles == [(1, "callback entry · host (real-mode callback, slot 0)"), (7, "interrupt frame · host (IRQ 0)")]
    assert rows[2].inside == rows[1].frame
    assert rows[5].inside is None


def test_the_pointer_stands_at_the_first_row_and_the_end_at_the_last() -> None:
    rows = rows_of(four_stacks()[0])
    assert [row.is_top for row in rows] == [True, *[False] * (len(rows) - 1)]
    assert rows[-1].is_end
    assert row_at(rows, APPLICATION_POINTER + 24) == len(rows) - 1


def test_slots_that_are_not_sent_are_counted() -> None:
    view = replace(four_stacks()[0], slots=four_stacks()[0].slots[:2])
    assert rows_of(view)[-1].text == "… 16 more bytes"


def test_pushed_and_written_slots_are_told_apart() -> None:
    now = four_stacks()[1]
    before = without_lowest(now, 4)
    before = replace(before, slots=(replace(before.slots[0], value=99), *before.slots[1:]))
    changes = [row.change for row in rows_of(now, before) if row.slot is not None]
    assert changes == [Change.PUSHED] * 4 + [Change.WRITTEN] + [Change.NONE] * 8


def test_another_segment_is_another_stack_without_marks() -> None:
    now = four_stacks()[0]
    before = replace(now, pointer=now.pointer._replace(segment=0xAF), slots=())
    assert all(row.change is Change.NONE for row in rows_of(now, before))


def long_frame() -> StackView:
    """A host stack that holds one frame of 18 registers."""
    names = [
        "EDI",
        "ESI",
        "EBP",
        "EBX",
        "EDX",
        "ECX",
        "EAX",
        "error code",
        "EIP",
        "CS",
        "EFLAGS",
        "saved ESP",
        "saved SS",
    ]
    words = [Word(number, name, 0) for number, name in enumerate(names)]
    words[11] = Word(11, "saved ESP", 0, APPLICATION_POINTER)
    return stack_of(Stack.RING0, 0x10, RING0, 0x2000, words, [("saved client registers", "host", 0)], nesting=1)


def test_a_long_frame_is_folded_to_what_leads_on() -> None:
    view = long_frame()
    rows = rows_of(view)
    assert rows[0].folded == 9
    assert [row.slot.meaning for row in rows if row.slot] == ["EIP", "CS", "saved ESP", "saved SS"]
    unfolded = rows_of(view, unfolded={view.frames[0].high})
    assert unfolded[0].folded == 0
    assert len(unfolded) == 13 + 2


def test_a_click_or_enter_unfolds_a_frame(pane: StacksPane, qtbot: Any) -> None:
    pane.show_snapshot(stacks_snapshot(2, (*four_stacks()[:3], long_frame())))
    column = pane.columns[3]
    title = column.list.visualRect(column.model.index(0)).center()
    qtbot.mouseClick(column.list.viewport(), Qt.MouseButton.LeftButton, pos=title)
    assert column.model.rowCount() == 15
    column.list.setFocus()
    column.select(0)
    qtbot.keyClick(column.list, Qt.Key.Key_Return)
    assert column.model.rowCount() == 6
    pane.grab()


def test_a_deep_stack_is_asked_for_when_its_end_is_reached(pane: StacksPane, qtbot: Any) -> None:
    deep = stack_of(Stack.APPLICATION, 0xB7, 0x112000, 0x1000, [Word(number) for number in range(200)], [])
    deep = replace(deep, slots=deep.slots[:96])
    pane.show_snapshot(stacks_snapshot(2, (deep, *four_stacks()[1:])))
    bar = pane.columns[0].list.verticalScrollBar()
    with qtbot.waitSignal(pane.interest_changed) as asked:
        bar.setValue(bar.maximum())
    assert asked.args == [{"stack_slots": 192}]


def test_a_stack_that_does_not_exist_has_no_rows(pane: StacksPane) -> None:
    gone = replace(four_stacks()[1], exists=False, in_use=False, slots=(), frames=())
    pane.show_snapshot(stacks_snapshot(2, (four_stacks()[0], gone, *four_stacks()[2:])))
    assert not pane.columns[1].model.rows
    assert head_text(gone) == "Locked stack: does not exist now"
    pane.grab()


def test_the_head_says_everything_in_words() -> None:
    text = head_text(four_stacks()[1])
    assert "(in use)" in text
    assert "00C7:00000FCC" in text
    assert "nesting 2" in text
    assert "52 bytes deep" in text


# --- models and keys --------------------------------------------------------------------------------------------------


def test_the_models_are_sound(pane: StacksPane, qtmodeltester: Any) -> None:
    for column in pane.columns:
        qtmodeltester.check(column.model)
    for tick, skipped in ((2, 5), (3, 0), (4, 1)):
        stacks = tuple(without_lowest(view, skipped) for view in four_stacks())
        pane.show_snapshot(stacks_snapshot(tick, stacks))
    assert len(pane.columns[0].model.rows) == 6


def test_the_selection_stays_with_its_slot_when_the_stack_grows(pane: StacksPane) -> None:
    pane.show_snapshot(stacks_snapshot(2, tuple(without_lowest(view, 4) for view in four_stacks())))
    column = pane.columns[1]
    column.select(0)
    chosen = column.model.rows[0].linear
    pane.show_snapshot(stacks_snapshot(3, four_stacks()))
    assert column.model.rows[column.list.currentIndex().row()].linear == chosen


def test_arrows_move_within_and_between_columns(pane: StacksPane, qtbot: Any) -> None:
    first, second = pane.columns[0].list, pane.columns[1].list
    first.setFocus()
    pane.columns[0].select(0)
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert first.currentIndex().row() == 1
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert second.hasFocus()
    assert second.currentIndex().row() == 0
    qtbot.keyClick(second, Qt.Key.Key_Tab)
    assert pane.columns[2].list.hasFocus()


def test_every_column_has_a_name(pane: StacksPane) -> None:
    assert [column.list.accessibleName() for column in pane.columns] == [
        "Application stack, slots",
        "Locked stack, slots",
        "Real mode stack, slots",
        "Ring 0 stack, slots",
    ]
    assert "in use" in pane.columns[1].head.accessibleName()


# --- links ------------------------------------------------------------------------------------------------------------


def test_each_saved_pointer_leads_to_its_row(pane: StacksPane) -> None:
    for line in pane.overlay.routes():
        source_column, source_row = line.link.source
        target_column, target_row = line.link.target
        slot = pane.columns[source_column].model.rows[source_row].slot
        target = pane.columns[target_column].model.rows[target_row].slot
        assert slot is not None
        assert target is not None
        assert slot.points_to == target.linear
        rect = pane.columns[target_column].row_rect(target_row, pane.overlay.parentWidget())
        assert rect.top() <= line.end.y() <= rect.bottom()
        assert line.reaches
    targets = [line.link.target[0] for line in pane.overlay.routes()]
    assert targets == [0, 2, 1]


def test_a_saved_pointer_to_an_empty_stack_leads_to_its_end(pane: StacksPane) -> None:
    locked = four_stacks()[1]
    high = locked.high
    empty = replace(locked, slots=(), frames=(), pointer_linear=high, depth=0)
    ring0 = four_stacks()[3]
    slots = tuple(replace(slot, points_to=high) if slot.points_to == LOCKED + 0xFE4 else slot for slot in ring0.slots)
    pane.show_snapshot(stacks_snapshot(2, (four_stacks()[0], empty, four_stacks()[2], replace(ring0, slots=slots))))
    assert (1, 0) in [line.link.target for line in pane.overlay.routes()]


BODIES = [QRectF(number * 124.0, 100, 100, 200) for number in range(4)]


def row(column: int, top: float) -> QRectF:
    return QRectF(column * 124.0, top, 100, 16)


def test_a_line_to_a_neighbour_stays_in_the_gutter() -> None:
    line = route(Link((3, 0), (2, 0)), 0, BODIES, row(3, 120), row(2, 200))
    assert line is not None
    assert all(BODIES[2].right() <= point.x() <= BODIES[3].left() for point in line.points)
    assert (line.start.y(), line.end.y()) == (128, 208)


def test_a_line_to_a_far_column_crosses_above_the_rows() -> None:
    line = route(Link((3, 0), (0, 0)), 1, BODIES, row(3, 120), row(0, 200))
    assert line is not None
    inside = [point for point in line.points if any(body.adjusted(1, 0, -1, 0).contains(point) for body in BODIES)]
    assert not inside
    assert min(point.y() for point in line.points) < BODIES[0].top()
    assert BODIES[0].right() <= line.end.x() <= BODIES[0].right() + GUTTER


def test_a_target_out_of_view_leaves_the_line_at_the_edge() -> None:
    line = route(Link((3, 0), (2, 0)), 0, BODIES, row(3, 120), row(2, 900))
    assert line is not None
    assert not line.reaches
    assert line.end.y() <= BODIES[2].bottom()
    assert route(Link((3, 0), (2, 0)), 0, BODIES, row(3, 900), row(2, 120)) is None


def test_a_click_on_a_saved_pointer_goes_where_it_points(pane: StacksPane, qtbot: Any) -> None:
    ring0 = pane.columns[3]
    number = ring0.model.row_at(RING0 + 0x2000 - 8 * 4)
    assert number is not None
    index = ring0.model.index(number)
    assert "saved SP" in index.data()
    ring0.list.scrollTo(index)
    qtbot.mouseClick(ring0.list.viewport(), Qt.MouseButton.LeftButton, pos=ring0.list.visualRect(index).center())
    real = pane.columns[2]
    assert real.model.rows[real.list.currentIndex().row()].linear == REAL_POINTER


# --- what one can do with a row ---------------------------------------------------------------------------------------


def test_the_menu_copies_and_reveals(pane: StacksPane, qtbot: Any) -> None:
    pane.columns[1].list.setFocus()
    pane.columns[1].select(0)
    menu = pane.menu()
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy value"].trigger()
    assert QGuiApplication.clipboard().text() == "00000015"
    actions["Copy address"].trigger()
    assert QGuiApplication.clipboard().text() == "00C7:00000FCC"
    with qtbot.waitSignal(pane.reveal) as revealed:
        actions["Show in memory"].trigger()
    assert revealed.args == ["memory", LOCKED_POINTER]
    menu.deleteLater()


@pytest.mark.parametrize("which, base", [(1, 0xC0101000), (3, 0xC000D000)], ids=["locked", "ring 0"])
def test_stacks_in_the_hosts_half_of_memory_are_followed_there(window: MainWindow, which: int, base: int) -> None:
    stacks = list(four_stacks())
    old = stacks[which]
    up = base - old.low
    slots = tuple(replace(slot, linear=slot.linear + up, points_to=None, frame=None) for slot in old.slots)
    stacks[which] = replace(
        old, low=base, high=old.high + up, pointer_linear=old.pointer_linear + up, frames=(), slots=slots
    )
    window.show_snapshot(stacks_snapshot(1, tuple(stacks)))
    pane = window.workbench.panes["stacks"]
    pane.columns[which].list.setFocus()
    pane.columns[which].select(0)
    menu = pane.menu()
    next(action for action in menu.actions() if action.text() == "Show in memory").trigger()
    menu.deleteLater()
    assert window.workbench.panes["memory"].place == Place("linear", old.pointer_linear + up)
    assert window.workbench.panes["memory"].isVisible()


def test_the_text_of_the_pane_has_all_stacks(pane: StacksPane) -> None:
    pane.columns[1].list.setFocus()
    assert pane.export_text().startswith("Locked stack")
    pane.columns[1].list.clearFocus()
    text = pane.export_text()
    assert all(f"{name} stack" in text for name in STACK_NAMES.values())
    assert "callback entry · host (real-mode callback, slot 0)" in text
