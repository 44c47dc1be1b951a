"""Extended memory: blocks never overlap, keep their contents, and leave nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.host import failures
from app.emu.host.memory_blocks import Arena, Block, MemoryBlocks
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import Memory
from tests.emu.runs import fuzz

MEGABYTES = 6
ALL = (layout.EXTENDED_BASE, (MEGABYTES << 20) - layout.EXTENDED_BASE)
"""The one gap of an empty arena."""


@pytest.fixture
def blocks() -> MemoryBlocks:
    return MemoryBlocks(Arena(Memory(MEGABYTES)))


def test_an_empty_arena_is_one_gap(blocks: MemoryBlocks) -> None:
    assert blocks.arena.gaps() == [ALL]


def test_a_block_is_page_aligned_present_and_zero(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(PAGE + 1)
    memory = blocks.arena.memory
    assert block.linear % PAGE == 0
    assert memory.read(block.linear, 2 * PAGE) == bytes(2 * PAGE)
    assert not memory.is_mapped(block.linear + 2 * PAGE, 1)


def test_memory_used_before_is_zero_again(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(PAGE)
    blocks.arena.memory.write(block.linear, b"\xff" * PAGE)
    blocks.free(block.handle)
    again = blocks.allocate(PAGE)
    assert again.linear == block.linear
    assert blocks.arena.memory.read(again.linear, PAGE) == bytes(PAGE)


def test_a_block_may_take_all_but_not_more(blocks: MemoryBlocks) -> None:
    with pytest.raises(failures.LinearMemoryUnavailable):
        blocks.allocate(ALL[1] + 1)
    assert blocks.arena.gaps() == [ALL]
    block = blocks.allocate(ALL[1])
    assert blocks.arena.gaps() == []
    with pytest.raises(failures.LinearMemoryUnavailable):
        blocks.allocate(1)
    with pytest.raises(failures.LinearMemoryUnavailable):
        blocks.resize(block.handle, ALL[1] + 1)
    assert blocks.find(block.handle) is block
    blocks.free(block.handle)
    assert blocks.arena.gaps() == [ALL]


@pytest.mark.parametrize("size", [0, 1 << 32, 0xFFFFFFFF])
def test_sizes_that_cannot_be(blocks: MemoryBlocks, size: int) -> None:
    with pytest.raises((failures.InvalidValue, failures.LinearMemoryUnavailable)):
        blocks.allocate(size)
    block = blocks.allocate(1)
    with pytest.raises((failures.InvalidValue, failures.LinearMemoryUnavailable)):
        blocks.resize(block.handle, size)
    assert blocks.find(block.handle) is block


def test_a_handle_is_dead_after_free_and_after_resize(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(1)
    moved = blocks.resize(block.handle, 2)
    assert moved.handle != block.handle
    with pytest.raises(failures.InvalidHandle):
        blocks.free(block.handle)
    blocks.free(moved.handle)
    with pytest.raises(failures.InvalidHandle):
        blocks.resize(moved.handle, 1)


def test_a_block_grows_in_place_when_there_is_room_and_moves_when_not(blocks: MemoryBlocks) -> None:
    first = blocks.allocate(PAGE)
    assert blocks.resize(first.handle, 3 * PAGE).linear == first.linear
    (grown,) = blocks.by_handle.values()
    blocks.arena.memory.write(grown.linear, b"contents")
    wall = blocks.allocate(PAGE)
    moved = blocks.resize(grown.handle, 4 * PAGE)
    assert moved.linear > wall.linear
    assert blocks.arena.memory.read(moved.linear, 8) == b"contents"
    assert not blocks.arena.memory.is_mapped(grown.linear, 1)


def test_locks_of_a_block_go_with_it(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(2 * PAGE)
    other = blocks.allocate(PAGE)
    for page in (block.linear >> 12, (block.linear >> 12) + 1, other.linear >> 12):
        blocks.locks[page] = 2
    blocks.free(block.handle)
    assert blocks.locks == {other.linear >> 12: 2}


def test_clients_do_not_know_each_others_handles() -> None:
    arena = Arena(Memory(MEGABYTES))
    one, other = MemoryBlocks(arena), MemoryBlocks(arena)
    handle = one.allocate(1).handle
    with pytest.raises(failures.InvalidHandle):
        other.free(handle)
    kept = other.allocate(1)
    one.release()
    assert [(block.linear, block.handle) for block in arena.blocks] == [(kept.linear, kept.handle)]


@dataclass
class Model:
    """What must be in each block: the bytes at its start and its end."""

    blocks: MemoryBlocks = field(default_factory=lambda: MemoryBlocks(Arena(Memory(MEGABYTES))))
    contents: dict[int, bytes] = field(default_factory=dict)
    number: int = 0

    def fill(self, block: Block) -> None:
        self.number += 1
        data = (b"%08d" % self.number * (block.size // 8 + 1))[: block.size]
        self.blocks.arena.memory.write(block.linear, data)
        self.contents[block.handle] = data

    def check(self) -> None:
        memory, arena = self.blocks.arena.memory, self.blocks.arena
        assert set(self.contents) == set(self.blocks.by_handle) == {block.handle for block in arena.blocks}
        pieces = sorted((block.linear, block.end) for block in arena.blocks)
        ends = [ALL[0], *(end for _, end in pieces)]
        assert all(start >= end for (start, _), end in zip(pieces, ends, strict=False)), "blocks overlap"
        assert ends[-1] <= sum(ALL)
        for handle, data in self.contents.items():
            block = self.blocks.by_handle[handle]
            assert block.size == len(data)
            assert memory.read(block.linear, block.size) == data
        gaps = arena.gaps()
        assert sum(size for _, size in gaps) + sum(end - start for start, end in pieces) == ALL[1]
        assert not any(memory.page_entry(at) for start, size in gaps for at in range(start, start + size, PAGE))


sizes = st.integers(1, 40_000) | st.sampled_from([1, PAGE - 1, PAGE, PAGE + 1, 1 << 20, 3 << 20])
operations = st.lists(st.tuples(st.sampled_from(["allocate", "resize", "free"]), sizes, st.integers(0, 9)), max_size=25)


@given(operations)
@fuzz(40)
def test_any_sequence_of_calls_keeps_contents_and_order(steps: list[tuple[str, int, int]]) -> None:
    model = Model()
    for verb, size, which in steps:
        handles = sorted(model.contents)
        handle = handles[which % len(handles)] if handles else 0
        try:
            if verb == "allocate" or not handles:
                block = model.blocks.allocate(size)
                assert not any(model.blocks.arena.memory.read(block.linear, size)), "not zero"
                model.fill(block)
            elif verb == "resize":
                old = model.contents[handle]
                block = model.blocks.resize(handle, size)
                kept = min(len(old), size)
                assert model.blocks.arena.memory.read(block.linear, kept) == old[:kept]
                del model.contents[handle]
                model.fill(block)
            else:
                model.blocks.free(handle)
                del model.contents[handle]
        except failures.LinearMemoryUnavailable:
            assert not any(room >= -(-size // PAGE) * PAGE for _, room in model.blocks.arena.gaps()), "there was room"
        model.check()
    for handle in list(model.contents):
        model.blocks.free(handle)
    assert model.blocks.arena.gaps() == [ALL]
