"""Resident service providers in their pane: what is installed, whom it was told of, and the call in progress."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.snapshot import ProcedureRow, ProvidersView, ToldRow
from app.emu.address import Far
from app.emu.descriptor import Descriptor
from app.ui.panes.providers import ProvidersPane
from app.ui.tables import RowsModel
from app.ui.theme import Theme
from tests.ui.fakes import snapshot_at

CODE16, CODE32 = Descriptor(0x10050, 0xFFFF, 0xFA, 0), Descriptor(0x10050, 0xFFFF, 0xFB, 4)
DATA = Descriptor(0x10050, 0xFFFF, 0xF2, 4)
PROCEDURES = (
    ProcedureRow(1, 1, 16, DATA, CODE16, 0x412, 0x10462, is_resident=True, clients=1),
    ProcedureRow(1, 1, 32, DATA, CODE32, 0x4B6, 0x10506, is_resident=True, clients=1),
    ProcedureRow(2, 3, 32, DATA, CODE32, 0x4B6, 0x10506, is_resident=False, clients=0),
)
ENDED = ToldRow(1, 2, 16, Far(0xB7, 0x412), 0xBF, 0x10462, has_ended=True, in_progress=False)
ENTERS = ToldRow(1, 3, 32, Far(0xB7, 0x4B6, wide=True), 0xBF, 0x10506, has_ended=False, in_progress=True)


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> ProvidersPane:
    pane = ProvidersPane()
    qtbot.addWidget(pane)
    pane.resize(900, 400)
    pane.show()
    return pane


def show(pane: ProvidersPane, view: ProvidersView) -> None:
    pane.show_snapshot(replace(snapshot_at(3), providers=view))


def cells(model: RowsModel[ProcedureRow] | RowsModel[ToldRow]) -> list[list[str]]:
    columns = range(model.columnCount())
    return [[str(model.index(row, column).data()) for column in columns] for row in range(model.rowCount())]


def test_nothing_is_installed(pane: ProvidersPane) -> None:
    show(pane, ProvidersView())
    assert pane.procedures.rowCount() == pane.told.rowCount() == 0
    assert "0C00h" in pane.head.text


def test_both_widths_are_decoded(pane: ProvidersPane) -> None:
    show(pane, ProvidersView(PROCEDURES))
    assert cells(pane.procedures) == [
        ["1", "1", "16", "resident", "1", "00010462", "0412",
         "00010050 0000FFFF 16-bit code, readable", "00010050 0000FFFF data, writable, big"],
        ["1", "1", "32", "resident", "1", "00010506", "000004B6",
         "00010050 0000FFFF 32-bit code, readable, accessed", "00010050 0000FFFF data, writable, big"],
        ["2", "3", "32", "runs", "", "00010506", "000004B6",
         "00010050 0000FFFF 32-bit code, readable, accessed", "00010050 0000FFFF data, writable, big"],
    ]  # fmt: skip
    assert pane.head.text == "No provider is being called."


def test_clients_told_so_far_and_the_call_in_progress(pane: ProvidersPane) -> None:
    show(pane, ProvidersView(PROCEDURES, (ENDED, ENTERS)))
    assert cells(pane.told) == [
        ["1", "2", "16", "00B7:0412", "00BF", "has ended"],
        ["1", "3", "32", "00B7:000004B6", "00BF", "► told of its entry"],
    ]
    assert pane.head.text == (
        "Call in progress: provider 1 at 00B7:000004B6, because client 3 has entered (AX=0, BX=0003, DS=00BF)"
    )
    ends = replace(ENTERS, has_ended=True)
    show(pane, ProvidersView(PROCEDURES, (ENDED, ends)))
    assert cells(pane.told)[1][-1] == "► told of its end"
    assert "client 3 ends (AX=1, " in pane.head.text
    show(pane, ProvidersView(PROCEDURES, (ENDED, replace(ENTERS, in_progress=False))))
    assert cells(pane.told)[1][-1] == "alive"


def test_a_double_click_shows_the_procedure(pane: ProvidersPane, qtbot: QtBot) -> None:
    show(pane, ProvidersView(PROCEDURES, (ENDED, ENTERS)))
    for table, linear in ((pane.procedure_table, 0x10462), (pane.told_table, 0x10462)):
        place = table.visualRect(table.model().index(0, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        with qtbot.waitSignal(pane.reveal) as revealed:
            QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place + QPoint(1, 0))
        assert revealed.args == ["code", linear]


def test_the_text_holds_both_tables(pane: ProvidersPane) -> None:
    show(pane, ProvidersView(PROCEDURES, (ENDED, ENTERS)))
    text = pane.export_text()
    assert "16-bit code, readable" in text
    assert "Call in progress" in text
    assert "00B7:000004B6" in text
