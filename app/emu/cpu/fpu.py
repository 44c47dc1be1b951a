"""The FPU part of a saved processor that comes from a file: may it be given to the engine?

The engine takes what it is given: an index out of range would reach beyond its own memory, a mode it does not know ends
the process. The layout is that of Unicorn 2.1.4; tests compare it with what FPU instructions change.
"""

from __future__ import annotations

from typing import Final

TOP: Final = 4
"""Dword: which register is the top of the stack, 0 to 7."""
MODES: Final = 176
"""A byte each: tininess, rounding, exceptions, precision in bits, four switches."""
OTHER_MODES: Final = slice(200, 224)
"""The modes of MMX and SSE, which nothing changes here: zero."""
_ROUNDINGS: Final = 4
_PRECISIONS: Final = frozenset({32, 64, 80})


def is_sound(fpu: bytes) -> bool:
    """Are the index and the modes in range?"""
    tininess, rounding, _, precision, *switches = fpu[MODES : MODES + 8]
    return (
        int.from_bytes(fpu[TOP : TOP + 4], "little") < 8
        and rounding < _ROUNDINGS
        and precision in _PRECISIONS
        and max(tininess, *switches) <= 1
        and not any(fpu[OTHER_MODES])
    )
