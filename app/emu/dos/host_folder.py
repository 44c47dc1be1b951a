"""The host folder behind drive C:, asked only once about everything.

It is the outside of the machine and no part of its state. What it has answered (listings, contents) is remembered:
whoever goes back in the run and looks again sees the same, whatever has become of the host's files meanwhile, and a
recording that carries the answers needs no folder at all.

Paths are relative to the folder, parts joined by `/`, "" for the folder itself. Only names read from the host become
host paths, and only while they resolve to a place inside the folder: nothing a guest can spell leads outside.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.emu.dos import names
from app.emu.dos.changes import existing
from app.emu.dos.date_time import Stamp, dos_stamp
from app.emu.dos.failures import AccessDenied, from_code, from_host
from app.emu.dos.mirror import Mirror, Outcome
from app.emu.machine_errors import LoadError

LARGEST: Final = 512 << 20
"""Largest file that is read, in bytes: as much as drive C: says it holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder in a listing. size in bytes, as it was when the listing was made."""

    name: str
    is_folder: bool
    size: int
    stamp: Stamp
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds that DOS can see. refused: the DOS error code of a folder that could not be read, else 0."""

    path: str
    entries: tuple[Entry, ...]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds. refused: the DOS error code of a file that could not be read, else 0."""

    path: str
    data: bytes
    refused: int = 0


class HostFolder:
    """The folder and what it has answered. Raises `LoadError` when there is no such folder.

    path: None for a folder that exists only as the answers given here; whatever is asked beyond them is refused with
    `access denied` and noted in `missing`.
    """

    def __init__(
        self,
        path: str | None,
        listings: Iterable[Listing] = (),
        contents: Iterable[Contents] = (),
        outcomes: Iterable[Outcome] = (),
    ) -> None:
        if path is not None and not Path(path).is_dir():
            raise LoadError(f"{path}: no such folder; --mount takes the folder to be drive C:")
        self.path = path or "the recorded folder"
        self.root = str(Path(path).resolve()) if path is not None else None
        self.listings = {each.path: each for each in listings}
        self.contents = {each.path: each for each in contents}
        self.mirror = Mirror(self.root, list(outcomes))
        self.missing: list[str] = []
        self.listed: dict[str, dict[str, Entry]] = {}
        """The listings by DOS name, as far as they have been asked for."""

    def entries(self, path: str) -> dict[str, Entry]:
        """{DOS name: entry} of a folder. Raises the DOS failure it answered with."""
        if path not in self.listed:
            listing = self.listings.get(path)
            if listing is None:
                listing = self.listings[path] = self._list(path)
            if listing.refused:
                raise from_code(listing.refused)
            by_name = {entry.name: entry for entry in listing.entries}
            self.listed[path] = {name: by_name[host] for name, host in names.from_host(by_name).items()}
        return self.listed[path]

    def read(self, path: str) -> bytes:
        """All of a file. Raises the DOS failure it answered with."""
        contents = self.contents.get(path)
        if contents is None:
            contents = self.contents[path] = self._read(path)
        if contents.refused:
            raise from_code(contents.refused)
        return contents.data

    def provide(self, path: str, data: bytes) -> None:
        """Answer with this when the contents of a file are asked for that the folder does not have."""
        self.contents.setdefault(path, Contents(path, data))

    # The host

    def _place(self, path: str) -> Path:
        """Where a path is on the host now. Raises `OSError`."""
        if self.root is None:
            self.missing.append(path or ".")
            raise PermissionError(errno.EACCES, "not recorded", path)
        return existing(Path(self.root), self.mirror.whereabouts(path))

    def _list(self, path: str) -> Listing:
        try:
            with os.scandir(self._place(path)) as entries:
                seen = [entry for each in entries if (entry := self._entry(each)) is not None]
        except OSError as error:
            return Listing(path, (), from_host(error).code)
        return Listing(path, tuple(sorted(seen, key=lambda entry: entry.name)))

    def _entry(self, found: os.DirEntry[str]) -> Entry | None:
        """A visible regular file or folder that lies inside the mounted one."""
        if found.name.startswith(".") or self.root is None:
            return None
        try:
            if found.is_symlink() and not Path(found.path).resolve(strict=True).is_relative_to(self.root):
                return None
            status = found.stat()
        except (OSError, RuntimeError):
            return None  # a dangling or circular link
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            return None
        stamp = dos_stamp(time.gmtime(max(status.st_mtime, 0)))
        is_folder = stat.S_ISDIR(status.st_mode)
        size = 0 if is_folder else status.st_size
        return Entry(found.name, is_folder, size, stamp, not status.st_mode & stat.S_IWUSR)

    def _read(self, path: str) -> Contents:
        try:
            # A file may have become something else since it was listed: a pipe must not keep us waiting.
            handle = os.open(self._place(path), os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                    return Contents(path, b"", AccessDenied.code)
                return Contents(path, file.read())
        except OSError as error:
            return Contents(path, b"", from_host(error).code)
