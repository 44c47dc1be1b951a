"""Fixed places in the manager's pages."""

from __future__ import annotations

from typing import Final

from app.emu.memory import layout

RETURN: Final = layout.VMM_TRAPS
"""What drivers' procedures return to: a UD2."""
DEFAULT_FAULT: Final = layout.VMM_TRAPS + 0x10
"""The manager's own fault handler, which those of drivers pass faults on to: another UD2."""
SERVICES: Final = layout.VMM_TRAPS + 0x800
"""The addresses of the manager's services, for drivers that hook one: UD2s, 2 bytes for each ordinal."""
COMMAND_TAIL: Final = layout.VMM + 0x800
"""The command tail the initialisation messages point at: it is empty."""
PM_APPLICATIONS: Final = layout.VMM + 0xA00
"""The control blocks of the protected-mode applications."""
PM_APPLICATION_SIZE: Final = 0x80
"""Bytes of one: flags, parent, and the areas of drivers (Allocate_PM_App_CB_Area)."""
PM_APPLICATION_HEAD: Final = 8
"""Bytes in front of the areas."""
DIOC_PARAMETERS: Final = layout.VMM + 0xE00
"""DIOCParams: what W32_DeviceIoControl points at, 30h bytes."""
THREAD: Final = layout.VMM + 0x900
"""Handle of the one thread there is."""
