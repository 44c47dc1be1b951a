"""The page of addresses where control comes back to the host."""

from __future__ import annotations

import pytest

from app.emu.host import traps
from app.emu.host.traps import Trap, is_trap, selector_for, trap_at, trap_name
from app.emu.memory import layout
from app.emu.memory.memory import PRESENT, USER, WRITABLE, Memory
from tests.emu.runs import SAMPLES, machine

GROUPS = {Trap.DEFAULT_INTERRUPT: 256, Trap.DEFAULT_EXCEPTION: 32, Trap.DEFAULT_REAL_EXCEPTION: 32}


def test_every_address_means_one_trap() -> None:
    taken = [(trap + number, trap, number) for trap in Trap for number in range(GROUPS.get(trap, 1))]
    offsets = [offset for offset, _, _ in taken]
    assert len(set(offsets)) == len(offsets)
    assert {offset: trap_at(offset) for offset in offsets} == {offset: (trap, number) for offset, trap, number in taken}
    for offset in set(range(0x1000)) - set(offsets):
        assert trap_at(offset) is None
        assert not trap_name(offset)


def test_names_of_traps_are_different_and_readable() -> None:
    names = [trap_name(trap + number) for trap in Trap for number in range(GROUPS.get(trap, 1))]
    assert len(set(names)) == len(names)
    assert trap_name(0x21) == "DEFAULT_INTERRUPT 21h"
    assert trap_name(Trap.DEFAULT_EXCEPTION + 0x0D) == "DEFAULT_EXCEPTION 0Dh"
    assert trap_name(Trap.RETURN_FROM_CALLBACK) == "RETURN_FROM_CALLBACK"


@pytest.mark.parametrize("offset", [0x1000, 0xFFFF, 0xFFFFFFFF])
def test_there_are_no_traps_behind_the_page(offset: int) -> None:
    assert trap_at(offset) is None
    assert not trap_name(offset)


def test_the_page_is_halts_that_clients_may_read_but_not_write() -> None:
    memory = Memory(8)
    traps.write_traps(memory)
    assert memory.read(layout.TRAPS, 0x1000) == b"\xf4" * 0x1000
    assert memory.page_entry(layout.TRAPS) & (PRESENT | USER | WRITABLE) == PRESENT | USER


def test_both_widths_see_the_page_through_selectors_of_their_own() -> None:
    assert selector_for(16) != selector_for(32)
    assert {selector_for(16), selector_for(32)} == {layout.TRAP_CODE16, layout.TRAP_CODE32}
    running = machine(SAMPLES / "hello16.com")
    for bits in (16, 32):
        segment = running.state.host.segment(selector_for(bits))
        assert (segment.base, segment.limit) == (layout.TRAPS, 0xFFF)
        assert segment.is_big == (bits == 32)
        assert all(is_trap(selector_for(bits) & ~3 | rpl) for rpl in range(4))
    assert not any(is_trap(selector) for selector in range(0x10000) if selector & ~3 not in {0x50, 0x58})


def test_real_mode_addresses_of_the_host_are_named_and_lie_in_the_rom() -> None:
    running = machine(SAMPLES / "hello16.com")
    names = [trap.name for trap in running.rom.traps.values()]
    assert {"MODE_SWITCH_ENTRY", "RETURN_FROM_REAL_PROCEDURE", "CALLBACK client 1 slot 0"} <= set(names)
    for linear in running.rom.traps:
        assert 0xF0000 <= linear < 0x100000
        assert running.memory.read_u8(linear) == 0xF4
    components = {trap.component for trap in running.rom.traps.values()}
    assert components <= {"host", "dos", "bios", "mouse", "xms"}
    for trap in running.rom.traps.values():
        assert callable(getattr(getattr(running.state, trap.component), trap.method)), trap.name
