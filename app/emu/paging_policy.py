"""Which pages a host with virtual memory takes away: the machine option `paging`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Policy(StrEnum):
    """When unlocked pages go."""

    OFF = "off"
    """Never."""
    STRICT = "strict"
    """Each time the host is entered."""
    RANDOM = "random"
    """Each time the host is entered, some of them."""


@dataclass(frozen=True, slots=True)
class PagingOption:
    """A policy; seed begins the sequence of the random one."""

    policy: Policy = Policy.OFF
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> PagingOption:
        """Read `off`, `strict` or `random:SEED`. Raises `ValueError` with a message for the user."""
        name, colon, seed = text.partition(":")
        try:
            policy = Policy(name)
            if bool(colon) == (policy is Policy.RANDOM):
                return cls(policy, int(seed) if colon else 0)
        except ValueError:
            pass
        raise ValueError(f"{text!r} is no way of paging; write off, strict or random:SEED with a whole number")


OFF: Final = PagingOption()
