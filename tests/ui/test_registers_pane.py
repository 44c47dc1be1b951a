"""Registers are marked when they change, explained in words, and edited in place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.debug.snapshot import Status
from app.emu.registers import Segment
from app.ui.change_delegate import AGE_ROLE
from app.ui.panes.registers import RegistersPane
from app.ui.tables import Table
from app.ui.theme import Theme
from tests.ui.fakes import CALLED, FakeSession, snapshot_at


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> RegistersPane:
    made = RegistersPane()
    qtbot.addWidget(made)
    made.show()
    return made


def asked(pane: RegistersPane, session: FakeSession) -> None:
    pane.request.connect(lambda request: request(session))


def cell(view: Table, row: int, column: int) -> QPoint:
    return view.visualRect(view.model().index(row, column)).center()


def double_click(view: Table, row: int, column: int) -> None:
    at = cell(view, row, column)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_changes_against_the_stop_before_are_marked_even_in_the_first_picture(pane: RegistersPane) -> None:
    pane.show_snapshot(snapshot_at(3))
    ecx = pane.general_model.index(2, 1)
    assert ecx.data() == "00000003"
    assert ecx.data(AGE_ROLE) == 0
    assert "was 00000002" in ecx.data(Qt.ItemDataRole.ToolTipRole)
    assert pane.general_model.index(1, 1).data(AGE_ROLE) is None


def test_a_double_click_edits_a_register(qtbot: QtBot, pane: RegistersPane) -> None:
    session = FakeSession()
    asked(pane, session)
    pane.show_snapshot(snapshot_at(0))
    double_click(pane.general, 1, 1)
    editor = pane.general.viewport().findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "1F0h")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("set_register", "ebx", 0x1F0) in session.calls)


def test_nonsense_typed_into_a_register_changes_nothing(pane: RegistersPane) -> None:
    session = FakeSession()
    asked(pane, session)
    pane.show_snapshot(snapshot_at(0))
    assert not pane.general_model.setData(pane.general_model.index(1, 1), "hello")
    assert not pane.general_model.setData(pane.general_model.index(1, 1), "1FFFFFFFF")
    assert session.calls == []


def test_a_double_click_turns_a_flag_over(pane: RegistersPane) -> None:
    session = FakeSession()
    asked(pane, session)
    snapshot = snapshot_at(0)
    pane.show_snapshot(snapshot)
    double_click(pane.flags, 0, 0)
    assert ("set_register", "eflags", snapshot.registers.eflags ^ 1) in session.calls


def test_nothing_can_be_edited_while_the_program_runs_and_vm_never(pane: RegistersPane) -> None:
    session = FakeSession()
    asked(pane, session)
    pane.show_snapshot(snapshot_at(0, status=Status.RUNNING))
    double_click(pane.flags, 0, 0)
    assert not pane.general_model.flags(pane.general_model.index(0, 1)) & Qt.ItemFlag.ItemIsEditable
    pane.show_snapshot(snapshot_at(0))
    double_click(pane.flags, 0, 11)
    assert session.calls == []


def test_segments_are_explained_in_words(pane: RegistersPane) -> None:
    pane.show_snapshot(snapshot_at(0))
    text = pane.segments.export_text()
    assert "32-bit code, readable · DPL 3" in text
    assert "null: any use faults" in text
    pane.show_snapshot(snapshot_at(CALLED))
    assert "paragraph, 1234 × 16" in pane.segments.export_text()


def test_mode_and_privilege_are_said(pane: RegistersPane) -> None:
    pane.show_snapshot(snapshot_at(0))
    assert pane.mode.accessibleDescription() == "PM 32"
    assert pane.words.text() == "CPL 3 · interrupts on"


def test_a_null_segment_is_told_from_segment_zero(pane: RegistersPane) -> None:
    registers = replace(snapshot_at(0).registers, fs=Segment(0, 0, 0xFFFF, 0xF3, 0))
    pane.show_snapshot(snapshot_at(0, registers=registers))
    assert pane.segments.export_text().count("null") == 1


def test_enter_edits_a_register_and_turns_a_flag_over(qtbot: QtBot, pane: RegistersPane) -> None:
    session = FakeSession()
    asked(pane, session)
    pane.show_snapshot(snapshot_at(3))
    pane.general.setCurrentIndex(pane.general_model.index(0, 1))
    pane.general.setFocus()
    QTest.keyClick(pane.general, Qt.Key.Key_Return)
    editor = pane.general.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "12AB")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.changed.get("eax") == 0x12AB)
    pane.flags.setCurrentIndex(pane.flags.model().index(0, 0))
    pane.flags.setFocus()
    QTest.keyClick(pane.flags, Qt.Key.Key_Return)
    assert "eflags" in session.changed
