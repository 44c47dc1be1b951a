"""Drivers in their pane: the pool, callbacks and breakpoints, the client registers before and now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.debug.goals import StepInto
from app.debug.launch import Launch
from app.debug.session import Session
from app.debug.snapshot import Interest
from app.emu.registers import Mode
from app.ui.panes.drivers import DriversPane
from app.ui.tables import RowsModel
from app.ui.theme import Theme
from tests.emu.runs import SAMPLES
from tests.ui.fakes import snapshot_at

DRIVERS = SAMPLES / "drivers"


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> DriversPane:
    made = DriversPane()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def session(driver: str, program: str, *then: str) -> Session:
    following = tuple((str(DRIVERS / name),) for name in then)
    return Session(Launch(str(DRIVERS / program), vxds=(str(DRIVERS / driver),), then=following, memory=8))


def show(pane: DriversPane, of: Session) -> None:
    pane.show_snapshot(replace(snapshot_at(3), drivers=of.observe(Interest()).drivers))


def cells(model: RowsModel) -> list[list[str]]:  # type: ignore[type-arg]
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def until(of: Session, kind: str, count: int = 1) -> None:
    while sum(event.kind == kind for event, _ in of.machine.log.since(0)) < count:
        of.run(StepInto())


def test_without_drivers(pane: DriversPane) -> None:
    assert "--vxd" in pane.pool.text()
    assert not cells(pane.breaks)


def test_an_api_and_the_registers_before_and_now(pane: DriversPane) -> None:
    of = session("entry.vxd", "entry86.com")
    until(of, "vxd_callback_entered")
    show(pane, of)
    assert "ENTRY 7F10h" in pane.pool.text()
    assert "1 of 200 used" in pane.pool.text()
    (row,) = cells(pane.breaks)
    assert (row[0], row[3], row[5]) == ("V86 API", "ENTRY", "1")
    fields = {row[0]: row[1:] for row in cells(pane.fields)}
    assert fields["Client_EIP"][0] != fields["Client_EIP"][1], "the far return was simulated"
    assert fields["Client_CS"][1] == "1005"
    assert fields["Client_EAX"][2] == ""
    until(of, "vxd_callback_returned")
    show(pane, of)
    assert not cells(pane.fields)
    assert "no client registers" in pane.head.text()


def test_a_handler_that_forgets_stands_out(pane: DriversPane) -> None:
    of = session("forget.vxd", "tsr.com", "patch86.com")
    until(of, "v86_breakpoint_hit")
    show(pane, of)
    row = next(row for row in cells(pane.breaks) if row[0] == "V86 breakpoint")
    assert (row[3], row[5], row[6]) == ("FORGET", "1", "NO")
    assert row[6] in pane.export_text()


def test_protected_mode_has_an_alternate_set(pane: DriversPane) -> None:
    of = session("entry.vxd", "entrypm.com")
    until(of, "vxd_callback_entered")
    view = of.observe(Interest()).drivers
    assert view.mode is Mode.PM16
    stack = next(field for field in view.fields if field.name == "Client_SS")
    assert stack.alternate == of.machine.state.host.real_pointer.segment
    show(pane, of)
    assert "PM 16" in pane.head.text()


def test_a_double_click_shows_the_procedure(pane: DriversPane, qtbot: QtBot) -> None:
    of = session("entry.vxd", "entry86.com")
    until(of, "vxd_callback_entered")
    show(pane, of)
    table = pane.break_table
    place = table.visualRect(table.model().index(0, 0)).center()
    with qtbot.waitSignal(pane.reveal) as told:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["code", of.machine.regs.eip]
