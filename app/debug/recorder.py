"""Recording a run: follows its history, writes what is new to the file, and copies the whole to another on request.

`follow` is called between slices. What came from outside (inputs, answers of the host folder, forks) is written at
once, a mark at least every half second while something new runs, and everything is handed to the system each time: a
process that is killed loses less than a second. A file that cannot be written any more is given up and the run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final

from app.debug import backward, shortcuts
from app.debug.history import START, Branch, History
from app.debug.inputs import Input
from app.debug.journal import MAGIC, Record, beginning, pack
from app.debug.marks import Mark, mark_of
from app.debug.positions import Position
from app.debug.recording import (
    Bookmark,
    Ended,
    Head,
    answers,
    build,
    fork_record,
    head_record,
    input_record,
    mark_record,
)
from app.emu.machine import Place

MARK_SECONDS: Final = 0.5


class Recorder:
    """The record of one history. bookmarks: those of an opened recording."""

    def __init__(self, head: Head, history: History, bookmarks: Sequence[Bookmark] = ()) -> None:
        self.path = ""
        """The file being written; empty when none is."""
        self.size = 0
        """Bytes in it so far."""
        self.trouble = ""
        """Why nothing is written any more."""
        self.bookmarks = tuple(bookmarks)
        self._head = head
        self._history = history
        self._file: BinaryIO | None = None
        self._writer: _Writer | None = None
        self._marked = monotonic()

    # The file

    @property
    def is_writing(self) -> bool:
        """Is a file being recorded into?"""
        return self._file is not None

    def begin(self, path: str) -> None:
        """Record into a new file from now on. Raises `OSError`, and `ValueError` for a file of another kind."""
        refuse_to_replace(path)
        self._file = Path(path).open("wb", buffering=0)  # noqa: SIM115 - open as long as the run
        self.path, self.size = path, 0
        self._put(beginning())
        if self._file is not None:
            self._writer = _Writer(self._head)
            self.follow()

    def follow(self, *, at_rest: bool = False) -> None:
        """Write what is new. at_rest: nothing will run for a while, so the end is marked, too."""
        now = monotonic()
        if at_rest or now - self._marked >= MARK_SECONDS:
            self._marked = now
            self._mark()
        self._write()

    def end(self, ended: Ended | None = None) -> None:
        """The run is over, or nobody follows it any more."""
        self.follow(at_rest=True)
        if self._file is None:
            return
        if ended is not None:
            fields = {"reason": ended.reason, "code": ended.code, "message": ended.message}
            self._append([Record("DONE", fields)])
        self._close()

    def save(self, path: str) -> None:
        """Write all of it to a file of its own. Raises `OSError`, and `ValueError` for a file of another kind."""
        refuse_to_replace(path)
        if self.path and Path(path).resolve() == Path(self.path).resolve():
            raise ValueError(f"{path} is being recorded into already: it holds everything")
        self._mark()
        target = Path(path)
        half = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with half.open("wb") as file:
                file.write(beginning())
                for record in _Writer(self._head).new(self._history, self.bookmarks):
                    file.write(pack(record))
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)

    def set_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        """Other bookmarks: position and note. The place where the machine is can be opened at once when it is one."""
        new = tuple(Bookmark(position, note) for position, note in marks)
        before = {mark.position for mark in self.bookmarks}
        if any(
            place_of(mark, self._history) == self._history.machine.place for mark in new if mark.position not in before
        ):
            self._history.keep()
        self.bookmarks = new
        self._write()

    def _mark(self) -> None:
        """Mark how far the branch shown is known; when a search has been there and gone back, the place alone."""
        history, branch = self._history, self._history.branch
        if branch.end <= branch.marks.last:
            return
        if not branch.inputs or branch.inputs[-1].place != branch.end:  # that one changed what is to be compared
            new = mark_of(history.machine) if history.at_end else Mark(branch.end, len(history.events), None)
            branch.marks.all.append(new)

    def _write(self) -> None:
        if self._writer is not None:
            self._append(self._writer.new(self._history, self.bookmarks))

    def _append(self, records: list[Record]) -> None:
        if records:
            self._put(b"".join(map(pack, records)))

    def _put(self, data: bytes) -> None:
        if self._file is None:
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror}; the recording ends here, the run goes on"
            with suppress(OSError):
                self._close()
        else:
            self.size += len(data)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None


class _Writer:
    """Knows what of a history stands in one file."""

    def __init__(self, head: Head) -> None:
        self._head: Head | None = head
        self._answers = (0, 0, 0)
        self._branches: dict[int, tuple[int, int]] = {0: (0, 0)}
        """Inputs and marks written, by branch."""
        self._events: dict[int, int] = {}
        self._shown = 0
        self._bookmarks: tuple[Bookmark, ...] = ()
        self._opened: set[tuple[int, Place]] = set()

    def new(self, history: History, bookmarks: tuple[Bookmark, ...]) -> list[Record]:
        """What is not in the file yet; it is taken to be there afterwards."""
        made: list[Record] = []
        if self._head is not None:
            made.append(head_record(self._head))
            self._head = None
        folder = history.machine.folder
        counts = len(folder.listings), len(folder.contents), len(folder.mirror.outcomes)
        if counts != self._answers:
            made += answers(folder, *self._answers)
            self._answers = counts
        for branch in history.branches:
            made += self._branch(branch, history)
        if len(self._branches) > len(history.branches):
            numbers = {branch.number for branch in history.branches}
            for number in [number for number in self._branches if number not in numbers]:
                self._forget(number)
                made.append(Record("DROP", {"branch": number}))
        if history.branch.number != self._shown:
            self._shown = history.branch.number
            made.append(Record("SHOW", {"branch": self._shown}))
        if bookmarks != self._bookmarks:
            self._bookmarks = bookmarks
            made.append(Record("NOTE", {"bookmarks": [(mark.position, mark.note) for mark in bookmarks]}))
            made += self._shortcuts(history, bookmarks)
        return made

    def _forget(self, number: int) -> None:
        """A branch is dropped, and so is what readers find of it in the file."""
        del self._branches[number]
        self._events.pop(number, None)
        self._opened = {(branch, place) for branch, place in self._opened if branch != number}

    def _branch(self, branch: Branch, history: History) -> list[Record]:
        made: list[Record] = []
        if branch.number not in self._branches:
            made.append(self._fork(branch, history))
        inputs, marks = self._branches[branch.number]
        made += (input_record(branch.number, each) for each in branch.inputs[inputs:])
        made += (mark_record(branch.number, mark) for mark in branch.marks.all[marks:])
        self._branches[branch.number] = len(branch.inputs), len(branch.marks.all)
        return made

    def _fork(self, branch: Branch, history: History) -> Record:
        parent = history.by_number(branch.parent) if branch.parent is not None else history.branches[0]
        fork = branch.fork or START
        inherited = _shared(parent.inputs, branch.inputs)
        marks = len(parent.marks.until(fork).all)
        self._branches[branch.number] = inherited, marks
        return fork_record(branch.number, parent.number, fork, inherited, branch.events)

    def _shortcuts(self, history: History, bookmarks: tuple[Bookmark, ...]) -> list[Record]:
        """A checkpoint near each bookmark of the branch shown that can be found."""
        branch = history.branch
        places = sorted({place for mark in bookmarks if (place := place_of(mark, history)) is not None})
        made: list[Record] = []
        for kept in (branch.kept.nearest(place) for place in places):
            if kept is branch.kept[0] or (branch.number, kept.place) in self._opened:
                continue
            self._opened.add((branch.number, kept.place))
            try:
                found = shortcuts.records(history, branch, kept, self._events.get(branch.number, 0), build())
            except TypeError:  # something in state that `plain_state` does not know: the place is reached by replaying
                continue
            if found[0].kind == "EVNT":
                self._events[branch.number] = int(found[-1].fields["events"])
            made += found
        return made


def _shared(one: list[Input], other: list[Input]) -> int:
    """How many inputs two branches have in common."""
    count = 0
    for mine, its in zip(one, other, strict=False):
        if mine is not its:
            break
        count += 1
    return count


def place_of(mark: Bookmark, history: History) -> Place | None:
    """Where a bookmark is, if that is known."""
    try:
        return backward.known(Position.parse(mark.position), history)
    except ValueError:
        return None


def refuse_to_replace(path: str) -> None:
    """Raise `ValueError` for a file that is there and is no recording, `OSError` when it cannot be looked at."""
    target = Path(path)
    if target.is_dir():
        raise ValueError(f"{path} is a folder; name a file to record into")
    if target.is_file() and target.stat().st_size:
        with target.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ValueError(f"{path} is there already and is no recording; choose another name")
