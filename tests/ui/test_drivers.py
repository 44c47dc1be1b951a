"""Drivers in their pane: the pool, callbacks and breakpoints, the client registers before and now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.goals import StepInto
from app.debug.launch import Launch
from app.debug.session import Session
from app.debug.snapshot import Interest
from app.debug.watches import MemoryWatch
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
    assert "--vxd" in pane.pool.text
    assert not cells(pane.drivers)
    assert not pane.fill.isVisible()


def test_an_api_and_the_registers_before_and_now(pane: DriversPane) -> None:
    of = session("entry.vxd", "entry86.com")
    until(of, "vxd_callback_entered")
    show(pane, of)
    device = of.machine.state.vmm.devices[0]
    (row,) = cells(pane.drivers)
    assert row[:2] == ["ENTRY", "7F10h"]
    assert row[4] == f"{device.api(of.machine.memory, pm=False):08X}"
    assert pane.fill.text() == "1 of 200 callbacks and breakpoints used"
    (found,) = of.observe(Interest()).drivers.breaks
    assert (found.kind, found.driver, found.hits, found.depth) == ("V86 API", "ENTRY", 1, 1)
    fields = {row[0]: row[1:] for row in cells(pane.fields)}
    assert fields["Client_EIP"][0] != fields["Client_EIP"][1], "the far return was simulated"
    assert fields["Client_CS"][1] == "1005"
    assert fields["Client_EAX"][2] == ""
    until(of, "vxd_callback_returned")
    show(pane, of)
    assert not cells(pane.fields)
    assert "no client registers" in pane.head.text


def test_a_handler_that_forgets_is_seen() -> None:
    of = session("forget.vxd", "tsr.com", "patch86.com")
    until(of, "v86_breakpoint_hit")
    found = next(row for row in of.observe(Interest()).drivers.breaks if row.kind == "V86 breakpoint")
    assert (found.driver, found.hits, found.advanced) == ("FORGET", 1, False)


def test_protected_mode_has_an_alternate_set(pane: DriversPane) -> None:
    of = session("entry.vxd", "entrypm.com")
    until(of, "vxd_callback_entered")
    view = of.observe(Interest()).drivers
    assert view.mode is Mode.PM16
    stack = next(field for field in view.fields if field.name == "Client_SS")
    assert stack.alternate == of.machine.state.host.real_pointer.segment
    show(pane, of)
    assert "PM 16" in pane.head.text


def test_keys_show_a_field_and_a_driver(pane: DriversPane, qtbot: QtBot) -> None:
    of = session("entry.vxd", "entry86.com")
    until(of, "vxd_callback_entered")
    show(pane, of)
    for table, told in (
        (pane.field_table, ["memory", pane.fields.row(0).linear]),
        (pane.driver_table, ["code", of.machine.state.vmm.devices[0].control_procedure(of.machine.memory)]),
    ):
        table.setFocus()
        table.selectRow(0)
        with qtbot.waitSignal(pane.reveal) as revealed:
            QTest.keyClick(table, Qt.Key.Key_Return)
        assert revealed.args == told
    names = [spot.what for spot in pane.spots()]
    assert names == ["Control procedure", "V86 API", "PM API", "DDB"]


def test_a_field_of_the_client_registers_can_be_watched(pane: DriversPane) -> None:
    of = session("entry.vxd", "entry86.com")
    until(of, "vxd_callback_entered")
    show(pane, of)
    number = pane.fields.number_of("Client_EAX")
    assert number is not None
    pane.field_table.selectRow(number)
    assert pane.watched() == (MemoryWatch(pane.fields.row(number).linear, 4, "Client_EAX"),)
