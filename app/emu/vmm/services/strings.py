"""Strings and bytes. C convention: parameters on the stack (VMM 3.1).

Source of the parameters: Windows 95 DDK, which the reference does not repeat: unverified.
"""

from __future__ import annotations

from typing import Final

from app.emu.registers import EAX
from app.emu.services import DWORD
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM
from app.emu.vmm.texts import text_at

_LONGEST: Final = 0x10000
_LARGEST: Final = 0x1000000
"""Bytes that are copied at once: no memory of drivers is larger."""


@VMM.service(0x17B)
def lstrcpyn(vmm: Vmm, target: DWORD, source: DWORD, size: DWORD) -> EAX:
    """Copy a text with its zero byte, cut to a number of bytes in all; return the target."""
    if size:
        vmm.write(target, text_at(vmm.machine.memory, source, _LONGEST)[: min(size, _LONGEST) - 1] + b"\0")
    return target


@VMM.service(0x17C)
def lstrlen(vmm: Vmm, text: DWORD) -> EAX:
    """Return the bytes of a text without its zero byte."""
    return len(text_at(vmm.machine.memory, text, _LONGEST))


@VMM.service(0x17D)
def lmemcpy(vmm: Vmm, target: DWORD, source: DWORD, size: DWORD) -> EAX:
    """Copy bytes; return the target."""
    if size > _LARGEST:
        vmm.fail(f"it copied {size:08X}h bytes by _lmemcpy, more than there are")
    vmm.write(target, vmm.machine.memory.read(source, size))
    return target
