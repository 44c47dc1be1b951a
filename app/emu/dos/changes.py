"""Changes to the mounted folder, as values that can be done, undone and done again.

Paths are relative to the folder, parts joined by `/`. Whatever has become of the host's files meanwhile, nothing
outside the folder is touched: the place of every change is resolved and checked right before it.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one file or folder. Base of those below."""

    path: str

    @property
    def size(self) -> int:
        """Bytes it writes."""
        return 0

    def do(self, root: Path) -> tuple[Change, ...]:
        """Do it; returns what undoes it, in the order it is to be done. Raises `OSError`, nothing changed then."""
        raise NotImplementedError

    def done(self, root: Path) -> tuple[Change, tuple[Change, ...]]:
        """Do it as far as it goes: the change that was made, and what undoes it."""
        return self, self.do(root)


@dataclass(frozen=True, slots=True)
class WriteBytes(Change):
    """Bytes written into a file; a gap in front of them becomes zeros."""

    position: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes to write."""
        return len(self.data)

    def done(self, root: Path) -> tuple[Change, tuple[Change, ...]]:
        """A full disk takes what fits, as DOS reports it."""
        handle = os.open(existing(root, self.path), os.O_RDWR | _BINARY)
        try:
            before = os.fstat(handle).st_size
            os.lseek(handle, self.position, os.SEEK_SET)
            old = os.read(handle, len(self.data))
            os.lseek(handle, self.position, os.SEEK_SET)
            try:
                taken = os.write(handle, self.data)
            except OSError as error:
                if error.errno not in _NO_SPACE:
                    raise
                taken = 0
        finally:
            os.close(handle)
        undo: list[Change] = [WriteBytes(self.path, self.position, old[:taken])] if old[:taken] else []
        if taken and self.position + taken > before:
            undo.append(Resize(self.path, before))
        return replace(self, data=self.data[:taken]), tuple(undo)

    def do(self, root: Path) -> tuple[Change, ...]:
        """Write all of it."""
        made, undo = self.done(root)
        if made.size < self.size:
            raise OSError(errno.ENOSPC, "the disk is full", self.path)
        return undo


@dataclass(frozen=True, slots=True)
class Resize(Change):
    """A file cut, or extended with zeros."""

    end: int

    def do(self, root: Path) -> tuple[Change, ...]:
        """Set the file's size."""
        path = existing(root, self.path)
        before = path.stat().st_size
        with path.open("rb") as file:
            file.seek(self.end)
            cut = file.read()
        os.truncate(path, self.end)
        return (WriteBytes(self.path, self.end, cut),) if cut else (Resize(self.path, before),)


@dataclass(frozen=True, slots=True)
class MakeFile(Change):
    """A new, empty file."""

    def do(self, root: Path) -> tuple[Change, ...]:
        """Make it where nothing is."""
        os.close(os.open(named(root, self.path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        return (Remove(self.path),)


@dataclass(frozen=True, slots=True)
class MakeFolder(Change):
    """A new folder."""

    def do(self, root: Path) -> tuple[Change, ...]:
        """Make it where nothing is."""
        named(root, self.path).mkdir()
        return (RemoveFolder(self.path),)


@dataclass(frozen=True, slots=True)
class Remove(Change):
    """A file, or a link to one, taken out."""

    def do(self, root: Path) -> tuple[Change, ...]:
        """Remove the name. What undoes it makes a file of the same contents."""
        contents = existing(root, self.path).read_bytes()
        named(root, self.path).unlink()
        return (MakeFile(self.path), *((WriteBytes(self.path, 0, contents),) if contents else ()))


@dataclass(frozen=True, slots=True)
class RemoveFolder(Change):
    """An empty folder taken out."""

    def do(self, root: Path) -> tuple[Change, ...]:
        """Remove it."""
        named(root, self.path).rmdir()
        return (MakeFolder(self.path),)


@dataclass(frozen=True, slots=True)
class Rename(Change):
    """A file or folder renamed or moved."""

    new: str

    def do(self, root: Path) -> tuple[Change, ...]:
        """Rename it; nothing is replaced, not even what DOS cannot see, such as a link that leads outside."""
        target = named(root, self.new)
        if os.path.lexists(target):
            raise PermissionError(errno.EACCES, "something is there already", self.new)
        named(root, self.path).rename(target)
        return (Rename(self.new, self.path),)


def existing(root: Path, path: str) -> Path:
    """What a path names, links followed. Raises `OSError` where nothing is, or when it leads outside."""
    try:
        found = (root / path).resolve(strict=True)
    except RuntimeError as error:  # Python 3.11 and 3.12 say so of a circular link
        raise OSError(errno.ELOOP, "a circular link", path) from error
    if not found.is_relative_to(root):
        raise PermissionError(errno.EACCES, "leads outside the mounted folder", path)
    return found


def named(root: Path, path: str) -> Path:
    """A name in the folder that holds it, not followed when it is a link. Raises `OSError` as `existing`."""
    parent, _, name = path.rpartition("/")
    return existing(root, parent) / name
