"""The letters of the adapter's ROM, as bits: eight lines each, and made of those the fonts of fourteen and sixteen.

Drawn in `resources/fonts/cp437-8x8.txt`: eight letters side by side, a mark for every pixel that is set.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from app.resources import resource

LETTERS: Final = 256
_ABREAST: Final = 8
_LINES: Final = 8


def _drawn(text: str) -> bytes:
    letters = bytearray()
    lines = iter(text.splitlines())
    for _heading in lines:
        rows = [line.split() for line in islice(lines, _LINES)]
        for number in range(_ABREAST):
            letters += bytes(int(row[number].replace("#", "1").replace(".", "0"), 2) for row in rows)
    return bytes(letters)


def _taller(font: bytes, lines: int) -> bytes:
    """Every line twice, as far as there is room; what is left out is above and below the letter."""
    cut = (2 * _LINES - lines) // 2
    tall = bytearray()
    for at in range(0, len(font), _LINES):
        doubled = bytes(line for line in font[at : at + _LINES] for _ in range(2))
        tall += doubled[cut : cut + lines]
    return bytes(tall)


LINES_8: Final = _drawn(resource("fonts/cp437-8x8.txt").read_text(encoding="ascii"))
LINES_14: Final = _taller(LINES_8, 14)
LINES_16: Final = _taller(LINES_8, 16)
