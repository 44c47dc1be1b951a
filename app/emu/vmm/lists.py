"""Linked lists of drivers: nodes are blocks of the heap, the links are kept here.

Source: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat: unverified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

ALLOC_ERROR: Final = 0x02
"""LF_Alloc_Error: List_Allocate may fail with CF=1."""


@dataclass(slots=True, eq=False)
class DriverList:
    """One list. node_size in bytes; nodes: linear addresses, the first one first."""

    node_size: int
    flags: int
    nodes: list[int] = field(default_factory=list)
