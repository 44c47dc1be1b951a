"""The verbs of a session on the samples: no step loses control, whatever the host does in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.debug.goals import (
    PreviousCallback,
    Run,
    RunTo,
    StepInto,
    StepOut,
    StepOver,
    ToCallback,
    ToEvent,
    ToModeSwitch,
    ToPosition,
)
from app.debug.session import Session
from app.debug.snapshot import Status, Stop
from app.emu.registers import Mode
from tests.debug.sessions import SHORT, events, picture, session, step_until
from tests.emu.runs import EXIT, SAMPLES, com, trace

INT31 = b"\xcd\x31"
ENDLESS = b"\xeb\xfe"
"""jmp $"""


def run_to_end(of: Session) -> bytes:
    stop = of.run(Run())
    assert stop is not None
    assert Stop.PROGRAM_ENDED in stop
    return trace(of.machine)


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    """Each sample's trace when nobody steps."""
    return {name: run_to_end(session(name)) for name in (*SHORT, "timer.com")}


# Stepping


@pytest.mark.parametrize("name", SHORT)
def test_stepping_into_everything_runs_the_same_program(name: str, whole: dict[str, bytes]) -> None:
    """One instruction a step at most, and the same trace to the end."""
    stepped = session(name)
    for _ in range(20_000):
        before = stepped.machine.tick
        stop = stepped.run(StepInto())
        assert stop is not None
        assert 0 <= stepped.machine.tick - before <= 1
        if Stop.PROGRAM_ENDED in stop:
            break
        assert stop == Stop.STEPPED
    assert stepped.status is Status.ENDED
    assert trace(stepped.machine) == whole[name]


@pytest.mark.parametrize("name", SHORT)
def test_stepping_over_everything_runs_the_same_program(name: str, whole: dict[str, bytes]) -> None:
    stepped = session(name)
    steps = 0
    while not stepped.machine.has_ended:
        stop = stepped.run(StepOver())
        assert stop, "a step over never came back"
        steps += 1
        assert steps < 20_000
    assert trace(stepped.machine) == whole[name]


def test_stepping_over_a_call_of_real_mode_goes_through_the_callback_inside() -> None:
    """INT 31h AX=0301h calls real mode, which calls a callback: the step ends behind the INT, where it began."""
    here = session("callback.com")
    for number in (1, 2, 3):
        step_until(here, INT31, ax=0x0301)
        before = here.machine.regs.copy()
        assert here.run(StepOver()) == Stop.STEPPED
        regs = here.machine.regs
        assert (regs.cs.selector, regs.eip) == (before.cs.selector, before.eip + 2)
        assert (regs.ss.selector, regs.esp, regs.mode) == (before.ss.selector, before.esp, Mode.PM32)
        assert len(events(here, "callback_returned")) == number
        assert not here.machine.state.host.levels


def test_stepping_into_a_call_of_real_mode_stops_at_its_first_instruction() -> None:
    here = session("callback.com")
    step_until(here, INT31, ax=0x0301)
    assert here.run(StepInto()) == Stop.STEPPED
    called = events(here, "real_mode_called")[-1]
    regs = here.machine.regs
    assert regs.mode is Mode.V86
    assert (regs.cs.selector, regs.eip) == called.target[:2]


def test_stepping_into_a_callback_stops_at_the_handlers_first_instruction() -> None:
    here = session("callback.com")
    step_until(here, INT31, ax=0x0301)
    for _ in range(10):
        assert here.run(StepInto()) == Stop.STEPPED
        if events(here, "callback_entered"):
            break
    (entered,) = events(here, "callback_entered")
    regs = here.machine.regs
    assert (regs.cs.selector, regs.eip) == entered.handler[:2]
    assert regs.mode is Mode.PM32


def test_stepping_over_inside_a_handler_stays_inside() -> None:
    """nested.com: the handler calls real mode, which calls the handler again; the outer one steps over that."""
    here = session("nested.com")
    here.run(ToCallback())
    step_until(here, INT31, ax=0x0301)
    assert picture(here).callback_depth == 1
    before = here.machine.regs.copy()
    assert here.run(StepOver()) == Stop.STEPPED
    assert here.machine.regs.eip == before.eip + 2
    assert picture(here).callback_depth == 1
    assert [event.depth for event in events(here, "callback_entered")] == [1, 2, 3]
    assert [event.depth for event in events(here, "callback_returned")] == [3, 2]


def test_stepping_out_of_a_handler_ends_where_real_mode_goes_on() -> None:
    here = session("callback.com")
    here.run(ToCallback())
    assert here.run(StepOut()) == Stop.RETURNED
    returned = events(here, "callback_returned")[-1]
    regs = here.machine.regs
    assert regs.mode is Mode.V86
    assert (regs.cs.selector, regs.eip) == returned.resumes[:2]
    assert here.run(StepOut()) == Stop.RETURNED
    regs = here.machine.regs
    assert regs.mode is Mode.PM32
    assert here.machine.memory.read(regs.code_linear - 2, 2) == INT31


def test_stepping_out_unwinds_three_nested_handlers_one_by_one() -> None:
    here = session("nested.com")
    for _ in range(3):
        assert here.run(ToCallback()) == Stop.CALLBACK
    depths = []
    for _ in range(20):
        depths.append(picture(here).callback_depth)
        if not depths[-1]:
            break
        assert here.run(StepOut()) == Stop.RETURNED
    assert depths[0] == 3
    assert depths == sorted(depths, reverse=True)
    assert set(depths) == {0, 1, 2, 3}


def test_stepping_out_of_a_procedure_ends_behind_its_call(tmp_path: Path) -> None:
    # call near +1 / nop / EXIT at 104h … procedure at 10Ah: push ax / pop ax / ret
    code = bytes.fromhex("E80600 90") + EXIT + b"\x90" + bytes.fromhex("50 58 C3")
    here = session(com(tmp_path, code))
    here.run(StepInto())
    here.run(StepInto())
    assert here.machine.regs.eip == 0x109 or here.machine.memory.read(here.machine.regs.code_linear, 1) == b"\x50"
    assert here.run(StepOut()) == Stop.RETURNED
    assert here.machine.regs.eip == 0x103


def test_stepping_over_a_repeated_instruction_does_all_of_it(tmp_path: Path) -> None:
    # cld / mov cx, 100h / mov di, 1000h / mov al, 55h / rep stosb
    here = session(com(tmp_path, bytes.fromhex("FC B90001 BF0010 B055 F3AA") + EXIT))
    step_until(here, b"\xf3\xaa")
    assert here.run(StepOver()) == Stop.STEPPED
    assert here.machine.regs.low("cx") == 0
    assert here.machine.memory.read(here.machine.regs.es.base + 0x1000, 0x100) == b"\x55" * 0x100


def test_stepping_over_an_int_that_ends_the_program_ends_it(tmp_path: Path) -> None:
    here = session(com(tmp_path, EXIT))
    here.run(StepInto())
    stop = here.run(StepOver())
    assert stop is not None
    assert Stop.PROGRAM_ENDED in stop
    assert here.run(StepInto()) == Stop.PROGRAM_ENDED


# Running to something


def test_to_callback_stops_at_each_dispatch_and_at_the_end() -> None:
    here = session("callback.com")
    for number in (1, 2, 3):
        assert here.run(ToCallback()) == Stop.CALLBACK
        entered = events(here, "callback_entered")
        assert len(entered) == number
        regs = here.machine.regs
        assert (regs.cs.selector, regs.eip) == entered[-1].handler[:2]
        assert here.machine.tick == entered[-1].tick
    assert here.run(ToCallback()) == Stop.PROGRAM_ENDED


@pytest.mark.parametrize("name", SHORT)
def test_to_mode_switch_stops_behind_every_switch(name: str) -> None:
    here = session(name)
    ticks = []
    while True:
        stop = here.run(ToModeSwitch())
        assert stop is not None
        if Stop.MODE_SWITCH not in stop:
            break
        last = events(here, "mode_switched")[-1]
        ticks.append(last.tick)
        assert here.machine.tick == last.tick
        assert here.machine.regs.mode is last.to
        if not here.machine.has_ended:
            assert (here.machine.regs.cs.selector, here.machine.regs.eip) == last.at[:2]
    assert set(ticks) == {event.tick for event in events(here, "mode_switched")}


def test_to_event_stops_at_the_kinds_asked_for() -> None:
    here = session("callback.com")
    wanted = frozenset({"descriptor_changed", "callback_freed"})
    found = 0
    while (stop := here.run(ToEvent(wanted))) is not None and Stop.EVENT in stop:
        found += 1
        assert any(event.kind in wanted for event in events(here)[-4:])
    told = events(here)
    assert found == len({event.tick for event in told if event.kind in wanted})
    here.restart()
    assert here.run(ToEvent()) == Stop.EVENT


def test_run_to_an_address_stops_in_front_of_it(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x90" * 8 + EXIT))
    target = here.machine.regs.code_linear + 5
    assert here.run(RunTo(target)) == Stop.REACHED
    assert (here.machine.regs.code_linear, here.machine.tick) == (target, 5)


# Positions


@pytest.mark.parametrize("name", ["callback.com", "nested.com", "timer.com"])
def test_positions_are_the_same_places_forward_and_backward(name: str) -> None:
    here = session(name)
    here.run(Run())
    told = events(here)
    end = here.machine.tick
    seqs = [0, 5, len(told) // 3, len(told) // 2, len(told) - 2]
    callbacks = ["callback 1", "callback 2"] if events(here, "callback_entered") else []
    positions = [f"event {seq}" for seq in seqs] + [f"event {seqs[2]}+7", "tick 1", f"tick {end // 2}", "mode 1"]
    positions += ["mode 3", *callbacks]
    here.restart()
    forward = {}
    for position in positions:
        here.restart()
        stop = here.run(ToPosition(position))
        assert stop is not None, position
        assert Stop.REACHED in stop, position
        forward[position] = here.machine.tick, here.machine.regs.copy(), len(here.machine.log)
    for seq in seqs:
        tick, _, known = forward[f"event {seq}"]
        assert tick == told[seq].tick
        assert known > seq, "the event has happened"
    assert forward["tick 1"][0] == 1
    assert forward[f"tick {end // 2}"][0] == end // 2
    assert forward[f"event {seqs[2]}+7"][0] == told[seqs[2]].tick + 7
    if callbacks:
        second = [event for event in told if event.kind == "callback_entered"][1]
        assert forward["callback 2"][0] == second.tick
        assert forward["callback 2"][1].eip == second.handler.offset
    here.run(Run())
    assert here.machine.has_ended
    for position in reversed(positions):
        assert Stop.REACHED in (here.run(ToPosition(position)) or Stop(0)), position
        assert (here.machine.tick, here.machine.regs, len(here.machine.log)) == forward[position], position


def test_the_end_is_a_position() -> None:
    here = session("hello16.com")
    stop = here.run(ToPosition("end"))
    assert stop is not None
    assert Stop.PROGRAM_ENDED in stop


def test_a_position_that_does_not_exist_is_said() -> None:
    here = session("callback.com")
    for position in ("callback 9", "tick 999999"):
        here.run(ToPosition(position))
        told = f"There is no {position} in this run: the program has ended before it."
        assert picture(here).sentence == told
    here.run(ToPosition("end"))
    assert "There is no" not in picture(here).sentence
    here.run(ToPosition("callback 1"))
    assert "callback 0" in picture(here).sentence


def test_callbacks_of_drivers_are_positions_too() -> None:
    drivers = SAMPLES / "drivers"
    here = session(drivers / "entrypm.com", vxds=(str(drivers / "entry.vxd"),))
    assert here.run(ToCallback()) == Stop.CALLBACK
    first = here.machine.place
    assert here.machine.regs.mode is Mode.RING0
    here.run(ToPosition("end"))
    here.run(ToPosition("callback 1"))
    assert here.machine.place == first
    here.run(ToCallback())
    here.run(PreviousCallback())
    assert here.machine.place == first


def test_a_position_that_never_comes_ends_with_the_program() -> None:
    here = session("hello16.com")
    stop = here.run(ToPosition("callback 5"))
    assert stop is not None
    assert Stop.PROGRAM_ENDED in stop


@pytest.mark.parametrize("text", ["", "event", "event x", "event -1", "callbacks 2", "tick 1.5", "end 3", "event 4++2"])
def test_what_is_no_position_is_refused_and_changes_nothing(text: str) -> None:
    here = session("hello16.com")
    here.run(StepInto())
    before = here.machine.tick, here.status
    with pytest.raises(ValueError, match="event 41"):
        here.begin(ToPosition(text))
    assert (here.machine.tick, here.status) == before


# Breakpoints


def test_a_breakpoint_in_a_handler_is_hit_at_every_dispatch() -> None:
    here = session("callback.com")
    here.run(ToCallback())
    here.toggle_breakpoint(here.machine.regs.code_linear)
    here.restart()
    hits = 0
    while Stop.BREAKPOINT in (stop := here.run(Run()) or Stop(0)):
        hits += 1
        assert here.breakpoints.rows()[0].hits == hits
    assert Stop.PROGRAM_ENDED in stop
    assert hits == 3


def test_a_breakpoint_where_the_program_loops_is_hit_every_time_round(tmp_path: Path) -> None:
    """Also when the loop is one instruction: going on from a breakpoint does not stop at it at once, but does again."""
    here = session(com(tmp_path, b"\x90" + ENDLESS))
    here.toggle_breakpoint(here.machine.regs.code_linear + 1)
    for tick in (1, 2, 3, 4, 5):
        assert here.run(Run()) == Stop.BREAKPOINT
        assert here.machine.tick == tick
    assert picture(here).breakpoints[0].hits == 5


def test_a_breakpoint_at_the_first_instruction_does_not_stop_the_first_step(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x40\xeb\xfd"))  # again: inc ax / jmp again
    here.toggle_breakpoint(here.machine.regs.code_linear)
    assert here.run(Run()) == Stop.BREAKPOINT
    assert here.machine.tick == 2


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1000])
def test_a_breakpoint_is_hit_however_the_run_is_cut(tmp_path: Path, chunk: int) -> None:
    """Also when a piece of the run ends exactly in front of it."""
    here = session(com(tmp_path, b"\x40\x40\x40\xeb\xfb"))  # again: inc ax / inc ax / inc ax / jmp again
    here.toggle_breakpoint(here.machine.regs.code_linear + 1)
    for number in range(5):
        here.begin(Run())
        while (stop := here.advance(chunk)) is None:
            assert here.machine.tick < 100
        assert stop == Stop.BREAKPOINT
        assert here.machine.tick == 1 + 4 * number


def test_a_breakpoint_at_an_interrupt_handler_is_hit_at_every_interrupt() -> None:
    """timer.com: the handler's first instruction is reached by the host, not by an instruction before it."""
    here = session("timer.com")
    here.run(ToEvent(frozenset({"interrupt_reflected"})), most=2_000_000)
    while (reflected := events(here, "interrupt_reflected")[-1]).to is Mode.V86:
        here.run(ToEvent(frozenset({"interrupt_reflected"})), most=2_000_000)
    here.toggle_breakpoint(here.machine.regs.code_linear)
    here.restart()
    hits = 0
    while Stop.BREAKPOINT in (here.run(Run()) or Stop(0)):
        hits += 1
    handled = [event for event in events(here, "interrupt_reflected") if event.handler == reflected.handler]
    assert hits == len(handled) > 2


def test_removing_a_breakpoint_makes_the_program_pass(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x90" * 4 + EXIT))
    linear = here.machine.regs.code_linear + 2
    here.toggle_breakpoint(linear)
    assert here.run(Run()) == Stop.BREAKPOINT
    here.restart()
    here.toggle_breakpoint(linear)
    assert here.breakpoints.rows() == ()
    stop = here.run(Run())
    assert stop is not None
    assert Stop.PROGRAM_ENDED in stop


def test_two_breakpoints_are_numbered_and_counted_apart(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x90" * 6 + b"\xeb\xf8"))
    base = here.machine.regs.code_linear
    here.toggle_breakpoint(base + 4)
    here.toggle_breakpoint(base + 2)
    offsets = []
    for _ in range(5):
        assert here.run(Run()) == Stop.BREAKPOINT
        offsets.append(here.machine.regs.code_linear - base)
    assert offsets == [2, 4, 2, 4, 2]
    assert [(row.number, row.linear - base, row.hits) for row in here.breakpoints.rows()] == [(1, 4, 2), (2, 2, 3)]
    assert here.breakpoints.rows()[0].label.endswith(":0104")


def test_stepping_over_a_call_stops_at_a_breakpoint_inside() -> None:
    here = session("callback.com")
    here.run(ToCallback())
    here.toggle_breakpoint(here.machine.regs.code_linear)
    here.restart()
    step_until(here, INT31, ax=0x0301)
    stop = here.run(StepOver())
    assert stop is not None
    assert Stop.BREAKPOINT in stop
    assert picture(here).callback_depth == 1


def test_breakpoints_do_not_change_the_trace(whole: dict[str, bytes]) -> None:
    here = session("nested.com")
    for offset in range(0x500, 0x540):
        here.toggle_breakpoint(here.machine.regs.cs.base + offset)
    while not here.machine.has_ended:
        assert here.run(Run())
    assert trace(here.machine) == whole["nested.com"]


# Pause, restart


def test_an_endless_loop_can_be_paused_and_goes_on(tmp_path: Path) -> None:
    here = session(com(tmp_path, ENDLESS))
    here.begin(Run())
    assert here.advance(1000) is None
    assert here.status is Status.RUNNING
    here.pause()
    assert here.status is Status.STOPPED
    assert picture(here).stop == Stop.PAUSED
    assert here.advance(1000) == Stop.PAUSED, "nothing is asked for any more"
    tick = here.machine.tick
    assert tick >= 1000
    assert here.run(StepInto()) == Stop.STEPPED
    assert here.machine.tick == tick + 1


def test_a_run_without_end_gives_up_where_it_is_told_to(tmp_path: Path) -> None:
    here = session(com(tmp_path, ENDLESS))
    assert here.run(Run(), most=5000) is None
    assert here.machine.tick >= 5000


def test_advance_runs_about_as_much_as_it_is_told(tmp_path: Path) -> None:
    here = session(com(tmp_path, ENDLESS))
    here.begin(Run())
    for count in (1, 10, 1000):
        before = here.machine.tick
        assert here.advance(count) is None
        assert here.machine.tick - before == count


@pytest.mark.parametrize("name", ["callback.com", "timer.com"])
def test_a_restart_runs_the_same_way_again(name: str, whole: dict[str, bytes]) -> None:
    here = session(name)
    assert run_to_end(here) == whole[name]
    for _ in range(2):
        here.restart()
        assert (here.machine.tick, here.status) == (0, Status.STOPPED)
        assert run_to_end(here) == whole[name]


def test_a_program_that_waits_for_a_key_says_so_and_goes_on_when_one_comes(tmp_path: Path) -> None:
    here = session(com(tmp_path, bytes.fromhex("B408 CD21 B44C CD21")))  # mov ah, 8 / int 21h / mov ah, 4Ch / int 21h
    here.begin(Run())
    for _ in range(20):
        assert here.advance(10_000) is None
    assert here.status is Status.WAITING
    here.type_keys("A")
    for _ in range(100):
        stop = here.advance(10_000)
        if stop is not None:
            break
    assert stop == Stop.PROGRAM_ENDED
    assert here.machine.state.end is not None
    assert here.machine.state.end.code == ord("A")
