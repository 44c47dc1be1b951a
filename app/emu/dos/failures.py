"""What DOS answers when a function fails: CF set and the code in AX. The names are those of INT 21h AH=59h."""

from __future__ import annotations

import errno
from typing import Final

from app.emu.services import ServiceFailed


class DosFailed(ServiceFailed):
    """A DOS function fails."""

    code = 0x1F


class InvalidFunction(DosFailed):
    """invalid function number"""

    code = 0x01


class FileNotFound(DosFailed):
    """file not found"""

    code = 0x02


class PathNotFound(DosFailed):
    """path not found"""

    code = 0x03


class TooManyOpenFiles(DosFailed):
    """too many open files (no handles left)"""

    code = 0x04


class AccessDenied(DosFailed):
    """access denied"""

    code = 0x05


class InvalidHandle(DosFailed):
    """invalid handle"""

    code = 0x06


class MemoryChainDestroyed(DosFailed):
    """memory control blocks destroyed"""

    code = 0x07


class InsufficientMemory(DosFailed):
    """insufficient memory; `largest` is the size in paragraphs that could be had"""

    code = 0x08

    def __init__(self, largest: int) -> None:
        super().__init__(largest)
        self.largest = largest


class InvalidMemoryBlock(DosFailed):
    """invalid memory block address"""

    code = 0x09


class InvalidEnvironment(DosFailed):
    """invalid environment"""

    code = 0x0A


class InvalidFormat(DosFailed):
    """invalid format"""

    code = 0x0B


class InvalidAccess(DosFailed):
    """invalid access code"""

    code = 0x0C


class InvalidDrive(DosFailed):
    """invalid drive"""

    code = 0x0F


class CurrentDirectory(DosFailed):
    """attempt to remove the current directory"""

    code = 0x10


class NotSameDevice(DosFailed):
    """not the same device"""

    code = 0x11


class NoMoreFiles(DosFailed):
    """no more files"""

    code = 0x12


class LockViolation(DosFailed):
    """lock violation"""

    code = 0x21


class FileExists(DosFailed):
    """file exists"""

    code = 0x50


_BY_ERRNO: Final[dict[int, type[DosFailed]]] = {
    errno.ENOENT: FileNotFound,
    errno.ENOTDIR: PathNotFound,
    errno.EEXIST: FileExists,
    errno.EMFILE: TooManyOpenFiles,
    errno.ENFILE: TooManyOpenFiles,
}


def from_host(error: OSError) -> DosFailed:
    """The DOS failure a host's file error becomes: what has no DOS code of its own is `access denied`."""
    kind = _BY_ERRNO.get(error.errno or 0, AccessDenied)
    return kind()


def from_code(code: int) -> DosFailed:
    """The failure `from_host` made, from its code."""
    return next((kind for kind in _BY_ERRNO.values() if kind.code == code), AccessDenied)()
