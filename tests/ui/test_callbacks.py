"""Callbacks, and what a handler made of the structure it was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.debug.snapshot import BreakRow, CallbackRow, DriversView
from app.emu.address import Far
from app.emu.real_mode_call import RealModeCall
from app.ui.panes.call_structure import flag_letters, structure_rows
from app.ui.panes.callbacks import CallbacksPane
from tests.ui.fakes import ENTERED, snapshot_at

ENTRY = RealModeCall(eax=0x1234, ip=0, cs=0xFFE0, sp=0x1FA, ss=0x0C00, flags=0x0246)
ROW = CallbackRow(
    1, 0, Far(0xFFE0, 0), Far(0x9F, 0x200, wide=True), 0x110200, Far(0xAF, 0x400, wide=True), 0x110400, 1, 7,
    Far(0x1234, 7), ENTRY, ENTRY,
)  # fmt: skip


def meaning(row: CallbackRow, name: str) -> str:
    return next(field.meaning for field in structure_rows(row) if field.name == name)


def test_the_structure_has_fifty_bytes_in_order() -> None:
    rows = structure_rows(ROW)
    assert [row.offset for row in rows] == [0, 4, 8, 12, 16, 20, 24, 28, 32, 34, 36, 38, 40, 42, 44, 46, 48]
    assert rows[-1].offset + rows[-1].width == RealModeCall.SIZE


def test_what_the_handler_changed_is_marked() -> None:
    rows = structure_rows(replace(ROW, call=replace(ENTRY, eax=1, sp=0x1FE)))
    assert [row.name for row in rows if row.is_changed] == ["EAX", "SP"]
    assert not any(row.is_changed for row in structure_rows(replace(ROW, at_entry=None)))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "callback's own address (unchanged: returning now re-enters the callback)"),
        ({"cs": 0x1234, "ip": 7}, "returns to the caller, 1234:0007"),
        ({"cs": 0x2000, "ip": 9}, "changed: returning now goes to 2000:0009"),
    ],
)
def test_where_an_iret_would_resume(changes: dict[str, int], words: str) -> None:
    assert meaning(replace(ROW, call=replace(ENTRY, **changes)), "IP") == words


@pytest.mark.parametrize(
    "sp, words",
    [
        (0x1FA, "unchanged: the caller's return address is still on the stack"),
        (0x1FE, "+4: the far return address is taken off, as after RETF"),
        (0x200, "+6: the interrupt frame is taken off, as after IRET"),
        (0x20A, "+16: 16 bytes taken off the caller's stack"),
        (0x1F6, "-4: 4 bytes pushed for the real-mode code"),
    ],
)
def test_what_happened_to_the_real_mode_stack(sp: int, words: str) -> None:
    assert meaning(replace(ROW, call=replace(ENTRY, sp=sp)), "SP") == words


def test_flags_by_letters() -> None:
    assert flag_letters(0x0246) == "IF ZF PF"
    assert flag_letters(0) == "none set"


@pytest.fixture
def pane(qtbot: Any) -> CallbacksPane:
    pane = CallbacksPane()
    qtbot.addWidget(pane)
    pane.resize(800, 500)
    pane.show()
    return pane


def test_the_active_callback_is_selected_and_marked(pane: CallbacksPane, qtmodeltester: Any) -> None:
    pane.show_snapshot(snapshot_at(ENTERED + 2))
    assert pane.model.index(0, 0).data() == "► DPMI, slot 0"
    assert pane.selected() == snapshot_at(ENTERED + 2).callbacks[0]
    assert "00AF:00000400" in pane.head.text
    qtmodeltester.check(pane.model)
    qtmodeltester.check(pane.fields)
    pane.grab()


def test_a_choice_made_by_hand_stays(pane: CallbacksPane) -> None:
    pane.show_snapshot(snapshot_at(ENTERED + 2))
    pane.table.selectRow(1)
    pane.table.clicked.emit(pane.model.index(1, 0))
    pane.show_snapshot(snapshot_at(ENTERED + 3))
    assert pane.selected() == snapshot_at(ENTERED + 3).callbacks[1]


def test_without_callbacks_the_pane_says_how_to_get_one(pane: CallbacksPane) -> None:
    pane.show_snapshot(replace(snapshot_at(0), callbacks=()))
    assert "0303h" in pane.head.text
    assert pane.fields.rowCount() == 0


def test_the_structure_and_the_handler_can_be_shown(pane: CallbacksPane, qtbot: Any) -> None:
    pane.show_snapshot(snapshot_at(ENTERED + 2))
    pane.structure.setFocus()
    pane.structure.selectRow(0)
    with qtbot.waitSignal(pane.reveal) as revealed:
        QTest.keyClick(pane.structure, Qt.Key.Key_Return)
    assert revealed.args == ["memory", 0x110400]
    pane.table.setFocus()
    with qtbot.waitSignal(pane.reveal) as revealed:
        QTest.keyClick(pane.table, Qt.Key.Key_Return)
    assert revealed.args == ["code", 0x110200]
    pane.structure.clearSelection()
    assert "FLAGS" in pane.export_text()


def test_callbacks_and_breakpoints_of_drivers_stand_beside_them(pane: CallbacksPane) -> None:
    breaks = (
        BreakRow("V86 API", Far(0xF0A0, 0x5310), 0xC0342010, "ENTRY", 0x1234, 2, 1, None),
        BreakRow("V86 breakpoint", Far(0x1005, 0x123), 0xC0342020, "FORGET", 0, 1, 0, advanced=False),
    )
    drivers = DriversView(used=2, size=200, breaks=breaks)
    pane.show_snapshot(replace(snapshot_at(0), drivers=drivers))
    rows = [[pane.model.index(row, column).data() for column in range(9)] for row in range(4)]
    assert [row[0] for row in rows] == ["DPMI, slot 0", "DPMI, slot 1", "► V86 API", "V86 breakpoint"]
    assert rows[2][1:8] == ["F0A0:5310", "C0342010", "00001234", "2", "", "1", "ENTRY"]
    assert rows[3][1:8] == ["1005:0123", "C0342020", "00000000", "1", "NO", "", "FORGET"]
    assert pane.selected() is None, "the driver's is at work"
    assert "client registers" in pane.head.text
    assert [spot.linear for spot in pane.spots()] == [0xC0342010]
