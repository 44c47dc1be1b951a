"""The colours a VGA's BIOS loads into the DAC with a mode: 256 times red, green, blue, six bits each."""

from __future__ import annotations

from itertools import chain
from typing import Final

_GREYS: Final = (0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63)
_LEVELS: Final = (
    ((0, 16, 31, 47, 63), (31, 39, 47, 55, 63), (45, 49, 54, 58, 63)),
    ((0, 7, 14, 21, 28), (14, 17, 21, 24, 28), (20, 22, 24, 26, 28)),
    ((0, 4, 8, 12, 16), (8, 10, 12, 14, 16), (11, 12, 13, 15, 16)),
)
"""By brightness and saturation: from the weakest part of a colour to the strongest."""


def _ega(number: int) -> tuple[int, int, int]:
    """A colour of the EGA: bits 0-2 blue, green, red at two thirds, bits 3-5 the same at one third."""
    blue, green, red = (42 * (number >> bit & 1) + 21 * (number >> bit + 3 & 1) for bit in range(3))
    return red, green, blue


def _hues(levels: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Twenty-four hues from blue over red and green back: one part falls or rises while the others stand."""
    low, high = levels[0], levels[-1]
    rising, falling = levels[:-1], levels[:0:-1]
    return [
        *((level, low, high) for level in rising),
        *((high, low, level) for level in falling),
        *((high, level, low) for level in rising),
        *((level, high, low) for level in falling),
        *((low, high, level) for level in rising),
        *((low, level, high) for level in falling),
    ]


def _bytes(colours: list[tuple[int, int, int]]) -> bytes:
    return bytes(chain.from_iterable(colours)).ljust(768, b"\0")


_SIXTEEN: Final = [_ega(number) for number in (0, 1, 2, 3, 4, 5, 0x14, 7, *range(0x38, 0x40))]
TEXT: Final = _bytes([_ega(number) for number in range(64)])
"""Modes of sixteen colours: the attribute controller chooses among the EGA's sixty-four."""
GRAPHICS: Final = _bytes(
    _SIXTEEN
    + [(grey, grey, grey) for grey in _GREYS]
    + [hue for brightness in _LEVELS for saturation in brightness for hue in _hues(saturation)]
)
"""Mode 13h: sixteen colours, sixteen greys, and 24 hues in three saturations and three brightnesses."""
PC: Final = bytes((value << 2 | value >> 4) for value in chain.from_iterable(_SIXTEEN))
"""The sixteen colours of text, eight bits each."""
