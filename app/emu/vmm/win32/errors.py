"""Numbers of the Win32 API."""

from __future__ import annotations

from typing import Final

GATE: Final = 0x30
"""INT 30h: the interrupt whose functions the events name."""
INVALID_HANDLE_VALUE: Final = 0xFFFFFFFF

FILE_NOT_FOUND: Final = 2
INVALID_HANDLE: Final = 6
BAD_FORMAT: Final = 11
GENERAL_FAILURE: Final = 31
NOT_SUPPORTED: Final = 50
INVALID_PARAMETER: Final = 87
IO_PENDING: Final = 997


class Win32Failed(Exception):
    """A function fails. code: for GetLastError; result: EAX."""

    def __init__(self, code: int, result: int = 0) -> None:
        super().__init__(code)
        self.code, self.result = code, result
