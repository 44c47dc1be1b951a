"""Who answers which interrupt."""

from __future__ import annotations

from typing import Any

import pytest

from app.ui.panes.vectors import NAMES, VectorsPane
from tests.ui.fakes import snapshot_at


@pytest.fixture
def pane(qtbot: Any) -> VectorsPane:
    pane = VectorsPane()
    qtbot.addWidget(pane)
    pane.show_snapshot(snapshot_at(3))
    return pane


def vectors(pane: VectorsPane, table: str) -> list[str]:
    model = pane.models[table]
    return [str(model.index(number, 0).data()) for number in range(model.rowCount())]


def test_three_tables(pane: VectorsPane, qtmodeltester: Any) -> None:
    assert [vectors(pane, name) for name in NAMES] == [["08h", "21h", "33h"], ["1Ch", "31h"], ["0Dh", "0Eh"]]
    for model in pane.models.values():
        qtmodeltester.check(model)


def test_only_hooked_vectors_can_be_left(pane: VectorsPane) -> None:
    pane.hooked_only.click()
    assert [vectors(pane, name) for name in NAMES] == [["33h"], ["1Ch"], ["0Eh"]]
    pane.hooked_only.click()
    assert len(vectors(pane, "real")) == 3


def test_the_filter_matches_number_name_and_owner(pane: VectorsPane, qtbot: Any) -> None:
    qtbot.keyClicks(pane.filter, "mouse")
    assert vectors(pane, "real") == ["33h"]
    pane.filter.setText("bios")
    assert vectors(pane, "real") == ["08h"]


def test_a_hooked_vector_is_bold_and_says_so(pane: VectorsPane) -> None:
    from PySide6.QtCore import Qt

    model = pane.models["real"]
    assert model.index(2, 0).data(Qt.ItemDataRole.FontRole).bold()
    assert model.index(0, 0).data(Qt.ItemDataRole.FontRole) is None
    assert "hooked" in pane.export_text()


def test_a_handler_can_be_shown(pane: VectorsPane, qtbot: Any) -> None:
    pane.views["real"].selectRow(2)
    with qtbot.waitSignal(pane.reveal) as revealed:
        pane.views["real"].doubleClicked.emit(pane.models["real"].index(2, 0))
    assert revealed.args == ["code", 0xFFE00]
