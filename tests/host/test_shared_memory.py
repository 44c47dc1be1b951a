"""Shared memory: blocks by name, and what clients hold of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.host import failures
from app.emu.host.arena import Arena
from app.emu.host.shared_memory import MOST, Shared, SharedMemory
from app.emu.memory.memory import Memory
from tests.emu.runs import fuzz

ONE, OTHER, THIRD = 1, 2, 3


@pytest.fixture
def shared() -> SharedMemory:
    return SharedMemory(Arena(Memory(6)))


def test_a_name_is_one_block_as_long_as_its_first_user_wanted(shared: SharedMemory) -> None:
    handle, block = shared.open(ONE, b"name", 5000)
    handle2, block2 = shared.open(OTHER, b"name", 9000)
    assert block is block2
    assert handle != handle2
    assert block.size == 5000
    assert shared.open(ONE, b"NAME", 1)[1] is not block


def test_a_block_lives_as_long_as_a_handle(shared: SharedMemory) -> None:
    free = shared.arena.free
    handle, block = shared.open(ONE, b"name", 5000)
    handle2, _ = shared.open(OTHER, b"name", 1)
    shared.close(ONE, handle)
    assert shared.find(OTHER, handle2) is block
    assert shared.arena.free < free
    shared.leave(OTHER)
    assert shared.arena.free == free
    assert not shared.handles


def test_handles_belong_to_their_client(shared: SharedMemory) -> None:
    handle, _ = shared.open(ONE, b"name", 1)
    for client, wrong in ((OTHER, handle), (ONE, handle + 1)):
        with pytest.raises(failures.InvalidHandle):
            shared.find(client, wrong)
        with pytest.raises(failures.InvalidHandle):
            shared.close(client, wrong)


def test_a_block_that_cannot_be_made_leaves_nothing(shared: SharedMemory) -> None:
    with pytest.raises(failures.PhysicalMemoryUnavailable):
        shared.open(ONE, b"name", 1 << 28)
    assert not shared.handles
    assert shared.open(OTHER, b"name", 1)[1].size == 1


def test_what_a_client_holds_goes_with_its_last_handle(shared: SharedMemory) -> None:
    first, block = shared.open(ONE, b"name", 0)
    second, _ = shared.open(ONE, b"name", 0)
    shared.open(OTHER, b"name", 0)
    block.take(ONE, shared=False)
    shared.close(ONE, first)
    with pytest.raises(failures.OwnedExclusively):
        block.take(OTHER, shared=True)
    shared.close(ONE, second)
    block.take(OTHER, shared=False)


def test_what_excludes_what() -> None:
    block = Shared(b"", None)
    block.take(ONE, shared=True)
    block.take(OTHER, shared=True)
    with pytest.raises(failures.OwnedShared):
        block.take(ONE, shared=False)
    block.release(OTHER, shared=True)
    block.take(ONE, shared=False)
    for shared in (True, False):
        with pytest.raises(failures.OwnedExclusively):
            block.take(OTHER, shared=shared)
    block.release(ONE, shared=False)
    block.take(OTHER, shared=True)


@pytest.mark.parametrize("shared", [True, False])
def test_counts_have_an_end(shared: bool) -> None:
    block = Shared(b"", None)
    for _ in range(MOST):
        block.take(ONE, shared=shared)
    with pytest.raises(failures.LockCountExceeded):
        block.take(ONE, shared=shared)
    for _ in range(MOST):
        block.release(ONE, shared=shared)
    with pytest.raises(failures.InvalidState):
        block.release(ONE, shared=shared)


steps = st.lists(st.tuples(st.booleans(), st.sampled_from((ONE, OTHER, THIRD)), st.booleans()), max_size=40)


@given(steps)
@fuzz(100)
def test_nobody_holds_it_beside_one_who_holds_it_alone(asked: list[tuple[bool, int, bool]]) -> None:
    block = Shared(b"", None)
    held = {(client, kind): 0 for client in (ONE, OTHER, THIRD) for kind in (True, False)}
    for takes, client, kind in asked:
        others = [(each, how) for (each, how), count in held.items() if count and each != client]
        if takes:
            allowed = not others if not kind else all(how for _, how in others)
            try:
                block.take(client, shared=kind)
            except (failures.OwnedExclusively, failures.OwnedShared):
                assert not allowed
            else:
                assert allowed
                held[client, kind] += 1
        elif held[client, kind]:
            block.release(client, shared=kind)
            held[client, kind] -= 1
        else:
            with pytest.raises(failures.InvalidState):
                block.release(client, shared=kind)
