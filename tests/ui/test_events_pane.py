"""The events pane: filters, follows, explains, and makes no words in vain."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.debug.narrate import brief
from app.emu.events import KINDS, Event, Moment
from app.emu.registers import Mode
from app.ui.panes.event_fields import fields
from app.ui.panes.events import _GROUPS, EventsPane
from app.ui.theme import Theme
from tests.ui.fakes import PER_ROUND, ROUND, events_until, log_of, snapshot_at


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> EventsPane:
    made = EventsPane()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    return made


def test_words_filter_the_list(pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 3))
    QTest.keyClicks(pane.text, "mode v86 callback")
    shown = [pane.model.index(row, 3).data() for row in range(pane.model.rowCount())]
    assert shown
    assert all("V86" in line for line in shown)
    assert pane.counter.text() == f"{len(shown)} of {pane.model.total}"
    pane.text.clear()
    assert pane.model.rowCount() == pane.model.total


def test_new_events_pass_the_filter_too(pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(0))
    QTest.keyClicks(pane.text, "callback entered")
    assert pane.model.rowCount() == 0
    later = snapshot_at(ROUND * 2)
    from dataclasses import replace

    pane.show_snapshot(replace(later, events_from=2))
    assert pane.model.rowCount() == 2


def test_kinds_can_be_left_out(pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND))
    action = next(action for action, prefixes in pane._kind_actions if "service_" in prefixes)
    action.setChecked(False)
    kinds = {pane.model.index(row, 2).data() for row in range(pane.model.rowCount())}
    assert "mode switched" in kinds
    assert not any("service" in kind for kind in kinds)


def test_every_kind_can_be_left_out_by_one_name() -> None:
    for kind in KINDS:
        assert len([name for name, prefixes in _GROUPS if kind.startswith(prefixes)]) == 1, kind


def test_by_key_one_begins_at_the_last_event_that_has_happened(qtbot: QtBot, pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 2))
    pane.activateWindow()
    pane.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.waitUntil(pane.list.hasFocus)
    last = pane.model.rowCount() - 1
    assert pane.list.currentIndex().row() == last
    assert not pane.fields.isVisible(), "the list needs the room until an event is selected"
    QTest.keyClick(pane.list, Qt.Key.Key_Up)
    assert pane.field_model.index(1, 1).data() == str(last - 1)
    assert pane.fields.isVisible()
    QTest.keyClick(pane.list, Qt.Key.Key_Down)
    assert pane.field_model.index(1, 1).data() == str(last)


def test_a_click_on_the_event_one_came_to_by_key_shows_its_fields(qtbot: QtBot, pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND))
    pane.activateWindow()
    pane.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.waitUntil(pane.list.hasFocus)
    at = pane.list.visualRect(pane.list.currentIndex()).center()
    QTest.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert pane.fields.isVisible()


def test_a_click_shows_every_field(qtbot: QtBot, pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND))
    assert not pane.fields.isVisible()
    at = pane.list.visualRect(pane.model.index(pane.model.rowCount() - 1, 2)).center()
    QTest.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert pane.fields.isVisible()
    assert "seq" in pane.fields.export_text()


def test_the_selected_event_stays_selected_when_the_filter_changes(pane: EventsPane) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 2))
    pane.select(5)
    QTest.keyClicks(pane.text, "real")
    assert pane.model.event(pane.list.currentIndex().row()).seq == 5


def test_the_list_follows_its_end_until_it_is_scrolled_away(pane: EventsPane) -> None:
    from dataclasses import replace

    first, second = snapshot_at(ROUND * 3), snapshot_at(ROUND * 5)
    pane.show_snapshot(first)
    bar = pane.list.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(3)
    known = len(first.events)
    pane.show_snapshot(replace(second, events_from=known))
    assert bar.value() == 3


def test_every_kind_of_event_can_be_described_with_every_field() -> None:
    for event in events_until(ROUND * 2):
        assert brief(event)
        names = [name for name, _value in fields(event)]
        assert names[:4] == ["kind", "seq", "tick", "client"]
        assert len(names) == len(set(names))
    assert len(KINDS) >= 20


def test_only_events_that_are_seen_or_searched_are_put_in_words(
    pane: EventsPane, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: list[int] = []

    def describe(event: Event) -> str:
        described.append(event.seq)
        return brief(event)

    monkeypatch.setattr("app.ui.panes.event_model.brief", describe)
    events = events_until(ROUND * (10_000 // PER_ROUND))
    snapshot = snapshot_at(0, log=log_of(events, [Moment(event.tick, Mode.PM32, (0, 0, 0, 0)) for event in events]))
    pane.show_snapshot(snapshot)
    QTest.qWait(0)
    assert pane.model.rowCount() == len(events)
    assert len(described) < 200, "a screenful"
    pane.text.setText("callback")
    assert sorted(described) == list(range(len(events))), "each once"
    assert 0 < pane.model.rowCount() < len(events)
    pane.text.setText("mode")
    assert len(described) == len(events)
