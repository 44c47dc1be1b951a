"""Fixed places in the manager's pages."""

from __future__ import annotations

from typing import Final

from app.emu.memory import layout

RETURN: Final = layout.VMM_TRAPS
"""What drivers' procedures return to: a UD2."""
COMMAND_TAIL: Final = layout.VMM + 0x800
"""The command tail the initialisation messages point at: it is empty."""
PM_APPLICATIONS: Final = layout.VMM + 0xA00
"""The control blocks of the protected-mode applications, 8 bytes each."""
DIOC_PARAMETERS: Final = layout.VMM + 0xB00
"""DIOCParams: what W32_DeviceIoControl points at, 30h bytes."""
THREAD: Final = layout.VMM + 0x900
"""Handle of the one thread there is."""
