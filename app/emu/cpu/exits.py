"""Why the processor came back to the host."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Why(Enum):
    """The kinds of exit."""

    BUDGET = auto()
    """The number of instructions asked for is done."""
    INTERRUPT = auto()
    """INT n, INT3 or INTO was executed; EIP is behind it."""
    FAULT = auto()
    """The processor raised an exception; EIP is at the instruction (behind it for traps)."""
    BREAKPOINT = auto()
    """A code breakpoint's instruction is next and was not executed."""


class Exit(NamedTuple):
    """One return to the host.

    executed: guest instructions completed since the entry (a REP iteration counts as one, an INT counts, a faulting
    instruction does not). error_code and cr2 (faulting linear address) belong to faults.
    """

    why: Why
    executed: int
    vector: int = 0
    error_code: int = 0
    cr2: int = 0
