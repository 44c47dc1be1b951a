"""Two positions side by side: a pinned one and the present, by registers, stacks, tables and memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final, TypeVar

import numpy as np

from app.debug.narrate import STACKS, counted
from app.debug.positions import position_of
from app.debug.snapshot import CallbackRow, Comparison, DescriptorRow, Difference, Part, StackView, VectorRow
from app.debug.stack_view import stacks
from app.debug.table_view import TableView
from app.emu.machine import Machine
from app.emu.memory.layout import PAGE
from app.emu.memory.mappings import Run, mapped_runs
from app.emu.memory.memory import MemoryImage
from app.emu.registers import GENERAL, SEGMENTS, Registers

_SLOTS: Final = 64
"""Slots compared on each stack, from its pointer upwards."""
_GAP: Final = 8
"""Equal bytes between two differences that do not part them."""
_SHOWN: Final = 12
"""Bytes of a range written out."""
_MOST: Final = 200
"""Ranges of memory listed."""
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Pin:
    """Everything at one moment that can be compared with another."""

    position: str
    tick: int
    branch: int
    registers: Registers
    stacks: tuple[StackView, ...]
    descriptors: Mapping[tuple[str, int], DescriptorRow]
    callbacks: Mapping[tuple[int, int], CallbackRow]
    vectors: Mapping[tuple[str, int], VectorRow]
    memory: MemoryImage
    mapped: Sequence[Run]
    """The linear addresses programs have, paged out or not."""
    ram: int
    """Bytes of memory programs have: behind it lies the host's, which the other parts show."""

    @classmethod
    def of(cls, machine: Machine, branch: int) -> Pin:
        """The machine as it is now."""
        tables = TableView(machine)
        return cls(
            position=position_of(machine),
            tick=machine.tick,
            branch=branch,
            registers=machine.regs.copy(),
            stacks=stacks(machine, _SLOTS),
            descriptors={(row.table, row.index): row for row in tables.descriptors() if row.handler is None},
            callbacks={(row.client, row.slot): row for row in tables.callbacks()},
            vectors={(row.table, row.vector): row for row in tables.vectors()},
            memory=machine.memory.save(),
            mapped=mapped_runs(machine.memory, paged_out=True),
            ram=machine.memory.ram_size,
        )

    def compared_with(self, now: Pin) -> Comparison:
        """What is different now."""
        ranges = _memory(self, now)
        listed = tuple(islice(ranges, _MOST))
        found = (*_registers(self, now), *_stacks(self, now), *_tables(self, now), *listed)
        return Comparison(self.position, self.tick, self.branch, found, sum(1 for _ in ranges))


def _registers(then: Pin, now: Pin) -> Iterator[Difference]:
    for name in (*GENERAL, "eip", "eflags", *SEGMENTS):
        old, new = getattr(then.registers, name), getattr(now.registers, name)
        if old == new:
            continue
        if name in SEGMENTS:
            old, new = f"{old.selector:04X}, base {old.base:08X}", f"{new.selector:04X}, base {new.base:08X}"
        else:
            old, new = f"{old:08X}", f"{new:08X}"
        if old != new:
            yield Difference(Part.REGISTERS, name.upper(), old, new, None)


def _stacks(then: Pin, now: Pin) -> Iterator[Difference]:
    for old, new in zip(then.stacks, now.stacks, strict=True):
        where = STACKS[new.stack]
        if old.exists != new.exists or old.pointer != new.pointer:
            pointers = [str(view.pointer) if view.exists else "" for view in (old, new)]
            linear = new.pointer_linear or old.pointer_linear
            yield Difference(Part.STACKS, f"{where} pointer", pointers[0], pointers[1], linear)
        before, after = ({slot.linear: slot for slot in view.slots} for view in (old, new))
        for linear in sorted(before.keys() | after.keys()):
            first, second = before.get(linear), after.get(linear)
            slot = second or first
            if slot is None or (first and second and first.value == second.value):
                continue
            if (first is None and _is_on(old, linear)) or (second is None and _is_on(new, linear)):
                continue  # there as well, but further up than its picture goes
            meaning = f", {slot.meaning}" if slot.meaning else ""
            values = [f"{each.value:0{each.width * 2}X}" if each else "" for each in (first, second)]
            yield Difference(Part.STACKS, f"{where} {slot.address}{meaning}", values[0], values[1], linear)


def _is_on(view: StackView, linear: int) -> bool:
    """Is an address on a stack, between its pointer and its end?"""
    return view.exists and view.pointer_linear <= linear < view.high


def _tables(then: Pin, now: Pin) -> Iterator[Difference]:
    yield from _rows(
        Part.DESCRIPTORS, then.descriptors, now.descriptors,
        lambda row: f"{row.table} {row.selector:04X}",
        _descriptor,
        lambda row: row.descriptor.base,
    )  # fmt: skip
    yield from _rows(
        Part.CALLBACKS, then.callbacks, now.callbacks,
        lambda row: f"client {row.client} slot {row.slot}",
        _callback,
        lambda row: row.structure_linear,
    )  # fmt: skip
    yield from _rows(
        Part.VECTORS, then.vectors, now.vectors,
        lambda row: f"{row.table} {row.vector:02X}h",
        lambda row: f"{row.handler} {row.owner}",
        lambda _: None,
    )  # fmt: skip


def _callback(row: CallbackRow) -> str:
    hits = counted(row.hits, "dispatch", "dispatches")
    return f"{'active' if row.depth else 'ready'}, handler {row.handler}, structure {row.structure}, {hits}"


def _descriptor(row: DescriptorRow) -> str:
    value = row.descriptor
    return f"base {value.base:08X} limit {value.limit:08X} rights {value.access:02X} flags {value.flags:X}"


def _rows(
    part: Part,
    then: Mapping[_K, _V],
    now: Mapping[_K, _V],
    name: Callable[[_V], str],
    value: Callable[[_V], str],
    linear: Callable[[_V], int | None],
) -> Iterator[Difference]:
    """Rows of a table that came, went or changed, in the order of the present."""
    for key in dict.fromkeys((*now, *then)):
        old, new = then.get(key), now.get(key)
        row = new if new is not None else old
        if row is None:
            continue
        before, after = ("" if each is None else value(each) for each in (old, new))
        if before != after:
            yield Difference(part, name(row), before, after, linear(row))


def _memory(then: Pin, now: Pin) -> Iterator[Difference]:
    """Ranges of programs' memory that differ, by the linear address that shows them now, the lowest if there are more.

    What no linear address shows now (it was freed or unmapped, or belongs to the extended memory driver) is told by its
    physical address, behind the others.
    """
    changed = list(takewhile(lambda frame: frame < now.ram // PAGE, now.memory.changed_since(then.memory)))
    pages = _linear_pages(now.mapped, changed)
    shown = {page: frame for frame, page in pages.items()}
    hidden = {frame: frame for frame in changed if frame not in pages}
    for first, size, old, new in _differing(then.memory, now.memory, shown):
        yield Difference(Part.MEMORY, f"{first:08X}, {counted(size, 'byte', 'bytes')}", old, new, first)
    for first, size, old, new in _differing(then.memory, now.memory, hidden):
        what = f"physical {first:08X}, {counted(size, 'byte', 'bytes')}, not mapped now"
        yield Difference(Part.MEMORY, what, old, new, None)


def _linear_pages(mapped: Sequence[Run], frames: Sequence[int]) -> dict[int, int]:
    """Of frames in ascending order those that are mapped, each with the number of the lowest linear page it is at."""
    found: dict[int, int] = {}
    for linear, physical, size in mapped:
        first, end = physical // PAGE, (physical + size) // PAGE
        for frame in frames[bisect_left(frames, first) : bisect_left(frames, end)]:
            found.setdefault(frame, linear // PAGE + frame - first)
    return found


def _differing(then: MemoryImage, now: MemoryImage, pages: Mapping[int, int]) -> Iterator[tuple[int, int, str, str]]:
    """Ranges that differ: address, bytes, and how they begin in both. pages: number in the addresses -> frame."""
    for first, last in _ranges(then, now, pages):
        size = last - first
        more = " …" if size > _SHOWN else ""
        old, new = (_bytes(image, pages, first, min(size, _SHOWN)).hex(" ").upper() + more for image in (then, now))
        yield first, size, old, new


def _ranges(then: MemoryImage, now: MemoryImage, pages: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Addresses that differ, first and behind the last; small gaps are passed over."""
    open_range: tuple[int, int] | None = None
    for page in sorted(pages):
        old, new = (np.frombuffer(image.page(pages[page]), np.uint8) for image in (then, now))
        for offset in np.flatnonzero(old != new):
            at = page * PAGE + int(offset)
            if open_range is not None and at <= open_range[1] + _GAP:
                open_range = open_range[0], at + 1
                continue
            if open_range is not None:
                yield open_range
            open_range = at, at + 1
    if open_range is not None:
        yield open_range


def _bytes(image: MemoryImage, pages: Mapping[int, int], first: int, size: int) -> bytes:
    """Contents of some addresses within a range that differs; `pages` has all its pages."""
    page, offset = divmod(first, PAGE)
    content = image.page(pages[page])
    if offset + size > PAGE:
        content += image.page(pages[page + 1])
    return content[offset : offset + size]
