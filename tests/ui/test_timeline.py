"""The timeline pane: follows the run, can be zoomed and panned, and knows what a click means."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from app.debug.snapshot import Snapshot
from app.emu.address import Far
from app.emu.events import CallbackEntered, CallbackReturned, Event, InterruptReflected, Moment, Stack
from app.emu.registers import Mode
from app.ui.timeline.axis import tick_text
from app.ui.timeline.bands import BANDS, LANES, TOP
from app.ui.timeline.pane import TimelinePane
from app.ui.timeline.record import STACKS, Mark
from tests.ui.fakes import ROUND, log_of, snapshot_at

FAR = Far(0x87, 0x100)


@pytest.fixture
def pane(qtbot: Any) -> TimelinePane:
    pane = TimelinePane()
    qtbot.addWidget(pane)
    pane.resize(900, 260)
    pane.show()
    qtbot.waitExposed(pane)
    return pane


def piece(snapshot: Snapshot, start: int) -> Snapshot:
    """What the session sends to a window that has the first `start` events."""
    return replace(snapshot, events_from=start)


def many(count: int) -> tuple[list[Event], list[Moment]]:
    """Callbacks one after the other, an interrupt now and then."""
    events: list[Event] = []
    for seq in range(count):
        tick = seq * 10
        match seq % 4:
            case 0:
                event: Event = CallbackEntered(
                    seq=seq,
                    tick=tick,
                    client=1,
                    slot=0,
                    depth=1,
                    handler=FAR,
                    structure=FAR,
                    real_stack=FAR,
                    caller=FAR,
                )
            case 2:
                event = CallbackReturned(
                    seq=seq, tick=tick, client=1, slot=0, depth=1, structure=FAR, resumes=FAR, real_stack=FAR
                )
            case _:
                event = InterruptReflected(
                    seq=seq, tick=tick, client=1, vector=8, nature="hardware", from_=Mode.V86, to=Mode.PM32, handler=FAR
                )
        events.append(event)
    moments = [
        Moment(event.tick, Mode.PM32 if event.seq % 4 < 2 else Mode.V86, (64, event.seq % 4 * 12, 6, 0))
        for event in events
    ]
    return events, moments


# --- data -----------------------------------------------------------------------------------------------------------


def test_pieces_make_the_same_picture_as_the_whole(pane: TimelinePane) -> None:
    snapshot = snapshot_at(ROUND * 3 + 20)
    pane.show_snapshot(replace(snapshot_at(20), tick=20))
    seen = len(pane.view.record)
    pane.show_snapshot(piece(snapshot, seen))
    assert list(snapshot.log) == list(pane.view.record.log)
    assert pane.view.record.now == snapshot.tick
    ticks, heights = pane.view.lanes[1].curve.getOriginalDataset()
    assert len(ticks) == len(heights) == len(snapshot.events) + 1


def test_a_restart_begins_anew(pane: TimelinePane) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 5))
    pane.show_snapshot(snapshot_at(3))
    assert pane.view.record.now == 3
    assert len(pane.view.record) == len(snapshot_at(3).events)


def test_a_hole_is_asked_for(pane: TimelinePane, qtbot: Any) -> None:
    pane.show_snapshot(snapshot_at(20))
    seen = len(pane.view.record)
    with qtbot.waitSignal(pane.interest_changed) as asked:
        pane.show_snapshot(piece(snapshot_at(ROUND * 4), seen + 3))
    assert asked.args == [{"events_from": seen}]
    assert len(pane.view.record) == seen


def test_a_small_frame_shows_beside_a_deep_stack(pane: TimelinePane) -> None:
    events, _ = many(3)
    depths = [0, 12, 4000]
    moments = [Moment(event.tick, Mode.PM32, (0, depth, 0, 0)) for event, depth in zip(events, depths, strict=True)]
    pane.show_snapshot(replace(snapshot_at(0), tick=30, log=log_of(events, moments)))
    lane = LANES[Stack.LOCKED]
    _, heights = pane.view.lanes[STACKS.index(Stack.LOCKED)].curve.getOriginalDataset()
    shares = (heights - lane.bottom) / lane.height
    assert shares[0] == 0
    assert shares[1] > 0.15
    assert shares[2] == pytest.approx(1)


def test_a_hundred_thousand_events(pane: TimelinePane, qtbot: Any) -> None:
    events, moments = many(100_000)
    start, whole = snapshot_at(0), log_of(events, moments)
    for first in range(0, len(events), 10_000):
        part = slice(first, first + 10_000)
        pane.show_snapshot(
            replace(
                start,
                tick=events[part][-1].tick + 9,
                mode=moments[part][-1].mode,
                events_from=first,
                log=whole.until(part.stop),
            )
        )
    record = pane.view.record
    assert len(record) == len(record.ticks) == 100_000
    assert len(record.bar_starts) == 25_000
    assert np.isfinite(record.bar_ends.values).all()
    assert len(record.mark_ticks) == 50_000
    assert len(record.run_starts) == 50_000
    assert pane.view.span[1] >= record.now
    pane.grab()
    pane.view.zoom(1000)
    pane.grab()


# --- view -----------------------------------------------------------------------------------------------------------


def test_the_whole_run_is_in_view_and_stays_so(pane: TimelinePane) -> None:
    for tick in (20, 200, 2000):
        pane.show_snapshot(snapshot_at(tick))
        left, right = pane.view.span
        assert left <= 0
        assert tick <= right <= max(tick, 100) * 1.1


def test_following_keeps_the_zoom_and_the_current_position(pane: TimelinePane) -> None:
    pane.show_snapshot(snapshot_at(2000))
    pane.view.zoom(10)
    left, right = pane.view.span
    pane.show_snapshot(snapshot_at(2400))
    after_left, after_right = pane.view.span
    assert after_right - after_left == pytest.approx(right - left)
    assert after_left <= 2400 <= after_right


def test_panning_stops_following_and_end_starts_it_again(pane: TimelinePane, qtbot: Any) -> None:
    pane.show_snapshot(snapshot_at(2000))
    pane.view.zoom(10)
    for _ in range(20):
        qtbot.keyClick(pane.view, Qt.Key.Key_Left)
    assert not pane.view.follows
    assert not pane._follow.isChecked()
    before = pane.view.span
    pane.show_snapshot(snapshot_at(2040))
    assert pane.view.span == pytest.approx(before)
    qtbot.keyClick(pane.view, Qt.Key.Key_End)
    assert pane.view.follows
    assert pane.view.span[1] >= 2040
    qtbot.keyClick(pane.view, Qt.Key.Key_Home)
    assert pane.view.span[0] <= 0


def test_plus_and_minus_zoom(pane: TimelinePane, qtbot: Any) -> None:
    pane.show_snapshot(snapshot_at(2000))
    left, right = pane.view.span
    qtbot.keyClick(pane.view, Qt.Key.Key_Plus)
    closer = pane.view.span
    assert closer[1] - closer[0] < right - left
    qtbot.keyClick(pane.view, Qt.Key.Key_Minus)
    assert pane.view.span[1] - pane.view.span[0] > closer[1] - closer[0]


def place_of(pane: TimelinePane, tick: float, height: float) -> QPoint:
    """Where a tick is on the plot's viewport."""
    box = pane.view.getPlotItem().getViewBox()
    return pane.view.mapFromScene(box.mapViewToScene(QPointF(tick, height)))


def test_a_click_selects_the_event_meant(pane: TimelinePane, qtbot: Any) -> None:
    snapshot = snapshot_at(ROUND * 2 + 30)
    pane.show_snapshot(snapshot)
    entered = [event for event in snapshot.events if isinstance(event, CallbackEntered)][1]
    with qtbot.waitSignal(pane.event_selected) as selected:
        at = place_of(pane, entered.tick, 2.0)
        qtbot.mouseClick(pane.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert snapshot.events[selected.args[0]].tick == entered.tick


def test_hovering_reads_out_tick_mode_and_event(pane: TimelinePane, qtbot: Any) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 2))
    pane.view.hovered.emit(19.0)
    text = pane.readout.text()
    assert text.startswith("tick 19")
    assert "PM 32" in text
    assert "stack switched" in text
    qtbot.mouseMove(pane.view.viewport(), place_of(pane, 60, 2.0))
    pane.view.hovered.emit(None)
    assert pane.readout.text().startswith(f"tick {ROUND * 2}")


def test_an_event_chosen_elsewhere_comes_into_view(pane: TimelinePane) -> None:
    snapshot = snapshot_at(4000)
    pane.show_snapshot(snapshot)
    pane.view.zoom(40)
    pane.choose_event(5)
    left, right = pane.view.span
    assert left <= snapshot.events[5].tick <= right
    assert pane.view._chosen.isVisible()
    pane.choose_event(10**6)


def test_the_bands_do_not_overlap() -> None:
    for upper, lower in pairwise(BANDS):
        assert lower.top <= upper.bottom
    assert BANDS[0].top <= TOP


@pytest.mark.parametrize(
    "tick, spacing, text",
    [(0, 10, "0"), (950, 50, "950"), (12_500, 500, "12.5 k"), (1_204_000, 2000, "1.204 M"), (3e9, 1e9, "3 G")],
)
def test_ticks_in_units_people_read(tick: float, spacing: float, text: str) -> None:
    assert tick_text(tick, spacing) == text


def test_the_pane_as_text_counts_what_happened(pane: TimelinePane) -> None:
    pane.show_snapshot(snapshot_at(ROUND * 2 + 30))
    text = pane.export_text()
    assert "callbacks dispatched: 3" in text
    assert "Locked stack: 0 to 20 bytes deep" in text
    assert all(mark.words in text for mark in Mark)
