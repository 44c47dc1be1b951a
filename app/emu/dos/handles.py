"""Open files and handles: the system file table in Python, each program's job file table in its PSP.

A handle is an index into the job file table, whose byte is an index into the system file table; several handles
(duplicates, inherited ones) may share an entry and with it the position in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.dos import far_memory
from app.emu.dos.failures import AccessDenied, InvalidHandle, LockViolation, TooManyOpenFiles
from app.emu.dos.files import File
from app.emu.dos.psp import CLOSED, JFT_COUNT, JFT_POINTER, read_far

if TYPE_CHECKING:
    from app.emu.dos.surroundings import Machine

READ: Final = 0
WRITE: Final = 1
BOTH: Final = 2
NO_INHERIT: Final = 0x80
_MAX_OPEN: Final = 255
STANDARD: Final = ("CON", "CON", "CON", "AUX", "PRN")
"""Devices behind handles 0 to 4."""


class Part(NamedTuple):
    """Bytes of a file, from start up to the one before stop."""

    start: int
    stop: int


@dataclass(eq=False)
class OpenFile:
    """An entry of the system file table. mode: access in bits 0-2, NO_INHERIT; either `device` or `file` is set.

    raw: a device passes bytes as they are (INT 21h AX=4401h, bit 5).
    """

    name: str
    mode: int
    device: str = ""
    file: File | None = None
    position: int = 0
    references: int = 0
    raw: bool = False
    locks: list[Part] = field(default_factory=list)
    """Bytes of the file nobody else may read, write or lock (INT 21h AH=5Ch)."""

    @property
    def access(self) -> int:
        """READ, WRITE or BOTH."""
        return self.mode & 7

    def readable_file(self) -> File:
        """The file, to read from."""
        if self.file is None or self.access == WRITE:
            raise AccessDenied
        return self.file

    def writable_file(self) -> File:
        """The file, to write to."""
        if self.file is None or self.access == READ:
            raise AccessDenied
        return self.file


class Handles:
    """The system file table and every program's handles into it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.entries: list[OpenFile | None] = []

    def open_standard(self, psp: int) -> None:
        """Give a program handles 0 to 4: three for the console, then AUX and PRN."""
        shared: dict[str, int] = {}
        for handle, device in enumerate(STANDARD):
            if device not in shared:
                shared[device] = self._enter(OpenFile(device, BOTH, device=device))
            self._link(psp, handle, shared[device])

    def open(self, psp: int, opened: OpenFile) -> int:
        """Enter an opened file and return its handle."""
        handle = self._free_handle(psp)
        self._link(psp, handle, self._enter(opened))
        return handle

    def entry(self, psp: int, handle: int) -> OpenFile:
        """What a handle stands for."""
        index = self._index(psp, handle)
        entry = self.entries[index] if index < len(self.entries) else None
        if entry is None:
            raise InvalidHandle
        return entry

    def close(self, psp: int, handle: int) -> None:
        """Close a handle; the file stays open while others use it."""
        entry = self.entry(psp, handle)
        index = self._index(psp, handle)
        self._set(psp, handle, CLOSED)
        entry.references -= 1
        if entry.references == 0:
            self.entries[index] = None

    def check_unlocked(self, entry: OpenFile, part: Part) -> None:
        """Fail with `lock violation` when somebody else has locked one of these bytes of an entry's file."""
        others = (each for each in self.entries if each is not None and each.file is entry.file and each is not entry)
        if any(_overlap(part, lock) for each in others for lock in each.locks):
            raise LockViolation

    def lock(self, entry: OpenFile, part: Part) -> None:
        """Lock bytes of an entry's file; none of them may be locked yet."""
        self.check_unlocked(entry, part)
        if any(_overlap(part, lock) for lock in entry.locks):
            raise LockViolation
        entry.locks.append(part)

    def unlock(self, entry: OpenFile, part: Part) -> None:
        """Unlock exactly what was locked before."""
        if part not in entry.locks:
            raise LockViolation
        entry.locks.remove(part)

    def duplicate(self, psp: int, handle: int) -> int:
        """A second handle for the same open file (AH=45h)."""
        self.entry(psp, handle)
        second = self._free_handle(psp)
        self._link(psp, second, self._index(psp, handle))
        return second

    def redirect(self, psp: int, handle: int, second: int) -> None:
        """Make `second` another handle of what `handle` stands for (AH=46h)."""
        self.entry(psp, handle)
        if second == handle:
            return
        if self._index(psp, second, open_only=False) != CLOSED:
            self.close(psp, second)
        self._link(psp, second, self._index(psp, handle))

    def inherited(self, psp: int, size: int) -> bytes:
        """A child's job file table: its parent's handles, except those opened not to be inherited."""
        table = bytearray([CLOSED]) * size
        for handle in range(min(size, self.count(psp))):
            index = self._index(psp, handle, open_only=False)
            entry = self.entries[index] if index < len(self.entries) else None
            if entry is not None and not entry.mode & NO_INHERIT:
                table[handle] = index
                entry.references += 1
        return bytes(table)

    def close_all(self, psp: int) -> None:
        """Close what a program leaves open at its end."""
        for handle, index in enumerate(self.table(psp)):  # a damaged PSP has 65535 of them
            if index < len(self.entries) and self.entries[index] is not None:
                self.close(psp, handle)

    def check_free(self, psp: int) -> None:
        """Fail with `too many open files` when the program has no handle left."""
        self._free_handle(psp)

    def is_open(self, psp: int, handle: int) -> bool:
        """Does a handle of the table stand for anything?"""
        return self._index(psp, handle, open_only=False) != CLOSED

    def table(self, psp: int) -> bytes:
        """The job file table."""
        pointer = read_far(self.machine.memory, psp, JFT_POINTER)
        return far_memory.read(self.machine.memory, (pointer.segment, pointer.offset), self.count(psp))

    def count(self, psp: int) -> int:
        """Length of the job file table."""
        return self.machine.memory.read_u16((psp << 4) + JFT_COUNT)

    def _slot(self, psp: int, handle: int) -> int:
        """Linear address of a handle's byte; the table wraps at 64 KiB."""
        pointer = read_far(self.machine.memory, psp, JFT_POINTER)
        return far_memory.linear((pointer.segment, pointer.offset + handle))

    def _index(self, psp: int, handle: int, *, open_only: bool = True) -> int:
        if handle >= self.count(psp):
            raise InvalidHandle
        index = self.machine.memory.read_u8(self._slot(psp, handle))
        if open_only and index == CLOSED:
            raise InvalidHandle
        return index

    def _set(self, psp: int, handle: int, index: int) -> None:
        self.machine.memory.write_u8(self._slot(psp, handle), index)

    def _link(self, psp: int, handle: int, index: int) -> None:
        entry = self.entries[index]
        if entry is None:
            raise InvalidHandle
        self._set(psp, handle, index)
        entry.references += 1

    def _free_handle(self, psp: int) -> int:
        for handle in range(self.count(psp)):
            if self._index(psp, handle, open_only=False) == CLOSED:
                return handle
        raise TooManyOpenFiles

    def _enter(self, opened: OpenFile) -> int:
        for index, entry in enumerate(self.entries):
            if entry is None:
                self.entries[index] = opened
                return index
        if len(self.entries) >= _MAX_OPEN:
            raise TooManyOpenFiles
        self.entries.append(opened)
        return len(self.entries) - 1


def _overlap(one: Part, other: Part) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)
