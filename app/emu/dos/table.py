"""The table of INT 21h functions, by AH. The rows are in the modules int21_*.py."""

from __future__ import annotations

from typing import Final

from app.emu.services import ServiceTable

INT21: Final = ServiceTable(0x21)
SINCE: Final = "DOS"


class ControlPassed(Exception):
    """The service set all registers: another program runs, or none."""
