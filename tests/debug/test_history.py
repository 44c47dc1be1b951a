"""Going back: every stop that was seen is found again exactly as it was, and the ways back lead where they say."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.debug.goals import (
    BackToCaller,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    Run,
    RunBack,
    StepBack,
    StepBackOver,
    StepInto,
    StepOver,
    ToCallback,
    ToPosition,
)
from app.debug.history import History
from app.debug.launch import CapturedConsole, Launch, start
from app.debug.session import Session
from app.debug.snapshot import Stop
from app.emu.host.profiles import PROFILES
from app.emu.machine import Machine, Place
from app.emu.registers import Mode
from app.resources import resource
from tests.emu.runs import assert_same, forward, fuzz, trace, whole_state
from tests.guest import build

SAMPLES = ("callback.com", "nested.com", "timer.com", "exception.com", "rawswitch.com", "mouse.com", "transfer.com")


def sample(name: str) -> Launch:
    return Launch(str(resource("samples") / name))


def state_of(machine: Machine) -> tuple[object, ...]:
    """Everything there is: memory, FPU, registers, events, place."""
    pages = tuple(hash(page) for page in machine.memory.save().pages)
    return machine.place, machine.regs.copy(), len(machine.log), machine.cpu.save(), pages


@pytest.mark.parametrize("name", SAMPLES)
def test_every_place_is_found_again_as_it_was(name: str) -> None:
    machine = start(sample(name), CapturedConsole())
    history = History(machine)
    choose = random.Random(name)
    seen = {}
    while not machine.has_ended:
        history.slice(choose.choice((1, 2, 40, 3000)))
        if choose.random() < 0.2 or machine.tick < 20:
            seen[machine.place] = state_of(machine)
    places = choose.sample(sorted(seen), min(len(seen), 12))
    for place in places:
        history.go(place)
        assert state_of(machine) == seen[place], place


@pytest.mark.parametrize("name", ["nested.com", "exception.com"])
def test_stepping_back_visits_the_stops_of_stepping_forward(name: str) -> None:
    session = Session(sample(name))
    session.run(ToPosition("tick 60"))
    forward = [state_of(session.machine)]
    for _ in range(40):
        session.run(StepInto())
        forward.append(state_of(session.machine))
    for expected in reversed(forward[:-1]):
        assert session.run(StepBack()) == Stop.STEPPED
        assert state_of(session.machine) == expected


def test_back_over_a_call_of_real_mode_undoes_step_over() -> None:
    session = Session(sample("nested.com"))
    session.run(ToPosition("event 30"))
    over: list[Place] = []
    for _ in range(60):
        over.append(session.machine.place)
        session.run(StepOver())
        if session.machine.has_ended:
            break
    jumps = [(here, there) for here, there in itertools.pairwise(over) if there.turn > here.turn + 1]
    assert jumps, "the sample steps over something that changes context"
    for here, there in jumps:
        session.history.go(there)
        session.run(StepBackOver())
        assert session.machine.place == here


def test_the_last_callback_and_mode_switch_are_found_from_the_end() -> None:
    session = Session(sample("callback.com"))
    entries = []
    while session.run(ToCallback()) == Stop.CALLBACK:
        entries.append(session.machine.place)
    assert len(entries) == 3
    for place in reversed(entries):
        assert session.run(PreviousCallback()) == Stop.CALLBACK
        assert session.machine.place == place
        assert session.machine.regs.mode is Mode.PM32
    session.run(PreviousModeSwitch())
    assert session.machine.place < entries[0]
    session.run(PreviousEvent(frozenset({"program_loaded"})))
    assert session.machine.place == Place(0, 0)


def test_back_to_the_caller_leaves_a_callback_by_its_far_call() -> None:
    session = Session(sample("callback.com"))
    session.run(ToPosition("callback 2+3"))
    session.run(BackToCaller())
    assert session.machine.regs.mode is Mode.V86
    session.run(BackToCaller())
    assert session.machine.memory.read_u8(session.machine.regs.code_linear) == 0xFF, "call far [si]"


def test_running_back_stops_at_each_breakpoint_hit_and_ends_at_the_start() -> None:
    session = Session(sample("callback.com"))
    session.run(ToPosition("callback 1"))
    first = session.machine.place
    session.toggle_breakpoint(session.machine.regs.code_linear)
    session.run(ToPosition("end"))
    hits = []
    while session.run(RunBack()) == Stop.BREAKPOINT and session.machine.place != Place(0, 0):
        hits.append(session.machine.place)
    assert len(hits) == 3
    assert hits[-1] == first


def test_an_edit_in_the_past_starts_a_branch_and_keeps_the_old_future() -> None:
    session = Session(sample("callback.com"))
    session.run(ToPosition("end"))
    end, events = session.history.branch.end, len(session.machine.log)
    session.run(ToPosition("callback 3+1"))
    fork = session.machine.place
    session.set_register("eax", 1)
    assert len(session.history.branches) == 2
    assert session.history.at_end
    session.run(Run())
    assert session.machine.has_ended
    session.show_branch(0)
    assert session.machine.place == fork
    assert session.machine.regs.eax != 1
    assert (session.history.at_end, session.history.branch.end) == (False, end)
    assert len(session.history.events) == events
    with pytest.raises(ValueError, match="is the one shown"):
        session.drop_branch(0)
    session.run(ToPosition("end"))
    assert session.machine.place == end
    session.drop_branch(1)
    assert [branch.number for branch in session.history.branches] == [0]


def test_typed_keys_are_typed_again_on_the_way_back(tmp_path: Path) -> None:
    program = tmp_path / "KEYS.COM"
    # again: mov ah, 0 / int 16h / mov dl, al / mov ah, 2 / int 21h / cmp al, 'q' / jne again / int 20h
    program.write_bytes(bytes.fromhex("b400cd1688c2b402cd2180fa7175f1cd20"))
    session = Session(Launch(str(program)))
    assert session.run(Run(), most=100_000) is None
    session.pause()
    waiting = session.machine.place
    session.type_keys("abq")
    session.run(Run())
    assert session.machine.has_ended
    text, events = session.console.text(), len(session.machine.log)
    session.history.go(waiting)
    assert not session.machine.has_ended
    assert session.run(Run()) == Stop.PROGRAM_ENDED
    assert len(session.machine.log) == events
    assert b"abq" in text


def test_the_mouse_is_used_again_on_the_way_back() -> None:
    """The program ends with 0 when its event handler has seen exactly these four things."""
    session = Session(Launch(str(build.BUILT / "mouse_events_reach_protected_mode-32.com")))
    session.run(Run(), most=200_000)
    waiting = session.machine.place
    for use in (
        lambda: session.move_mouse(80, 40), lambda: session.hold_mouse_buttons(1), lambda: session.move_mouse(104, 41),
        lambda: session.hold_mouse_buttons(0),
    ):  # fmt: skip
        use()
        session.run(Run(), most=300_000)
    session.run(Run())
    end = session.machine.state.end
    assert end is not None
    assert (end.code, end.how) == (0, "exit")
    events = [event.to_json() for event, _ in session.machine.log.since(0)]
    session.history.go(waiting)
    assert session.run(Run()) == Stop.PROGRAM_ENDED
    assert [event.to_json() for event, _ in session.machine.log.since(0)] == events
    assert [str(each) for each in session.history.branch.inputs] == [
        "mouse to 80,40", "mouse buttons held: left", "mouse to 104,41", "mouse buttons held: none",
    ]  # fmt: skip


def test_checkpoints_stay_within_the_budget_and_the_first_one_stays() -> None:
    machine = start(sample("timer.com"), CapturedConsole())
    history = History(machine, budget=300_000)
    while not machine.has_ended:
        history.slice(5_000)
        history._work += 1.0
    assert history.dropped > 0
    assert history.size <= 300_000 or len(history.branch.kept) == 2
    assert history.branch.kept[0].place == Place(0, 0)
    history.go(Place(1000, 0))
    assert machine.tick == 1000


def guest(name: str, **launch: Any) -> Launch:
    return Launch(str(build.BUILT / f"{name}.com"), memory=8, **launch)


def with_driver(driver: str, program: str) -> Launch:
    drivers = resource("samples/drivers")
    return Launch(str(drivers / program), memory=8, vxds=(str(drivers / driver),))


RUNS = {
    "a provider and two clients": Launch(
        str(resource("samples/provider.com")), then=((str(resource("samples/user32.com")),),), memory=8
    ),
    "three providers": guest("resident_providers_are_told-32"),
    "a resident client": guest("client_stays_resident_by_dos-16"),
    "children of every kind": guest("many_children_leave_nothing_behind-32"),
    "a driver and real mode": with_driver("returns.vxd", "returns86.com"),
    "a driver and a client": with_driver("returns.vxd", "returnspm.com"),
    "a driver that patches": with_driver("patch.vxd", "patchpm.com"),
    "strict paging": guest("unlocked_callback_misses_its_page-32", paging="strict"),
    "random paging": guest("many_callbacks_leave_nothing_behind-16", paging="random:7", arguments=("1",)),
    "the XMS driver": guest("extended_memory_driver_shares_memory-32"),
    "shared memory": guest("serialization_waits_for_others-32"),
    "watchpoints": guest("watchpoints_trigger-16"),
    **{
        f"a client and its child under {name}": guest("child_client_leaves_the_parent_alone-32", profile=name)
        for name in PROFILES
    },
}
"""Everything that keeps state of its own: clients, providers, EXEC, drivers, paging, XMS, serialization, DR7."""


@pytest.mark.parametrize("launch", RUNS.values(), ids=RUNS)
@given(run=st.integers(1, 4000), back=st.integers(1, 4000), pieces=st.lists(st.integers(1, 500), min_size=1))
@fuzz(2)
def test_back_and_forward_again(launch: Launch, run: int, back: int, pieces: list[int]) -> None:
    """Run n; back m; forward m = run n; and then to the end, as a run that never went back."""
    machine = start(launch, CapturedConsole())
    history = History(machine)
    sizes = itertools.cycle(pieces)
    while machine.tick < run and not machine.has_ended:
        history.slice(min(next(sizes), run - machine.tick))
    there, seen = machine.place, whole_state(machine)
    history.go(Place(max(machine.tick - back, 0), 0))
    assert machine.tick == max(there.tick - back, 0)
    while machine.place < there:
        history.slice(min(next(sizes), max(there.tick - machine.tick, 1)))
    assert machine.place == there
    assert_same(seen, whole_state(machine))
    for again in (machine, other := start(launch, CapturedConsole())):
        forward(again, 1_000_000)
    assert machine.state.end == other.state.end
    assert trace(machine) == trace(other)


def test_a_place_is_the_same_run_to_and_gone_to() -> None:
    """Also where the user changed something: before or after is no matter of the way."""
    session = Session(sample("callback.com"))
    session.run(ToPosition("callback 1"))
    session.set_register("ebx", 0x1234)
    here = state_of(session.machine)
    session.run(ToPosition("end"))
    session.run(ToPosition("tick 0"))
    session.run(ToCallback())
    assert state_of(session.machine) == here
    session.run(ToPosition("end"))
    session.run(PreviousCallback())
    session.run(PreviousCallback())
    session.run(PreviousCallback())
    assert state_of(session.machine) == here


@pytest.mark.parametrize("count", [3, 700, 3000])
def test_back_over_a_string_instruction_leads_to_its_first_pass(tmp_path: Path, count: int) -> None:
    # sti / mov cx, count / mov di, 1000h / rep stosb / inc bx / int 20h
    program = tmp_path / "REP.COM"
    program.write_bytes(b"\xfb\xb9" + count.to_bytes(2, "little") + bytes.fromhex("bf0010f3aa43cd20"))
    session = Session(Launch(str(program)))
    session.run(ToPosition("tick 3"))
    first = session.machine.place
    session.run(StepOver())
    assert session.machine.regs.ecx & 0xFFFF == 0
    session.run(StepBackOver())
    assert session.machine.place == first
    assert session.machine.regs.ecx & 0xFFFF == count


def test_branches_of_branches_part_where_the_earliest_of_them_began() -> None:
    session = Session(sample("callback.com"))
    session.run(ToPosition("end"))
    session.run(ToPosition("tick 700"))
    session.set_register("ebx", 1)
    session.run(Run())
    session.run(ToPosition("tick 300"))
    fork, shared = session.machine.place, len(session.machine.log)
    session.set_register("ebx", 2)
    session.run(Run())
    assert session.history.switch(0) == shared
    assert session.machine.place == fork
    assert session.history.switch(1) == shared
    session.run(ToPosition("tick 710"))
    assert session.history.switch(0) > shared, "these two part at tick 700"


def test_a_position_counts_from_its_event_wherever_it_is_asked_for() -> None:
    session = Session(sample("timer.com"))
    session.run(ToPosition("event 20"))
    start = session.machine.tick
    for ask_at in (start, start + 5000):
        session.run(ToPosition(f"tick {ask_at}"))
        session.run(ToPosition("event 20+900000"))
        assert session.machine.tick == start + 900_000


def test_a_caller_too_far_away_is_not_made_up(tmp_path: Path) -> None:
    # call 0106h / int 20h / nop / (0106h) mov ecx, 50000h / dec ecx / jnz / ret
    program = tmp_path / "FAR.COM"
    program.write_bytes(bytes.fromhex("e80300cd209066b90000050066497 5fcc3".replace(" ", "")))
    session = Session(Launch(str(program)))
    session.run(ToPosition("tick 300000"))
    here = session.machine.place
    assert session.run(BackToCaller()) == Stop.NOT_FOUND
    assert session.machine.place == here
    session.run(ToPosition("tick 3000"))
    assert session.run(BackToCaller()) == Stop.RETURNED
    assert session.machine.tick == 0
