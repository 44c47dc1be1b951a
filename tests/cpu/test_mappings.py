"""Linear pages over other physical addresses: two pages over one frame, and pages over nothing."""

from __future__ import annotations

import pytest

from app.emu.cpu.exits import Why
from app.emu.descriptor import sized
from app.emu.memory.memory import USER, WRITABLE
from tests.cpu.conftest import CODE, CODE_ACCESS, CS, DATA, FREE, PRESENT_DATA, Lab

ALIAS = 0x700000
NOWHERE = 0xE0000000
"""Physical addresses behind the machine's memory."""


def alias(lab: Lab, physical: int, selector: int, access: int) -> None:
    lab.memory.map_range(ALIAS, physical, 0x1000, USER | WRITABLE)
    lab.define(selector, sized(ALIAS, 0xFFFF, access, 4 if lab.wide else 0))


def test_code_reached_by_another_address_is_seen_to_change(pm: Lab) -> None:
    alias(pm, CODE, CS, CODE_ACCESS)
    pm.put("40 40 cd80")  # inc eax / inc eax / int 80h
    pm.regs.cs = pm.segment(CS)
    assert pm.run().why is Why.INTERRUPT
    assert pm.regs.eax == 2
    pm.memory.write(CODE, b"\x48\x48")  # dec eax / dec eax
    pm.regs.eip = 0
    pm.run()
    assert pm.regs.eax == 0


def test_code_is_seen_to_change_although_its_address_is_gone(pm: Lab) -> None:
    alias(pm, CODE, CS, CODE_ACCESS)
    pm.put("40 40 cd80")
    pm.regs.cs = pm.segment(CS)
    pm.run()
    pm.memory.write(CODE, b"\x48\x48")
    pm.memory.unmap_range(CODE, 0x1000)
    pm.regs.eip = 0
    pm.run()
    assert pm.regs.eax == 0


def test_where_there_is_no_memory_ones_are_read_and_writes_are_lost(pm: Lab) -> None:
    alias(pm, NOWHERE, FREE, PRESENT_DATA)
    pm.regs.es = pm.segment(FREE)
    pm.memory.map_range(ALIAS + 0x1000, DATA, 0x1000, USER | WRITABLE)
    tail = "0000" if pm.wide else ""
    pm.run("26A1FE0F" + tail, count=1)  # mov (e)ax, es:[0FFEh]: the last word of the page, in 32 bits two more of DATA
    assert pm.regs.eax == 0xFFFF
    pm.regs.eax = 0x1234
    pm.run("26A30000" + tail, count=1)  # mov es:[0], (e)ax
    pm.run("26A10000" + tail, count=1)
    assert pm.regs.eax & 0xFFFF == 0xFFFF
    assert pm.memory.read(ALIAS, 4) == b"\xff" * 4
    pm.memory.write(ALIAS, b"lost")
    assert pm.memory.read(ALIAS, 4) == b"\xff" * 4


@pytest.mark.parametrize("last, done, offset", [("05", 15, 0xFFF), ("40", 16, 0x1000)])
def test_code_where_there_is_no_memory_is_an_invalid_opcode(pm: Lab, last: str, done: int, offset: int) -> None:
    """The instructions before it are executed, also when one begins at the end of a page that is there."""
    pm.memory.map_range(ALIAS - 0x1000, CODE, 0x1000, USER | WRITABLE)
    alias(pm, NOWHERE, FREE, CODE_ACCESS)
    pm.define(FREE, sized(ALIAS - 0x1000, 0xFFFF, CODE_ACCESS, 4 if pm.wide else 0))
    pm.memory.write(ALIAS - 0x10, b"\x40" * 15 + bytes.fromhex(last))  # inc eax … / add eax, …
    pm.regs.cs, pm.regs.eip = pm.segment(FREE), 0xFF0
    ended = pm.run()
    assert (ended.why, ended.vector, ended.executed) == (Why.FAULT, 6, done)
    assert (pm.regs.eip, pm.regs.eax) == (offset, done)
    pm.regs.cs = pm.segment(CS)
    assert pm.run("40 cd80").why is Why.INTERRUPT, "the engine goes on"
