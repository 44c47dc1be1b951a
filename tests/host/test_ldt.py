"""Local descriptor tables: which entry an allocation takes, who may touch it, and which rights a client may set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.descriptor import Descriptor
from app.emu.host import failures
from app.emu.host.tables import FRESH, RESERVED, Ldt, Owner, check_rights
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from tests.emu.runs import fuzz

ENTRIES = layout.LDT_SIZE // 8


@pytest.fixture
def ldt() -> Ldt:
    return Ldt(Memory(8), 0)


def test_the_first_sixteen_entries_are_kept_for_allocation_by_number(ldt: Ldt) -> None:
    assert RESERVED == 16
    assert ldt.allocate(1, Owner.CLIENT, "") == 16


def test_an_allocation_is_contiguous_and_skips_gaps_that_are_too_small(ldt: Ldt) -> None:
    first = ldt.allocate(5, Owner.CLIENT, "")
    ldt.release(first + 1)
    ldt.release(first + 2)
    assert ldt.allocate(3, Owner.CLIENT, "") == first + 5
    assert ldt.allocate(2, Owner.CLIENT, "") == first + 1


def test_an_entry_is_fresh_when_taken_and_invalid_when_released(ldt: Ldt) -> None:
    index = ldt.allocate(1, Owner.CLIENT, "label")
    assert ldt.read(index) == FRESH
    assert (FRESH.base, FRESH.limit, FRESH.access, FRESH.dpl) == (0, 0, 0xF2, 3)
    ldt.write(index, Descriptor(0x12345, 0xFFFF, 0xFA, 4))
    ldt.release(index)
    assert ldt.memory.read(ldt.linear + index * 8, 8) == bytes(8)
    assert ldt.allocate(1, Owner.CLIENT, "") == index
    assert ldt.read(index) == FRESH


def test_all_entries_can_be_used_up(ldt: Ldt) -> None:
    assert ldt.allocate(ENTRIES - RESERVED, Owner.CLIENT, "") == RESERVED
    with pytest.raises(failures.DescriptorUnavailable):
        ldt.allocate(1, Owner.CLIENT, "")
    ldt.release(ENTRIES - 1)
    assert ldt.allocate(1, Owner.CLIENT, "") == ENTRIES - 1


def test_more_than_there_are_takes_nothing(ldt: Ldt) -> None:
    with pytest.raises(failures.DescriptorUnavailable):
        ldt.allocate(ENTRIES, Owner.CLIENT, "")
    assert not ldt.entries


def test_a_selector_carries_the_table_bit_and_rpl_3(ldt: Ldt) -> None:
    assert Ldt.selector(16) == 0x87
    assert Ldt.selector(ENTRIES - 1) == 0xFFFF


def test_a_selector_means_its_entry_whatever_its_rpl(ldt: Ldt) -> None:
    index = ldt.allocate(1, Owner.CLIENT, "")
    assert {ldt.index(0x84 | rpl) for rpl in range(4)} == {index}


@pytest.mark.parametrize("selector", [0, 3, 0x08, 0x53, 0x83, 0x8F, 0xFFFF])
def test_a_selector_that_is_not_allocated_or_in_the_gdt_is_invalid(ldt: Ldt, selector: int) -> None:
    ldt.allocate(1, Owner.CLIENT, "")
    with pytest.raises(failures.InvalidSelector):
        ldt.index(selector)


def test_owners_are_told_apart(ldt: Ldt) -> None:
    by_owner = {owner: Ldt.selector(ldt.allocate(1, owner, "")) for owner in Owner}
    for owner, selector in by_owner.items():
        assert ldt.index(selector, owner) == selector >> 3
        for other in set(Owner) - {owner}:
            with pytest.raises(failures.InvalidSelector):
                ldt.index(selector, other)


def test_tables_of_two_clients_are_apart() -> None:
    memory = Memory(8)
    first, second = Ldt(memory, 0), Ldt(memory, 1)
    index = first.allocate(ENTRIES - RESERVED, Owner.CLIENT, "")
    assert second.allocate(1, Owner.CLIENT, "") == index
    assert memory.read(second.linear + (index + 1) * 8, 8) == bytes(8)


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=60), st.randoms(use_true_random=False))
@fuzz(60)
def test_allocations_never_overlap(steps: list[tuple[int, bool]], random: object) -> None:
    ldt = Ldt(Memory(8), 0)
    runs: dict[int, int] = {}
    for count, free in steps:
        if free and runs:
            first = random.choice(sorted(runs))  # type: ignore[attr-defined]
            for index in range(first, first + runs.pop(first)):
                ldt.release(index)
        else:
            first = ldt.allocate(count, Owner.CLIENT, "")
            assert first >= RESERVED
            taken = {index for start, length in runs.items() for index in range(start, start + length)}
            assert taken.isdisjoint(range(first, first + count))
            runs[first] = count
        assert set(ldt.entries) == {index for start, length in runs.items() for index in range(start, start + length)}
        lowest = min(set(range(RESERVED, ENTRIES)) - set(ldt.entries))
        assert ldt.allocate(1, Owner.CLIENT, "") == lowest, "first fit"
        ldt.release(lowest)


# Rights (DPMI 1.0, INT 31h AX=0009h)

ALLOWED = [
    (0xF2, 0x0, "data, writable"),
    (0xF0, 0x0, "data, read-only"),
    (0xF3, 0x0, "data, accessed"),
    (0xF6, 0x0, "data, expand-down, writable"),
    (0xF4, 0x4, "data, expand-down, big"),
    (0xFA, 0x0, "code, readable"),
    (0xFB, 0x4, "32-bit code, readable, accessed"),
    (0xF2, 0x8, "granular"),
    (0xF2, 0x1, "AVL is the client's"),
    (0xF2, 0xD, "G, B, AVL"),
    (0x70, 0x0, "not present data"),
    (0x78, 0x0, "not present: execute-only code is allowed"),
    (0x7E, 0x0, "not present: conforming is allowed"),
    (0x72, 0x2, "not present: anything but DPL and S is allowed"),
]
REFUSED = [
    (0x92, 0x0, "DPL 0"),
    (0xB2, 0x0, "DPL 1"),
    (0xD2, 0x0, "DPL 2"),
    (0xE2, 0x0, "system descriptor"),
    (0xE9, 0x0, "TSS"),
    (0xEE, 0x0, "interrupt gate"),
    (0xF8, 0x0, "code, not readable"),
    (0xFC, 0x0, "code, conforming, not readable"),
    (0xFE, 0x0, "code, conforming"),
    (0xF2, 0x2, "bit 5 of the extended rights"),
    (0x12, 0x0, "not present, DPL 0"),
    (0x62, 0x0, "not present, system descriptor"),
    (0x00, 0x0, "all zero"),
]


@pytest.mark.parametrize(("access", "flags"), [row[:2] for row in ALLOWED], ids=[row[2] for row in ALLOWED])
def test_rights_a_client_may_set(access: int, flags: int) -> None:
    check_rights(access, flags)


@pytest.mark.parametrize(("access", "flags"), [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED])
def test_rights_a_client_may_not_set(access: int, flags: int) -> None:
    with pytest.raises(failures.InvalidValue):
        check_rights(access, flags)


def test_no_rights_lead_out_of_ring_3() -> None:
    """Whatever is accepted of all 4096 combinations is a segment with DPL 3, and code that is present is readable."""
    for access in range(256):
        for flags in range(16):
            try:
                check_rights(access, flags)
            except failures.InvalidValue:
                continue
            descriptor = Descriptor(0, 0, access, flags)
            assert descriptor.dpl == 3
            assert descriptor.is_segment
            if descriptor.is_present:
                assert descriptor.is_readable
                assert not (descriptor.is_code and access & 4)
                assert not flags & 2
