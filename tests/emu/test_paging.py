"""Virtual memory that hurts: which pages go, who gets them back, and that a run with it can be repeated."""

from __future__ import annotations

import json

import pytest

from app.debug.narrate import sentence, weightiest
from app.emu.events import ExceptionRaised, PageMissed
from app.emu.host.circumstance import circumstance
from app.emu.host.pager import Pager
from app.emu.machine import Machine
from app.emu.memory.memory import PAGED_OUT, PRESENT
from app.emu.paging_policy import OFF, PagingOption, Policy
from tests.emu.runs import SAMPLES, assert_same, described, forward, machine, trace, whole_state
from tests.guest import build

STRICT = PagingOption(Policy.STRICT)
FORGETFUL = build.BUILT / "wide_client_uses_whole_offsets-32.com"
"""Its callback's structure lies in extended memory it does not lock."""
ENOUGH = 2_000_000


@pytest.mark.parametrize(
    "text, option",
    [
        ("off", OFF),
        ("strict", STRICT),
        ("random:0", PagingOption(Policy.RANDOM)),
        ("random:-7", PagingOption(Policy.RANDOM, -7)),
        ("random:123456789012", PagingOption(Policy.RANDOM, 123456789012)),
    ],
)
def test_the_option_is_read(text: str, option: PagingOption) -> None:
    assert PagingOption.parse(text) == option


@pytest.mark.parametrize("text", ["", "on", "random", "random:", "random:x", "strict:1", "off:0", "STRICT"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="off, strict or random:SEED"):
        PagingOption.parse(text)


def paged_out(running: Machine) -> list[int]:
    """Linear page numbers."""
    memory, blocks = running.memory, running.state.host.arena.blocks
    return [
        page >> 12
        for block in blocks
        for page, entry in memory.page_entries(block.linear, block.pages_size)
        if entry & PAGED_OUT
    ]


def with_blocks(paging: str) -> Machine:
    """A client that has some memory."""
    running = machine(build.BUILT / "extended_memory_is_real-32.com", paging=paging)
    while len(running.state.host.arena.blocks) < 2:
        running.slice(1000)
    return running


def test_nothing_goes_without_the_option() -> None:
    running = with_blocks("off")
    running.state.host.pager.take_pages(running.state.host)
    assert not paged_out(running)


def test_all_that_is_not_locked_goes_and_keeps_its_contents() -> None:
    running = with_blocks("strict")
    host = running.state.host
    block = host.arena.blocks[0]
    for page in block.pages:
        running.memory.page_in(page << 12)
    before = running.memory.read(block.linear, block.pages_size)
    locked = block.pages[3]
    host.current.blocks.locks[locked] = 1
    host.pager.take_pages(host)
    assert set(block.pages) - set(paged_out(running)) == {locked}
    assert not running.memory.is_mapped(block.linear, 1)
    assert running.memory.has_page(block.linear, block.pages_size)
    assert running.memory.read(block.linear, block.pages_size) == before
    assert host.pager.serve(host, block.linear + 5)
    assert running.memory.page_entry(block.linear) & (PRESENT | PAGED_OUT) == PRESENT
    assert not host.pager.serve(host, 0x70000000), "no page of anybody"


def test_memory_of_the_xms_driver_and_devices_stay() -> None:
    running = with_blocks("strict")
    host = running.state.host
    block = host.arena.allocate(0x2000)
    host.current.blocks.map_device(0xE0000000, 0x1000)
    shared = host.shared.open(host.current.number, b"shared", 0x1000)[1]
    host.pager.take_pages(host)
    pages = set(paged_out(running))
    assert pages.isdisjoint(block.pages)
    assert running.memory.is_mapped(next(iter(host.current.blocks.devices)), 1)
    assert shared.linear >> 12 in pages


def test_the_random_policy_takes_some_always_the_same() -> None:
    taken = []
    for seed in (1, 1, 2):
        running = with_blocks(f"random:{seed}")
        host = running.state.host
        for block in host.arena.blocks:
            for page in block.pages:
                running.memory.page_in(page << 12)
        host.pager = Pager(PagingOption(Policy.RANDOM, seed))
        host.pager.take_pages(host)
        pages = sum(len(block.pages) for block in host.arena.blocks)
        taken.append(paged_out(running))
        assert pages // 8 < len(taken[-1]) < pages // 2
    assert taken[0] == taken[1] != taken[2]


def test_what_forgot_to_lock_is_told_what_it_is() -> None:
    running = forward(machine(FORGETFUL, paging="strict"), ENOUGH)
    end = running.state.end
    assert end is not None
    assert end.how == "terminated"
    assert "not being locked" in end.message
    assert "cannot be brought back in callback 0" in end.message
    missed = [json.loads(line) for line in trace(running).splitlines() if b"page_missed" in line]
    assert [each["during"] for each in missed] == ["in callback 0"]
    whole = forward(machine(FORGETFUL), ENOUGH)
    assert whole.state.end is not None
    assert whole.state.end.code == 0, "without paging nobody notices"


@pytest.mark.parametrize(
    "program, during",
    [
        ("unlocked_timer_handler_misses_its_page-16.com", "in the handler of IRQ 0"),
        ("unlocked_callback_misses_its_page-32.com", "in callback 0"),
    ],
)
def test_the_exception_and_its_sentence_say_in_the_midst_of_what(program: str, during: str) -> None:
    running = forward(machine(build.BUILT / program, paging="strict"), ENOUGH)
    happened = [event for event, _ in running.log.since(0)]
    missed = next(event for event in happened if isinstance(event, PageMissed))
    raised = next(event for event in happened if isinstance(event, ExceptionRaised))
    assert (missed.during, raised.during, raised.cr2) == (during, during, missed.linear)
    assert f"{during}: a page fault" in sentence(missed)
    assert f"for linear address {missed.linear:08X}" in sentence(raised)
    assert f", {during}, goes to the client's handler" in sentence(raised)
    assert weightiest([missed, raised]) is missed, "the cause is what is told"


def test_while_dos_is_busy_and_nowhere_in_particular() -> None:
    running = with_blocks("off")
    host = running.state.host
    assert circumstance(host) is None
    running.state.dos.area.in_dos = 1
    assert circumstance(host) == "while DOS is busy"


@pytest.mark.parametrize("paging", ["strict", "random:5"])
@pytest.mark.parametrize("name", ["transfer.com", "callback.com", "exefile.exe"])
def test_a_sample_that_locks_what_it_must_prints_the_same(name: str, paging: str) -> None:
    plain = forward(machine(SAMPLES / name), ENOUGH)
    paged = forward(machine(SAMPLES / name, paging=paging), ENOUGH)
    assert paged.state.end == plain.state.end
    assert b"page_missed" not in trace(paged)


@pytest.mark.parametrize("paging", ["strict", "random:5"])
def test_a_run_with_paging_is_the_same_from_a_checkpoint_and_in_slices(paging: str) -> None:
    program = build.BUILT / "unlocked_callback_misses_its_page-16.com"

    def fresh() -> Machine:
        return machine(program, paging=paging)

    whole = forward(fresh(), ENOUGH)
    running = forward(fresh(), whole.tick // 2)
    saved = running.save()
    at_save = described(saved, running)
    forward(running, ENOUGH)
    running.restore(saved)
    assert_same(at_save, whole_state(running))
    forward(running, ENOUGH)
    sliced = forward(fresh(), ENOUGH, slices=1)
    for other in (running, sliced):
        assert trace(other) == trace(whole)
        assert_same(whole_state(whole), whole_state(other))
