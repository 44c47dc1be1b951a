"""Tables keep still: only cells that differ are announced, rows move where they are, changes age by stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.change_delegate import AGE_ROLE, OLDEST_AGE
from app.ui.tables import Column, RowsModel, Table, as_text


class Pair(NamedTuple):
    name: str
    value: int


def make_model(parent: QWidget) -> RowsModel[Pair]:
    columns: tuple[Column[Pair], ...] = (
        Column("Name", lambda row: row.name),
        Column("Value", lambda row: f"{row.value:04X}"),
    )
    return RowsModel(columns, lambda row: row.name, parent)


@pytest.fixture
def model(qapp: QApplication) -> Iterator[RowsModel[Pair]]:
    parent = QWidget()
    yield make_model(parent)
    parent.deleteLater()


def ages(model: RowsModel[Pair]) -> list[int | None]:
    return [model.index(row, 1).data(AGE_ROLE) for row in range(model.rowCount())]


def test_only_the_cell_that_differs_is_announced(model: RowsModel[Pair]) -> None:
    model.show_rows([Pair("a", 1), Pair("b", 2)], 0)
    changed, reset = QSignalSpy(model.dataChanged), QSignalSpy(model.modelReset)
    model.show_rows([Pair("a", 1), Pair("b", 3)], 1)
    assert (changed.count(), reset.count()) == (1, 0)
    assert changed.at(0)[0].row() == 1
    assert changed.at(0)[0].column() == 1


def test_nothing_is_marked_at_first_and_changes_fade_by_stops(model: RowsModel[Pair]) -> None:
    model.show_rows([Pair("a", 1)], 0)
    assert ages(model) == [None]
    model.show_rows([Pair("a", 2)], 1)
    assert ages(model) == [0]
    assert model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole) == "was 0001"
    for tick in range(2, OLDEST_AGE + 2):
        model.show_rows([Pair("a", 2)], tick)
        assert ages(model) == [tick - 1]
    model.show_rows([Pair("a", 2)], 9)
    assert ages(model) == [None]


def test_another_picture_of_the_same_stop_ages_nothing(model: RowsModel[Pair]) -> None:
    model.show_rows([Pair("a", 1)], 0)
    model.show_rows([Pair("a", 2)], 1)
    model.show_rows([Pair("a", 2)], 1)
    assert ages(model) == [0]


@given(before=st.lists(st.integers(0, 12), unique=True), after=st.lists(st.integers(0, 12), unique=True))
def test_any_rows_can_follow_any_others(qapp: QApplication, before: list[int], after: list[int]) -> None:
    parent = QWidget()
    model = make_model(parent)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_rows([Pair(str(name), name) for name in before], 0)
    model.show_rows([Pair(str(name), name + 1) for name in after], 1)
    assert [row.value for row in model.rows()] == [name + 1 for name in after]
    assert [model.index(row, 1).data() for row in range(len(after))] == [f"{name + 1:04X}" for name in after]
    tester.deleteLater()
    parent.deleteLater()


def test_the_selection_stays_with_its_row_when_rows_come_and_go(model: RowsModel[Pair]) -> None:
    view = Table(model, "test")
    model.show_rows([Pair("a", 1), Pair("b", 2), Pair("c", 3)], 0)
    view.selectRow(2)
    model.show_rows([Pair("b", 2), Pair("c", 4)], 1)
    assert [index.row() for index in view.selectionModel().selectedRows()] == [1]
    view.deleteLater()


def test_text_is_aligned_in_columns(model: RowsModel[Pair]) -> None:
    model.show_rows([Pair("a", 1), Pair("long name", 2)], 0)
    assert as_text(model, range(2)).splitlines() == ["Name       Value", "a          0001", "long name  0002"]
