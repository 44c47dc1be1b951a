"""Where a run ends that waits for interrupts to be let in, and the interrupt shadow of STI, MOV SS and POP SS."""

from __future__ import annotations

import pytest

from app.emu.cpu.exits import Exit, Why
from app.emu.memory import layout
from app.emu.registers import Flag
from tests.cpu.conftest import Lab

OPEN, TO_INT = Why.BUDGET, Why.INTERRUPT


@pytest.fixture(autouse=True)
def _interrupts_are_off(lab: Lab) -> None:
    lab.regs.set_flag(Flag.IF, on=False)


def wait(lab: Lab, code: str, *, waits: bool = True) -> Exit:
    """Run code from its start until interrupts are let in or an INT."""
    lab.put(code)
    lab.regs.eip = 0
    return lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, 5000, until_interruptible=waits)


def push(lab: Lab, value: int) -> str:
    """Push value"""
    return "68" + value.to_bytes(4 if lab.wide else 2, "little").hex()


@pytest.mark.parametrize(
    "code, why, executed",
    [
        ("90 fb 40 fa cd21", OPEN, 3),  # nop / sti / inc ax / cli / int 21h
        ("fb fa 40 cd21", TO_INT, 4),
        ("fb fa fb 40 cd21", OPEN, 4),
        ("fb fb fa cd21", OPEN, 2),  # the second STI of two gives no shadow
        ("fb eb00 cd21", OPEN, 2),  # sti / jmp on
        ("fb e421 fa cd21", OPEN, 2),  # sti / in al, 21h
        ("fb 0f31 fa cd21", OPEN, 2),  # sti / rdtsc
        ("fb 16 17 fa cd21", OPEN, 2),  # sti / push ss / pop ss
        ("eb01 fb 40 cd21", TO_INT, 3),  # jmp over STI
        ("9c 9d 40 cd21", TO_INT, 4),  # pushf / popf
    ],
)
def test_a_run_ends_where_interrupts_are_let_in(lab: Lab, code: str, why: Why, executed: int) -> None:
    for _ in range(2):  # the second time the code is known
        ended = wait(lab, code)
        assert (ended.why, ended.executed) == (why, executed)
        assert lab.regs.interrupts_on == (why is OPEN)
        lab.regs.set_flag(Flag.IF, on=False)


def test_popf_and_iret_let_them_in_at_once(lab: Lab) -> None:
    on, off = push(lab, 0x202), push(lab, 2)
    assert wait(lab, off + "9d" + on + "9d 40 cd21") == Exit(OPEN, 4)
    lab.regs.set_flag(Flag.IF, on=False)
    target = 2 * len(bytes.fromhex(on)) + 1 + 1
    assert wait(lab, on + "0e" + push(lab, target) + "cf 40 cd21") == Exit(OPEN, 4)
    assert (lab.regs.eip, lab.regs.interrupts_on) == (target, True)


def test_a_run_that_does_not_wait_goes_on(lab: Lab) -> None:
    for waits, why in ((False, TO_INT), (True, OPEN), (False, TO_INT)):
        assert wait(lab, "fb 40 cd21", waits=waits).why is why
        lab.regs.set_flag(Flag.IF, on=False)


def test_code_that_changes_is_looked_at_again(lab: Lab) -> None:
    off = push(lab, 2)
    assert wait(lab, off + "9d 40 cd21").why is TO_INT
    assert wait(lab, off + "fb 40 cd21") == Exit(OPEN, 3)
    lab.regs.set_flag(Flag.IF, on=False)
    assert wait(lab, push(lab, 0x202) + "9d 40 cd21") == Exit(OPEN, 2)


def test_there_may_be_many_such_instructions(lab: Lab) -> None:
    many = "fb fa" * 600
    assert wait(lab, many + "cd21", waits=False) == Exit(TO_INT, 1201, 0x21)
    for _ in range(2):
        assert wait(lab, many + "fb 40 cd21") == Exit(OPEN, 1202)
        lab.regs.set_flag(Flag.IF, on=False)


def test_the_shadow_lasts_for_one_instruction_and_is_saved(lab: Lab) -> None:
    lab.run("8cd0 8ed0 40 40", 2)  # mov ax, ss / mov ss, ax / inc ax
    assert lab.cpu.in_shadow
    saved = lab.cpu.save()
    lab.run(count=1)
    assert not lab.cpu.in_shadow
    lab.cpu.restore(saved)
    assert lab.cpu.in_shadow


@pytest.mark.parametrize("size", [0, 1, 2])
def test_instructions_in_the_shadow_count_like_others(lab: Lab, size: int) -> None:
    """Unicorn 2.1 counts a repetition once less there; and an instruction is by itself there by nature."""
    for passes in (1, 3):
        lab.regs.ecx, lab.regs.edi = passes, 0x100
        assert lab.run("fb f3aa cd21", step=size) == Exit(TO_INT, passes + 3, 0x21)
    if lab.mode == "v86":
        lab.regs.ds = lab.regs.cs
        assert lab.run("fb a30002 40 40 cd21", step=size) == Exit(TO_INT, 5, 0x21)
