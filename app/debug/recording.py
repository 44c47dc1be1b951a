"""A recording: what a run came from, as values, and as the records of a file (`journal.py`).

Program and files are what the host folder answered, so nothing else is needed to replay it. Everything the run did is
computed again; marks tell how far that goes and whether it is still the same run.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import app.emu
from app.debug import inputs as kinds
from app.debug.inputs import Input
from app.debug.journal import Record, damaged, unpack
from app.debug.launch import DriverFile, Launch, Programs
from app.debug.marks import Mark, Marks
from app.debug.narrate import counted
from app.emu.dos.host_folder import Contents, Entry, HostFolder, Listing
from app.emu.dos.mirror import Outcome
from app.emu.machine import Place
from app.emu.machine_errors import LoadError
from app.emu.vmm.python.device import is_python

_INPUTS: Final = {
    kind.__name__: kind
    for kind in (
        kinds.KeysTyped,
        kinds.BytesTyped,
        kinds.InputEnded,
        kinds.MouseMoved,
        kinds.MouseButtons,
        kinds.RegisterSet,
        kinds.MemoryWritten,
    )
}
_OPTIONS: Final = {
    each.name: type(each.default)
    for each in fields(Launch)
    if each.name not in {"program", "arguments", "environment", "then", "mount", "record", "vxds"}
}
"""What a head tells of a launch, and the types: where things lie on this computer is nobody's business."""
_FOREIGN: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
"""What reading fields somebody else has written can end in."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A position as it can be typed, and what the user says about it."""

    position: str
    note: str


@dataclass(frozen=True, slots=True)
class Head:
    """What was started, with what.

    programs: path and arguments of each, as the guest names them; options: further fields of `Launch`; build: as
    `build()`.
    """

    programs: Programs
    options: dict[str, Any]
    environment: dict[str, str]
    build: str
    drivers: tuple[tuple[str, str], ...] = ()
    """Device drivers: file name, and contents in base64."""

    @property
    def launch(self) -> Launch:
        """The launch, as far as the machine needs it; the first program by its bare name."""
        path, *arguments = self.programs[0]
        return Launch(path.rpartition("\\")[2], tuple(arguments), then=self.programs[1:], **self.options)

    @property
    def driver_files(self) -> list[DriverFile]:
        """The device drivers."""
        return [(name, b64decode(contents)) for name, contents in self.drivers]


@dataclass(slots=True)
class Way:
    """A branch as it is recorded: its inputs and marks include those of its parent up to the fork.

    events: how many had happened at the fork.
    """

    number: int
    parent: int | None = None
    fork: Place | None = None
    inputs: list[Input] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    events: int = 0

    @property
    def end(self) -> Place:
        """The furthest place it is known to reach."""
        last = self.inputs[-1].place if self.inputs else Place(0, 0)
        return max(self.marks.last, last, self.fork or last)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run without a window ended, as its exit code and `--status` tell it."""

    reason: str
    code: int
    message: str


@dataclass(slots=True)
class Recording:
    """All of it. ways: the branches by number; shown: the one that was looked at last; note: what the user is told."""

    head: Head
    folder: HostFolder
    ways: dict[int, Way]
    next_number: int = 1
    """Of the branch to come: higher than any that has been in it."""
    shown: int = 0
    bookmarks: tuple[Bookmark, ...] = ()
    ended: Ended | None = None
    checkpoints: list[Record] = field(default_factory=list)
    """Records CKPT and EVNT, for `shortcuts.py`."""
    note: str = ""


@cache
def build() -> str:
    """Names this version and its machine: of another build, checkpoints are not believed."""
    try:
        number = version("dpmiscope")
    except PackageNotFoundError:
        number = "0"
    digest = blake2b(digest_size=8)
    folder = Path(app.emu.__file__).parent
    for source in sorted(folder.rglob("*.py")):
        digest.update(source.relative_to(folder).as_posix().encode() + b"\0" + source.read_bytes())
    return f"{number}+{digest.hexdigest()}"


def head_of(
    launch: Launch, programs: Programs, environment: dict[str, str], drivers: Iterable[DriverFile] = ()
) -> Head:
    """The head of a run."""
    options = {name: value for name, value in asdict(launch).items() if name in _OPTIONS}
    files = tuple((name, b64encode(contents).decode()) for name, contents in drivers)
    return Head(programs, options, environment, build(), files)


# Records


def head_record(head: Head) -> Record:
    """HEAD: what was started."""
    return Record("HEAD", asdict(head))


def answers(folder: HostFolder, listings: int, contents: int, changes: int) -> Iterator[Record]:
    """LIST, FILE and CHNG: what a folder has answered beyond so many listings, contents and changes."""
    for listing in list(folder.listings.values())[listings:]:
        yield Record("LIST", asdict(listing))
    for each in list(folder.contents.values())[contents:]:
        yield Record("FILE", {"path": each.path, "size": len(each.data), "refused": each.refused}, each.data)
    for outcome in folder.mirror.outcomes[changes:]:
        yield Record("CHNG", asdict(outcome))


def fork_record(number: int, parent: int, fork: Place, inherited: int, events: int) -> Record:
    """FORK: a branch has begun."""
    return Record("FORK", {"branch": number, "parent": parent, "place": fork, "inherited": inherited, "events": events})


def input_record(branch: int, each: Input) -> Record:
    """INPT: something came from outside."""
    given = {
        name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in asdict(each).items()
    }
    return Record("INPT", {"branch": branch, "kind": type(each).__name__, **given})


def mark_record(branch: int, mark: Mark) -> Record:
    """MARK: a branch has come so far."""
    return Record("MARK", {"branch": branch, **asdict(mark)})


# Reading


def read(path: str) -> Recording:
    """Read a recording. Raises `LoadError` with a message for the user for a file that is none or is damaged."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}; give the path of a program or a recording") from None
    records, note = unpack(data, path)
    return _Reading(path, note).result(records)


def about(recording: Recording, path: Path) -> dict[str, str]:
    """What `dpmiscope info` says of a recording."""
    head, folder, way = recording.head, recording.folder, recording.ways[recording.shown]
    options = [f"{name} {value}" for name, value in head.options.items() if value not in ("", (), None)]
    events = f", {counted(way.marks.all[-1].events, 'event', 'events')}" if way.marks.all else ""
    ended = "open"
    if recording.ended is not None:
        ended = f"{recording.ended.reason}, code {recording.ended.code} {recording.ended.message}".rstrip()
    files = folder.contents.values()
    size = counted(sum(len(each.data) for each in files), "byte", "bytes")
    rows = {
        "file": f"{path.name}, {counted(path.stat().st_size, 'byte', 'bytes')}",
        "format": f"recording, written by dpmiscope {head.build}",
        "program": ", then ".join(" ".join(words) for words in head.programs),
        "options": ", ".join(options),
        "run": f"{counted(way.end.tick, 'instruction', 'instructions')}{events}, "
        f"{counted(len(way.inputs), 'input', 'inputs')}",
        "end": ended,
        "branches": str(len(recording.ways)),
        "folder": f"{counted(len(files), 'file', 'files')} with {size}, "
        f"{counted(len(folder.listings), 'listing', 'listings')}, "
        f"{counted(len(folder.mirror.outcomes), 'change', 'changes')}",
        "bookmarks": "; ".join(f"{mark.position} {mark.note}".strip() for mark in recording.bookmarks) or "none",
    }
    rows |= {"note": recording.note} if recording.note else {}
    rows |= {"drivers": ", ".join(name for name, _ in head.drivers)} if head.drivers else {}
    scripts = ((name, text.decode(errors="replace")) for name, text in head.driver_files if is_python(name))
    return rows | {name: f"in Python:\n{text}" for name, text in scripts}


class _Reading:
    """Puts records together."""

    def __init__(self, name: str, note: str) -> None:
        self._name = name
        self._note = note
        self._head: Head | None = None
        self._listings: list[Listing] = []
        self._contents: list[Contents] = []
        self._outcomes: list[Outcome] = []
        self._ways = {0: Way(0)}
        self._next_number = 1
        self._rest: dict[str, Any] = {}
        self._checkpoints: list[Record] = []

    def result(self, records: list[Record]) -> Recording:
        """The recording. Raises `LoadError`."""
        for record in records:
            try:
                self._take(record)
            except _FOREIGN as error:
                raise damaged(self._name, record.at, f"{record.kind}: {error!r}") from None
        if self._head is None:
            raise LoadError(f"{self._name}: nothing of the run is in this recording, not even what was run")
        folder = HostFolder(None, self._listings, self._contents, self._outcomes)
        shown = self._rest.pop("shown", 0)
        if shown not in self._ways:
            raise LoadError(f"{self._name}: the branch that was shown, number {shown}, is not in it")
        return Recording(
            self._head, folder, self._ways, self._next_number, shown,
            checkpoints=self._checkpoints, note=self._note, **self._rest,
        )  # fmt: skip

    def _take(self, record: Record) -> None:
        given = record.fields
        match record.kind:
            case "HEAD":
                self._head = _head(given)
            case "LIST":
                self._listings.append(_listing(given))
            case "FILE":
                if len(record.bulk) != given["size"]:
                    raise ValueError(f"{len(record.bulk)} bytes instead of {given['size']}")
                self._contents.append(Contents(str(given["path"]), record.bulk, int(given["refused"])))
            case "CHNG":
                self._outcomes.append(_outcome(given, len(self._outcomes)))
            case "FORK":
                self._fork(given)
            case "INPT":
                way = self._ways[given["branch"]]
                each = _input(given)
                if way.inputs and each.place < way.inputs[-1].place:
                    raise ValueError("inputs are not in order")
                way.inputs.append(each)
            case "MARK":
                mark = Mark(_place(given["place"]), int(given["events"]), _number_or_none(given["registers"]))
                way = self._ways[given["branch"]]
                if mark.place > way.marks.last:
                    way.marks.all.append(mark)
            case "SHOW":
                self._rest["shown"] = int(given["branch"])
            case "DROP":
                self._drop(int(given["branch"]))
            case "NOTE":
                self._rest["bookmarks"] = tuple(Bookmark(str(place), str(note)) for place, note in given["bookmarks"])
            case "DONE":
                self._rest["ended"] = Ended(str(given["reason"]), int(given["code"]), str(given["message"]))
            case _:
                self._checkpoints.append(record)

    def _fork(self, given: dict[str, Any]) -> None:
        parent, place = self._ways[given["parent"]], _place(given["place"])
        inherited = parent.inputs[: int(given["inherited"])]
        way = Way(
            int(given["branch"]), parent.number, place, inherited, parent.marks.until(place), int(given["events"])
        )
        if way.number in self._ways:
            raise ValueError(f"branch {way.number} is there already")
        self._ways[way.number] = way
        self._next_number = max(self._next_number, way.number + 1)

    def _drop(self, number: int) -> None:
        """Forget a branch and its checkpoints: another one may have its number afterwards."""
        if any(way.parent == number for way in self._ways.values()):
            raise ValueError(f"other branches began in branch {number}")
        del self._ways[number]
        self._checkpoints = [each for each in self._checkpoints if each.fields.get("branch") != number]


def _place(given: Any) -> Place:
    tick, turn = given
    if not (isinstance(tick, int) and isinstance(turn, int) and tick >= 0 and turn >= 0):
        raise ValueError(f"{given!r} is no place")
    return Place(tick, turn)


def _number_or_none(given: Any) -> int | None:
    return None if given is None else int(given)


def _head(given: dict[str, Any]) -> Head:
    options = given["options"]
    if unknown := options.keys() - _OPTIONS:
        raise ValueError(f"this version has no option {', '.join(sorted(unknown))}")
    for name, value in options.items():
        if type(value) is not _OPTIONS[name]:
            raise TypeError(f"the option {name} is {value!r}")
    environment = {str(name): str(value) for name, value in given["environment"].items()}
    programs = tuple(tuple(map(str, each)) for each in given["programs"])
    if not programs or not all(programs):
        raise ValueError("no program is named")
    drivers = tuple((str(name), _base64(contents)) for name, contents in given.get("drivers", ()))
    return Head(programs, options, environment, str(given["build"]), drivers)


def _base64(given: Any) -> str:
    b64decode(given, validate=True)
    return str(given)


def _listing(given: dict[str, Any]) -> Listing:
    entries = tuple(
        Entry(
            str(each["name"]),
            bool(each["is_folder"]),
            int(each["size"]),
            _stamp(each["stamp"]),
            bool(each["is_read_only"]),
        )
        for each in given["entries"]
    )
    return Listing(str(given["path"]), entries, int(given["refused"]))


def _stamp(given: Any) -> tuple[int, int]:
    date, time = given
    return int(date) & 0xFFFF, int(time) & 0xFFFF


def _outcome(given: dict[str, Any], count: int) -> Outcome:
    made = Outcome(**_plain(given, Outcome))
    if made.number != count + 1 or not 0 <= made.after <= count or made.taken < 0:
        raise ValueError("changes are not in order")
    return made


def _input(given: dict[str, Any]) -> Input:
    kind = _INPUTS[given["kind"]]
    values = {name: value.encode("latin-1") if name == "data" else value for name, value in _plain(given, kind).items()}
    made: Input = kind(_place(given["place"]), **values)
    return made


def _plain(given: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    """The fields of a kind that are numbers, and those that are text."""
    types = {each.name: int if each.type == "int" else str for each in fields(kind) if each.name != "place"}
    for name, wanted in types.items():
        if not isinstance(given[name], wanted):
            raise TypeError(f"{name} is {given[name]!r}")
    return {name: given[name] for name in types}
