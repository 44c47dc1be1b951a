"""Guest memory: one buffer Python owns, seen by the CPU as physical memory and by everybody else through page tables.

The page tables are real structures in the buffer and the only truth about mappings. Writes from the host to pages
that hold translated code are remembered, so that the CPU can drop what it made of them (`take_stale`).
"""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from app.emu.memory import layout
from app.emu.memory.layout import PAGE
from app.emu.probes import MemoryProbe

PRESENT: Final = 0x01
WRITABLE: Final = 0x02
USER: Final = 0x04
ACCESSED: Final = 0x20
DIRTY: Final = 0x40
COMMITTED: Final = 0x200
"""A software bit: the entry has a frame of its own, whether present or not."""
PAGED_OUT: Final = 0x800
"""A software bit: the entry is not present because the host has taken the page; its frame holds the contents."""
MAPPED: Final = 0x400
"""A software bit: the page shows physical addresses that belong to no block."""

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_MASK = 0xFFFFFFFF
OPEN_BUS: Final = b"\xff"
"""What is read at physical addresses behind the machine's memory: nothing is there. Writes are lost."""
_TABLE_SPAN: Final = 1 << 22
"""Bytes one page table covers."""
_POINTER: Final = 8
"""Bytes an image takes for each page of a chunk, and for each chunk."""
_CHUNK: Final = 64
"""Pages compared in one go when a checkpoint looks for changes, and shared as a whole when there are none."""
Chunk: TypeAlias = tuple[bytes | None, ...]
"""The contents of neighbouring pages, None for zeros."""


class PageNotPresent(LookupError):
    """A linear address without a page behind it. `linear` is the first such address."""

    def __init__(self, linear: int) -> None:
        super().__init__(f"no page is mapped at linear address {linear:08X}")
        self.linear = linear


class PageFault(NamedTuple):
    """What the processor reports: the linear address, and the error code (bit 0 present, 1 write, 2 user)."""

    linear: int
    error_code: int


@dataclass(frozen=True, slots=True)
class MemoryImage:
    """All of physical memory at one moment; what did not change is shared between images, as are zero pages."""

    chunks: tuple[Chunk, ...]

    @property
    def pages(self) -> tuple[bytes | None, ...]:
        """The contents of all pages, None for zeros."""
        return tuple(page for chunk in self.chunks for page in chunk)

    def page(self, number: int) -> bytes:
        """The contents of one page."""
        return self.chunks[number // _CHUNK][number % _CHUNK] or bytes(PAGE)

    def with_pages(self, pages: Mapping[int, bytes]) -> MemoryImage:
        """The same with other contents of some pages, by their number. Raises `IndexError` for one there is not."""
        chunks = list(self.chunks)
        for number, content in pages.items():
            chunk = list(chunks[number // _CHUNK])
            chunk[number % _CHUNK] = content if content.strip(b"\0") else None
            chunks[number // _CHUNK] = tuple(chunk)
        return MemoryImage(tuple(chunks))

    def changed_since(self, before: MemoryImage | None) -> Iterator[int]:
        """Numbers of the pages it does not share with another image of the same memory (None: an empty one)."""
        for number, chunk in enumerate(self.chunks):
            old = before.chunks[number] if before is not None else (None,) * len(chunk)
            if chunk is not old:
                yield from (number * _CHUNK + at for at, page in enumerate(chunk) if page is not old[at])

    def size_beside(self, before: MemoryImage | None) -> int:
        """Bytes it holds that another image does not."""
        pages = sum(1 for _ in self.changed_since(before))
        chunks = sum(before is None or chunk is not before.chunks[number] for number, chunk in enumerate(self.chunks))
        return pages * PAGE + _POINTER * (len(self.chunks) + chunks * _CHUNK)


def _zeros(size: int) -> mmap.mmap:
    """Memory of its own that takes no room before it is written; shared memory, the default, does when it is read."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _in_pages(linear: int, size: int) -> Iterator[tuple[int, int, int]]:
    """A range cut at the ends of pages, and where addresses wrap around: linear address, offset in the range, bytes."""
    done = 0
    while done < size:
        at = linear + done & _MASK
        here = min(size - done, PAGE - (at & 0xFFF))
        yield at, done, here
        done += here


class Memory:
    """Physical memory and the linear addresses over it. All sizes in bytes."""

    def __init__(self, megabytes: int) -> None:
        self.ram_size = megabytes << 20
        self.size = self.ram_size + layout.HOST_SIZE
        self.buffer = _zeros(self.size)
        self.tables_changed = False
        """Page tables were changed: the CPU must forget its translations."""
        self.code_pages: set[int] = set()
        """Physical page numbers the CPU has translated code from."""
        self._stale: list[tuple[int, int]] = []
        self._probes: tuple[MemoryProbe, ...] = ()
        self._used: set[MemoryProbe] = set()
        self._watched: list[tuple[MemoryProbe, range]] | None = None
        """The physical addresses of the probes, None before somebody needs them."""
        self._view = np.frombuffer(self.buffer, dtype=np.uint64).reshape(-1, PAGE // 8)
        self._shadow = np.zeros_like(self._view)
        pages = self.size // PAGE
        self._shared: list[Chunk] = [(None,) * min(_CHUNK, pages - first) for first in range(0, pages, _CHUNK)]
        self._directory = self.host_physical(layout.PAGE_TABLES)
        self._next_table = self._directory + PAGE
        self._build()

    # Page tables

    def host_physical(self, linear: int) -> int:
        """Physical address of one of the host's own linear addresses."""
        return linear - layout.HOST + self.ram_size

    @property
    def directory(self) -> int:
        """Physical address of the page directory (CR3)."""
        return self._directory

    def _build(self) -> None:
        self.map_range(0, 0, layout.CONVENTIONAL_END, WRITABLE | USER)
        host = self.host_physical(layout.HOST)
        self.map_range(layout.HOST, host, layout.HOST_USER - layout.HOST, WRITABLE)
        self.map_range(layout.TRAPS, self.host_physical(layout.TRAPS), PAGE, USER)
        tables = self.host_physical(layout.PAGE_TABLES)
        self.map_range(layout.PAGE_TABLES, tables, layout.PAGE_TABLES_SIZE, WRITABLE)
        stacks = layout.LOCKED_STACK_SIZE * layout.MAX_CLIENTS
        self.map_range(layout.LOCKED_STACKS, self.host_physical(layout.LOCKED_STACKS), stacks, WRITABLE | USER)

    def _entry_address(self, linear: int) -> int:
        """Physical address of the page table entry of a linear address; the table is made when there is none."""
        slot = self._directory + (linear >> 22) * 4
        entry = int(_U32.unpack_from(self.buffer, slot)[0])
        if not entry & PRESENT:
            entry = self._next_table | PRESENT | WRITABLE | USER
            self._next_table += PAGE
            _U32.pack_into(self.buffer, slot, entry)
        return (entry & ~0xFFF) + (linear >> 12 & 0x3FF) * 4

    def page_entry(self, linear: int) -> int:
        """The page table entry of a linear address, 0 when there is none."""
        table = int(_U32.unpack_from(self.buffer, self._directory + (linear >> 22) * 4)[0])
        if not table & PRESENT:
            return 0
        return int(_U32.unpack_from(self.buffer, (table & ~0xFFF) + (linear >> 12 & 0x3FF) * 4)[0])

    def set_page_entry(self, linear: int, entry: int) -> None:
        """Write the page table entry of a linear address."""
        _U32.pack_into(self.buffer, self._entry_address(linear), entry)
        self.tables_changed = True
        self._watched = None

    def map_range(self, linear: int, physical: int, size: int, flags: int) -> None:
        """Map pages, present with the given flags; all three page-aligned."""
        for offset in range(0, size, PAGE):
            self.set_page_entry(linear + offset, physical + offset | flags | PRESENT)

    def unmap_range(self, linear: int, size: int) -> None:
        """Make pages not present."""
        for page, entry in self.page_entries(linear, size):
            if entry:
                self.set_page_entry(page, 0)

    def page_entries(self, linear: int, size: int) -> Iterator[tuple[int, int]]:
        """The pages of a page-aligned range with their entries; those without a page table are left out."""
        page, end = linear, linear + size
        while page < end:
            if self.has_table(page):
                yield page, self.page_entry(page)
                page += PAGE
            else:
                page = (page | _TABLE_SPAN - 1) + 1

    def raw_entries(self, linear: int, size: int) -> bytes:
        """The page table entries of a page-aligned range as they lie in memory, zeros where there is no table."""
        parts = []
        page, end = linear, linear + size
        while page < end:
            last = min(end, (page | _TABLE_SPAN - 1) + 1)
            here = (last - page) // PAGE * 4
            if self.has_table(page):
                at = self._entry_address(page)
                parts.append(self.buffer[at : at + here])
            else:
                parts.append(bytes(here))
            page = last
        return b"".join(parts)

    def has_table(self, linear: int) -> bool:
        """Is there a page table for a linear address?"""
        return bool(self.buffer[self._directory + (linear >> 22) * 4] & PRESENT)

    def share_with_user(self, linear: int, size: int) -> None:
        """Let clients reach pages of the host, writable (the LDT behind its alias)."""
        for page in range(linear, linear + size, PAGE):
            self.set_page_entry(page, self.page_entry(page) | USER | WRITABLE)

    def translate(self, linear: int) -> int | None:
        """Physical address of a linear one, None when there is no page; one that is paged out is there."""
        if linear < layout.CONVENTIONAL_END:
            return linear
        entry = self.page_entry(linear)
        return (entry & ~0xFFF) + (linear & 0xFFF) if entry & (PRESENT | PAGED_OUT) else None

    def is_mapped(self, linear: int, size: int, *, flags: int = PRESENT) -> bool:
        """Are all pages of a range present (and have `flags`)?"""
        first, last = linear & ~0xFFF, linear + max(size, 1) - 1
        return last <= _MASK and all(self.page_entry(page) & flags == flags for page in range(first, last + 1, PAGE))

    def has_page(self, linear: int, size: int) -> bool:
        """Is there a page for each address of a range, present or paged out?"""
        first, last = linear & ~0xFFF, linear + max(size, 1) - 1
        return (
            first >= 0
            and last <= _MASK
            and all(self.page_entry(page) & (PRESENT | PAGED_OUT) for page in range(first, last + 1, PAGE))
        )

    def present_pages(self, linear: int, size: int) -> list[int]:
        """Numbers of the pages of a range that have a frame of their own and are present."""
        pages: list[int] = []
        page, end = linear, linear + size
        while page < end:
            last = min(end, (page | _TABLE_SPAN - 1) + 1)
            if self.has_table(page):
                count = (last - page) // PAGE
                table = np.frombuffer(self.buffer, np.uint32, count, self._entry_address(page))
                found = np.flatnonzero(table & (COMMITTED | PRESENT) == COMMITTED | PRESENT)
                pages += (found + page // PAGE).tolist()
            page = last
        return pages

    def page_out(self, linear: int) -> None:
        """Take a page that is present: it keeps its frame and contents."""
        self.set_page_entry(linear, self.page_entry(linear) & ~PRESENT | PAGED_OUT)

    def page_in(self, linear: int) -> None:
        """Bring a page back, if it was taken."""
        entry = self.page_entry(linear)
        if entry & PAGED_OUT:
            self.set_page_entry(linear, entry & ~PAGED_OUT | PRESENT)

    def touch(self, linear: int, size: int, *, write: bool) -> PageFault | None:
        """Do in the page tables what an access by user code does: mark pages. The fault it meets instead, if any."""
        if linear + size <= layout.CONVENTIONAL_END:
            return None
        needed = PRESENT | USER | (WRITABLE if write else 0)
        marks = ACCESSED | (DIRTY if write else 0)
        for page in range(linear & ~0xFFF, linear + max(size, 1), PAGE):
            entry = self.page_entry(page) if page <= _MASK else 0
            if entry & needed != needed:
                error_code = entry & PRESENT | write << 1 | USER
                return PageFault(max(linear, page) & _MASK, error_code)
            if entry & marks != marks:
                _U32.pack_into(self.buffer, self._entry_address(page), entry | marks)
        return None

    # Access by linear address

    def read(self, linear: int, size: int) -> bytes:
        """Bytes at a linear address. Raises `PageNotPresent`."""
        if self._probes:
            self.note_use(linear, size, write=False)
        if linear + size <= layout.CONVENTIONAL_END:
            return self.buffer[linear : linear + size]
        parts = []
        while size > 0:
            linear &= _MASK
            physical = self.translate(linear)
            if physical is None:
                raise PageNotPresent(linear)
            here = min(size, PAGE - (linear & 0xFFF))
            parts.append(self.buffer[physical : physical + here] if physical < self.size else OPEN_BUS * here)
            linear += here
            size -= here
        return b"".join(parts)

    def write(self, linear: int, data: bytes) -> None:
        """Write bytes at a linear address, all or nothing. Raises `PageNotPresent`."""
        size = len(data)
        if not size:
            return
        if linear + size <= layout.CONVENTIONAL_END:
            self.buffer[linear : linear + size] = data
            pieces = [(linear, 0, size)]
        else:
            pieces = self._pieces(linear, size)
            for physical, start, here in pieces:
                if physical < self.size:
                    self.buffer[physical : physical + here] = data[start : start + here]
        if self._probes:
            self._note(pieces, write=True)
        if self.code_pages and any(self._has_code(physical, here) for physical, _, here in pieces):
            self._stale.append((linear, size))

    def _pieces(self, linear: int, size: int) -> list[tuple[int, int, int]]:
        """A range page by page: physical address, offset in the range, bytes. Raises `PageNotPresent`."""
        pieces = []
        for at, done, here in _in_pages(linear, size):
            physical = self.translate(at)
            if physical is None:
                raise PageNotPresent(at)
            pieces.append((physical, done, here))
        return pieces

    def spans(self, linear: int, size: int) -> Iterator[range]:
        """The physical addresses behind a range, as far as they lie together; pages that are not there are left out."""
        found = range(0)
        for at, _, here in _in_pages(linear, size):
            physical = self.translate(at)
            if physical is not None and found and found.stop == physical:
                found = range(found.start, physical + here)
            elif physical is not None:
                if found:
                    yield found
                found = range(physical, physical + here)
        if found:
            yield found

    def _has_code(self, physical: int, size: int) -> bool:
        return not self.code_pages.isdisjoint(range(physical >> 12, (physical + size + 0xFFF) >> 12))

    def read_u8(self, linear: int) -> int:
        """One byte."""
        return self.read(linear, 1)[0]

    def read_u16(self, linear: int) -> int:
        """One word, little-endian."""
        return int(_U16.unpack(self.read(linear, 2))[0])

    def read_u32(self, linear: int) -> int:
        """One dword, little-endian."""
        return int(_U32.unpack(self.read(linear, 4))[0])

    def write_u8(self, linear: int, value: int) -> None:
        """One byte."""
        self.write(linear, bytes((value & 0xFF,)))

    def write_u16(self, linear: int, value: int) -> None:
        """One word."""
        self.write(linear, _U16.pack(value & 0xFFFF))

    def write_u32(self, linear: int, value: int) -> None:
        """One dword."""
        self.write(linear, _U32.pack(value & _MASK))

    # For the CPU

    def take_stale(self) -> list[tuple[int, int]]:
        """Ranges (linear, size) of translated code the host has overwritten since the last call."""
        stale, self._stale = self._stale, []
        return stale

    # For debuggers

    def look_out(self, probes: tuple[MemoryProbe, ...]) -> None:
        """Note which of these bytes are read or written through this object from now on."""
        self._probes = probes
        self._watched = None
        self._used.clear()

    def take_uses(self) -> set[MemoryProbe]:
        """The probes used since `look_out` or the last call."""
        used, self._used = self._used, set()
        return used

    def note_use(self, linear: int, size: int, *, write: bool) -> None:
        """Somebody accesses memory, if by another way than `read` and `write`. Raises `PageNotPresent`."""
        if self._probes:
            self._note(self._pieces(linear, size), write=write)

    def _note(self, accessed: list[tuple[int, int, int]], *, write: bool) -> None:
        if self._watched is None:
            self._watched = [(probe, span) for probe in self._probes for span in self.spans(probe.linear, probe.size)]
        for probe, span in self._watched:
            if (probe.writes if write else probe.reads) and any(
                physical < span.stop and physical + here > span.start for physical, _, here in accessed
            ):
                self._used.add(probe)

    # Checkpoints

    def save(self) -> MemoryImage:
        """An image of all memory; costs only the pages changed since the last image."""
        for number, shared in enumerate(self._shared):
            start = number * _CHUNK
            now, then = self._view[start : start + _CHUNK], self._shadow[start : start + _CHUNK]
            if np.array_equal(now, then):
                continue
            pages = list(shared)
            for at in np.flatnonzero((now != then).any(axis=1)):
                content = self.buffer[(start + at) * PAGE : (start + at + 1) * PAGE]
                pages[at] = content if content.strip(b"\0") else None
            self._shared[number] = tuple(pages)
            then[:] = now
        return MemoryImage(tuple(self._shared))

    def restore(self, image: MemoryImage) -> None:
        """Go back to an image. The CPU must drop its translations afterwards."""
        for page in image.changed_since(self.save()):
            self.buffer[page * PAGE : (page + 1) * PAGE] = image.page(page)
            self._shadow[page] = self._view[page]
        self._shared = list(image.chunks)
        self._next_table = self._count_tables()
        self._stale.clear()
        self.tables_changed = True
        self._watched = None

    def _count_tables(self) -> int:
        """Where the next page table goes: behind the last one the directory points to."""
        entries = struct.unpack_from("<1024I", self.buffer, self._directory)
        return max(int(entry & ~0xFFF) + PAGE for entry in entries if entry & PRESENT)
