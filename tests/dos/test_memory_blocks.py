"""The chain of memory control blocks: sound after every sequence of requests."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.dos.failures import InsufficientMemory, InvalidMemoryBlock, MemoryChainDestroyed
from app.emu.dos.memory_blocks import FIRST_MCB, FREE, TOP, MemoryBlock, MemoryBlocks
from tests.dos.fake_machine import FakeMachine, FakeMemory

ALL = TOP - FIRST_MCB - 1
OWNER = 0x1234


def fresh() -> tuple[FakeMemory, MemoryBlocks]:
    memory = FakeMemory()
    blocks = MemoryBlocks(memory)
    blocks.create()
    return memory, blocks


def assert_sound(blocks: MemoryBlocks) -> None:
    chain = list(blocks)
    assert chain[0].mcb == FIRST_MCB
    assert chain[-1].end == TOP
    assert [block.is_last for block in chain] == [False] * (len(chain) - 1) + [True]
    for block, following in pairwise(chain):
        assert block.end == following.mcb


requests = st.lists(
    st.tuples(st.sampled_from(["allocate", "free", "resize"]), st.integers(0, 0xFFFF), st.integers(0, 2)), max_size=40
)


@given(requests)
@settings(max_examples=150, deadline=None)
def test_chain_stays_sound_and_all_freed_is_one_block(sequence: list[tuple[str, int, int]]) -> None:
    memory, blocks = fresh()
    live: dict[int, int] = {}
    for action, number, strategy in sequence:
        size = number % 0x2400
        if action == "allocate":
            largest = blocks.largest()
            if size > largest:
                with pytest.raises(InsufficientMemory) as refused:
                    blocks.allocate(size, OWNER, strategy)
                assert refused.value.largest == largest
            else:
                segment = blocks.allocate(size, OWNER, strategy)
                assert segment not in live
                live[segment] = size
                memory.write(segment << 4, bytes([len(live)]) * min(size << 4, 64))
        elif live:
            segment = sorted(live)[number % len(live)]
            if action == "free":
                blocks.free(segment)
                del live[segment]
            else:
                reached = size
                try:
                    blocks.resize(segment, size)
                except InsufficientMemory as failure:
                    reached = failure.largest
                assert reached == size or live[segment] <= reached < size
                live[segment] = reached
        assert_sound(blocks)
        assert {block.segment: block.size for block in blocks if not block.is_free} == live
    for segment in live:
        blocks.free(segment)
    assert [(block.owner, block.size) for block in blocks] == [(FREE, ALL)]


def test_failed_growth_takes_all_there_is() -> None:
    _, blocks = fresh()
    low = blocks.allocate(0x100, OWNER)
    between = blocks.allocate(0x200, OWNER)
    blocks.allocate(0x10, OWNER)
    blocks.free(between)
    with pytest.raises(InsufficientMemory) as caught:
        blocks.resize(low, 0x1000)
    assert caught.value.largest == 0x301
    assert blocks.find(low).size == 0x301


def test_strategies() -> None:
    _, blocks = fresh()
    holes = [blocks.allocate(size, OWNER) for size in (0x300, 0x10, 0x100, 0x10)]
    blocks.free(holes[0])
    blocks.free(holes[2])
    assert blocks.allocate(0x80, OWNER, 1) == holes[2], "best fit"
    assert blocks.allocate(0x80, OWNER, 0) == holes[0], "first fit"
    assert blocks.allocate(0x80, OWNER, 2) == TOP - 0x80, "last fit"


def test_first_program_memory_starts_at_64_kib() -> None:
    _, blocks = fresh()
    assert blocks.allocate(1, OWNER) == 0x1000


def test_destroyed_chain_is_noticed() -> None:
    memory, blocks = fresh()
    segment = blocks.allocate(0x10, OWNER)
    memory.write_u8((segment + 0x10) << 4, 0)
    with pytest.raises(MemoryChainDestroyed):
        blocks.allocate(1, OWNER)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 0xFFFF))
@settings(deadline=None)
def test_any_bytes_in_the_chain_end_the_walk(data: bytes, at: int) -> None:
    """A program may write anything over the blocks: a walk ends or reports the damage."""
    memory, blocks = fresh()
    segment = blocks.allocate(0x10, OWNER)
    memory.write(((segment + 0x10) << 4) - at % 16, data)
    try:
        walked = list(blocks)
    except MemoryChainDestroyed:
        return
    assert walked[-1].is_last


def test_freeing_what_is_no_block() -> None:
    _, blocks = fresh()
    with pytest.raises(InvalidMemoryBlock):
        blocks.free(0x2000)


def test_bytes_of_a_block() -> None:
    block = MemoryBlock(0x1000, is_last=True, owner=0x1001, size=0x234, name="PROG")
    assert block.encode() == b"Z\x01\x10\x34\x02\0\0\0PROG\0\0\0\0"
    assert MemoryBlock.decode(0x1000, block.encode()) == block


def test_services_speak_in_registers(machine: FakeMachine) -> None:
    segment = machine.int21(0x4800, bx=0x20).ax
    assert not machine.carry
    assert machine.dos.blocks.find(segment).owner == machine.dos.current_psp
    assert machine.int21(0x4800, bx=0xFFFF).ax == 8
    assert machine.carry
    assert machine.regs.low("bx") == machine.dos.blocks.largest()
    machine.int21(0x4900, es=segment)
    assert not machine.carry
    assert machine.int21(0x4900, es=0x5555).ax == 9
    assert machine.carry
