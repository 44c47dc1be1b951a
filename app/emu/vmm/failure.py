"""What drivers do wrong."""

from __future__ import annotations

from typing import Final


class DriverFailed(Exception):
    """A driver has done what it must not: its VM ends. The text says what; rule: of the finding that tells of it."""

    RULE: Final = "failed"

    def __init__(self, what: str, rule: str = RULE) -> None:
        super().__init__(what)
        self.rule = rule
