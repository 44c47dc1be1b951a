"""How people name a place in memory, and where that is: a space (as `Interest.memory_space`) and an offset in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.emu.registers import GENERAL, SEGMENTS, Registers

LINEAR = "linear"
HELP = "Write a linear address (00110000), segment:offset or selector:offset (0087:0100), or registers (ds:esi)."


class Place(NamedTuple):
    """An offset in a space: `linear`, `seg:SSSS` (V86 segment) or `sel:SSSS` (selector)."""

    space: str
    start: int

    def __str__(self) -> str:
        if self.space == LINEAR:
            return f"{self.start:08X}"
        return f"{self.space[4:]}:{self.start:0{4 if self.start <= 0xFFFF else 8}X}"

    @property
    def size(self) -> int:
        """How many bytes the space can have at most."""
        return 0x1_0000 if self.space.startswith("seg:") else 0x1_0000_0000


def segmented(segment: int, offset: int, *, is_v86: bool) -> Place:
    """A place by segment or selector, whichever the mode makes of the number."""
    return Place(f"{'seg' if is_v86 else 'sel'}:{segment:04X}", offset)


def parse_place(text: str, registers: Registers) -> Place:
    """Read what was typed into the address field.

    A pair is a segment in V86 mode and a selector elsewhere; `seg:` or `sel:` in front says which. Raises `ValueError`
    with a message for the user.
    """
    words = re.sub(r"\s", "", text).lower()
    kind, words = (words[:3], words[4:]) if words.startswith(("seg:", "sel:")) else ("", words)
    segment, colon, offset = words.rpartition(":")
    if not colon:
        if kind:
            return segmented(_number(words, registers, 4), 0, is_v86=kind == "seg")
        return Place(LINEAR, _number(words, registers, 8))
    is_v86 = kind == "seg" if kind else registers.is_v86
    start = _number(offset, registers, 8)
    if is_v86:
        start &= 0xFFFF
    return segmented(_number(segment, registers, 4), start, is_v86=is_v86)


def _number(word: str, registers: Registers, digits: int) -> int:
    if word in SEGMENTS and digits == 4:
        return int(getattr(registers, word).selector)
    if word in {*GENERAL, "eip"} and digits == 8:
        return int(getattr(registers, word))
    if f"e{word}" in {*GENERAL, "eip"} and digits == 8:
        return int(getattr(registers, f"e{word}")) & 0xFFFF
    plain = word.removeprefix("0x").removesuffix("h").replace("_", "")
    if not re.fullmatch(rf"[0-9a-f]{{1,{digits}}}", plain):
        raise ValueError(HELP)
    return int(plain, 16)
