"""Changing registers and memory of a program at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.debug.goals import Run, StepInto, ToCallback
from app.debug.snapshot import Stop
from app.emu.registers import GENERAL, Flag, Mode
from tests.debug.sessions import picture, session
from tests.emu.runs import EXIT, assert_same, com, whole_state

INT21 = b"\xcd\x21"


@pytest.mark.parametrize("name", [*GENERAL, "eip"])
def test_a_register_takes_32_bits(name: str) -> None:
    here = session("hello16.com")
    here.set_register(name, 0x1_2345_6789)
    assert getattr(here.machine.regs, name) == 0x23456789
    changed = picture(here)
    assert getattr(changed.registers, name) == 0x23456789


def test_a_changed_register_is_what_the_program_sees(tmp_path: Path) -> None:
    here = session(com(tmp_path, INT21))
    here.set_register("eax", 0x4C2A)
    assert Stop.PROGRAM_ENDED in (here.run(Run()) or Stop(0))
    assert here.machine.state.end is not None
    assert here.machine.state.end.code == 0x2A


def test_a_changed_eip_is_where_the_program_goes_on(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\xb8\x01\x4c\xcd\x21\xb8\x02\x4c\xcd\x21"))
    here.set_register("eip", 0x105)
    here.run(Run())
    assert here.machine.state.end is not None
    assert here.machine.state.end.code == 2


def test_flags_can_be_changed_but_not_the_mode() -> None:
    here = session("hello16.com")
    here.set_register("eflags", int(Flag.CF | Flag.DF))
    regs = here.machine.regs
    assert regs.eflags & Flag.CF
    assert regs.eflags & Flag.DF
    assert not regs.eflags & Flag.IF
    assert regs.mode is Mode.V86
    assert regs.eflags & Flag.IOPL == Flag.IOPL
    here.run(ToCallback(), most=100_000)


def test_a_segment_register_in_real_mode_takes_a_paragraph() -> None:
    here = session("hello16.com")
    here.set_register("es", 0xB800)
    assert (here.machine.regs.es.selector, here.machine.regs.es.base) == (0xB800, 0xB8000)


def test_a_segment_register_in_protected_mode_takes_a_selector_with_its_descriptor() -> None:
    here = session("callback.com")
    here.run(ToCallback())
    data = here.machine.regs.es
    here.set_register("gs", data.selector)
    assert here.machine.regs.gs == data
    here.set_register("gs", 0)
    assert here.machine.regs.gs.is_null


@pytest.mark.parametrize("name", ["cs", "ss"])
@pytest.mark.parametrize("value", [0, 0xFFFF])
def test_cs_and_ss_refuse_what_they_cannot_hold(name: str, value: int) -> None:
    here = session("callback.com")
    here.run(ToCallback())
    before = whole_state(here.machine)
    with pytest.raises(ValueError, match="selector"):
        here.set_register(name, value)
    assert_same(before, whole_state(here.machine))


def test_a_register_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="rax"):
        session("hello16.com").set_register("rax", 1)


def test_changed_code_is_what_runs_also_when_it_ran_before(tmp_path: Path) -> None:
    """The processor must not go on with what it translated."""
    here = session(com(tmp_path, b"\x40\xeb\xfd" + EXIT))  # again: inc ax / jmp again
    assert here.run(Run(), most=1000) is None
    here.pause()
    while here.machine.regs.eip != 0x100:
        here.run(StepInto())
    here.write_memory(here.machine.regs.code_linear + 1, b"\x90\x90")
    assert Stop.PROGRAM_ENDED in (here.run(Run(), most=1000) or Stop(0))


def test_memory_without_a_page_is_refused_and_nothing_is_written() -> None:
    here = session("hello16.com")
    before = whole_state(here.machine)
    with pytest.raises(ValueError, match="no page is present"):
        here.write_memory(0x10FFFF, b"\x01\x02")
    assert_same(before, whole_state(here.machine))
