"""The machine's time: one clock per guest instruction (or per instruction skipped while idle)."""

from __future__ import annotations

from typing import Final

RATE: Final = 4_000_000
"""Clocks per second: the nominal speed of the machine in instructions per second."""


def from_microseconds(microseconds: int) -> int:
    """Clocks in a span of time, rounded up."""
    return -(-microseconds * RATE // 1_000_000)
