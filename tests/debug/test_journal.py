"""The file of a recording: what is written is read, and whatever happens to the file ends in words for the user."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.debug.course import course_of
from app.debug.journal import FORMAT, KINDS, MAGIC, Record, beginning, pack, unpack
from app.debug.launch import CapturedConsole, Launch
from app.debug.recording import Recording, read
from app.emu.machine_errors import LoadError
from tests.debug.file_programs import fill, program
from tests.emu.runs import com, fuzz

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=8
)
records = st.builds(
    Record, st.sampled_from(KINDS), st.dictionaries(st.text(max_size=8), values, max_size=4), st.binary(max_size=300)
)


def packed(made: list[Record]) -> bytes:
    return beginning() + b"".join(map(pack, made))


def same(one: list[Record], other: list[Record]) -> bool:
    """The same records, wherever they stand in a file."""
    return [replace(each, at=0) for each in one] == [replace(each, at=0) for each in other]


@given(made=st.lists(records, max_size=8))
@fuzz(60)
def test_what_is_written_is_read(made: list[Record]) -> None:
    found, note = unpack(packed(made), "X")
    assert same(found, made)
    assert note == ""


@given(made=st.lists(records, min_size=1, max_size=6), data=st.data())
@fuzz(80)
def test_a_cut_end_is_dropped_and_said(made: list[Record], data: st.DataObject) -> None:
    whole = packed(made)
    ends = [len(packed(made[:count])) for count in range(len(made) + 1)]
    cut = data.draw(st.integers(ends[0], len(whole)))
    found, note = unpack(whole[:cut], "X")
    count = sum(end <= cut for end in ends) - 1
    assert same(found, made[:count])
    assert (note == "") == (cut in ends)
    assert not note or f"byte {ends[count]}" in note


@given(made=st.lists(records, min_size=2, max_size=6), data=st.data())
@fuzz(80)
def test_damage_in_the_middle_is_refused(made: list[Record], data: st.DataObject) -> None:
    whole = bytearray(packed(made))
    at = data.draw(st.integers(len(beginning()), len(packed(made[:-1])) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LoadError, match="X: damaged at byte"):
        unpack(bytes(whole), "X")


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "no recording"),
        (b"MZ" + bytes(100), "no recording"),
        (MAGIC, "cut off"),
        (MAGIC + bytes([FORMAT + 1, 0, 0, 0]), f"format {FORMAT + 1}"),
    ],
)
def test_what_is_no_recording_of_this_format_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(LoadError, match=words):
        unpack(data, "X")


def test_records_of_later_versions_are_skipped() -> None:
    made = Record("HEAD", {"a": 1})
    assert same(unpack(packed([Record("NEWS", {}), made]), "X")[0], [made])


def test_bulk_that_unpacks_to_more_than_there_is_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.debug.journal._LARGEST", 1000)
    with pytest.raises(LoadError, match="too large"):
        unpack(packed([Record("FILE", {}, bytes(100_000))]), "X")


# Recordings


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording with files read and written, standard input, and its end."""
    folder = fill(tmp_path_factory.mktemp("recorded") / "drive")
    reads = bytes.fromhex("B8023D BA0009 CD21 89C3 B43F B90500 BA000A CD21 B440 B90300 CD21 B43E CD21")
    keys = bytes.fromhex("B408 CD21 B408 CD21")
    path = folder.parent / "RUN.dpmirec"
    launch = Launch(str(com(folder, program([reads], before=keys))), memory=8, write_through=True, record=str(path))
    course = course_of(launch, CapturedConsole(), pytest.fail)
    while not course.machine.has_ended:
        course.slice(50)
        if course.machine.state.devices.keyboard.wants_input:
            course.type(lambda: b"ab")
    course.close(None)
    return path.read_bytes()


def told(recording: Recording) -> tuple[Any, ...]:
    """All a recording says, as values."""
    folder = recording.folder
    ways = [(way.number, way.parent, way.fork, way.inputs, way.marks.all) for way in recording.ways.values()]
    return (
        recording.head, folder.listings, folder.contents, folder.mirror.outcomes, ways, recording.shown,
        recording.bookmarks, recording.ended,
    )  # fmt: skip


def attempt(data: bytes, folder: Path) -> Recording | None:
    """Read a recording; none when it is refused in one line that names the file."""
    path = folder / "BENT.dpmirec"
    path.write_bytes(data)
    try:
        return read(str(path))
    except LoadError as error:
        refusal = str(error)
    assert str(path) in refusal
    assert "\n" not in refusal
    return None


@given(data=st.data())
@fuzz(150)
def test_any_byte_changed_cut_or_inserted(tmp_path: Path, recorded: bytes, data: st.DataObject) -> None:
    """The same recording, a shorter one and a word about it, or a refusal.

    Cut off between two records it is what a process that was killed there leaves.
    """
    at = data.draw(st.integers(0, len(recorded) - 1))
    how = data.draw(st.sampled_from(["change", "cut", "insert", "drop"]))
    more = data.draw(st.binary(min_size=1, max_size=20))
    bent = {
        "change": recorded[:at] + bytes([recorded[at] ^ more[0] or 0xFF]) + recorded[at + 1 :],
        "cut": recorded[:at],
        "insert": recorded[:at] + more + recorded[at:],
        "drop": recorded[:at] + recorded[at + len(more) :],
    }[how]
    found = attempt(bent, tmp_path)
    whole = attempt(recorded, tmp_path)
    assert whole is not None
    if found is not None:
        between = {record.at for record in unpack(recorded, "")[0]}
        assert told(found) == told(whole) or found.note or (how == "cut" and at in between)
        assert told(found)[0] == told(whole)[0]


FIELDS = [
    ("HEAD", {}),
    ("HEAD", {"program": "C:\\X", "options": {"faster": True}, "environment": {}, "build": ""}),
    ("HEAD", {"program": "C:\\X", "options": [], "environment": {}, "build": ""}),
    ("LIST", {"path": "", "entries": [1], "refused": 0}),
    ("FILE", {"path": "x", "size": 5, "refused": 0}),
    ("CHNG", {"number": 7, "after": 0, "lineage": "", "taken": 0, "refused": 0}),
    ("FORK", {"branch": 1, "parent": 9, "place": [0, 0], "inherited": 0, "events": 0}),
    ("INPT", {"branch": 0, "kind": "Machine", "place": [0, 0]}),
    ("INPT", {"branch": 0, "kind": "KeysTyped", "place": [0, 0], "text": 5}),
    ("INPT", {"branch": 0, "kind": "MemoryWritten", "place": [-1, 0], "linear": 0, "data": ""}),
    ("MARK", {"branch": 3, "place": [0, 0], "events": 0, "registers": 0}),
    ("MARK", {"branch": 0, "place": "here", "events": 0, "registers": 0}),
    ("SHOW", {"branch": 4}),
    ("DROP", {"branch": 4}),
    ("NOTE", {"bookmarks": [["tick 1"]]}),
    ("DONE", {"reason": "exited"}),
]


@pytest.mark.parametrize("kind, fields", FIELDS, ids=str)
def test_records_that_make_no_sense_are_refused(
    tmp_path: Path, recorded: bytes, kind: str, fields: dict[str, Any]
) -> None:
    assert attempt(recorded + pack(Record(kind, fields)), tmp_path) is None


def test_without_its_head_there_is_no_run(tmp_path: Path) -> None:
    assert attempt(beginning(), tmp_path) is None
