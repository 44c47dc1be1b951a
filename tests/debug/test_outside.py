"""What the guest asks of the outside is answered once: going back and running on again sees and does the same."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.debug.history import History
from app.debug.inputs import KeysTyped, MemoryWritten, standard_input
from app.emu.machine import Machine, Place
from tests.debug.file_programs import FOUND, fill, in_guest, on_host, programs
from tests.emu.runs import assert_same, com, fuzz, machine, trace, whole_state

COUNT = itertools.count()


def on_files(folder: Path, code: bytes, *, write_through: bool) -> tuple[Machine, Path]:
    """A machine with a program over a new folder of files; the program lies beside what it works on."""
    drive = fill(folder / f"drive{next(COUNT)}")
    return machine(com(drive, code), write_through=write_through), drive


def run_on(history: History, instructions: int) -> None:
    target = history.machine.tick + instructions
    while history.machine.tick < target and not history.machine.has_ended:
        history.slice(target - history.machine.tick)


def to_the_end(history: History) -> None:
    run_on(history, 10_000)
    assert history.machine.has_ended


def spoil(folder: Path) -> None:
    """Change everything in a folder behind the guest's back."""
    for name in FOUND:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "SUB", ignore_errors=True)
    (folder / "ONE.TXT").mkdir(exist_ok=True)
    (folder / "LATE.TXT").write_bytes(b"late")


@given(code=programs, first=st.integers(0, 300), back=st.integers(1, 300))
@fuzz(30)
def test_files_are_seen_again_as_they_were(tmp_path: Path, code: bytes, first: int, back: int) -> None:
    """Run n; back m; forward m = run n, though the host's files have changed meanwhile; nothing reaches the host."""
    running, drive = on_files(tmp_path, code, write_through=False)
    untouched = on_host(drive)
    history = History(running)
    run_on(history, first)
    assert on_host(drive) == untouched
    place, then, told = running.place, whole_state(running), trace(running)
    spoil(drive)
    history.go(Place(max(place.tick - back, 0), 0))
    history.go(place)
    assert_same(then, whole_state(running))
    assert trace(running) == told


@given(code=programs, first=st.integers(0, 300), back=st.integers(1, 300))
@fuzz(30)
def test_changes_reach_the_host_once(tmp_path: Path, code: bytes, first: int, back: int) -> None:
    """With write-through the host folder is what the guest sees, and repeating the past does not touch it."""
    running, drive = on_files(tmp_path, code, write_through=True)
    history = History(running)
    run_on(history, first)
    place, then, host = running.place, whole_state(running), on_host(drive)
    history.go(Place(max(place.tick - back, 0), 0))
    assert on_host(drive) == host
    history.go(place)
    assert_same(then, whole_state(running))
    to_the_end(history)
    assert on_host(drive) == in_guest(running.state.dos.mount)


@given(code=programs, first=st.integers(0, 300), back=st.integers(1, 300), data=st.binary(min_size=1, max_size=4))
@fuzz(40)
def test_a_branch_leaves_the_host_as_its_guest_sees_it(
    tmp_path: Path, code: bytes, first: int, back: int, data: bytes
) -> None:
    """What is changed in the past goes into the next write: the host folder follows the branch that writes."""
    running, drive = on_files(tmp_path, code, write_through=True)
    history = History(running)
    run_on(history, first)
    history.go(Place(max(running.tick - back, 0), 0))
    fork = running.state.dos.mount.root.drive.last_change
    history.do(lambda place: MemoryWritten(place, running.regs.cs.base + 0x100, data))
    run_on(history, 2000)
    wrote = running.state.dos.mount.root.drive.last_change != fork
    if wrote:
        assert on_host(drive) == in_guest(running.state.dos.mount)
    history.switch(0)
    history.go(history.branch.end)
    changes = len(running.folder.mirror.outcomes)
    to_the_end(history)
    if len(running.folder.mirror.outcomes) > changes:
        assert on_host(drive) == in_guest(running.state.dos.mount)


def test_checkpoints_share_what_a_file_keeps(tmp_path: Path) -> None:
    """A file of 400 KB is not held once for each checkpoint, nor copied into it."""
    # mov ah, 3Ch / xor cx, cx / mov dx, NAME / int 21h / mov bx, ax / next: mov ah, 40h / mov cx, 1000h / int 21h /
    # inc word [200h] / cmp word [200h], 100 / jb next / jmp $
    code = bytes.fromhex("B43C 31C9 BA3001 CD21 89C3 B440 B90010 CD21 FF060002 833E000264 72EE EBFE")
    running = machine(com(tmp_path, code.ljust(0x30, b"\x90") + b"OUT.TXT\0"))
    history = History(running)
    run_on(history, 800)
    assert running.state.dos.mount.file("OUT.TXT").size == 100 * 0x1000
    history.keep()
    run_on(history, 800)
    history.keep()
    last = history.branch.kept[len(history.branch.kept) - 1]
    assert len(last.checkpoint.state.pickled) < 50_000
    assert len(last.checkpoint.state.blocks) == 25
    assert last.own < 100_000
    history.go(Place(300, 0))
    assert running.state.dos.mount.file("OUT.TXT").size < 100 * 0x1000


WRITER = bytes.fromhex("B408 CD21 88C2 B43C 31C9 BA3001 CD21 89C3 B440 B90400 BA3001 CD21 B43E CD21 B8004C CD21").ljust(
    0x30, b"\x90"
)
"""Wait for a key; create OUT.TXT with four bytes in it; end."""


def test_the_same_write_on_another_branch_is_made_again(tmp_path: Path) -> None:
    """The old branch has written on; the new one writes less and the host folder shows what the new one wrote."""
    code = WRITER + b"OUT.TXT\0"
    running = machine(com(tmp_path, code), write_through=True)
    history = History(running)
    while not running.state.waiting:
        history.slice(1000)
    waits = running.place
    history.do(lambda place: KeysTyped(place, "a"))
    to_the_end(history)
    assert (tmp_path / "OUT.TXT").read_bytes() == b"OUT."
    (tmp_path / "OUT.TXT").write_bytes(b"OUT. and more")
    history.go(waits)
    history.do(lambda place: KeysTyped(place, "b"))
    to_the_end(history)
    assert len(history.branches) == 2
    assert (tmp_path / "OUT.TXT").read_bytes() == b"OUT."


@pytest.mark.parametrize("lines", [[], [b"hello\nq\n"], [b"he", b"llo\nq"]])
def test_standard_input_is_typed_again_on_the_way_back(tmp_path: Path, lines: list[bytes]) -> None:
    """What was read is an input of the run: nobody is asked a second time."""
    # again: mov ah, 8 / int 21h / mov dl, al / mov ah, 2 / int 21h / cmp al, 1Ah / je end / cmp al, 'q' / jne again
    code = bytes.fromhex("B408 CD21 88C2 B402 CD21 3C1A 7404 3C71 75EE B44C CD21")
    running = machine(com(tmp_path, code))
    history = History(running)
    while not running.has_ended:
        history.slice(1000)
        if running.state.devices.keyboard.wants_input:
            data = lines.pop(0) if lines else b""
            history.do(lambda place, data=data: standard_input(place, data))  # type: ignore[misc]
    told, ended = trace(running), whole_state(running)
    middle = Place(running.tick // 2, 0)
    for place in (Place(0, 0), middle):
        history.go(place)
        history.go(history.branch.end)
        assert trace(running) == told
        assert_same(ended, whole_state(running))
