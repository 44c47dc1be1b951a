"""The error codes of DPMI 1.0, one class each: what a service raises becomes CF=1 and AX."""

from __future__ import annotations

from app.emu.services import ServiceFailed


class UnsupportedFunction(ServiceFailed):
    """unsupported function"""

    code = 0x8001


class InvalidState(ServiceFailed):
    """invalid state"""

    code = 0x8002


class SystemIntegrity(ServiceFailed):
    """system integrity"""

    code = 0x8003


class Deadlock(ServiceFailed):
    """deadlock"""

    code = 0x8004


class RequestCancelled(ServiceFailed):
    """request cancelled"""

    code = 0x8005


class ResourceUnavailable(ServiceFailed):
    """resource unavailable"""

    code = 0x8010


class DescriptorUnavailable(ServiceFailed):
    """descriptor unavailable"""

    code = 0x8011


class LinearMemoryUnavailable(ServiceFailed):
    """linear memory unavailable"""

    code = 0x8012


class PhysicalMemoryUnavailable(ServiceFailed):
    """physical memory unavailable"""

    code = 0x8013


class CallbackUnavailable(ServiceFailed):
    """callback unavailable"""

    code = 0x8015


class HandleUnavailable(ServiceFailed):
    """handle unavailable"""

    code = 0x8016


class LockCountExceeded(ServiceFailed):
    """lock count exceeded"""

    code = 0x8017


class OwnedExclusively(ServiceFailed):
    """resource owned exclusively by another client"""

    code = 0x8018


class OwnedShared(ServiceFailed):
    """resource owned as shared by another client"""

    code = 0x8019


class InvalidValue(ServiceFailed):
    """invalid value"""

    code = 0x8021


class InvalidSelector(ServiceFailed):
    """invalid selector"""

    code = 0x8022


class InvalidHandle(ServiceFailed):
    """invalid handle"""

    code = 0x8023


class InvalidCallback(ServiceFailed):
    """invalid callback"""

    code = 0x8024


class InvalidLinearAddress(ServiceFailed):
    """invalid linear address"""

    code = 0x8025


class DosError(ServiceFailed):
    """DOS error passed through"""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
