"""Guest memory through real-mode pointers: offsets wrap at 64 KiB as they do for real code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

Pointer = tuple[int, int]
"""Paragraph and offset, as a service receives DS:DX and its like."""


def linear(pointer: Pointer) -> int:
    """The linear address of a pointer's first byte."""
    return (pointer[0] << 4) + (pointer[1] & 0xFFFF)


def read(memory: Memory, pointer: Pointer, size: int) -> bytes:
    """Read `size` bytes (at most 64 KiB); the offset wraps."""
    first = min(size, 0x10000 - (pointer[1] & 0xFFFF))
    data = memory.read(linear(pointer), first)
    return data if first == size else data + memory.read(pointer[0] << 4, size - first)


def write(memory: Memory, pointer: Pointer, data: bytes) -> None:
    """Write bytes (at most 64 KiB); the offset wraps."""
    first = min(len(data), 0x10000 - (pointer[1] & 0xFFFF))
    memory.write(linear(pointer), data[:first])
    if first < len(data):
        memory.write(pointer[0] << 4, data[first:])


def read_until(memory: Memory, pointer: Pointer, end: int, limit: int) -> bytes | None:
    """The bytes before the first byte `end`, or None when `limit` bytes hold none."""
    done = b""
    while len(done) < limit:
        chunk = read(memory, (pointer[0], pointer[1] + len(done)), min(128, limit - len(done)))
        where = chunk.find(end)
        if where >= 0:
            return done + chunk[:where]
        done += chunk
    return None


def read_u16(memory: Memory, pointer: Pointer) -> int:
    """A word."""
    return int.from_bytes(read(memory, pointer, 2), "little")


def write_u16(memory: Memory, pointer: Pointer, value: int) -> None:
    """Write a word."""
    write(memory, pointer, (value & 0xFFFF).to_bytes(2, "little"))
