"""The table of INT 31h functions, filled by the modules beside this one."""

from __future__ import annotations

from typing import Final

from app.emu.services import ServiceTable

INT31: Final = ServiceTable(0x31)

PENDING: Final = object()
"""What a service returns when it completes only after real-mode code has run."""
