"""A pinned position beside the present: what is listed is different, and what is different is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.debug.goals import StepInto, ToPosition
from app.debug.session import Session
from app.debug.snapshot import Comparison, Difference, Interest, Part
from app.emu.memory.layout import PAGE
from app.emu.registers import GENERAL
from tests.debug.sessions import SHORT, session, step_until
from tests.emu.runs import EXIT, com


def compared(of: Session) -> Comparison:
    found = of.observe(Interest()).comparison
    assert found is not None
    return found


def named(comparison: Comparison, part: Part) -> dict[str, Difference]:
    return {each.what: each for each in comparison.differences if each.part is part}


def test_a_position_does_not_differ_from_itself() -> None:
    of = session("nested.com")
    assert of.observe(Interest()).comparison is None
    of.run(ToPosition("callback 2"))
    of.pin()
    last = len(of.machine.log) - 1
    assert compared(of).differences == ()
    of.run(ToPosition("end"))
    assert compared(of).differences
    assert compared(of).pinned == f"event {last}"
    of.run(ToPosition(compared(of).pinned))
    assert compared(of).differences == ()
    of.unpin()
    assert of.observe(Interest()).comparison is None


def test_one_push_differs_in_register_slot_and_memory() -> None:
    of = session("callback.com")
    while of.machine.memory.read_u8(of.machine.regs.code_linear) != 0x50:  # push ax, push eax
        of.run(StepInto())
    of.pin()
    before = of.machine.regs.copy()
    of.run(StepInto())
    found = compared(of)
    registers = named(found, Part.REGISTERS)
    assert registers.keys() == {"ESP", "EIP"}
    assert registers["ESP"].then == f"{before.esp:08X}"
    assert registers["ESP"].now == f"{of.machine.regs.esp:08X}"
    pushed = [
        each for each in found.differences if each.part is Part.STACKS and each.linear == of.machine.regs.stack_linear
    ]
    assert [(each.then, bool(each.now)) for each in pushed if "pointer" not in each.what] == [("", True)]


def test_tables_that_came_have_no_value_then() -> None:
    of = session("callback.com")
    of.run(ToPosition("mode 1"))
    of.pin()
    of.run(ToPosition("callback 1"))
    found = compared(of)
    slot = named(found, Part.CALLBACKS)["client 1 slot 0"]
    assert slot.then == ""
    assert "active" in slot.now
    descriptors = named(found, Part.DESCRIPTORS)
    assert descriptors["LDT 00B7"].then == ""
    assert "base 00010050" in descriptors["LDT 00B7"].now


@pytest.mark.parametrize("name", SHORT)
def test_ranges_of_memory_are_those_that_differ(name: str) -> None:
    of = session(name)
    of.run(ToPosition("event 5"))
    of.pin()
    ram = of.machine.memory.ram_size
    then = of.machine.memory.buffer[:ram]
    of.run(ToPosition("end"))
    now = of.machine.memory.buffer[:ram]
    found = compared(of)
    covered: set[int] = set()
    for each in found.differences:
        if each.part is Part.MEMORY:
            assert each.linear is not None
            size = int(each.what.split()[1])
            covered |= set(range(each.linear, each.linear + size))
            assert then[each.linear] != now[each.linear]
            assert each.then.split()[0] == f"{then[each.linear]:02X}"
            assert each.now.split()[0] == f"{now[each.linear]:02X}"
    different = {at for at, (old, new) in enumerate(zip(then, now, strict=True)) if old != new}
    assert found.left_out or different <= covered
    changed = {register for register in GENERAL if register.upper() in named(found, Part.REGISTERS)}
    assert changed


def test_one_is_told_as_one() -> None:
    of = session("callback.com")
    of.run(ToPosition("mode 1"))
    of.pin()
    of.run(ToPosition("callback 1"))
    assert named(compared(of), Part.CALLBACKS)["client 1 slot 0"].now.endswith(", 1 dispatch")
    of.run(ToPosition("callback 2"))
    assert named(compared(of), Part.CALLBACKS)["client 1 slot 0"].now.endswith(", 2 dispatches")


def memory_of(comparison: Comparison) -> list[tuple[str, str, str, int | None]]:
    """What, then, now and the linear address of each range."""
    return [
        (each.what, each.then, each.now, each.linear) for each in comparison.differences if each.part is Part.MEMORY
    ]


def test_memory_is_told_at_the_linear_addresses_programs_use() -> None:
    of = session("callback.com")
    memory, arena = of.machine.memory, of.machine.state.host.arena
    block = arena.allocate(2 * PAGE, at=0x30000000)  # where there is no memory physically
    alias = arena.allocate(PAGE, at=0x40000000, committed=False)
    first, second = (memory.page_entry(block.linear + at) for at in (0, PAGE))
    memory.set_page_entry(block.linear, second)
    memory.set_page_entry(block.linear + PAGE, first)
    arena.map_physical(alias.linear, first & ~0xFFF, PAGE)
    of.pin()
    memory.write(0x30000FFE, b"\x11\x22\x33\x44")
    memory.write(alias.linear + 0x800, b"\x55")
    memory.page_out(block.linear)
    assert memory_of(compared(of)) == [
        ("30000FFE, 4 bytes", "00 00 00 00", "11 22 33 44", 0x30000FFE),
        ("30001800, 1 byte", "00", "55", 0x30001800),
    ]


def test_memory_that_is_mapped_no_longer_is_told_by_its_physical_address() -> None:
    of = session("callback.com")
    memory, arena = of.machine.memory, of.machine.state.host.arena
    block = arena.allocate(PAGE, at=0x30000000)
    physical = memory.translate(block.linear)
    of.pin()
    memory.write(block.linear, b"\x11")
    arena.free_block(block)
    assert memory_of(compared(of)) == [(f"physical {physical:08X}, 1 byte, not mapped now", "00", "11", None)]


def test_slots_beyond_the_picture_neither_come_nor_go(tmp_path: Path) -> None:
    code = bytes.fromhex(
        "B96400 51 E2FD 58 50 90"
    )  # mov cx, 100 / again: push cx / loop again / pop ax / push ax / nop
    of = session(com(tmp_path, code + EXIT))
    step_until(of, b"\x58")
    for _ in ("pop", "push"):
        of.pin()
        of.run(StepInto())
        stacks = named(compared(of), Part.STACKS)
        assert stacks.pop("real-mode stack pointer")
        ((where, slot),) = [each for each in stacks.items() if each[0].startswith("real-mode stack")]
        assert where.startswith(f"real-mode stack {of.machine.regs.ss.selector:04X}:")
        assert [slot.then, slot.now].count("") == 1, "what was popped, what was pushed"


def test_the_pin_says_which_branch_it_was_on() -> None:
    of = session("callback.com")
    of.run(ToPosition("end"))
    of.run(ToPosition("callback 1"))
    of.pin()
    of.set_register("ebx", 0x1234)
    of.run(StepInto())
    assert compared(of).branch == 0
    assert named(compared(of), Part.REGISTERS)["EBX"].now == "00001234"
