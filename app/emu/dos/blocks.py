"""What the run has made of a file: immutable blocks, so that checkpoints share those that did not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SIZE: Final = 1 << 14
"""Bytes of a block. What lies behind the end of the file is zeros."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A piece of a file. Checkpoints refer to it and do not copy it."""

    data: bytes


ZEROS: Final = Block(bytes(SIZE))


@dataclass(eq=False)
class Blocks:
    """The contents of a file. size in bytes."""

    size: int = 0
    blocks: list[Block] = field(default_factory=list)

    @classmethod
    def of(cls, data: bytes) -> Blocks:
        """Some bytes as blocks."""
        made = cls()
        made.write(0, data)
        return made

    def read(self, position: int, size: int) -> bytes:
        """Up to `size` bytes from a position; fewer at the end."""
        end = min(position + size, self.size)
        if position >= end:
            return b""
        first = position // SIZE
        whole = b"".join(block.data for block in self.blocks[first : -(-end // SIZE)])
        return whole[position - first * SIZE : end - first * SIZE]

    def write(self, position: int, data: bytes) -> None:
        """Write bytes, filling a gap before them with zeros."""
        if not data:
            return
        end = position + len(data)
        self.blocks += [ZEROS] * (-(-end // SIZE) - len(self.blocks))
        self.size = max(self.size, end)
        at = position
        while at < end:
            number, offset = divmod(at, SIZE)
            here = min(SIZE - offset, end - at)
            old, new = self.blocks[number].data, data[at - position : at - position + here]
            self.blocks[number] = Block(old[:offset] + new + old[offset + here :])
            at += here

    def resize(self, size: int) -> None:
        """Cut the file or extend it with zeros."""
        if size < self.size:
            del self.blocks[-(-size // SIZE) :]
            kept = size % SIZE
            if kept:
                self.blocks[-1] = Block(self.blocks[-1].data[:kept].ljust(SIZE, b"\0"))
        self.blocks += [ZEROS] * (-(-size // SIZE) - len(self.blocks))
        self.size = size
