"""The log packs its events and gives them back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.event_log import CHUNK, EventLog
from app.emu.events import KINDS
from app.emu.plain_events import Row
from tests.emu.runs import SAMPLES, forward, fuzz, machine


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Some thousands of events of real runs, numbered through."""
    found: list[Row] = []
    for name in ("nested.com", "exception.com", "transfer.com", "vector.com", "mouse.com", "callback.com"):
        found += forward(machine(SAMPLES / name), 1_000_000).log.since(0)
    return found * (3 * CHUNK // len(found) + 1)


def log_of(rows: list[Row]) -> EventLog:
    log = EventLog()
    for row in rows:
        log.append(*row)
    return log


def test_packed_events_are_the_same_events(rows: list[Row]) -> None:
    log = log_of(rows)
    assert len(log) == len(rows) > 3 * CHUNK
    assert log.since(0) == rows
    assert [log[seq] for seq in range(len(rows))] == rows
    assert list(log.save()) == rows
    assert log.save().chunks[0].unpack() == tuple(rows[:CHUNK])
    assert sum(chunk.size for chunk in log.save().chunks) < 100 * len(rows)


@fuzz(20)
@given(first=st.integers(0, 3 * CHUNK), count=st.integers(0, 3 * CHUNK), kinds=st.sets(st.sampled_from(sorted(KINDS))))
def test_parts_and_kinds_are_found(rows: list[Row], first: int, count: int, kinds: set[str]) -> None:
    log = log_of(rows).save()
    assert log[first:] == rows[first:]
    assert list(log.until(count)) == rows[:count]
    wanted = [row for row in rows if not kinds or row[0].kind in kinds]
    assert list(log.backwards(kinds)) == wanted[::-1]
    of_kinds = [number for number, (event, _) in enumerate(rows) if event.kind in kinds and number >= first]
    assert log.seqs_of(kinds, first) == of_kinds
    some = set(sorted(kinds)[:2])
    of_some = [row for row in rows if row[0].kind in some]
    for number in (0, 1, len(of_some), len(of_some) + 1):
        expected = of_some[number - 1] if 0 < number <= len(of_some) else None
        assert log.nth(some, number) == expected


def test_saved_logs_share_what_is_not_packed_yet(rows: list[Row]) -> None:
    log, saved = EventLog(), []
    for row in rows[: CHUNK + 200]:
        log.append(*row)
        saved.append(log.save())
    assert [len(each) for each in saved] == list(range(1, CHUNK + 201))
    assert len({id(each.tail) for each in saved}) == 2
    assert saved[0].tail._rows is None, "packed for all who hold it"
    for count in (1, 500, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 200):
        assert list(saved[count - 1]) == rows[:count]
    again = EventLog()
    again.restore(saved[499])
    again.append(*rows[0])
    assert list(saved[600]) == rows[:601], "who goes on from an earlier one changes no other"
    assert list(again.save()) == [*rows[:500], rows[0]]
