"""The memory map in its pane: ranges with owners, pages with locks and marks, both by keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.goals import StepInto, ToEvent, ToPosition
from app.debug.session import Session
from app.debug.watches import MemoryWatch
from app.emu.memory.layout import PAGE
from app.ui.change_delegate import AGE_ROLE
from app.ui.panes.memory_map import MemoryMapPane
from app.ui.panes.page_grid import PER_ROW, Look
from app.ui.theme import Theme, colours, contrast
from tests.debug.sessions import events, picture, session
from tests.guest import build


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> MemoryMapPane:
    made = MemoryMapPane()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


@pytest.fixture
def missed() -> Session:
    """A callback has met a page that was taken, because nobody had locked it."""
    of = session(build.BUILT / "unlocked_callback_misses_its_page-32.com", paging="strict")
    of.run(ToEvent(frozenset({"page_missed"})))
    return of


def row_of(pane: MemoryMapPane, what: str) -> int:
    return next(number for number, row in enumerate(pane.ranges.rows()) if row.range.what == what)


def cells(pane: MemoryMapPane) -> list[str]:
    shown = pane.pages
    return [shown.index(row, column).data() or "" for row in range(shown.rowCount()) for column in range(PER_ROW)]


def test_the_range_of_the_running_code_is_selected_until_another_is_chosen(pane: MemoryMapPane) -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    pane.show_snapshot(picture(of))
    chosen = pane.selected()
    assert chosen is not None
    assert chosen.linear <= of.machine.regs.code_linear < chosen.end
    stack = row_of(pane, "ring-0 stack")
    place = pane.table.visualRect(pane.ranges.index(stack, 0))
    pane.table.scrollTo(pane.ranges.index(stack, 0))
    place = pane.table.visualRect(pane.ranges.index(stack, 0))
    QTest.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    of.run(StepInto())
    pane.show_snapshot(picture(of))
    assert pane.selected().what == "ring-0 stack"  # type: ignore[union-attr]
    assert "ring 0 stack" in pane.ranges.index(stack, 8).data()


def test_pages_with_locks_owners_and_marks(pane: MemoryMapPane) -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    pane.show_snapshot(picture(of))
    assert "1D" in cells(pane)
    index = pane.pages.index_of(of.machine.regs.code_linear)
    pane.grid.setCurrentIndex(index)
    assert "locks: 1 by client 1" in pane.told.text()
    assert "dirty" in pane.told.text()
    assert "2 locked" in pane.head.text


def test_a_page_that_was_taken_looks_so(pane: MemoryMapPane, missed: Session) -> None:
    linear = events(missed, "page_missed")[0].to_object()["linear"]
    shown = picture(missed)
    pane.show_snapshot(shown)
    pane.go_to(linear)
    assert pane.selected().owner == "client 1"  # type: ignore[union-attr]
    assert pane.grid.currentIndex() == pane.pages.index_of(linear)
    page = pane.pages.page(pane.grid.currentIndex())
    assert page is not None
    assert Look.of(page) is Look.OUT
    assert "paged out" in pane.told.text()
    assert "not locked" in pane.told.text()
    assert "in callback 0" in shown.sentence


def test_what_changed_since_the_stop_before_is_marked(pane: MemoryMapPane) -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    before = picture(of)
    pane.show_snapshot(before)
    linear = of.machine.regs.code_linear
    pane.grid.setCurrentIndex(pane.pages.index_of(linear))
    assert pane.grid.currentIndex().data(AGE_ROLE) is None
    of.machine.state.host.clients[0].blocks.locks[linear // PAGE] += 1
    pane.show_snapshot(replace(picture(of), tick=before.tick + 1))
    assert pane.grid.currentIndex().data(AGE_ROLE) == 0
    assert pane.grid.currentIndex().data() == "2D"
    pane.show_snapshot(replace(picture(of), tick=before.tick + 2))
    assert pane.grid.currentIndex().data(AGE_ROLE) is None


def test_a_range_that_is_new_says_so(pane: MemoryMapPane) -> None:
    of = session(build.BUILT / "extended_memory_is_real-32.com")
    of.run(ToPosition("mode 1"))
    before = picture(of)
    pane.show_snapshot(before)
    assert not any(row.is_new for row in pane.ranges.rows())
    block = of.machine.state.host.current.blocks.allocate(0x3000)
    pane.show_snapshot(replace(picture(of), tick=before.tick + 1))
    assert [row.range.linear for row in pane.ranges.rows() if row.is_new] == [block.linear]
    number = pane.ranges.number_of(block.linear)
    assert number is not None
    cells = [pane.ranges.index(number, column).data() for column in range(8)]
    assert cells == ["+", f"{block.linear:08X}", "12 KiB", "memory block", "client 1", "3", "", f"{block.handle:X}h"]


def test_keys_go_through_ranges_and_pages_and_show_memory(pane: MemoryMapPane, qtbot: QtBot) -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    pane.show_snapshot(picture(of))
    pane.table.selectRow(row_of(pane, "LDT"))
    pane.table.setFocus()
    with qtbot.waitSignal(pane.reveal) as told:
        QTest.keyClick(pane.table, Qt.Key.Key_Return)
    assert told.args == ["memory", 0xC0010000]
    pane.grid.setFocus()
    pane.grid.setCurrentIndex(pane.pages.index(0, 0))
    QTest.keyClick(pane.grid, Qt.Key.Key_Right)
    QTest.keyClick(pane.grid, Qt.Key.Key_Right)
    with qtbot.waitSignal(pane.reveal) as told:
        QTest.keyClick(pane.grid, Qt.Key.Key_Return)
    assert told.args == ["memory", 0xC0012000]
    pane.table.selectRow(row_of(pane, "trap addresses"))
    pane.grid.setCurrentIndex(pane.pages.index(0, 0))
    assert "read-only" in pane.told.text()


def test_a_page_and_a_range_can_be_watched(pane: MemoryMapPane) -> None:
    of = session("callback.com")
    pane.show_snapshot(picture(of))
    pane.table.setFocus()
    pane.table.selectRow(row_of(pane, "BIOS data area"))
    assert pane.watched() == (MemoryWatch(0x400, 0x100),)
    pane.table.selectRow(row_of(pane, "nothing mapped"))
    assert pane.watched() == ()


def test_the_text_lists_ranges_and_pages(pane: MemoryMapPane) -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    pane.show_snapshot(picture(of))
    pane.table.setFocus()
    assert pane.export_text() == pane.table.export_text()
    pane.table.clearFocus()
    text = pane.export_text()
    assert "real-mode stack" in text
    assert "Page 00010000: present, locks: 1 by client 1, dirty, accessed, read/write, physical 00010000" in text


def test_every_background_can_be_read_on(theme: Theme) -> None:
    named = colours()
    plain = [look.brush().color().name() for look in Look if look not in {Look.OUT, Look.UNCOMMITTED}]
    assert all(contrast(named.text, each) >= 4.5 for each in plain)
    assert all(contrast(named.changed, each) >= 4.5 for each in plain)
    assert len({(look.brush().color().name(), look.brush().style()) for look in Look}) == len(Look)
