"""Extended memory: blocks never overlap, keep their contents, and leave nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.host import failures
from app.emu.host.arena import Arena, Block
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.page_attributes import PageType, attributes, set_attributes
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import Memory
from tests.emu.runs import fuzz

MEGABYTES = 6
EMPTY = [(layout.EXTENDED_BASE, layout.CLIENTS_END - layout.EXTENDED_BASE)]
"""The one gap of an empty arena."""
FREE = (MEGABYTES << 20) - layout.EXTENDED_BASE
"""Bytes of physical memory for clients."""


@pytest.fixture
def blocks() -> MemoryBlocks:
    return MemoryBlocks(Arena(Memory(MEGABYTES)))


def test_an_empty_arena_is_one_gap(blocks: MemoryBlocks) -> None:
    assert blocks.arena.gaps() == EMPTY
    assert blocks.arena.free == blocks.arena.largest == FREE


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
    with pytest.raises(failures.PhysicalMemoryUnavailable):
        blocks.allocate(FREE + 1)
    assert blocks.arena.gaps() == EMPTY
    block = blocks.allocate(FREE)
    assert blocks.arena.free == blocks.arena.largest == 0
    with pytest.raises(failures.PhysicalMemoryUnavailable):
        blocks.allocate(1)
    with pytest.raises(failures.PhysicalMemoryUnavailable):
        blocks.resize(block.handle, FREE + 1)
    assert blocks.find(block.handle) is block
    blocks.free(block.handle)
    assert (blocks.arena.gaps(), blocks.arena.free) == (EMPTY, FREE)


@pytest.mark.parametrize("size", [0, 1 << 32, 0xFFFFFFFF])
def test_sizes_that_cannot_be(blocks: MemoryBlocks, size: int) -> None:
    error = failures.LinearMemoryUnavailable if size else failures.InvalidValue
    with pytest.raises(error):
        blocks.allocate(size, committed=False)
    block = blocks.allocate(1)
    with pytest.raises(error):
        blocks.resize(block.handle, size, committed=False)
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


def test_pages_stay_locked_when_their_block_moves(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(2 * PAGE)
    blocks.allocate(PAGE)
    blocks.locks = {block.pages[0]: 3, block.pages[1]: 1}
    moved = blocks.resize(block.handle, 3 * PAGE)
    assert moved.linear != block.linear
    assert blocks.locks == {moved.pages[0]: 3, moved.pages[1]: 1}
    blocks.resize(moved.handle, PAGE)
    assert blocks.locks == {moved.pages[0]: 3}


def test_a_block_may_lie_where_it_is_wanted(blocks: MemoryBlocks) -> None:
    wanted = 0x40000000
    block = blocks.allocate(2 * PAGE, at=wanted)
    assert block.linear == wanted
    blocks.arena.memory.write(wanted, b"far above the memory there is")
    for taken in (wanted, wanted + PAGE, wanted - PAGE, 0, layout.CLIENTS_END - PAGE, layout.HOST):
        if taken:
            with pytest.raises(failures.LinearMemoryUnavailable):
                blocks.allocate(2 * PAGE, at=taken)
    assert blocks.allocate(PAGE, at=wanted - PAGE).end == wanted


def test_uncommitted_memory_takes_addresses_only(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(1 << 30, committed=False)
    assert blocks.arena.free == FREE
    assert not any(entry for _, entry in blocks.arena.memory.page_entries(block.linear, block.pages_size))
    set_attributes(blocks.arena, block.linear + (1 << 29), PageType.COMMITTED)
    assert blocks.arena.free == FREE - PAGE
    blocks.free(block.handle)
    assert blocks.arena.free == FREE


def test_scattered_frames_make_one_block(blocks: MemoryBlocks) -> None:
    """Linear addresses and frames are two things: holes between blocks add up."""
    pages = FREE // PAGE
    singles = [blocks.allocate(PAGE) for _ in range(pages)]
    for block in singles[::2]:
        blocks.free(block.handle)
    block = blocks.allocate(pages // 2 * PAGE)
    memory = blocks.arena.memory
    data = bytes(range(256)) * (block.size // 256)
    memory.write(block.linear, data)
    assert memory.read(block.linear, block.size) == data
    assert not any(memory.read(single.linear, PAGE).strip(b"\0") for single in singles[1::2])


def test_what_a_page_is_stays_when_its_block_moves(blocks: MemoryBlocks) -> None:
    arena = blocks.arena
    block = blocks.allocate(4 * PAGE)
    blocks.allocate(PAGE)
    set_attributes(arena, block.linear, PageType.UNCOMMITTED)
    set_attributes(arena, block.linear + PAGE, PageType.KEEP)
    arena.map_physical(block.linear + 2 * PAGE, 0xB8000, PAGE)
    moved = blocks.resize(block.handle, 5 * PAGE, committed=False)
    words = [attributes(arena.memory.page_entry(page << 12)) & 0xF for page in moved.pages]
    assert words == [0, 1, 2 | 8, 1 | 8, 0]
    assert arena.memory.translate(moved.linear + 2 * PAGE) == 0xB8000
    assert arena.free == FREE - 3 * PAGE


# Attributes: word asked for, word read back from a page that was committed and writable


@pytest.mark.parametrize(
    "word, after",
    [(0x00, 0x00), (0x08, 0x00), (0x01, 0x11), (0x09, 0x19), (0x03, 0x11), (0x0B, 0x19), (0x1B, 0x19), (0x3B, 0x39),
     (0x7B, 0x79), (0x59, 0x59), (0x69, 0x19)],
)  # fmt: skip
def test_attributes_are_set_and_read_back(blocks: MemoryBlocks, word: int, after: int) -> None:
    block = blocks.allocate(PAGE)
    memory = blocks.arena.memory
    set_attributes(blocks.arena, block.linear, word)
    assert attributes(memory.page_entry(block.linear)) == after


@pytest.mark.parametrize("word", [2, 4, 5, 6, 7, 0x0A])
def test_types_that_cannot_be_set(blocks: MemoryBlocks, word: int) -> None:
    block = blocks.allocate(PAGE)
    with pytest.raises(failures.InvalidValue):
        set_attributes(blocks.arena, block.linear, word)


def test_an_uncommitted_page_cannot_keep_its_type(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(PAGE, committed=False)
    with pytest.raises(failures.InvalidState):
        set_attributes(blocks.arena, block.linear, PageType.KEEP)


def test_contents_are_lost_by_uncommitting_and_kept_by_committing_again(blocks: MemoryBlocks) -> None:
    block, memory = blocks.allocate(PAGE), blocks.arena.memory
    memory.write(block.linear, b"kept")
    set_attributes(blocks.arena, block.linear, 9)
    assert memory.read(block.linear, 4) == b"kept"
    set_attributes(blocks.arena, block.linear, 0)
    set_attributes(blocks.arena, block.linear, 9)
    assert memory.read(block.linear, PAGE) == bytes(PAGE)


def test_a_page_cannot_be_committed_without_a_frame(blocks: MemoryBlocks) -> None:
    block = blocks.allocate(PAGE, committed=False)
    blocks.arena.map_physical(block.linear, 0xA0000, PAGE)
    blocks.allocate(FREE)
    with pytest.raises(failures.PhysicalMemoryUnavailable):
        set_attributes(blocks.arena, block.linear, 9)
    assert attributes(blocks.arena.memory.page_entry(block.linear)) & 7 == PageType.MAPPED


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
        ends = [EMPTY[0][0], *(end for _, end in pieces)]
        assert all(start >= end for (start, _), end in zip(pieces, ends, strict=False)), "blocks overlap"
        assert ends[-1] <= layout.CLIENTS_END
        for handle, data in self.contents.items():
            block = self.blocks.by_handle[handle]
            assert block.size == len(data)
            assert memory.read(block.linear, block.size) == data
        gaps, taken = arena.gaps(), sum(end - start for start, end in pieces)
        assert sum(size for _, size in gaps) + taken == EMPTY[0][1]
        assert arena.free + taken == FREE
        assert not any(entry for start, size in gaps for _, entry in memory.page_entries(start, size))


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
        except failures.PhysicalMemoryUnavailable:
            had = model.blocks.find(handle).pages_size if verb == "resize" and handles else 0
            assert -(-size // PAGE) * PAGE - had > model.blocks.arena.free, "there was room"
        model.check()
    for handle in list(model.contents):
        model.blocks.free(handle)
    assert (model.blocks.arena.gaps(), model.blocks.arena.free) == (EMPTY, FREE)
