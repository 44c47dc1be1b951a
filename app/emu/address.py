"""Far addresses: how the machine names a place, and how people type one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FAR: Final = re.compile(r"([0-9A-Fa-f]{1,4}):([0-9A-Fa-f]{1,8})")


class Far(NamedTuple):
    """A segmented address: a real-mode segment (paragraphs) or a selector, and an offset in bytes.

    Whether the first part is a segment or a selector follows from the mode the address was seen in; `wide`
    addresses (32-bit offsets) print eight offset digits, the others four.
    """

    segment: int
    offset: int
    wide: bool = False

    def __str__(self) -> str:
        return f"{self.segment:04X}:{self.offset:0{8 if self.wide else 4}X}"

    @property
    def real_linear(self) -> int:
        """The linear address this stands for in V86 mode: segment * 16 + offset."""
        return (self.segment << 4) + self.offset

    @classmethod
    def from_dword(cls, value: int) -> Far:
        """Read a 16:16 pointer as it lies in memory: offset low, segment high."""
        return cls(value >> 16 & 0xFFFF, value & 0xFFFF)

    def to_dword(self) -> int:
        """The 16:16 pointer as it lies in memory."""
        return (self.segment & 0xFFFF) << 16 | self.offset & 0xFFFF

    @classmethod
    def parse(cls, text: str) -> Far:
        """Read `SSSS:OOOO` or `SSSS:OOOOOOOO` (hexadecimal).

        Raises `ValueError` with a message for the user when the text is something else.
        """
        match = _FAR.fullmatch(text.strip())
        if match is None:
            message = f"{text!r} is no far address; write four hex digits, a colon and four or eight digits: 0087:0100"
            raise ValueError(message)
        return cls(int(match[1], 16), int(match[2], 16), wide=len(match[2]) > 4)
