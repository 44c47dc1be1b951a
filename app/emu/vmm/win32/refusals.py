"""What Win32 programs must not do to reach a driver, and why (VMM 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.host.multiplex import set_es_di

if TYPE_CHECKING:
    from app.emu.vmm.breaks import VxdCallback
    from app.emu.vmm.core import Vmm

_INT_SIZE: Final = 2
_MULTIPLEX, _DEVICE_API = 0x2F, 0x1684


def interrupt(vmm: Vmm, vector: int) -> None:
    """A Win32 program executed INT: INT 2Fh AX=1684h has no address for it, everything else ends it."""
    regs = vmm.machine.regs
    at = Far(regs.cs.selector, regs.eip - _INT_SIZE & 0xFFFFFFFF, wide=True)
    if vector == _MULTIPLEX and regs.ax == _DEVICE_API:
        text = "INT 2Fh AX=1684h has no address for a Win32 program: it uses CreateFile and DeviceIoControl"
        vmm.find("win32_entry_point", "warning", text, at=at)
        set_es_di(vmm.host, (0, 0))
        return
    vmm.machine.terminate_client(
        f"a Win32 program executed INT {vector:02X}h at {at}: interrupts are for DOS and DPMI programs"
    )


def callback(vmm: Vmm, target: VxdCallback) -> None:
    """A Win32 program called a protected-mode callback: it ends."""
    owner = vmm.name_at(target.called(vmm.machine.memory))
    reason = (
        f"a Win32 program far-called {vmm.breaks.address(target)}, a protected-mode callback of the driver {owner}: "
        "such addresses are 16:16, with the frames of 16-bit and DPMI programs, and Windows does not support them from "
        "flat 32-bit code; use CreateFile and DeviceIoControl"
    )
    vmm.find("win32_callback", "error", reason, at=vmm.breaks.address(target), refs=(target.made,))
    vmm.machine.terminate_client(reason)
