"""Files and directories of drive C:: the host folder seen lazily, and what the run has changed, kept in memory.

The decision: the overlay is the tree itself. A node says what in the host folder it came from, if anything, and what
became of it; a node nobody has touched does not exist yet. So renaming a folder moves one node, nothing is copied
before it is written, and the whole overlay is a picklable value. With write-through every change is also carried over
to the host folder (`mirror.py`); what the guest sees is this tree in either case.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from app.emu.dos import names
from app.emu.dos.blocks import Blocks
from app.emu.dos.changes import Change, MakeFile, MakeFolder, Remove, RemoveFolder, Rename, Resize, WriteBytes
from app.emu.dos.date_time import Stamp
from app.emu.dos.failures import AccessDenied, DosFailed, FileNotFound, from_code
from app.emu.dos.host_folder import LARGEST, Entry, HostFolder

READ_ONLY: Final = 0x01
HIDDEN: Final = 0x02
SYSTEM: Final = 0x04
VOLUME: Final = 0x08
DIRECTORY: Final = 0x10
ARCHIVE: Final = 0x20


@dataclass(eq=False)
class Drive:
    """What all nodes share: the folder behind the drive, and how far its changes have come."""

    folder: HostFolder
    write_through: bool
    last_change: int = 0
    """Number of the last change carried over to the host folder on this way of the run."""
    lineage: str = ""
    """Names everything that came from outside so far: keys, edits. Changes of the same lineage are the same changes."""

    def change(self, change: Change) -> int:
        """Carry a change over; returns how many bytes the host took. Raises the DOS failure it answers with."""
        if not self.write_through:
            return change.size
        outcome = self.folder.mirror.change(self.last_change, self.lineage, change)
        self.last_change = outcome.number
        if outcome.refused:
            raise from_code(outcome.refused)
        return outcome.taken


@dataclass(eq=False)
class Node:
    """An entry of a directory. origin: its path in the host folder when the run began, None for what the run made.

    stamp: when it was last written; parent: None for the root, and for what has been deleted; host_name: what the host
    calls it in that directory, its long name where DOS can spell that.
    """

    drive: Drive
    origin: str | None
    stamp: Stamp
    attributes: int
    parent: Directory | None = None
    host_name: str = ""
    created: Stamp = field(init=False)
    created_hundredths: int = 0
    """Hundredths of a second (0 to 199) behind `created`."""
    accessed: int = field(init=False)
    """Date of the last access."""

    def __post_init__(self) -> None:
        self.created, self.accessed = self.stamp, self.stamp[0]

    @property
    def host_path(self) -> str:
        """Where it is in the host folder now, as far as changes are carried over."""
        return self.parent.host_path_of(self.host_name) if self.parent is not None else ""


@dataclass(eq=False)
class File(Node):
    """A file. listed: its size in the host's listing; data: its contents once the run has changed them."""

    listed: int = 0
    data: Blocks | None = None
    was_read: bool = False
    """The host's contents have been read: from then on they say how long the file is."""

    @property
    def size(self) -> int:
        """Bytes in the file."""
        if self.data is not None:
            return self.data.size
        return len(self._contents()) if self.was_read else self.listed

    def read(self, position: int, size: int) -> bytes:
        """Up to `size` bytes from a position; fewer at the end."""
        if self.data is not None:
            return self.data.read(position, size)
        return self._contents()[position : position + size]

    def write(self, position: int, data: bytes) -> int:
        """Write bytes, filling a gap before them with zeros; returns how many were written: fewer on a full disk."""
        contents = self._own()
        taken = self._change(WriteBytes(self.host_path, position, data[: max(LARGEST - position, 0)]))
        contents.write(position, data[:taken])
        return taken

    def truncate(self, size: int) -> None:
        """Cut the file or extend it with zeros to a size."""
        if size > LARGEST:
            raise AccessDenied
        if size:
            self._own()
        self.remember()
        self._change(Resize(self.host_path, size))
        if self.data is None:
            self.data = Blocks()
        self.data.resize(size)

    def remember(self) -> None:
        """Have the host's contents read before the host's file changes: an earlier time may still ask for them."""
        if self.data is None and self.drive.write_through:
            with suppress(DosFailed):
                self._contents()

    def _change(self, change: Change) -> int:
        return self.drive.change(change) if self.parent is not None else change.size

    def _contents(self) -> bytes:
        if self.origin is None:
            raise FileNotFound
        contents = self.drive.folder.read(self.origin)
        self.was_read = True
        return contents

    def _own(self) -> Blocks:
        if self.data is None:
            self.data = Blocks.of(self._contents())
        return self.data


@dataclass(eq=False)
class Directory(Node):
    """A directory. nodes: what the run has touched in it; a name whose node is None was deleted or renamed away."""

    nodes: dict[str, File | Directory | None] = field(default_factory=dict)

    def names(self) -> list[str]:
        """DOS names of all entries, sorted."""
        kept = {name for name, node in self.nodes.items() if node is not None}
        return sorted(kept | (self._listed().keys() - self.nodes.keys()))

    def find(self, name: str) -> File | Directory | None:
        """The entry of a DOS name; it stays in the tree, so that everybody who opens it gets the same one."""
        if name in self.nodes:
            return self.nodes[name]
        entry = self._listed().get(name)
        if entry is None:
            return None
        node = self.nodes[name] = self._from_host(entry)
        return node

    def long_names(self) -> dict[str, str]:
        """{DOS name: long name} of all entries.

        It is what the host calls the entry, or the DOS name where DOS cannot spell that, or an entry before it is
        called so, too, but for the case of letters.
        """
        found: dict[str, str] = {}
        seen = set(self.names())
        listed = self._listed()
        for name in sorted(seen):
            node = self.nodes.get(name)
            host_name = node.host_name if node is not None else listed[name].name
            folded = names.upper(host_name)
            if names.long_form(host_name) != host_name or (folded != name and folded in seen):
                host_name = name
            seen.add(folded)
            found[name] = host_name
        return found

    def entry_called(self, name: str) -> str | None:
        """The DOS name of the entry with a DOS or long name, in letters of any case."""
        folded = names.upper(name)
        if folded == names.normal(name) and self.find(folded) is not None:
            return folded
        return next((each for each, known in self.long_names().items() if names.upper(known) == folded), None)

    def make_file(self, name: str, stamp: Stamp, long_name: str) -> File:
        """Enter a new, empty file."""
        self.drive.change(MakeFile(self.host_path_of(long_name)))
        file = File(self.drive, None, stamp, ARCHIVE, self, long_name, data=Blocks())
        self.nodes[name] = file
        return file

    def make_directory(self, name: str, stamp: Stamp, long_name: str) -> None:
        """Enter a new, empty directory."""
        self.drive.change(MakeFolder(self.host_path_of(long_name)))
        self.nodes[name] = Directory(self.drive, None, stamp, DIRECTORY, self, long_name)

    def remove(self, name: str) -> None:
        """Take an entry out; what others have open of it stays theirs."""
        node = self.find(name)
        if node is None:
            raise FileNotFound
        if isinstance(node, File):
            node.remember()
        self.drive.change((RemoveFolder if isinstance(node, Directory) else Remove)(node.host_path))
        self.nodes[name] = node.parent = None

    def move(self, name: str, target: Directory, new_name: str, long_name: str) -> None:
        """Rename an entry, into another directory of the drive or within this one."""
        node = self.find(name)
        if node is None:
            raise FileNotFound
        self.drive.change(Rename(node.host_path, target.host_path_of(long_name)))
        self.nodes[name] = None
        target.nodes[new_name] = node
        node.parent, node.host_name = target, long_name

    def host_path_of(self, host_name: str) -> str:
        """Where an entry of this directory is in the host folder."""
        above = self.host_path
        return f"{above}/{host_name}" if above else host_name

    def host_entry(self, host_name: str) -> str | None:
        """The DOS name of what the host calls so."""
        found = (name for name, entry in self._listed().items() if entry.name == host_name)
        return next(found, None)

    def _listed(self) -> dict[str, Entry]:
        """{DOS name: entry} of the folder this directory was when the run began."""
        return self.drive.folder.entries(self.origin) if self.origin is not None else {}

    def _from_host(self, entry: Entry) -> File | Directory:
        origin = f"{self.origin}/{entry.name}" if self.origin else entry.name
        if entry.is_folder:
            return Directory(self.drive, origin, entry.stamp, DIRECTORY, self, entry.name)
        attributes = ARCHIVE | READ_ONLY if entry.is_read_only else ARCHIVE
        return File(self.drive, origin, entry.stamp, attributes, self, entry.name, listed=entry.size)
