"""Page frames: none is given twice, all come back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.emu.memory.frames import Frames
from tests.emu.runs import fuzz

FIRST, COUNT = 100, 64

steps = st.lists(st.tuples(st.integers(0, 30), st.integers(FIRST - 5, FIRST + COUNT + 5)), max_size=30)


def test_the_frames_wanted_are_taken_if_they_are_free() -> None:
    frames = Frames(FIRST, COUNT)
    assert frames.take(4, 110) == [range(110, 114)]
    assert frames.take(4, 112) == [range(100, 104)]
    assert frames.take(40, 0) == [range(114, 154)]


def test_what_is_there_is_taken_in_pieces() -> None:
    frames = Frames(FIRST, COUNT)
    frames.take(COUNT, FIRST)
    for frame in (100, 102, 103, 120):
        frames.give(frame)
    assert frames.take(5, 0) is None
    assert frames.take(3, 0) == [range(100, 101), range(102, 104)]
    assert frames.free == 1


@given(steps)
@fuzz(100)
def test_no_frame_is_given_twice(asked: list[tuple[int, int]]) -> None:
    frames, held = Frames(FIRST, COUNT), set[int]()
    for count, wanted in asked:
        free = COUNT - len(held)
        assert frames.free == free
        taken = frames.take(count, wanted)
        assert (taken is None) == (count > free)
        new = [frame for run in taken or () for frame in run]
        assert len(new) == (count if taken is not None else 0)
        assert held.isdisjoint(new)
        assert set(new) <= set(range(FIRST, FIRST + COUNT))
        held.update(new)
        for frame in sorted(held)[:: 1 + wanted % 3]:
            frames.give(frame)
            held.discard(frame)
    for frame in held:
        frames.give(frame)
    assert frames.take(COUNT, 0) == [range(FIRST, FIRST + COUNT)]
