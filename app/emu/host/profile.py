"""Which host is played: the figures that differ between real hosts, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """A host's identity. version: major in the high byte, minor (two decimal digits) in the low; cpu 4 = 486."""

    name: str
    version: int
    cpu: int
    capabilities: int
    vendor: bytes


PROFILE: Final = Profile("spec", 0x005A, 4, 0b1111101, b"dpmiscope")
"""Version 0.90, as nearly every host and client of the time; the functions of 1.0 answer with its error codes."""
