"""What can be watched, forwards and backwards: memory, a register, a descriptor, a selector, a vector, a stack's depth.

A watch says what, `Use` says which kind of use of it. `app/debug/searching.py` finds uses. The four stacks' slots, the
fields of a real mode call structure and the real-mode interrupt table are memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.debug.narrate import STACKS, counted
from app.emu.events import Stack


class Use(StrEnum):
    """How something is used."""

    WRITE = "write"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that can be watched. Base of the watches below; `str()` is its name for the user."""


@dataclass(frozen=True, slots=True)
class MemoryWatch(Watch):
    """Linear addresses. what: how the user knows them (`EAX in the structure of slot 0`), empty for the address."""

    linear: int
    size: int
    what: str = ""

    def __str__(self) -> str:
        return self.what or f"{self.linear:08X}, {counted(self.size, 'byte', 'bytes')}"


@dataclass(frozen=True, slots=True)
class RegisterWatch(Watch):
    """A register: `eax` … `edi` (or any part of it), `eflags`, a segment register. Every instruction writes EIP."""

    name: str

    def __str__(self) -> str:
        return self.name.upper()


@dataclass(frozen=True, slots=True)
class DescriptorWatch(Watch):
    """The eight bytes of a descriptor in the GDT or the running client's LDT; its accessed bit does not count."""

    selector: int

    def __str__(self) -> str:
        return f"descriptor {self.selector:04X}"


@dataclass(frozen=True, slots=True)
class SelectorWatch(Watch):
    """A selector being loaded into a segment register: each load is a read of its descriptor by the processor."""

    selector: int

    def __str__(self) -> str:
        return f"selector {self.selector:04X} loaded"


@dataclass(frozen=True, slots=True)
class VectorWatch(Watch):
    """A vector. table: `real`, `protected` or `exception`."""

    table: str
    vector: int

    def __str__(self) -> str:
        return f"{self.table} vector {self.vector:02X}h"


@dataclass(frozen=True, slots=True)
class DepthWatch(Watch):
    """A stack in use deeper than so many bytes: a write below that depth, on the stack as it is when this is asked."""

    stack: Stack
    depth: int

    def __str__(self) -> str:
        return f"{STACKS[self.stack]} deeper than {counted(self.depth, 'byte', 'bytes')}"
