"""Local descriptor tables: real structures in guest memory, with a note of who allocated each entry.

Source of the rules: DPMI 0.9/1.0, INT 31h AX=0000h to 000Fh.
"""

from __future__ import annotations

from copy import copy
from enum import Enum, auto
from typing import Final, NamedTuple

from app.emu.descriptor import (
    ACCESSED,
    CODE,
    CODE_OR_DATA,
    EXPAND_DOWN,
    PRESENT,
    READABLE_OR_WRITABLE,
    Descriptor,
    sized,
)
from app.emu.host import failures
from app.emu.memory import layout
from app.emu.memory.memory import Memory

RESERVED: Final = 16
"""The first entries are kept for allocation by number (INT 31h AX=000Dh)."""
COUNT: Final = layout.LDT_SIZE // Descriptor.SIZE
"""The entries there is room for."""
_RPL_AND_TABLE: Final = 7
_DATA_RIGHTS: Final = 0xF2
FRESH: Final = sized(0, 0, _DATA_RIGHTS)
"""What a newly allocated descriptor holds: present, data, writable, base 0, limit 0, DPL 3."""


_ACCESS: Final = 5
"""Where the access byte stands in a descriptor."""


class Owner(Enum):
    """Who may do what with a descriptor (DPMI 1.0, appendix D)."""

    CLIENT = auto()
    """Allocated by 0000h, 000Ah, 000Dh, or an initial segment: the client may change and free it."""
    HOST = auto()
    """From 0002h, PSP, environment, callback alias, locked stack: read only for the client."""
    DOS_BLOCK = auto()
    """From 0100h: 0101h and 0102h only."""


class Entry(NamedTuple):
    """An allocated entry: who may do what with it, the words panes show, and the number of the client that has it."""

    owner: Owner
    label: str
    holder: int


class Kept(NamedTuple):
    """What a table held at one moment."""

    entries: dict[int, Entry]
    contents: bytes


class Ldt:
    """A client's local descriptor table at a linear address. index: which of the tables; holder: the client's number.

    Under hosts that have one table for all clients, each client has its view of it: place and entries are the same.
    """

    def __init__(self, memory: Memory, index: int, holder: int = 0, count: int = COUNT) -> None:
        self.memory = memory
        self.place = index
        self.linear = layout.LDTS + index * layout.LDT_SIZE
        self.holder = holder
        self.count = count
        self.entries: dict[int, Entry] = {}
        """Allocated entries by index."""
        memory.write(self.linear, bytes(layout.LDT_SIZE))

    def shared_with(self, holder: int) -> Ldt:
        """Another client's view of the table."""
        view = copy(self)
        view.holder = holder
        return view

    def keep(self) -> Kept:
        """All it holds now."""
        size = (max(self.entries, default=0) + 1) * Descriptor.SIZE
        return Kept(dict(self.entries), self.memory.read(self.linear, size))

    def put_back(self, kept: Kept) -> None:
        """Make it again what it was."""
        self.entries.clear()
        self.entries.update(kept.entries)
        self.memory.write(self.linear, kept.contents.ljust(layout.LDT_SIZE, b"\0"))

    def release_all(self) -> None:
        """Free what this client has in it."""
        for index in [index for index, entry in self.entries.items() if entry.holder == self.holder]:
            self.release(index)

    @staticmethod
    def selector(index: int) -> int:
        """The selector of an entry: table bit and RPL 3."""
        return index << 3 | _RPL_AND_TABLE

    def index(self, selector: int, *owners: Owner) -> int:
        """The entry a selector means (RPL ignored). Raises `InvalidSelector` unless allocated (to these owners)."""
        entry = self.entries.get(selector >> 3) if selector & 4 else None
        if entry is None or (owners and entry.owner not in owners):
            raise failures.InvalidSelector
        return selector >> 3

    def read(self, index: int) -> Descriptor:
        """The descriptor of an entry, as it lies in memory."""
        return Descriptor.decode_at(self.memory.buffer, self.memory.host_physical(self.linear) + index * 8)

    def write(self, index: int, descriptor: Descriptor) -> None:
        """Replace the descriptor of an entry."""
        self.memory.write(self.linear + index * 8, descriptor.encode())

    def mark_accessed(self, index: int) -> None:
        """Set the accessed bit, as the processor does when it loads the descriptor."""
        # Not by `write`: whoever looks out for changes of the descriptor does not mean this.
        self.memory.buffer[self.memory.host_physical(self.linear) + index * 8 + _ACCESS] |= ACCESSED

    def allocate(self, count: int, owner: Owner, label: str) -> int:
        """Reserve `count` neighbouring entries; the index of the first. Raises `DescriptorUnavailable`."""
        run = 0
        for index in range(RESERVED, self.count):
            run = 0 if index in self.entries else run + 1
            if run == count:
                first = index - count + 1
                for each in range(first, index + 1):
                    self.take(each, owner, label)
                return first
        raise failures.DescriptorUnavailable

    @property
    def free(self) -> int:
        """How many entries `allocate` can still give."""
        return self.count - RESERVED - sum(index >= RESERVED for index in self.entries)

    def is_free(self, index: int) -> bool:
        """Is there such an entry, and does nobody have it?"""
        return index < self.count and index not in self.entries

    def take(self, index: int, owner: Owner, label: str) -> None:
        """Make an entry allocated, with the contents of a fresh descriptor."""
        self.entries[index] = Entry(owner, label, self.holder)
        self.write(index, FRESH)

    def release(self, index: int) -> None:
        """Free an entry: the descriptor becomes invalid."""
        del self.entries[index]
        self.memory.write(self.linear + index * 8, bytes(8))


def check_rights(access: int, flags: int) -> None:
    """The rules for rights a client may set (DPMI 1.0, INT 31h AX=0009h). Raises `InvalidValue`.

    access: the access byte; flags: the G, D/B, L, AVL nibble.
    """
    if access >> 5 & 3 != 3 or not access & CODE_OR_DATA:
        raise failures.InvalidValue
    if not access & PRESENT:
        return
    if access & CODE and (not access & READABLE_OR_WRITABLE or access & EXPAND_DOWN):
        raise failures.InvalidValue
    if flags & 2:
        raise failures.InvalidValue


def mended_rights(access: int, flags: int) -> tuple[int, int]:
    """What a host makes of rights that puts them right where it can (reference 3.3). Raises `InvalidValue`."""
    if access >> 5 & 3 != 3:
        raise failures.InvalidValue
    return access | CODE_OR_DATA, flags & ~2
