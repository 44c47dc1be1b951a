"""What a debugger looks out for is seen whichever linear address reaches it."""

from __future__ import annotations

import pytest

from app.emu.memory.layout import PAGE
from app.emu.memory.mappings import mapped_runs
from app.emu.memory.memory import USER, WRITABLE, Memory, PageNotPresent
from app.emu.probes import MemoryProbe

HERE, ALIAS, FRAME = 0x400000, 0x900000, 0x200000


@pytest.fixture
def memory() -> Memory:
    """Two pages at `HERE`; `ALIAS` shows the second frame first, and nothing behind it."""
    made = Memory(4)
    made.map_range(HERE, FRAME, 2 * PAGE, USER | WRITABLE)
    made.map_range(ALIAS, FRAME + PAGE, PAGE, USER | WRITABLE)
    return made


def looking(memory: Memory, linear: int, *, reads: bool = False, writes: bool = False) -> MemoryProbe:
    probe = MemoryProbe(linear, 4, reads, writes)
    memory.look_out((probe,))
    return probe


def test_a_write_through_another_mapping_is_seen(memory: Memory) -> None:
    probe = looking(memory, HERE + PAGE - 2, writes=True)
    memory.write(ALIAS + 2, b"behind it")
    memory.read(ALIAS, 4)
    assert memory.take_uses() == set()
    memory.write(ALIAS + 1, b"x")
    assert memory.take_uses() == {probe}
    memory.write(HERE + PAGE - 2, b"x")
    assert memory.take_uses() == {probe}


def test_a_read_through_another_mapping_is_seen(memory: Memory) -> None:
    probe = looking(memory, ALIAS, reads=True)
    memory.write(HERE + PAGE, b"x")
    assert memory.take_uses() == set()
    memory.read(HERE + PAGE - 1, 2)
    assert memory.take_uses() == {probe}


def test_what_an_address_shows_may_change_meanwhile(memory: Memory) -> None:
    probe = looking(memory, ALIAS, writes=True)
    memory.write(HERE, b"x")
    assert memory.take_uses() == set()
    memory.map_range(ALIAS, FRAME, PAGE, USER | WRITABLE)
    memory.write(HERE + PAGE, b"x")
    assert memory.take_uses() == set()
    memory.write(HERE, b"x")
    assert memory.take_uses() == {probe}


def test_a_write_that_fails_uses_nothing(memory: Memory) -> None:
    looking(memory, ALIAS + PAGE - 4, writes=True)
    with pytest.raises(PageNotPresent):
        memory.write(ALIAS + PAGE - 2, b"over the end")
    assert memory.take_uses() == set()


def test_spans_go_on_where_frames_do(memory: Memory) -> None:
    assert list(memory.spans(HERE + 0x10, 2 * PAGE)) == [range(FRAME + 0x10, FRAME + 2 * PAGE)]
    memory.map_range(HERE, FRAME + PAGE, PAGE, USER | WRITABLE)
    memory.map_range(HERE + PAGE, FRAME, PAGE, USER | WRITABLE)
    assert list(memory.spans(HERE + 0x10, 2 * PAGE - 0x10)) == [
        range(FRAME + PAGE + 0x10, FRAME + 2 * PAGE),
        range(FRAME, FRAME + PAGE),
    ]


def test_runs_have_pages_that_are_out_only_when_asked(memory: Memory) -> None:
    low = mapped_runs(memory)[0]
    assert low[:2] == (0, 0)
    assert (HERE, FRAME, 2 * PAGE) in mapped_runs(memory)
    memory.page_out(HERE)
    assert (HERE + PAGE, FRAME + PAGE, PAGE) in mapped_runs(memory)
    assert (HERE, FRAME, 2 * PAGE) in mapped_runs(memory, paged_out=True)
