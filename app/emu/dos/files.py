"""Files and directories behind drive C: a host folder seen lazily, and what the run has changed, kept in memory.

The decision: the overlay is the tree itself. A node says which host file or folder it came from, if any, and what
became of it; a node nobody has touched does not exist yet. So renaming a folder moves one node, nothing is copied
before it is written, and the whole overlay is a picklable value. Only names read from the host ever become host
paths, and only while they resolve to a place inside the mounted folder: nothing a guest can spell leads outside.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.emu.dos import names
from app.emu.dos.failures import AccessDenied, FileNotFound, from_host

READ_ONLY: Final = 0x01
HIDDEN: Final = 0x02
SYSTEM: Final = 0x04
VOLUME: Final = 0x08
DIRECTORY: Final = 0x10
ARCHIVE: Final = 0x20

Stamp = tuple[int, int]
"""A DOS date and time as two words."""


def dos_stamp(moment: time.struct_time) -> Stamp:
    """The two words: date (7 bits year from 1980, 4 month, 5 day), time (5 hours, 6 minutes, 5 half seconds)."""
    year = min(max(moment.tm_year - 1980, 0), 127)
    date = year << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | min(moment.tm_sec, 59) >> 1


def _host_stamp(path: str) -> Stamp:
    return dos_stamp(time.gmtime(max(Path(path).stat().st_mtime, 0)))


@dataclass(eq=False)
class File:
    """A file. host: the host file it still is or came from; data: its contents once the run has changed them."""

    host: str | None
    data: bytearray | None
    stamp: Stamp
    attributes: int = ARCHIVE

    @property
    def size(self) -> int:
        """Bytes in the file."""
        if self.data is not None:
            return len(self.data)
        try:
            return Path(self._path).stat().st_size
        except OSError as error:
            raise from_host(error) from error

    @property
    def _path(self) -> str:
        if self.host is None:
            raise FileNotFound
        return self.host

    def read(self, position: int, size: int) -> bytes:
        """Up to `size` bytes from a position; fewer at the end."""
        if self.data is not None:
            return bytes(self.data[position : position + size])
        try:
            with Path(self._path).open("rb") as file:
                file.seek(position)
                return file.read(size)
        except OSError as error:
            raise from_host(error) from error

    def write(self, position: int, data: bytes) -> int:
        """Write bytes, filling a gap before them with zeros; returns how many were written."""
        contents = self._own()
        if position > len(contents):
            contents.extend(bytes(position - len(contents)))
        contents[position : position + len(data)] = data
        return len(data)

    def truncate(self, size: int) -> None:
        """Cut the file or extend it with zeros to a size."""
        contents = bytearray() if size == 0 else self._own()
        del contents[size:]
        contents.extend(bytes(size - len(contents)))
        self.data = contents

    def _own(self) -> bytearray:
        if self.data is None:
            self.data = bytearray(self.read(0, self.size))
        return self.data


class HostFile(File):
    """A file of a folder mounted to be written through: every change goes to the host at once."""

    def write(self, position: int, data: bytes) -> int:
        """Write to the host; a full disk writes what fits, as DOS reports it."""
        try:
            handle = os.open(self._path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
            try:
                os.lseek(handle, position, os.SEEK_SET)
                return os.write(handle, data)
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno == getattr(os, "ENOSPC", 28):
                return 0
            raise from_host(error) from error

    def truncate(self, size: int) -> None:
        """Cut or extend the host file."""
        try:
            os.truncate(self._path, size)
        except OSError as error:
            raise from_host(error) from error


@dataclass(eq=False)
class Directory:
    """A directory. host: the folder behind it, None for one the run made; nodes: what the run has touched in it.

    A name whose node is None was deleted or renamed away. root is the mounted folder, resolved.
    """

    root: str
    host: str | None
    stamp: Stamp
    write_through: bool = False
    attributes: int = DIRECTORY
    nodes: dict[str, File | Directory | None] = field(default_factory=dict)

    def names(self) -> list[str]:
        """DOS names of all entries, sorted."""
        kept = {name for name, node in self.nodes.items() if node is not None}
        return sorted(kept | (self._host_names().keys() - self.nodes.keys()))

    def find(self, name: str) -> File | Directory | None:
        """The entry of a DOS name; it stays in the tree, so that everybody who opens it gets the same one."""
        if name in self.nodes:
            return self.nodes[name]
        host_name = self._host_names().get(name)
        if host_name is None or self.host is None:
            return None
        node = self._from_host(str(Path(self.host, host_name).resolve()))
        self.nodes[name] = node
        return node

    def make_file(self, name: str, stamp: Stamp) -> File:
        """Enter a new, empty file."""
        if self.write_through:
            path = self._new_path(name)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            except OSError as error:
                raise from_host(error) from error
            file: File = HostFile(path, None, stamp)
        else:
            file = File(None, bytearray(), stamp)
        self.nodes[name] = file
        return file

    def make_directory(self, name: str, stamp: Stamp) -> None:
        """Enter a new, empty directory."""
        path = self._new_path(name) if self.write_through else None
        if path is not None:
            try:
                Path(path).mkdir()
            except OSError as error:
                raise from_host(error) from error
        self.nodes[name] = Directory(self.root, path, stamp, self.write_through)

    def remove(self, name: str) -> None:
        """Take an entry out; what others have open of it stays theirs."""
        node = self.find(name)
        if self.write_through and node is not None and node.host is not None:
            try:
                if isinstance(node, Directory):
                    Path(node.host).rmdir()
                else:
                    Path(node.host).unlink()
            except OSError as error:
                raise from_host(error) from error
        self.nodes[name] = None

    def move(self, name: str, target: Directory, new_name: str) -> None:
        """Rename an entry, into another directory of the drive or within this one."""
        node = self.find(name)
        if node is None:
            raise FileNotFound
        if self.write_through and node.host is not None:
            path = target._new_path(new_name)
            if os.path.lexists(path):  # something DOS cannot see, such as a link that leads outside
                raise AccessDenied
            try:
                Path(node.host).rename(path)
            except OSError as error:
                raise from_host(error) from error
            node.host = path
            if isinstance(node, Directory):
                node.nodes.clear()  # their host paths are those of the old name
        self.nodes[name] = None
        target.nodes[new_name] = node

    def _new_path(self, name: str) -> str:
        if self.host is None:
            raise AccessDenied
        return str(Path(self.host, name))

    def _host_names(self) -> dict[str, str]:
        """{DOS name: host name} of the folder's regular files and folders that lie inside the mounted one."""
        if self.host is None:
            return {}
        try:
            with os.scandir(self.host) as entries:
                return names.from_host([entry.name for entry in entries if self._is_inside(entry)])
        except OSError as error:
            raise from_host(error) from error

    def _is_inside(self, entry: os.DirEntry[str]) -> bool:
        try:
            mode = entry.stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                return False
            return not entry.is_symlink() or Path(entry.path).resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False  # a dangling or circular link

    def _from_host(self, path: str) -> File | Directory | None:
        try:
            mode = Path(path).stat().st_mode
            stamp = _host_stamp(path)
        except OSError:
            return None
        if stat.S_ISDIR(mode):
            return Directory(self.root, path, stamp, self.write_through)
        attributes = ARCHIVE if mode & stat.S_IWUSR else ARCHIVE | READ_ONLY
        return (HostFile if self.write_through else File)(path, None, stamp, attributes)


Node = File | Directory
"""An entry of a directory."""
