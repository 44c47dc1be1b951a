"""A request that waits is delivered where the processor lets it in: neither earlier nor later, nor at a cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.events import InterruptReflected
from app.emu.machine import Machine
from tests.emu.programs import FAST_TIMER, gates
from tests.emu.runs import (
    assert_same,
    client,
    com,
    forward,
    fuzz,
    machine,
    run_in_slices,
    save_run_restore_run,
    trace,
    whole_state,
)

ENOUGH = 2500
SHADOWS = (b"\xfb", b"\x8e\xd0", b"\x17")
"""STI, MOV SS, AX, POP SS"""


def deliveries(running: Machine) -> int:
    return sum(
        isinstance(event, InterruptReflected) and event.nature == "hardware" for event, _ in running.log.since(0)
    )


def check_each_step(running: Machine, steps: int) -> int:
    """Single steps, each against the rule; how many interrupts were delivered."""
    shadow, delivered = False, deliveries(running)
    for _ in range(steps):
        regs, pic = running.regs, running.state.devices.pic
        lets_in = pic.pending() is not None and regs.interrupts_on and not shadow
        instruction = running.memory.read(regs.code_linear, 2)
        executed = running.slice(1)
        now = deliveries(running)
        assert now - delivered == lets_in, f"{instruction.hex()} at tick {running.tick}"
        delivered = now
        shadow = executed == 1 and not shadow and instruction.startswith(SHADOWS)
    return delivered


@given(code=gates())
@fuzz(20)
def test_a_request_is_let_in_as_the_processor_manual_says(tmp_path: Path, code: bytes) -> None:
    check_each_step(machine(com(tmp_path, code)), 1500)


@given(code=gates(), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=4))
@fuzz(25)
def test_deliveries_do_not_depend_on_slices(tmp_path: Path, code: bytes, sizes: list[int]) -> None:
    program = com(tmp_path, code)
    told, state = run_in_slices(program, (1_000_000,), ENOUGH)
    told_again, state_again = run_in_slices(program, tuple(sizes), ENOUGH)
    assert told_again == told
    assert_same(state, state_again)


@given(code=gates(), offsets=st.sets(st.integers(0, 90), max_size=12))
@fuzz(15)
def test_deliveries_do_not_depend_on_breakpoints(tmp_path: Path, code: bytes, offsets: set[int]) -> None:
    program = com(tmp_path, code)
    whole, broken = (machine(program) for _ in range(2))
    broken.cpu.set_breakpoints(frozenset(broken.regs.code_linear + offset for offset in offsets))
    for running in (whole, broken):
        forward(running, ENOUGH)
    assert trace(broken) == trace(whole)
    assert_same(whole_state(whole), whole_state(broken))


@given(code=gates(), first=st.integers(100, 700))
@fuzz(10)
def test_any_tick_can_be_a_checkpoint(tmp_path: Path, code: bytes, first: int) -> None:
    save_run_restore_run(com(tmp_path, code), first, 500)


def test_the_programs_are_interrupted(tmp_path: Path) -> None:
    """What the properties above draw from does let interrupts in."""
    loop = bytes.fromhex("FB 90 FA 40 40 40 EBF8")  # again: sti / nop / cli / inc ax … / jmp again
    for code in (FAST_TIMER + loop, client(16, FAST_TIMER + loop), client(32, FAST_TIMER + loop)):
        assert check_each_step(machine(com(tmp_path, code)), 1500) > 5


@pytest.mark.parametrize("bits", [0, 16, 32])
def test_a_request_that_waits_does_not_cut_the_run_into_pieces(tmp_path: Path, bits: int) -> None:
    loop = bytes.fromhex("FA 9C 40 9D EBFB")  # cli / again: pushf / inc ax / popf / jmp again
    running = forward(machine(com(tmp_path, client(bits, loop) if bits else loop)), 230_000)
    assert running.state.devices.pic.pending() is not None
    assert not running.regs.interrupts_on
    assert running.slice(10_000) == 10_000
