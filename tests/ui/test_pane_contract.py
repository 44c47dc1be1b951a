"""What every pane owes: it opens empty, takes snapshots, survives a restart, and its models keep Qt's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QApplication, QHeaderView, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.ui.icons import icon
from app.ui.panes import PANES, Entry
from app.ui.panes.pane import Pane
from app.ui.theme import Theme
from tests.ui.fakes import ENTERED, ROUND, snapshot_at


@pytest.fixture(params=PANES, ids=[entry.key for entry in PANES])
def entry(request: pytest.FixtureRequest) -> Entry:
    return request.param


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme, entry: Entry) -> Pane:
    made = entry.make(None)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def models_of(pane: Pane) -> list[QAbstractItemModel]:
    found = {id(model): model for model in pane.findChildren(QAbstractItemModel)}
    for view in pane.findChildren(QAbstractItemView):
        if view.model() is not None:
            found[id(view.model())] = view.model()
    return list(found.values())


def story(pane: Pane) -> None:
    """Two rounds, then the program is loaded again."""
    first = 0
    for tick in (0, 1, ENTERED, ENTERED + 1, ENTERED + 5, ROUND, ROUND + ENTERED + 2):
        snapshot = snapshot_at(tick)
        pane.show_snapshot(replace(snapshot, serial=tick, events_from=first))
        pane.grab()
        first = len(snapshot.log)
    pane.show_snapshot(snapshot_at(0, serial=1000))
    pane.grab()


def test_it_is_what_the_table_says(pane: Pane, entry: Entry) -> None:
    assert (pane.key, pane.title, pane.icon) == (entry.key, entry.title, entry.icon)
    assert not icon(entry.icon).isNull()


def test_it_opens_empty_and_draws(pane: Pane) -> None:
    assert not pane.grab().isNull()
    assert isinstance(pane.export_text(), str)


def test_it_takes_snapshots_and_survives_a_restart(pane: Pane) -> None:
    story(pane)
    assert pane.export_text().strip() or pane.key in {"timeline", "screen"}


def test_its_models_keep_the_rules(pane: Pane) -> None:
    testers = [
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
        for model in models_of(pane)
    ]
    story(pane)
    assert len(testers) == len(models_of(pane))


def test_its_views_have_names(pane: Pane) -> None:
    story(pane)
    assert pane.accessibleName()
    views = [view for view in pane.findChildren(QAbstractItemView) if not isinstance(view, QHeaderView)]
    assert [view for view in views if not view.accessibleName()] == []


def test_it_has_a_view_for_the_keyboard(pane: Pane) -> None:
    """So that `Alt` with its key brings the keyboard along with the pane."""
    story(pane)
    assert isinstance(pane.focusProxy(), QWidget)


def test_copying_puts_its_text_on_the_clipboard(qtbot: QtBot, qapp: QApplication, pane: Pane) -> None:
    story(pane)
    pane.copy_text()
    assert qapp.clipboard().text() == pane.export_text()


def test_its_menu_opens_where_the_right_button_or_the_menu_key_asks(pane: Pane, qapp: QApplication) -> None:
    story(pane)
    view = next((view for view in pane.findChildren(QAbstractScrollArea) if view.isVisible()), pane.focusProxy())
    for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
        at = view.rect().center()
        target = view if reason is QContextMenuEvent.Reason.Keyboard else getattr(view, "viewport", lambda: view)()
        qapp.sendEvent(target, QContextMenuEvent(reason, at, view.mapToGlobal(at)))
        menu = qapp.activePopupWidget()
        if pane.key == "timeline":  # there the right button zooms
            assert menu is None
            continue
        assert isinstance(menu, QMenu)
        assert "Copy" in [action.text() for action in menu.actions()]
        menu.close()
