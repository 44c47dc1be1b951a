"""A pinned position beside the present: what is listed is different, and what is different is listed."""

from __future__ import annotations

import pytest

from app.debug.goals import StepInto, ToPosition
from app.debug.session import Session
from app.debug.snapshot import Comparison, Difference, Interest, Part
from app.emu.registers import GENERAL
from tests.debug.sessions import SHORT, session


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


def test_the_pin_says_which_branch_it_was_on() -> None:
    of = session("callback.com")
    of.run(ToPosition("end"))
    of.run(ToPosition("callback 1"))
    of.pin()
    of.set_register("ebx", 0x1234)
    of.run(StepInto())
    assert compared(of).branch == 0
    assert named(compared(of), Part.REGISTERS)["EBX"].now == "00001234"
