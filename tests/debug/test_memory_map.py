"""The memory map: it tells of every address once, of pages what the tables and the host say, and whose they are."""

from __future__ import annotations

import pytest

from app.debug.goals import ToEvent, ToPosition
from app.debug.memory_map import MapRange, MemoryMap, Page, PageState, Purpose
from app.debug.session import Session
from app.emu.dos.memory_blocks import FIRST_MCB
from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import ACCESSED, DIRTY
from tests.debug.sessions import events, picture, session
from tests.emu.runs import SAMPLES
from tests.guest import build

DRIVERS = SAMPLES / "drivers"


def map_of(of: Session) -> MemoryMap:
    return picture(of).memory_map


def pages(shown: MemoryMap, of: MapRange) -> list[Page]:
    return [shown.page(of, index) for index in range(of.page_count)]


def guest(name: str, **launch: object) -> Session:
    return session(build.BUILT / f"{name}.com", **launch)


def run_to(of: Session, kind: str, **wanted: object) -> None:
    """To the first event of a kind with these fields."""
    for _ in range(200):
        of.run(ToEvent(frozenset({kind})))
        last = events(of, kind)[-1].to_object()
        if wanted.items() <= last.items():
            return
    raise AssertionError(f"no {kind} with {wanted}")


def whole(shown: MemoryMap) -> None:
    """Every address of the 4 GiB belongs to exactly one range."""
    at = 0
    for each in shown.ranges:
        assert (each.linear, each.size > 0) == (at, True)
        at = each.end
    assert at == 1 << 32


@pytest.mark.parametrize("program", ["callback.com", "transfer.com", "exefile.exe", "hello16.com"])
def test_it_has_neither_gaps_nor_overlaps(program: str) -> None:
    of = session(program)
    for position in ("tick 0", "event 12", "event 30"):
        of.run(ToPosition(position))
        whole(map_of(of))


def test_a_host_with_one_table_and_a_buffer_of_its_own() -> None:
    of = guest("child_client_leaves_the_parent_alone-32", profile="hdpmi")
    run_to(of, "client_entered", client=2)
    shown = map_of(of)
    whole(shown)
    tables = [each for each in shown.ranges if each.what == "LDT"]
    assert [each.owner for each in tables] == ["host, for all clients"]
    buffer = shown.range_at(layout.TRANSFER_BUFFER)
    assert buffer is not None
    assert (buffer.what, buffer.owner) == ("buffer for DOS calls", "host")
    stacks = [each for each in shown.ranges if each.what == "real-mode stack"]
    assert [each.size for each in stacks] == [0x200, 0x200]


def test_drivers_and_their_parts() -> None:
    of = session(DRIVERS / "entrypm.com", vxds=(str(DRIVERS / "entry.vxd"),))
    shown = map_of(of)
    whole(shown)
    device = of.machine.state.vmm.devices[0]
    for part in device.parts:
        found = shown.range_at(part.linear)
        assert found is not None
        assert (found.purpose, found.owner) == (Purpose.DRIVER, "ENTRY")
    again = shown.range_at(layout.HIGH_LINEAR)
    assert again is not None
    assert shown.page(again, 5).physical == 5 * PAGE, "the same memory as at 5000h"


def test_dos_memory_with_its_owners() -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    client = of.machine.state.host.clients[0]
    by_what = {each.what: each for each in map_of(of).ranges}
    program = by_what[f"program {client.psp:04X}"]
    assert (program.owner, program.purpose) == (f"client 1: CALLBACK {client.psp:04X}", Purpose.PROGRAM)
    assert program.linear == (client.psp - 1) << 4, "with its memory control block"
    assert by_what[f"environment {client.environment:04X}"].owner == program.owner
    stack, buffer = by_what["real-mode stack"], by_what["buffer for DOS calls"]
    assert (buffer.linear, buffer.end) == (client.buffer << 4, stack.linear)
    assert stack.owner == "host, for client 1"
    assert by_what["locked stack"].linear == layout.LOCKED_STACKS


def test_a_destroyed_chain_is_told() -> None:
    of = session("callback.com")
    of.machine.memory.write_u8(FIRST_MCB << 4, 0)
    shown = map_of(of)
    whole(shown)
    assert shown.range_at(FIRST_MCB << 4).what == "memory control block destroyed"  # type: ignore[union-attr]


def test_locks_are_counted_by_page_and_owner() -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    locks = of.machine.state.host.clients[0].blocks.locks
    assert locks, "the sample locks what its callback uses"
    twice = next(iter(locks))
    locks[twice] += 1
    shown = map_of(of)
    seen: dict[int, int] = {}
    for each in shown.ranges:
        told = pages(shown, each)
        assert each.locked == sum(page.lock_count > 0 for page in told)
        seen |= {page.linear // PAGE: page.lock_count for page in told if page.lock_count}
        assert all(lock.owner == "client 1" for page in told for lock in page.locks)
    assert seen == locks
    assert seen[twice] == 2


def test_blocks_with_handles_and_pages_that_were_taken() -> None:
    of = guest("unlocked_callback_misses_its_page-32", paging="strict")
    run_to(of, "page_missed")
    missed = events(of, "page_missed")[0].to_object()["linear"]
    shown = map_of(of)
    block = shown.range_at(missed)
    assert block is not None
    handle = next(iter(of.machine.state.host.clients[0].blocks.by_handle))
    assert (block.purpose, block.owner, block.handle, block.size) == (Purpose.BLOCK, "client 1", handle, 0x2000)
    page = shown.page(block, (missed - block.linear) // PAGE)
    assert (page.state, page.locks) == (PageState.OUT, ())
    assert page.physical is not None, "its frame keeps the contents"
    assert block.tally().out >= 1


def test_uncommitted_read_only_and_mapped_pages() -> None:
    of = guest("page_attributes_are_obeyed-32")
    seen = set()
    while not of.machine.has_ended:
        of.run(ToEvent(frozenset({"memory_changed"})))
        shown = map_of(of)
        whole(shown)
        for each in shown.ranges:
            if each.purpose is not Purpose.BLOCK:
                continue
            tally = each.tally()
            for index, page in enumerate(pages(shown, each)):
                entry = of.machine.memory.page_entry(page.linear)
                assert each.entry(index) == entry
                seen |= {page.state} | ({"read-only"} if page.physical is not None and not page.is_writable else set())
            assert tally.pages == tally.present + tally.out + tally.uncommitted
    assert seen >= {PageState.PRESENT, PageState.UNCOMMITTED, "read-only"}


def test_accessed_and_dirty_are_those_of_the_page_tables() -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 2"))
    shown, seen = map_of(of), set()
    for each in shown.ranges:
        for page in pages(shown, each):
            entry = of.machine.memory.page_entry(page.linear)
            assert (page.accessed, page.dirty) == (bool(entry & ACCESSED), bool(entry & DIRTY))
            seen.add((page.accessed, page.dirty))
    assert seen == {(False, False), (True, False), (True, True)}


def test_pictures_of_one_stop_share_what_is_the_same() -> None:
    of = session("callback.com")
    of.run(ToPosition("callback 1"))
    one, other = map_of(of), map_of(of)
    assert one == other
    assert one.locks is other.locks
