"""Every pane that shows addresses offers the same for them: show it in memory, in code, in the map; a breakpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QAbstractItemView, QMenu
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.panes.pane import Pane
from tests.ui.fakes import CLIENT, FakeSession, registers_at
from tests.ui.test_window import press

OFFERED = {"Show in memory", "Show in code", "Show in memory map", "Toggle breakpoint"}


def choose(pane: Pane, view: QAbstractItemView, row: int, column: int = 0) -> None:
    view.setFocus()
    view.setCurrentIndex(view.model().index(row, column))
    assert pane.isAncestorOf(view)


def in_registers(pane: Pane) -> None:
    choose(pane, pane.general, 3, 2)  # type: ignore[attr-defined]


def in_segments(pane: Pane) -> None:
    choose(pane, pane.segments, 0)  # type: ignore[attr-defined]


def in_tables(pane: Pane) -> None:
    choose(pane, pane.views["LDT"], 0)  # type: ignore[attr-defined]


def in_vectors(pane: Pane) -> None:
    choose(pane, pane.views["real"], 1)  # type: ignore[attr-defined]


def in_callbacks(pane: Pane) -> None:
    choose(pane, pane.table, 1)  # type: ignore[attr-defined]


def in_stacks(pane: Pane) -> None:
    choose(pane, pane.columns[0].list, 0)  # type: ignore[attr-defined]


def nothing(_pane: Pane) -> None:
    """What the pane has at its cursor by itself."""


PLACES: dict[str, tuple[str, Callable[[Pane], None], str]] = {
    "registers": ("Alt+3", in_registers, "registers"),
    "segments": ("Alt+3", in_segments, "registers"),
    "tables": ("Alt+6", in_tables, "tables"),
    "vectors": ("Alt+8", in_vectors, "vectors"),
    "callbacks": ("Alt+7", in_callbacks, "callbacks"),
    "stacks": ("Alt+2", in_stacks, "stacks"),
    "code": ("Alt+1", nothing, "code"),
    "memory": ("Alt+9", nothing, "memory"),
}


def offered(menu: QMenu) -> list[list[str]]:
    """The actions of the menu, and of each menu inside it."""
    inner = [action.menu() for action in menu.actions() if isinstance(action.menu(), QMenu)]
    return [[action.text() for action in each.actions()] for each in (menu, *inner)]  # type: ignore[union-attr]


@pytest.mark.parametrize("place", PLACES)
def test_the_same_for_every_address(window: MainWindow, place: str) -> None:
    keys, select, key = PLACES[place]
    press(window, keys)
    pane = window.workbench.panes[key]
    select(pane)
    spots = pane.spots()
    assert spots
    menu = pane.menu()
    own = {"memory": "Show in memory", "code": "Show in code"}.get(key)
    wanted = OFFERED - {own}
    complete = [actions for actions in offered(menu) if wanted <= set(actions)]
    assert len(complete) == len(spots)
    assert not any(own in actions for actions in offered(menu))
    assert "Copy" in offered(menu)[0]
    menu.close()


def test_where_registers_point(window: MainWindow) -> None:
    press(window, "Alt+3")
    pane = window.workbench.panes["registers"]
    registers = registers_at(0)
    in_registers(pane)
    assert [spot.linear for spot in pane.spots()] == [registers.ss.base + registers.esp]
    in_segments(pane)
    assert [spot.linear for spot in pane.spots()] == [CLIENT]
    choose(pane, pane.segments, 8)  # type: ignore[attr-defined]
    assert pane.spots() == (), "FS is null"
    assert pane.segments.model().index(8, 2).data() == "-"  # type: ignore[attr-defined]


def test_a_breakpoint_at_a_handler_and_a_look_at_the_map(
    window: MainWindow, session: FakeSession, qtbot: QtBot
) -> None:
    press(window, "Alt+7")
    pane = window.workbench.panes["callbacks"]
    in_callbacks(pane)
    menu = pane.menu()
    procedure = next(action.menu() for action in menu.actions() if action.text().startswith("Procedure"))
    assert isinstance(procedure, QMenu)
    by_text = {action.text(): action for action in procedure.actions()}
    with qtbot.waitSignal(window.bridge.snapshot_ready):
        by_text["Toggle breakpoint"].trigger()
    assert ("toggle_breakpoint", 0x110240) in session.calls
    by_text["Show in memory map"].trigger()
    assert window.workbench.panes["map"].isVisible()
    menu.close()
