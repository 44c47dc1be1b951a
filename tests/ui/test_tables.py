"""Descriptor tables, callbacks' structures and vectors say what lies in memory, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.emu.descriptor import Descriptor
from app.ui.panes.descriptor_details import bits_html, head_html
from app.ui.panes.descriptor_words import access_bits, flags_text, parts
from app.ui.panes.tables import NAMES, TablesPane
from tests.ui.fakes import ENTERED, snapshot_at


@pytest.fixture
def pane(qtbot: Any) -> TablesPane:
    pane = TablesPane()
    qtbot.addWidget(pane)
    pane.resize(1000, 400)
    pane.show_snapshot(snapshot_at(ENTERED + 2))
    pane.show()
    return pane


def column(pane: TablesPane, table: str, title: str) -> list[str]:
    model = pane.models[table]
    section = [column.title for column in model.columns].index(title)
    return [str(model.index(number, section).data()) for number in range(model.rowCount())]


def test_each_table_has_its_rows(pane: TablesPane, qtmodeltester: Any) -> None:
    assert [pane.models[name].rowCount() for name in NAMES] == [3, 5, 5]
    assert column(pane, "LDT", "Selector") == ["009F", "00A7", "00AF", "00BF", "00C7"]
    assert column(pane, "LDT", "Held by") == ["CS", "", "ES", "SS", "DS"]
    assert column(pane, "LDT", "Flags")[0] == "0100  32-bit, byte units"
    assert column(pane, "IDT", "Handler")[0] == "0008:C0001040"
    for model in pane.models.values():
        qtmodeltester.check(model)


def test_the_filter_finds_registers_owners_and_types(pane: TablesPane, qtbot: Any) -> None:
    qtbot.keyClicks(pane.filter, "client es")
    assert column(pane, "LDT", "Selector") == ["00AF"]
    assert pane.tabs.tabText(NAMES.index("LDT")) == "LDT  1 of 5"
    pane.filter.clear()
    assert len(column(pane, "LDT", "Selector")) == 5


def test_new_and_changed_entries_are_marked(pane: TablesPane) -> None:
    snapshot = snapshot_at(ENTERED + 3)
    moved = replace(snapshot.descriptors[4].descriptor, base=0x200000)
    rows = [*snapshot.descriptors]
    rows[4] = replace(rows[4], descriptor=moved, raw=moved.encode())
    rows.insert(5, replace(rows[3], selector=0xFF, index=31))
    pane.show_snapshot(replace(snapshot, descriptors=tuple(rows)))
    assert column(pane, "LDT", "") == ["", "•", "+", "", "", ""]


def test_the_selected_entry_is_taken_apart(pane: TablesPane, qtbot: Any) -> None:
    pane.select(0x00BF)
    assert "linear 00120000 to 00120FFF, 4 KiB" in pane.details.head.text()
    assert "<b>DPL&nbsp;3</b>" in pane.details.bits.text()
    with qtbot.waitSignal(pane.reveal) as revealed:
        qtbot.mouseClick(pane.details.button, Qt.MouseButton.LeftButton)
    assert revealed.args == ["memory", 0x120000]
    pane.grab()


def test_a_gate_shows_its_handler_instead_of_a_base(pane: TablesPane) -> None:
    pane.tabs.setCurrentIndex(NAMES.index("IDT"))
    pane.views["IDT"].selectRow(0)
    assert "386 interrupt gate" in pane.details.head.text()
    assert "0008:C0001040" in pane.details.head.text()
    assert pane.details.button.isHidden()
    pane.grab()


def test_the_eight_bytes_hold_their_fields() -> None:
    descriptor = Descriptor(0x12345678, 0xABCDE, 0xFB, 0xC)
    assert [(part.name, part.value) for part in parts(descriptor.encode(), descriptor)] == [
        ("limit 15–0", "BCDE"),
        ("base 23–0", "345678"),
        ("access", "FB"),
        ("flags", "C·A"),
        ("31–24", "12"),
    ]
    assert flags_text(descriptor) == "1100  32-bit, 4 KiB units"


@pytest.mark.parametrize(
    "access, words",
    [
        (0xFB, ["present", "ring 3", "code or data", "code", "not conforming", "readable", "accessed"]),
        (0x72, ["not present", "ring 3", "code or data", "data", "expand-up", "writable", "not accessed yet"]),
        (0x8E, ["present", "ring 0", "system", "386 interrupt gate"]),
    ],
)
def test_access_bits_in_words(access: int, words: list[str]) -> None:
    assert [bit.words for bit in access_bits(Descriptor(0, 0, access, 0))] == words


def test_a_free_entry_is_called_free() -> None:
    row = replace(snapshot_at(0).descriptors[3], descriptor=Descriptor(0, 0, 0, 0), raw=bytes(8))
    assert head_html(row).startswith("A free entry")
    assert bits_html(row)
