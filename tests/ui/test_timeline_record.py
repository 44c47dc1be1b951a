"""Events and moments become arrays the timeline can draw."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from app.emu.address import Far
from app.emu.event_log import SavedLog
from app.emu.events import (
    CallbackEntered,
    CallbackReturned,
    ClientLeft,
    Event,
    ExceptionRaised,
    InterruptFlagChanged,
    InterruptReflected,
    Moment,
    ServiceReturned,
    VxdCallbackEntered,
    VxdCallbackReturned,
)
from app.emu.registers import Mode
from app.ui.timeline.pixels import Scale, visible_bars, visible_marks, visible_runs
from app.ui.timeline.record import Mark, Record
from tests.ui.fakes import log_of

FAR = Far(0x87, 0x100)


def entered(seq: int, tick: int, depth: int) -> Event:
    return CallbackEntered(
        seq=seq, tick=tick, client=1, slot=depth, depth=depth, handler=FAR, structure=FAR, real_stack=FAR, caller=FAR
    )


def returned(seq: int, tick: int, depth: int) -> Event:
    return CallbackReturned(
        seq=seq, tick=tick, client=1, slot=depth, depth=depth, structure=FAR, resumes=FAR, real_stack=FAR
    )


def fault(seq: int, tick: int) -> Event:
    """An exception; what does not matter here is zero."""
    told = {"seq": seq, "tick": tick, "vector": 13, "at": FAR, "handled_by": "client"}
    return ExceptionRaised(**{field.name: told.get(field.name, 0) for field in fields(ExceptionRaised)})  # type: ignore[arg-type]


def moments(events: list[Event], mode: Mode = Mode.V86) -> list[Moment]:
    return [Moment(event.tick, mode, (event.tick, 0, 0, 0)) for event in events]


def log(events: list[Event]) -> SavedLog:
    return log_of(events, moments(events))


def test_nested_callbacks_become_nested_bars() -> None:
    events = [entered(0, 10, 1), entered(1, 20, 2), returned(2, 30, 2), returned(3, 40, 1), entered(4, 50, 1)]
    record = Record()
    record.extend(0, log(events))
    assert record.bar_starts.values.tolist() == [10, 20, 50]
    assert [40, 30, np.inf] == record.bar_ends.values.tolist()
    assert record.bar_depths.values.tolist() == [1, 2, 1]
    assert record.bars_between(25, 26).tolist() == [0, 1]


def test_a_handler_left_by_a_jump_ends_where_the_next_of_its_depth_begins() -> None:
    events = [entered(0, 10, 1), entered(1, 20, 1), ClientLeft(seq=2, tick=30, client=1, bits=32, psp=0)]
    record = Record()
    record.extend(0, log(events))
    assert record.bar_ends.values.tolist() == [20, 30]


def test_mode_runs_are_joined_across_pieces() -> None:
    record = Record()
    events: list[Event] = []
    all_moments: list[Moment] = []
    for seq, mode in enumerate([Mode.V86, Mode.V86, Mode.PM32, Mode.PM32, Mode.V86]):
        event = InterruptFlagChanged(seq=seq, tick=seq * 10, client=1, enabled=True)
        events.append(event)
        all_moments += moments([event], mode)
        record.extend(seq, log_of(events, all_moments))
    assert record.run_starts.values.tolist() == [0, 20, 40]
    assert record.mode_at(39) == Mode.PM32
    assert record.mode_at(40) == Mode.V86
    assert record.mode_at(41) is None


def test_the_mode_lasts_until_where_the_machine_is() -> None:
    event = InterruptFlagChanged(seq=0, tick=0, client=0, enabled=True)
    record = Record()
    record.extend(0, log([event]))
    record.reach(5, 1)
    assert record.mode_at(5) is Mode.V86
    assert record.mode_at(6) is None
    assert len(record.run_starts) == 1


def test_of_several_events_at_one_tick_those_to_come_do_not_count() -> None:
    """Back at an event with others of the same tick ahead."""
    events = [entered(0, 5, 1), entered(1, 5, 2), returned(2, 5, 2)]
    modes = [Mode.PM32, Mode.V86, Mode.PM32]
    told = [moment for event, mode in zip(events, modes, strict=True) for moment in moments([event], mode)]
    record = Record()
    record.extend(0, log_of(events, told))
    for happened, mode, callbacks in ((1, Mode.PM32, "1"), (2, Mode.V86, "2"), (3, Mode.PM32, "1")):
        record.reach(5, happened)
        assert record.event_at(5) == happened - 1
        assert record.mode_at(5) is mode
        assert record.values_at(5)["Callbacks"] == callbacks
    record.reach(9, 3)
    assert record.event_at(5) == 2, "elsewhere all of them count"


def test_callbacks_of_drivers_have_bars_too() -> None:
    told = {"nature": "v86", "address": FAR, "procedure": 1, "reference": 0, "client": 1}
    events = [
        entered(0, 10, 1), VxdCallbackEntered(seq=1, tick=20, **told), VxdCallbackReturned(seq=2, tick=30, **told),
        returned(3, 40, 1),
    ]  # fmt: skip
    record = Record()
    record.extend(0, log(events))
    assert record.bar_starts.values.tolist() == [10, 20]
    assert record.bar_ends.values.tolist() == [40, 30]
    assert record.bar_depths.values.tolist() == [1, 2]


def test_pieces_may_overlap_but_not_leave_holes() -> None:
    events = [InterruptFlagChanged(seq=seq, tick=seq, client=1, enabled=True) for seq in range(6)]
    record = Record()
    assert record.extend(0, log(events[:3]))
    assert record.extend(2, log(events[:5]))
    assert [event.seq for event, _ in record.log] == [0, 1, 2, 3, 4]
    assert not record.extend(6, log(events))
    assert record.extend(0, log(events[:2]))
    assert 2 == len(record) == len(record.ticks)


def test_exceptions_hardware_interrupts_and_failures_get_marks() -> None:
    events: list[Event] = [
        fault(0, 5),
        InterruptReflected(
            seq=1, tick=15, client=1, vector=8, nature="hardware", from_=Mode.V86, to=Mode.PM32, handler=FAR
        ),
        InterruptReflected(
            seq=2, tick=16, client=1, vector=33, nature="software", from_=Mode.PM32, to=Mode.V86, handler=FAR
        ),
        ServiceReturned(seq=3, tick=25, client=1, interrupt=0x31, function=0, carry=True, error=0x8022, registers={}),
    ]
    record = Record()
    record.extend(0, log(events))
    assert record.mark_kinds.values.tolist() == [Mark.EXCEPTION, Mark.HARDWARE, Mark.FAILURE]
    assert record.meant_by(24, reach=2) == 3
    assert record.meant_by(16.3, reach=0.5) == 2
    assert record.meant_by(20, reach=0.5) is None
    assert Record().meant_by(1, 1) is None


@pytest.mark.parametrize("count", [3, 100_000])
def test_what_is_drawn_is_bounded_by_the_pixels(count: int) -> None:
    scale = Scale(slope=100 / count, offset=10, begin=10, end=110)
    ticks = np.arange(count, dtype=float)
    assert len(visible_runs(ticks, float(count), scale)) <= 100
    assert len(visible_marks(ticks, np.zeros(count), scale)) <= 120
    assert len(visible_bars(ticks, ticks + 0.5, np.ones(count), scale)) <= 120


def test_runs_touch_each_other_and_end_now() -> None:
    scale = Scale(slope=1, offset=0, begin=0, end=100)
    runs = visible_runs(np.array([0.0, 10.0, 40.0]), 60.0, scale)
    assert runs == [(0, 10, 0), (10, 40, 1), (40, 60, 2)]


def test_a_short_excursion_does_not_vanish() -> None:
    scale = Scale(slope=0.001, offset=0, begin=0, end=100)
    runs = visible_runs(np.array([0.0, 50_300.0, 50_310.0]), 100_000.0, scale)
    assert [(left, index) for left, _, index in runs] == [(0, 0), (50, 1), (51, 2)]


def test_a_long_run_is_cut_at_the_edges() -> None:
    scale = Scale(slope=1000, offset=-5000, begin=50, end=150)
    assert visible_runs(np.array([0.0]), 60.0, scale) == [(50, 150, 0)]
