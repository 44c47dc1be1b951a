"""Checkpoints hold everything, and a run is the same however often and in whatever pieces it is run."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.emu.events import InterruptReflected
from app.emu.host.profiles import PROFILES
from tests.emu.programs import anything, clients
from tests.emu.runs import (
    EXIT,
    SAMPLE_PROGRAMS,
    SAMPLES,
    Console,
    assert_same,
    client,
    com,
    described,
    forward,
    fuzz,
    machine,
    run_in_slices,
    save_run_restore_run,
    trace,
    whole_state,
)
from tests.guest import build

ENOUGH = 2_000_000
SLICES = (1, 7, 1000, 1_000_000)
ECHO = bytes.fromhex("B408 CD21 88C2 B402 CD21 80FA71 75F1")
"""again: mov ah, 8 / int 21h / mov dl, al / mov ah, 2 / int 21h / cmp dl, 'q' / jne again"""


@pytest.fixture(autouse=True)
def _free_machines() -> None:
    gc.collect()


def sample(name: str) -> Path:
    return SAMPLES / name


@pytest.mark.parametrize("program", SAMPLE_PROGRAMS, ids=lambda path: path.stem)
def test_a_sample_goes_on_from_a_checkpoint_as_it_did_before(program: Path) -> None:
    whole = forward(machine(program), ENOUGH)
    ticks = sorted({event.tick for event, _ in whole.log.since(0)})
    places = (0, 1, ticks[len(ticks) // 3], ticks[len(ticks) // 2] + 1, ticks[-2])
    for tick in places if whole.tick < 100_000 else places[2:3]:
        save_run_restore_run(program, tick, 100_000)


FUNCTIONS = [
    build.BUILT / f"{name}-32.com"
    for name in (
        "watchpoints_trigger",
        "serialization_waits_for_others",
        "page_attributes_are_obeyed",
        "blocks_show_other_memory",
        "coprocessor_is_used_or_emulated",
        "extended_memory_driver_shares_memory",
    )
]
"""Guest tests whose functions keep state of several kinds: page tables, debug registers, pending calls, CR0."""


@pytest.mark.parametrize("program", FUNCTIONS, ids=lambda path: path.stem)
def test_what_functions_keep_is_in_checkpoints_and_depends_on_no_slices(program: Path) -> None:
    whole = forward(machine(program), ENOUGH)
    assert whole.state.end.code == 0
    save_run_restore_run(program, whole.tick // 2, ENOUGH)
    sliced = forward(machine(program), ENOUGH, slices=1)
    assert trace(sliced) == trace(whole)
    assert_same(whole_state(whole), whole_state(sliced))


@given(st.data())
@fuzz(12)
def test_any_tick_of_the_callback_sample_can_be_a_checkpoint(data: st.DataObject) -> None:
    first, second = data.draw(st.integers(0, 1456)), data.draw(st.integers(0, 1456))
    save_run_restore_run(sample("nested.com"), first, second)


@given(code=anything, first=st.integers(0, 3000), second=st.integers(0, 3000))
@example(code=client(16, bytes.fromhex("DBE3 D9EB 66B878563412 660F6EC0 EBFE")), first=40, second=2000)
@fuzz(40)
def test_a_random_program_goes_on_from_a_checkpoint_as_it_did_before(
    tmp_path: Path, code: bytes, first: int, second: int
) -> None:
    save_run_restore_run(com(tmp_path, code), first, second)


@given(code=anything, profile=st.sampled_from(sorted(PROFILES)), first=st.integers(0, 3000))
@fuzz(10)
def test_so_it_does_under_every_host(tmp_path: Path, code: bytes, profile: str, first: int) -> None:
    save_run_restore_run(com(tmp_path, code), first, 1000, profile=profile)


def test_checkpoints_are_reached_back_and_forth() -> None:
    """An earlier, a later and again an earlier checkpoint of one machine, in any order, also across the end."""
    running = machine(sample("nested.com"))
    saved = []
    for _ in range(8):
        saved.append((running.save(), whole_state(running), trace(running)))
        forward(running, 330)
    saved.append((running.save(), whole_state(running), trace(running)))
    assert running.has_ended
    whole = trace(running)
    for index in (3, 7, 0, 8, 1, 8, 2, 6, 4):
        checkpoint, state, told = saved[index]
        running.restore(checkpoint)
        assert_same(state, whole_state(running))
        assert trace(running) == told
        forward(running, 100)  # leave the place, so that the next restore has something to undo
    running.restore(saved[5][0])
    assert trace(forward(running, ENOUGH)) == whole


def test_a_checkpoint_is_never_changed_by_what_runs_afterwards() -> None:
    running = forward(machine(sample("callback.com")), 700)
    saved = running.save()
    before = described(saved, running)
    forward(running, ENOUGH)
    assert_same(before, described(saved, running))


def test_a_checkpoint_holds_the_floating_point_unit(tmp_path: Path) -> None:
    """FPU contents are no guest memory and no `Registers`: a checkpoint in the middle of a sum must still hold them."""
    # fninit / mov cx, 20h / fldz / next: fld1 / faddp / loop next / fistp word [200h] / mov al, [200h]
    code = bytes.fromhex("DBE3 B92000 D9EE D9E8 DEC1 E2FA DF1E0002 A00002 B44C CD21")
    running = forward(machine(com(tmp_path, code)), 3 + 3 * 16)
    saved = running.save()
    assert forward(running, ENOUGH).state.end.code == 32
    running.restore(saved)
    assert forward(running, ENOUGH).state.end.code == 32


def test_a_checkpoint_holds_files_and_typed_keys(tmp_path: Path) -> None:
    """A file written and a key typed after a checkpoint are gone after going back to it."""
    # mov ah, 3Ch / mov cx, 0 / mov dx, NAME / int 21h / mov bx, ax / mov ah, 40h / mov cx, 4 / int 21h / read a key
    code = bytes.fromhex("B43C B90000 BA1B01 CD21 89C3 B440 B90400 CD21 B401 CD21 B44C CD21") + b"NEW.TXT\0"
    assert code.index(b"NEW") == 0x1B
    running = forward(machine(com(tmp_path, code), keys="a"), 0)
    saved = running.save()
    running.state.devices.keyboard.type_text("xyz")
    forward(running, ENOUGH)
    assert running.state.end.code == ord("a")
    names = [name.upper() for name in running.state.dos.mount.root.names()]
    assert "NEW.TXT" in names
    running.restore(saved)
    assert "NEW.TXT" not in [name.upper() for name in running.state.dos.mount.root.names()]
    forward(running, ENOUGH)
    assert running.state.end.code == ord("a")


# Slices


@pytest.mark.parametrize("program", SAMPLE_PROGRAMS, ids=lambda path: path.stem)
def test_a_sample_does_not_depend_on_slices(program: Path) -> None:
    runs = {size: run_in_slices(program, (size,), 20_000) for size in SLICES}
    told, state = runs[SLICES[-1]]
    for size in SLICES[:-1]:
        assert runs[size][0] == told, f"in slices of {size}"
        assert_same(state, runs[size][1])


@pytest.mark.parametrize("name", ["timer.com", "hello32.com"])
def test_long_samples_do_not_depend_on_slices(name: str) -> None:
    most = ENOUGH if name == "timer.com" else 200_000
    told, state = run_in_slices(sample(name), (1_000_000,), most)
    for sizes in ((1000,), (97_731, 31)):
        told_again, state_again = run_in_slices(sample(name), sizes, most)
        assert told_again == told
        assert_same(state, state_again)


def test_hardware_interrupts_come_at_the_same_instruction_in_slices_of_one() -> None:
    """Around each timer interrupt the run is stepped, in between it runs freely."""
    whole = forward(machine(sample("timer.com")), ENOUGH)
    ticks = [event.tick for event, _ in whole.log.since(0) if isinstance(event, InterruptReflected)]
    assert len(ticks) >= 3, "the sample is interrupted several times"
    stepped = machine(sample("timer.com"))
    for tick in ticks:
        if tick > stepped.tick + 400:
            forward(stepped, tick - 300 - stepped.tick)
            forward(stepped, 600, slices=1)
    forward(stepped, ENOUGH)
    assert trace(stepped) == trace(whole)
    assert_same(whole_state(whole), whole_state(stepped))


@given(code=anything, sizes=st.lists(st.integers(1, 50), min_size=1, max_size=6).map(tuple))
@fuzz(25)
def test_a_random_program_does_not_depend_on_slices(tmp_path: Path, code: bytes, sizes: tuple[int, ...]) -> None:
    program = com(tmp_path, code)
    told, state = run_in_slices(program, (1_000_000,), 3000)
    told_again, state_again = run_in_slices(program, sizes, 3000)
    assert told_again == told
    assert_same(state, state_again)


@pytest.mark.parametrize(
    "code",
    [
        "C606080190 4040404040404040 EBFE",  # mov byte [108h], 90h / inc ax … / jmp $: a later byte of the same block
        "C606000190 4040404040404040 EBFE",  # mov byte [100h], 90h: the instruction itself
        "B90500 FE060801 4040404040 E2F5 EBFE",  # mov cx, 5 / next: inc byte [108h] / inc ax … / loop next / jmp $
        "B701",  # mov bh, 1 / add [bx+si], al …: all that follows are zeros
    ],
)
def test_a_program_that_changes_its_own_code_does_not_depend_on_slices(tmp_path: Path, code: str) -> None:
    program = com(tmp_path, bytes.fromhex(code))
    told, state = run_in_slices(program, (1_000_000,), 100)
    for size in (1, 7):
        told_again, state_again = run_in_slices(program, (size,), 100)
        assert told_again == told
        assert_same(state, state_again)


# Determinism


@pytest.mark.parametrize("program", SAMPLE_PROGRAMS, ids=lambda path: path.stem)
def test_two_runs_of_a_sample_are_the_same(program: Path) -> None:
    one, other = (forward(machine(program), ENOUGH if program.stem != "hello32" else 200_000) for _ in range(2))
    assert trace(one) == trace(other)
    assert_same(whole_state(one), whole_state(other))


@given(code=clients)
@fuzz(15)
def test_two_runs_of_a_random_program_are_the_same(tmp_path: Path, code: bytes) -> None:
    program = com(tmp_path, code)
    one, other = (forward(machine(program), 3000) for _ in range(2))
    assert trace(one) == trace(other)
    assert_same(whole_state(one), whole_state(other))


@pytest.mark.parametrize("code", [ECHO + EXIT, client(16, ECHO), client(32, ECHO)], ids=["real", "pm16", "pm32"])
def test_typed_keys_are_read_at_the_same_instruction_in_every_run(tmp_path: Path, code: bytes) -> None:
    program = com(tmp_path, code)
    runs = []
    for slices in (1_000_000, 1_000_000, 333):
        console = Console()
        running = machine(program, keys="hello {F1}world\nq", console=console)
        forward(running, ENOUGH, slices=slices)
        assert running.state.end.code == 0
        assert console.text().startswith("hello ")
        runs.append((trace(running), whole_state(running), console.text()))
    for told, state, text in runs[1:]:
        assert (told, text) == (runs[0][0], runs[0][2])
        assert_same(runs[0][1], state)


def test_the_comparison_sees_a_difference() -> None:
    """A property that cannot fail proves nothing: each part of the state is changed and must be noticed."""
    running = forward(machine(sample("callback.com")), 900)
    before = whole_state(running)
    saved = running.save()
    changes = {
        "memory": lambda: running.memory.write_u8(0x500, running.memory.read_u8(0x500) ^ 1),
        "register": lambda: setattr(running.regs, "esi", running.regs.esi ^ 1),
        "tick": lambda: setattr(running.state, "idle", running.state.idle + 1),
        "callback": lambda: setattr(running.state.host.current.callbacks[0], "hits", 99),
        "device": lambda: running.state.devices.port_out(0x21, 1, 0x5A),
    }
    for name, change in changes.items():
        running.restore(saved)
        change()
        assert before != whole_state(running), name
