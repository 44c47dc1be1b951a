"""Drive C: paths as DOS spells them, over a host folder and an overlay of changes.

Everything a guest names goes through `Mount.locate`: upper-case 8.3 components below the root, `..` never above it. A
path of long names becomes one of those first (`Mount.from_long`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from app.emu.dos import names
from app.emu.dos.date_time import Stamp, dos_stamp
from app.emu.dos.failures import (
    AccessDenied,
    CurrentDirectory,
    DosFailed,
    FileExists,
    FileNotFound,
    InvalidDrive,
    InvalidHandle,
    NoMoreFiles,
    PathNotFound,
    TooManyOpenFiles,
)
from app.emu.dos.files import DIRECTORY, HIDDEN, READ_ONLY, SYSTEM, VOLUME, Directory, Drive, File
from app.emu.dos.host_folder import HostFolder
from app.emu.machine_errors import LoadError

DRIVE: Final = 2
"""Number of the drive: 0 is A:, 2 is C:."""
_LETTER: Final = "C"
SERIAL: Final = 0x0DE5_0CA7
"""The volume's serial number."""
_MAX_SEARCHES: Final = 256
_LONGEST_CURRENT: Final = 66
"""Letters of the current directory with its drive, as many as DOS has room for."""
DEEPEST: Final = 64
"""Directories within one another: twice as many as DOS can name, and not too many for a recording, which nests, too."""


@dataclass(slots=True)
class Found:
    """One entry a search found."""

    name: str
    node: File | Directory
    long_name: str

    @property
    def size(self) -> int:
        """Bytes of a file."""
        return self.node.size if isinstance(self.node, File) else 0


@dataclass(slots=True)
class Search:
    """A search that is not at its end: the names still to be looked at.

    attributes: which special entries are wanted beside the normal ones; required: which of them all must have; owner:
    the PSP of who has to end it (long names), 0 when the end comes by itself.
    """

    path: tuple[str, ...]
    attributes: int
    remaining: list[str]
    required: int = 0
    owner: int = 0
    long_names: dict[str, str] = field(default_factory=dict)
    """{DOS name: long name} of those that were there at its beginning, when it is one for long names."""


@dataclass(frozen=True, slots=True)
class LongPath:
    """A path of long names. path: the same in DOS's spelling; name: its last component, as a new entry is called.

    The name is empty where the path ends with `..` or has no component: nothing new can be called so.
    """

    path: str
    name: str


@dataclass(slots=True)
class Located:
    """A path: the directory its last component lies in, and that component."""

    directory: Directory
    path: tuple[str, ...]
    name: str

    @property
    def node(self) -> File | Directory | None:
        """What is there now."""
        return self.directory.find(self.name)


@dataclass
class Mount:
    """Drive C: over a host folder. Changes stay in memory unless `write_through`."""

    folder: HostFolder
    write_through: bool = False
    current: tuple[str, ...] = ()
    searches: dict[int, Search] = field(default_factory=dict)
    long_searches: dict[int, Search] = field(default_factory=dict)
    root: Directory = field(init=False)

    def __post_init__(self) -> None:
        self.root = Directory(Drive(self.folder, self.write_through), "", dos_stamp(time.gmtime(0)), DIRECTORY)

    def came_from_outside(self, what: str) -> None:
        """Note that something came from outside: what is written from here on is written because of it, too."""
        drive = self.root.drive
        drive.lineage = blake2b(f"{drive.lineage} {what}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def provide(self, name: str, contents: bytes, stamp: Stamp) -> None:
        """Have a file in the root, where the folder has none: hidden from listings, and never in the host's folder."""
        if self.root.find(name) is None:
            self.folder.provide(name, contents)
            attributes, size = READ_ONLY | HIDDEN | SYSTEM, len(self.folder.read(name))
            self.root.nodes[name] = File(self.root.drive, name, stamp, attributes, self.root, name, listed=size)

    # -- paths

    def components(self, path: str) -> tuple[str, ...]:
        """The path from the root, as upper-case 8.3 components (the last may hold wildcards)."""
        parts, steps = self._steps(path)
        for number, step in enumerate(steps):
            if step == "..":
                _step_up(parts)
            elif number == len(steps) - 1 and _has_wildcards(step):
                parts.append(names.upper(step))
            else:
                parts.append(self._component(step, is_last=number == len(steps) - 1))
        return tuple(parts)

    def _steps(self, path: str) -> tuple[list[str], list[str]]:
        """Where a path begins, as components from the root, and the steps it takes from there."""
        if "\0" in path:
            raise PathNotFound
        text = path.replace("/", "\\")
        if text[1:2] == ":":
            if names.upper(text[0]) != _LETTER:
                raise InvalidDrive if text[0].isalpha() else PathNotFound
            text = text[2:]
        if text.startswith("\\\\"):
            raise PathNotFound
        parts = [] if text.startswith("\\") else list(self.current)
        return parts, [step for step in text.split("\\") if step not in {"", "."}]

    def _component(self, step: str, *, is_last: bool) -> str:
        name = names.normal(step)
        if name is None:
            raise FileNotFound if is_last else PathNotFound
        return name

    def from_long(self, path: str) -> LongPath:
        """A path of long names (or DOS names) in DOS's spelling; what its last component names need not exist."""
        device = self.device_of(path)
        if device is not None:
            return LongPath(device, device)
        parts, steps = self._steps(path)
        long_name = ""
        for number, step in enumerate(steps):
            if step == "..":
                _step_up(parts)
                long_name = ""
                continue
            is_last = number == len(steps) - 1
            here, name = self.directory(tuple(parts)), names.long_form(step)
            if name is None:
                raise FileNotFound if is_last else PathNotFound
            short = here.entry_called(name)
            if short is None and not is_last:
                raise PathNotFound
            parts.append(short or names.alias(name, frozenset(here.names())))
            long_name = name
        return LongPath(spelled(tuple(parts)), long_name)

    def in_long(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The long names of an existing path's components."""
        found = []
        for number, name in enumerate(parts):
            known = self.directory(parts[:number]).long_names()
            if name not in known:
                raise FileNotFound if number == len(parts) - 1 else PathNotFound
            found.append(known[name])
        return tuple(found)

    def device_of(self, path: str) -> str | None:
        """The device a path means, in whatever directory it names it."""
        last = path.replace("/", "\\").rpartition("\\")[2]
        return names.device_of(last[2:] if last[1:2] == ":" else last)

    def directory(self, path: tuple[str, ...]) -> Directory:
        """The directory at a path of components."""
        if len(path) > DEEPEST:
            raise PathNotFound
        here = self.root
        for name in path:
            node = here.find(name)
            if not isinstance(node, Directory):
                raise PathNotFound
            here = node
        return here

    def locate(self, path: str) -> Located:
        """Where a path leads; what it names need not exist, its directory must."""
        parts = self.components(path)
        if not parts:
            raise AccessDenied  # the root itself
        if _has_wildcards(parts[-1]):
            raise FileNotFound
        return Located(self.directory(parts[:-1]), parts, parts[-1])

    def true_name(self, path: str) -> str:
        r"""The whole path in DOS's own spelling: `C:\DIR\FILE.EXT`, or `C:/CON` for a device."""
        device = self.device_of(path)
        return spelled(self.components(path)) if device is None else f"{_LETTER}:/{device}"

    def guest_path(self, host_path: str) -> str:
        """How DOS calls a host file or folder below the mounted folder (its alias, when the name is long)."""
        resolved = Path(host_path).resolve()
        if self.folder.root is None or not resolved.is_relative_to(self.folder.root):
            raise LoadError(f"{host_path}: not inside the folder mounted as drive C: ({self.folder.path})")
        here: Directory = self.root
        parts: list[str] = []
        for step in resolved.relative_to(self.folder.root).parts:
            try:
                name = here.host_entry(step)
                node = here.find(name) if name else None
            except DosFailed as failure:
                raise LoadError(f"{host_path}: {failure.__doc__}: its folder cannot be read") from None
            if name is None or node is None:
                raise LoadError(f"{host_path}: no such file, or not one DOS can see")
            parts.append(name)
            here = node if isinstance(node, Directory) else here
        return spelled(tuple(parts))

    # -- files

    def file(self, path: str) -> File:
        """The file at a path."""
        node = self.locate(path).node
        if isinstance(node, Directory):
            raise AccessDenied
        if node is None:
            raise FileNotFound
        return node

    def create(
        self, path: str, stamp: Stamp, attributes: int = 0, *, must_be_new: bool = False, long_name: str = ""
    ) -> File:
        """Make a file, or empty the one that is there (AH=3Ch, 5Bh). long_name: of a new one, "" for its DOS name."""
        where = self.locate(path)
        node = where.node
        if node is not None and must_be_new:
            raise FileExists
        if isinstance(node, Directory) or (node is not None and node.attributes & READ_ONLY):
            raise AccessDenied
        if attributes & (VOLUME | DIRECTORY):
            raise AccessDenied
        if node is None:
            node = where.directory.make_file(where.name, stamp, long_name or where.name)
        else:
            node.truncate(0)
        node.stamp = stamp
        node.attributes = attributes & (READ_ONLY | HIDDEN | SYSTEM) | 0x20
        return node

    def delete(self, path: str) -> None:
        """Delete a file (AH=41h)."""
        where = self.locate(path)
        if self.file(path).attributes & READ_ONLY:
            raise AccessDenied
        where.directory.remove(where.name)

    def rename(self, old: str, new: str, long_name: str = "") -> None:
        """Rename or move a file, or rename a directory (AH=56h). With a long name it may stay what it was for DOS."""
        source, target = self.locate(old), self.locate(new)
        node = source.node
        if node is None:
            raise FileNotFound
        is_taken = target.node is not None and not (long_name and target.node is node)
        if is_taken or self.device_of(new) is not None:
            raise AccessDenied
        if isinstance(node, Directory) and (
            source.path[:-1] != target.path[:-1] or self.current[: len(source.path)] == source.path
        ):
            raise AccessDenied
        source.directory.move(source.name, target.directory, target.name, long_name or target.name)

    # -- directories

    def make_directory(self, path: str, stamp: Stamp, long_name: str = "") -> None:
        """Make a directory (AH=39h)."""
        where = self.locate(path)
        if where.node is not None or self.device_of(path) is not None:
            raise AccessDenied
        where.directory.make_directory(where.name, stamp, long_name or where.name)

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory (AH=3Ah)."""
        where = self.locate(path)
        node = where.node
        if not isinstance(node, Directory):
            raise PathNotFound
        if self.current[: len(where.path)] == where.path:
            raise CurrentDirectory
        if node.names():
            raise AccessDenied
        where.directory.remove(where.name)

    def change_directory(self, path: str) -> None:
        """Make a directory the current one (AH=3Bh)."""
        try:
            parts = self.components(path)
        except FileNotFound:
            raise PathNotFound from None
        self.directory(parts)
        if len(spelled(parts)) > _LONGEST_CURRENT:
            raise PathNotFound
        self.current = parts

    # -- searches

    def search(self, path: str, attributes: int) -> int:
        """Begin a search for names with wildcards (AH=4Eh); returns its number."""
        *parts, last = self.components(path) or ("",)
        wanted = names.pattern(last)
        directory = self.directory(tuple(parts))
        if wanted is None:
            raise NoMoreFiles
        everything = ([".", ".."] if parts else []) + directory.names()
        matching = [name for name in everything if _fits(wanted, name)]
        if len(self.searches) >= _MAX_SEARCHES:
            del self.searches[next(iter(self.searches))]  # the oldest one was left unfinished
        return _enter(self.searches, Search(tuple(parts), attributes, matching))

    def search_next(self, number: int) -> Found:
        """The next entry of a search (AH=4Fh)."""
        search = self.searches.get(number)
        if search is None:
            raise NoMoreFiles
        found = self.found(search)
        if found is None:
            del self.searches[number]
            raise NoMoreFiles
        return found

    def search_long(self, path: str, attributes: int, required: int, owner: int) -> Search:
        """A search for long names with wildcards, which fit DOS names, too."""
        head, separator, last = path.replace("/", "\\").rpartition("\\")
        if not separator and last[1:2] == ":":
            head, last = last[:2], last[2:]
        parts = self.components(self.from_long(head + separator).path)
        known = self.directory(parts).long_names()
        if parts:
            known = {".": ".", "..": ".."} | known
        matching = {name: full for name, full in known.items() if names.fits(last, full) or names.fits(last, name)}
        return Search(parts, attributes, list(matching), required, owner, matching)

    def keep_search_long(self, search: Search) -> int:
        """Keep a search for whoever goes on with it; returns its number."""
        if len(self.long_searches) >= _MAX_SEARCHES:
            raise TooManyOpenFiles
        return _enter(self.long_searches, search)

    def kept_search_long(self, number: int) -> Search:
        """The search of a number."""
        search = self.long_searches.get(number)
        if search is None:
            raise InvalidHandle
        return search

    def end_search_long(self, number: int) -> None:
        """End a search for long names."""
        self.kept_search_long(number)
        del self.long_searches[number]

    def end_searches(self, owner: int) -> None:
        """End the searches for long names a program leaves at its end."""
        self.long_searches = {number: each for number, each in self.long_searches.items() if each.owner != owner}

    def found(self, search: Search) -> Found | None:
        """The next entry a search finds; None at its end."""
        directory = self.directory(search.path)
        while search.remaining:
            name = search.remaining.pop(0)
            node = directory if name in {".", ".."} else directory.find(name)
            if node is not None and _is_wanted(node.attributes, search):
                return Found(name, node, search.long_names.get(name, name))
        return None


def _is_wanted(attributes: int, search: Search) -> bool:
    """Normal entries are always found; hidden, system and directories only when asked for."""
    if search.attributes & (DIRECTORY | HIDDEN | SYSTEM | VOLUME) == VOLUME:
        return False  # the label only, and drive C: has none
    unwanted = attributes & (HIDDEN | SYSTEM | DIRECTORY) & ~search.attributes
    return not unwanted and attributes & search.required == search.required


def _enter(searches: dict[int, Search], search: Search) -> int:
    number = next(number for number in range(_MAX_SEARCHES) if number not in searches)
    searches[number] = search
    return number


def _step_up(parts: list[str]) -> None:
    if not parts:
        raise PathNotFound
    parts.pop()


def spelled(parts: tuple[str, ...]) -> str:
    """A path of components from the root as it is written."""
    return f"{_LETTER}:\\" + "\\".join(parts)


def _has_wildcards(component: str) -> bool:
    return any(letter in component for letter in "*?")


def _fits(wanted: str, name: str) -> bool:
    if name in {".", ".."}:
        return wanted.startswith("?" * 2)
    return names.matches(wanted, name)
