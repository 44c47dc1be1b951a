"""Local descriptor tables: real structures in guest memory, with a note of who allocated each entry.

Source of the rules: DPMI 0.9/1.0, INT 31h AX=0000h to 000Fh.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

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
_COUNT: Final = layout.LDT_SIZE // Descriptor.SIZE
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


class Ldt:
    """One client's local descriptor table at a linear address."""

    def __init__(self, memory: Memory, index: int) -> None:
        self.memory = memory
        self.linear = layout.LDTS + index * layout.LDT_SIZE
        self.entries: dict[int, tuple[Owner, str]] = {}
        """Allocated entries: index -> owner and the words panes show."""
        memory.write(self.linear, bytes(layout.LDT_SIZE))

    @staticmethod
    def selector(index: int) -> int:
        """The selector of an entry: table bit and RPL 3."""
        return index << 3 | _RPL_AND_TABLE

    def index(self, selector: int, *owners: Owner) -> int:
        """The entry a selector means (RPL ignored). Raises `InvalidSelector` unless allocated (to these owners)."""
        entry = self.entries.get(selector >> 3) if selector & 4 else None
        if entry is None or (owners and entry[0] not in owners):
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
        for index in range(RESERVED, _COUNT):
            run = 0 if index in self.entries else run + 1
            if run == count:
                first = index - count + 1
                for each in range(first, index + 1):
                    self.take(each, owner, label)
                return first
        raise failures.DescriptorUnavailable

    def is_free(self, index: int) -> bool:
        """Is there such an entry, and does nobody have it?"""
        return index < _COUNT and index not in self.entries

    def take(self, index: int, owner: Owner, label: str) -> None:
        """Make an entry allocated, with the contents of a fresh descriptor."""
        self.entries[index] = (owner, label)
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
