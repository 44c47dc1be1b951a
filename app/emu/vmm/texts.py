"""Texts of drivers, which end with a zero byte."""

from __future__ import annotations

from app.emu.memory.memory import Memory


def text_at(memory: Memory, linear: int, longest: int) -> bytes:
    """A text without its zero byte, cut to so many bytes. Raises `PageNotPresent`."""
    found = bytearray()
    while len(found) < longest and (byte := memory.read_u8(linear + len(found) & 0xFFFFFFFF)):
        found.append(byte)
    return bytes(found)
