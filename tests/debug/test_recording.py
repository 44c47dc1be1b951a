"""Recordings: everything a session knows is in the file, opens again as it was, and is checked on the way."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.debug import inputs, plain_state
from app.debug.goals import NextUse, Run, StepBack, ToPosition
from app.debug.history import START
from app.debug.inputs import Input, MemoryWritten
from app.debug.journal import Record, beginning, pack, unpack
from app.debug.launch import Launch
from app.debug.recording import _Reading, input_record, read
from app.debug.session import Session
from app.debug.snapshot import RecordingView, Stop
from app.debug.watches import MemoryWatch, Use
from app.emu import plain_events
from app.emu.cpu.unicorn_cpu import SAVED
from app.emu.dos.failures import PathNotFound
from app.emu.dos.mount import DEEPEST
from app.emu.machine import Machine, Place
from app.emu.machine_errors import LoadError
from tests.cli.commands import here
from tests.debug.file_programs import fill, programs
from tests.debug.sessions import picture, session
from tests.emu.runs import (
    SAMPLE_PROGRAMS,
    SAMPLES,
    assert_same,
    com,
    forward,
    fuzz,
    machine,
    plain,
    trace,
    whole_state,
)
from tests.guest.build import BUILT

ASKS = bytes.fromhex("B408 CD21 88C2 B402 CD21 3C71 75F4 B44C CD21")
"""again: mov ah, 8 / int 21h / mov dl, al / mov ah, 2 / int 21h / cmp al, 'q' / jne again / mov ah, 4Ch / int 21h"""


def opened(path: Path) -> Session:
    """A session on a recording."""
    return Session(Launch(str(path)))


@contextmanager
def recorded(program: Path | str, path: Path, **launch: Any) -> Iterator[Session]:
    """A session that is recorded from the start, and closed in the end."""
    of = session(program, record=str(path), **launch)
    yield of
    of.close()


def view(of: Session) -> RecordingView:
    shown = picture(of).recording
    assert shown is not None
    return shown


def places(of: Session) -> list[tuple[int, int | None, Place | None, Place, list[str]]]:
    """The branches of a session."""
    return [
        (branch.number, branch.parent, branch.fork, branch.end, [repr(each) for each in branch.inputs])
        for branch in of.history.branches
    ]


def branched(path: Path) -> Session:
    """A session with three branches, edits and bookmarks, saved into a file."""
    of = session("callback.com")
    of.run(ToPosition("end"))
    of.run(ToPosition("callback 2"))
    of.set_bookmarks([("callback 2", "the second"), ("tick 94", "")])
    of.set_register("eax", 7)
    of.run(ToPosition("end"))
    of.run(ToPosition("callback 3"))
    of.write_memory(of.machine.regs.ds.base + 0x600, b"abc")
    of.run(ToPosition("tick 900"))
    of.show_branch(1)
    of.save_recording(str(path))
    return of


def test_everything_is_in_the_file_and_opens_elsewhere(tmp_path: Path) -> None:
    before = branched(tmp_path / "A.dpmirec")
    again = opened(tmp_path / "A.dpmirec")
    assert places(again) == places(before)
    assert again.history.branch.number == 1
    assert again.machine.place == Place(0, 0)
    assert not again.history.at_end
    shown = view(again)
    assert shown.bookmarks == (("callback 2", "the second"), ("tick 94", ""))
    assert (shown.is_writing, shown.note) == (False, "")
    assert shown.size == (tmp_path / "A.dpmirec").stat().st_size
    assert picture(again).program == "CALLBACK.COM"
    for number in (1, 0, 2):
        for each in (before, again):
            each.history.switch(number)
            each.history.go(each.history.branch.end)
        assert_same(whole_state(before.machine), whole_state(again.machine))
        assert trace(before.machine) == trace(again.machine)
        assert again.history.difference == ""


def test_a_bookmark_opens_at_its_checkpoint(tmp_path: Path) -> None:
    before = branched(tmp_path / "A.dpmirec")
    again = opened(tmp_path / "A.dpmirec")
    before.run(ToPosition("callback 2"))
    ran: list[int] = []
    run = again.machine.slice
    again.machine.slice = lambda count: ran.append(count) or run(count)  # type: ignore[func-returns-value, method-assign]
    assert again.run(ToPosition("callback 2")) == Stop.REACHED
    assert (ran, view(again).note) == ([], "")
    assert before.machine.place in [each.place for each in again.history.branch.kept]
    assert_same(whole_state(before.machine), whole_state(again.machine))
    for each in (before, again):
        each.run(ToPosition("end"))
    assert_same(whole_state(before.machine), whole_state(again.machine))


def test_what_was_changed_at_the_start_is_seen_at_a_bookmark(tmp_path: Path) -> None:
    before = session("callback.com")
    before.write_memory(0x50000, b"first")
    before.run(ToPosition("callback 2"))
    before.set_bookmarks([("callback 2", "")])
    before.save_recording(str(tmp_path / "A.dpmirec"))
    again = opened(tmp_path / "A.dpmirec")
    again.run(ToPosition("callback 2"))
    assert before.machine.place in [each.place for each in again.history.branch.kept]
    assert again.machine.memory.read(0x50000, 5) == b"first"
    assert_same(whole_state(before.machine), whole_state(again.machine))


def test_another_build_reaches_bookmarks_by_replaying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = branched(tmp_path / "A.dpmirec")
    monkeypatch.setattr("app.debug.replay.build", lambda: "another")
    again = opened(tmp_path / "A.dpmirec")
    for each in (before, again):
        each.run(ToPosition("tick 94"))
    assert all(each.place.tick <= 94 for each in again.history.branch.kept), "those of the run here, not of the file"
    assert_same(whole_state(before.machine), whole_state(again.machine))


def test_what_a_search_has_run_is_in_the_file(tmp_path: Path) -> None:
    """A search ahead that finds nothing goes back: the run is known to its end all the same."""
    path = tmp_path / "A.dpmirec"
    with recorded("callback.com", path) as of:
        of.run(ToPosition("tick 300"))
        here = of.machine.place
        assert of.run(NextUse(MemoryWatch(0x9FF00, 1), Use.READ)) is not None
        assert of.machine.place == here
        end = of.history.branch.end
        assert end.tick > 300
        assert places(opened(path)) == places(of)
    again = opened(path)
    again.run(ToPosition("end"))
    assert (again.machine.place, view(again).note) == (end, "")


@pytest.mark.parametrize("given_up", [False, True])
def test_a_search_is_recorded_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_up: bool) -> None:
    monkeypatch.setattr("app.debug.recorder.MARK_SECONDS", 0.0)
    path = tmp_path / "A.dpmirec"
    with recorded(com(tmp_path, b"\xeb\xfe"), path) as of:  # again: jmp again
        of.begin(NextUse(MemoryWatch(0x9FF00, 1), Use.READ))
        assert of.advance() is None
        assert of.advance() is None
        end = of.history.branch.end
        assert end.tick > 1000
        if given_up:
            of.pause()
            assert of.machine.place == Place(0, 0)
        assert opened(path).history.branch.end == end


def test_what_a_dropped_branch_left_is_not_believed_of_a_later_one(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    with recorded("callback.com", path) as of:
        of.run(ToPosition("tick 900"))
        for name in (b"old", b"new"):
            of.show_branch(0)
            if name == b"new":
                of.drop_branch(1)
            of.run(ToPosition("tick 300"))
            of.write_memory(0x50000, name)
            of.run(ToPosition("tick 600"))
            of.set_bookmarks([("tick 600", name.decode())])
    assert [branch.number for branch in of.history.branches] == [0, 2]
    again = opened(path)
    assert again.history.next_number == 3
    again.run(ToPosition("tick 600"))
    assert again.machine.memory.read(0x50000, 3) == b"new"
    assert_same(whole_state(of.machine), whole_state(again.machine))
    # as earlier versions wrote it: the number was given again
    records, _ = unpack(path.read_bytes(), str(path))
    dropped = next(index for index, each in enumerate(records) if each.kind == "DROP")
    later = [
        replace(each, fields=each.fields | {"branch": 1}) if each.fields.get("branch") == 2 else each
        for each in records[dropped:]
        if each.kind not in ("CKPT", "EVNT")
    ]
    path.write_bytes(beginning() + b"".join(map(pack, records[:dropped] + later)))
    again = opened(path)
    again.run(ToPosition("tick 600"))
    assert again.machine.memory.read(0x50000, 3) == b"new"


def test_a_branch_others_began_in_is_not_dropped_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    path.write_bytes(path.read_bytes() + pack(Record("DROP", {"branch": 0})))
    with pytest.raises(LoadError, match="other branches began in branch 0"):
        opened(path)


def test_a_session_recorded_from_the_start_holds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "LIVE.dpmirec"
    with recorded(com(tmp_path, ASKS), path) as of:
        assert view(of).is_writing
        assert of.run(Run(), most=500) is None
        of.pause()
        of.type_keys("abc")
        of.run(Run(), most=1500)
        of.pause()
        of.run(ToPosition("tick 30"))
        of.type_keys("q")
        assert of.run(Run()) == Stop.PROGRAM_ENDED
        assert view(of).size == path.stat().st_size
        with pytest.raises(ValueError, match="already"):
            of.save_recording(str(path))
    again = opened(path)
    assert places(again) == places(of)
    again.run(Run())
    assert_same(whole_state(of.machine), whole_state(again.machine))


actions = st.tuples(
    st.sampled_from(["run", "back", "keys", "memory", "show", "drop", "bookmark"]), st.integers(0, 2000)
)


def act(of: Session, action: str, number: int) -> None:
    """One thing a user may do."""
    numbers = [branch.number for branch in of.history.branches]
    match action:
        case "run":
            of.run(Run(), most=number)
            of.pause()
        case "back":
            of.run(ToPosition(f"tick {number % (of.machine.tick + 1)}"))
        case "keys":
            of.type_keys(chr(ord("a") + number % 26))
        case "memory":
            of.write_memory(0x50000 + number, bytes([number % 256]))
        case "show":
            of.show_branch(numbers[number % len(numbers)])
        case "drop":
            with suppress(ValueError):  # the one shown, or others began in it
                of.drop_branch(numbers[number % len(numbers)])
        case _:
            of.set_bookmarks([(f"tick {of.machine.tick}", str(number))])


def believed(of: Session) -> set[tuple[int, Place]]:
    """Branches and places of the checkpoints in a recording that has just been opened."""
    of.run(ToPosition("tick 0"))
    assert view(of).note == ""
    return {(branch.number, each.place) for branch in of.history.branches for each in branch.kept if each.place > START}


@given(done=st.lists(actions, min_size=1, max_size=14))
@fuzz(15)
def test_whatever_was_done_is_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, int]]
) -> None:
    """Written as it happened or saved in the end: the same branches, and each ends in the same state."""
    folder = tmp_path_factory.mktemp("done")
    with recorded(SAMPLES / "callback.com", folder / "LIVE.dpmirec") as of:
        for action, number in done:
            act(of, action, number)
        of.save_recording(str(folder / "SAVED.dpmirec"))
    for name in ("LIVE", "SAVED"):
        again = opened(folder / f"{name}.dpmirec")
        assert places(again) == places(of)
        assert again.history.branch.number == of.history.branch.number
        assert believed(again) == {
            (record.fields["branch"], Place(*record.fields["place"]))
            for record in read(str(folder / f"{name}.dpmirec")).checkpoints
            if record.kind == "CKPT"
        }
        for branch in of.history.branches:
            for each in (of, again):
                each.history.switch(branch.number)
                each.history.go(branch.end)
            assert_same(whole_state(of.machine), whole_state(again.machine))
        assert again.history.difference == ""


def test_the_command_replays_the_branch_that_was_shown(tmp_path: Path) -> None:
    before = branched(tmp_path / "A.dpmirec")
    before.history.go(before.history.branch.end)
    assert before.history.branch.number == 1
    assert here("trace", tmp_path / "A.dpmirec").output == trace(before.machine)


def test_the_command_says_when_a_replay_differs(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    records, _ = unpack(path.read_bytes(), str(path))
    bent = [replace(each, fields=each.fields | {"events": 3}) if each.kind == "MARK" else each for each in records]
    path.write_bytes(beginning() + b"".join(map(pack, bent)))
    done = here("run", path)
    assert done.code == 125
    assert "differs from the recording at tick" in done.errors
    assert "not 3" in done.errors


def test_a_recording_is_never_written_to_but_by_saving(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    before = path.read_bytes()
    again = opened(path)
    again.run(ToPosition("tick 300"))
    again.set_register("ebx", 5)
    again.run(ToPosition("end"))
    again.set_bookmarks([("tick 300", "here")])
    assert path.read_bytes() == before
    again.save_recording(str(path))
    third = opened(path)
    assert places(third) == places(again)
    assert view(third).bookmarks == (("tick 300", "here"),)


@pytest.mark.parametrize("program", SAMPLE_PROGRAMS, ids=lambda path: path.stem)
def test_a_sample_replays_from_the_file_alone(tmp_path: Path, program: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    shutil.copy(program, folder)
    path = tmp_path / "RUN.dpmirec"
    with recorded(folder / program.name, path) as of:
        of.run(Run(), most=30_000)
        of.pause()
    shutil.rmtree(folder)
    again = opened(path)
    again.history.go(again.history.branch.end)
    assert trace(again.machine) == trace(of.machine)
    assert_same(whole_state(of.machine), whole_state(again.machine))


@given(code=programs, write_through=st.booleans(), stop=st.integers(0, 300))
@fuzz(25)
def test_a_program_with_files_replays_from_the_file_alone(
    tmp_path_factory: pytest.TempPathFactory, code: bytes, write_through: bool, stop: int
) -> None:
    base = tmp_path_factory.mktemp("files")
    drive = fill(base / "drive")
    with recorded(com(drive, code), base / "RUN.dpmirec", write_through=write_through) as of:
        of.run(Run(), most=stop)
        of.pause()
    shutil.rmtree(drive)
    again = opened(base / "RUN.dpmirec")
    again.history.go(again.history.branch.end)
    assert trace(again.machine) == trace(of.machine)
    assert_same(whole_state(of.machine), whole_state(again.machine))
    assert again.machine.folder.missing == []


def test_beyond_its_end_what_was_not_recorded_is_refused_to_the_guest(tmp_path: Path) -> None:
    """An opened recording goes on with a file that nobody had opened when it was recorded."""
    # wait for a key; open DATA.TXT; read from it; the error code is the exit code
    code = bytes.fromhex("B408 CD21 B8003D BA2001 CD21 89C3 B43F B90400 BA0003 CD21 B44C CD21").ljust(0x20, b"\x90")
    (tmp_path / "DATA.TXT").write_bytes(b"data")
    of = session(com(tmp_path, code + b"DATA.TXT\0"))
    of.run(Run(), most=500)
    of.pause()
    of.save_recording(str(tmp_path / "A.dpmirec"))
    again = opened(tmp_path / "A.dpmirec")
    again.history.go(again.history.branch.end)
    again.type_keys("x")
    again.run(Run())
    assert again.machine.state.end is not None
    assert again.machine.state.end.code == 5, "access denied"
    assert again.machine.folder.missing == ["DATA.TXT"]
    assert "DATA.TXT" in view(again).note


def test_a_replay_that_differs_says_so(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    with recorded("callback.com", path) as of:
        of.run(ToPosition("callback 2"))
        assert of.machine.tick == 429
    again = opened(path)
    again.run(ToPosition("tick 400"))
    assert view(again).note == ""
    again.machine.state.idle += 1  # as if a device had been asked at another time
    again.run(ToPosition("end"), most=1000)
    assert "differs from the recording at tick 429: the registers or the clock are others" in view(again).note


class Full:
    """A file on a disk that is full by now."""

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", len(data))

    def close(self) -> None:
        """Nothing is left to be written."""


def test_a_full_disk_is_said_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "A.dpmirec"
    with recorded("callback.com", path) as of:
        of.run(ToPosition("callback 1"))
        size = path.stat().st_size
        of.recorder._file.close()  # type: ignore[union-attr]
        monkeypatch.setattr(of.recorder, "_file", Full())
        of.set_register("eax", 1)
        shown = view(of)
        assert not shown.is_writing
        assert "No space left" in shown.note
        assert of.run(Run()) == Stop.PROGRAM_ENDED
        assert path.stat().st_size == size
    assert opened(path).history.branch.end.tick == 94


def test_saving_where_it_cannot_be_written_keeps_what_is_there(tmp_path: Path) -> None:
    of = session("callback.com")
    text = tmp_path / "NOTES.TXT"
    text.write_text("mine")
    with pytest.raises(ValueError, match="is no recording"):
        of.save_recording(str(text))
    with pytest.raises(ValueError, match="folder"):
        of.save_recording(str(tmp_path))
    with pytest.raises(OSError):
        of.save_recording(str(tmp_path / "none" / "A.dpmirec"))
    assert text.read_text() == "mine"
    with pytest.raises(LoadError, match="--record"):
        session("callback.com", record=str(text))
    with pytest.raises(LoadError, match="--record"):
        session("callback.com", record=str(tmp_path / "none" / "A.dpmirec"))


def test_a_recording_without_its_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    data = path.read_bytes()
    start = data.index(b"FILE")
    end = data.index(b"FORK") if b"FORK" in data[start:] else len(data)
    end = min(data.index(kind, start) for kind in (b"FORK", b"INPT", b"MARK") if kind in data[start:])
    path.write_bytes(data[:start] + data[end:])
    with pytest.raises(LoadError, match=r"the program, C:\\CALLBACK.COM, is not in this recording"):
        opened(path)


EXAMPLES = {"str": "a{F1}", "int": 3, "bool": True, "bytes": b"\0\xff"}
"""A value for each type a field of an input has."""


INPUTS = [
    kind for kind in vars(inputs).values() if isinstance(kind, type) and issubclass(kind, Input) and kind is not Input
]


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
def test_every_input_is_written_and_read(kind: type[Input]) -> None:
    given = {each.name: EXAMPLES[str(each.type)] for each in fields(kind) if each.name != "place"}
    made = kind(Place(7, 1), **given)
    record = input_record(0, made)
    head = Record("HEAD", {"programs": [["C:\\X.COM"]], "options": {}, "environment": {}, "build": ""})
    found, _ = unpack(beginning() + pack(head) + pack(record), "X")
    assert _Reading("X", "").result(found).ways[0].inputs == [made]


# Values from strangers


def bent(path: Path, kind: str, **changed: Any) -> Path:
    """The file with other fields in the records of a kind, sums and all."""
    records, _ = unpack(path.read_bytes(), str(path))
    made = [replace(each, fields=each.fields | changed) if each.kind == kind else each for each in records]
    other = path.with_name("BENT.dpmirec")
    other.write_bytes(beginning() + b"".join(map(pack, made)))
    return other


OPTIONS = [
    ("memory", "x"), ("memory", -1), ("memory", 0), ("memory", 10**7), ("memory", 32.0), ("memory", True),
    ("keys", 5), ("keys", "{NoSuchKey}"), ("paging", 5), ("paging", "seldom"), ("directory", 5), ("directory", "NONE"),
    ("profile", 5), ("profile", "nobody"),
    ("limit_checks", "yes"), ("write_through", None), ("then", [["X.COM"]]), ("program", "zz"), ("mount", "/"),
]  # fmt: skip


@pytest.mark.parametrize("name, value", OPTIONS, ids=str)
def test_an_option_no_launch_has_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    options = read(str(path)).head.options
    with pytest.raises(LoadError, match=f"BENT.*{name}"):
        opened(bent(path, "HEAD", options=options | {name: value}))
    opened(bent(path, "HEAD", options=options))


@pytest.mark.parametrize("kind, field", [("MARK", "events"), ("FILE", "refused"), ("FORK", "inherited")])
def test_a_number_without_end_is_refused(tmp_path: Path, kind: str, field: str) -> None:
    path = tmp_path / "A.dpmirec"
    branched(path)
    with pytest.raises(LoadError, match=f"{kind}.*infinity"):
        opened(bent(path, kind, **{field: float("inf")}))


@pytest.mark.parametrize("field, value", [("taken", 1.5), ("refused", "no"), ("lineage", 5), ("number", None)])
def test_a_change_of_a_file_has_numbers(field: str, value: Any) -> None:
    changed = {"number": 1, "after": 0, "lineage": "", "taken": 0, "refused": 0}
    with pytest.raises(LoadError, match=f"CHNG.*{field} is {value!r}"):
        _Reading("X", "").result([Record("CHNG", changed | {field: value})])


@pytest.mark.parametrize("field", ["events", "work", "inputs"])
def test_a_checkpoint_with_a_number_without_end_is_not_believed(tmp_path: Path, field: str) -> None:
    path = tmp_path / "A.dpmirec"
    before = branched(path)
    again = opened(bent(path, "CKPT", **{field: float("inf")}))
    assert view(again).note == ""
    for each in (before, again):
        each.run(ToPosition("callback 2"))
    assert "BENT.dpmirec: not all checkpoints in it can be read" in view(again).note
    assert_same(whole_state(before.machine), whole_state(again.machine))


def test_an_input_that_cannot_be_repeated_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    with recorded("callback.com", path) as of:
        of.run(ToPosition("tick 94"))
        of.write_memory(0x50000, b"abc")
        of.run(ToPosition("tick 300"))
    for linear in (0x7FFF0000, -5, 1 << 40):
        other = bent(path, "INPT", linear=linear)
        again = opened(other)
        assert again.run(ToPosition("tick 300")) == Stop.REACHED
        assert again.machine.place == of.machine.place
        assert "differs from the recording at tick 94: memory" in view(again).note
        assert "cannot be repeated: no page is present" in view(again).note
        done = here("run", other)
        assert (done.code, "cannot be repeated" in done.errors) == (125, True)


@pytest.mark.parametrize("value", [-1, 1 << 16, 1 << 40])
@pytest.mark.parametrize("at", ["tick 0", "callback 2"])
def test_a_segment_register_takes_16_bits(value: int, at: str) -> None:
    of = session("callback.com")
    of.run(ToPosition(at))
    with pytest.raises(ValueError, match="more than 16 bits"):
        of.set_register("es", value)


# State from strangers


OF_STATE = [
    *SAMPLE_PROGRAMS,
    BUILT / "watchpoints_trigger-32.com",
    BUILT / "serialization_waits_for_others-16.com",
]


@pytest.mark.parametrize(
    ("program", "profile"),
    [*((program, "spec") for program in OF_STATE), (BUILT / "child_client_leaves_the_parent_alone-32.com", "hdpmi")],
    ids=lambda given: getattr(given, "stem", given),
)
def test_state_is_the_same_written_plainly(program: Path, profile: str) -> None:
    """Every class that state is made of is known to recordings."""
    running = machine(program, profile=profile)
    things = running.named()
    for _ in range(12):
        again = plain_state.read(plain_state.write(running.state, things), things)
        assert plain(again, running, {}) == plain(running.state, running, {})
        forward(running, 150)
    rows = running.log.since(0)
    assert plain_events.read(plain_events.write(rows)) == rows


def test_directories_a_program_nests_find_their_end_before_the_recording_does() -> None:
    running = machine(SAMPLE_PROGRAMS[0])
    mount, things, deep = running.state.dos.mount, running.named(), 0
    with suppress(PathNotFound):
        while True:
            mount.make_directory("\\A" * (deep + 1), (0x1C21, 0))
            deep += 1
    assert deep == DEEPEST + 1
    again = plain_state.read(plain_state.write(running.state, things), things)
    assert plain(again, running, {}) == plain(running.state, running, {})


STRANGE = [
    ["o", "dos.host_folder.HostFolder", {"root": "/"}],
    ["o", "machine.Machine", {}],
    ["o", "os.system", {}],
    ["o", "machine.MachineState", {"__class__": 1}],
    ["o", "events.Door", {}],
    ["n", "machine.MachineState", 1],
    ["n", "registers.Segment", 1, 2],
    ["e", "machine.MachineState", 1],
    ["e", "events.Door", "window"],
    ["c", "print", "hello"],
    ["r", 5],
    ["m", "everything"],
    {"a": 1},
    [],
    [[[]]],
]


@pytest.mark.parametrize("strange", STRANGE, ids=str)
def test_strange_state_is_refused(strange: Any) -> None:
    with pytest.raises(ValueError, match="no state of this version"):
        plain_state.read(json.dumps(strange).encode(), {"machine": None})


@given(data=st.data())
@fuzz(60)
def test_a_checkpoint_with_other_bytes_is_not_believed_or_harmless(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes of a checkpoint changed by somebody who mends the sums: the recording opens, with or without it."""
    path = tmp_path / "A.dpmirec"
    if not path.exists():
        branched(path)
    recording = read(str(path))
    bent = []
    for record in recording.checkpoints:
        bulk = bytearray(record.bulk)
        at = data.draw(st.integers(0, min(len(bulk), 6000) - 1))
        bulk[at] ^= data.draw(st.integers(1, 255))
        bent.append(Record(record.kind, record.fields, bytes(bulk)))
    whole = path.read_bytes()
    other = tmp_path / "B.dpmirec"
    other.write_bytes(whole[: whole.index(b"EVNT")] + b"".join(map(pack, bent)))
    again = opened(other)
    assert again.machine.place == Place(0, 0)
    with suppress(Exception):  # whatever it is that is wrong with the state: the process lives to tell it
        again.run(ToPosition("callback 2"))
        again.run(Run(), most=300)
    again.history.go(Place(0, 0))
    again.history.go(Place(50, 0))
    assert trace(again.machine) == trace(forward(machine(SAMPLES / "callback.com"), 50))


@pytest.mark.parametrize("at, value", [(4, 8), (7, 1), (176, 2), (177, 4), (179, 1), (180, 2), (200, 1), (223, 1)])
def test_a_processor_that_would_break_the_engine_is_not_believed(tmp_path: Path, at: int, value: int) -> None:
    # fninit / mov word [200h], 0F7Fh / fldcw [200h] / fld1 / fldpi / fdivp
    code = bytes.fromhex("DBE3 C70600027F0F D92E0002 D9E8 D9EB DEF9 EBFE")
    running: Machine = forward(machine(com(tmp_path, code)), 50)
    saved = running.cpu.save()
    assert running.cpu.is_sound(saved)
    assert not running.cpu.is_sound(saved[:-1])
    bent = bytearray(saved)
    bent[SAVED.size + at] = value
    assert not running.cpu.is_sound(bytes(bent))


def test_the_modes_of_the_fpu_are_where_they_are_looked_for(tmp_path: Path) -> None:
    """FLDCW changes rounding (3: towards zero) and precision (32 bits); two pushes leave 6 as the top."""
    code = bytes.fromhex("DBE3 C7060002 {} D92E0002 D9E8 D9EB EBFE".format("7F0C"))
    saved = forward(machine(com(tmp_path, code)), 50).cpu.save()[SAVED.size :]
    assert saved[4:8] == b"\6\0\0\0"
    assert (saved[177], saved[179]) == (3, 32)


def test_steps_back_work_in_an_opened_recording(tmp_path: Path) -> None:
    branched(tmp_path / "A.dpmirec")
    again = opened(tmp_path / "A.dpmirec")
    again.run(ToPosition("callback 2"))
    here = again.machine.place
    assert again.run(StepBack()) == Stop.STEPPED
    assert again.machine.place < here
    assert [type(each) for each in again.history.by_number(2).inputs][-1] is MemoryWritten


def test_the_mouse_is_recorded(tmp_path: Path) -> None:
    """The program ends with 0 when its event handler has seen exactly these four things."""
    of = session(BUILT / "mouse_events_reach_protected_mode-32.com")
    of.run(Run(), most=200_000)
    for x, y, buttons in ((80, 40, 0), (80, 40, 1), (104, 41, 1), (104, 41, 0)):
        of.move_mouse(x, y)
        of.hold_mouse_buttons(buttons)
        of.run(Run(), most=300_000)
    of.run(Run())
    of.save_recording(str(tmp_path / "A.dpmirec"))
    again = opened(tmp_path / "A.dpmirec")
    again.run(Run())
    end = again.machine.state.end
    assert end is not None
    assert (end.code, end.how) == (0, "exit")
