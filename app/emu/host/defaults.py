"""What a protected-mode interrupt does when nobody hooked it.

Source: reference section 6.1; DPMI 1.0, chapters 2.4 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.emu import events
from app.emu.bios.rom_image import POINTERS
from app.emu.host import bios_api, dos_api, mouse_api, multiplex, termination
from app.emu.host.host import Host, Level, far
from app.emu.host.interrupts import pop_iret_frame, reflect
from app.emu.int31.dispatch import call_int31

DPMI: Final = 0x31
DOS: Final = 0x21
MULTIPLEX: Final = 0x2F
TERMINATE: Final = 0x4C
_ABSOLUTE_DISK: Final = (0x25, 0x26)
_INT_SIZE: Final = 2


def _multiplex(host: Host) -> bool:
    return multiplex.from_protected(host) or host.machine.state.vmm.multiplex() or multiplex.no_device(host)


@dataclass(slots=True)
class FlagsLeft:
    """INT 25h or 26h is back: these two leave the flags on the caller's stack."""

    def finish(self, host: Host, level: Level) -> None:
        """Push them."""
        client, flags = level.client, host.machine.regs.eflags
        host.push((flags,), f"INT {level.vector:02X}h: flags left", "host", ("flags",), client.word)


_TRANSLATED: Final = {
    DOS: dos_api.translate,
    mouse_api.VECTOR: mouse_api.translate,
    bios_api.VIDEO: bios_api.video,
    bios_api.SYSTEM: bios_api.system,
}
"""What a host that translates does itself for some functions of these; they say False to the others."""


def default_interrupt(host: Host, vector: int) -> None:
    """The host's own action for an interrupt; execution then goes on at CS:(E)IP."""
    machine, regs = host.machine, host.machine.regs
    own = _multiplex if vector == MULTIPLEX else _TRANSLATED.get(vector) if host.profile.translates else None
    if vector == DPMI:
        call_int31(host)
    elif vector == DOS and regs.ah == TERMINATE:
        termination.terminate(host, host.current, regs.al)
    elif vector in _ABSOLUTE_DISK:
        reflect(host, vector).on_return = FlagsLeft()
    elif machine.real_vector(vector) == POINTERS.get(vector):
        # Data of the BIOS and no code; INT 41h asks a Windows debugger, and finds all registers as they were: none.
        at = far(regs, regs.cs, regs.eip - _INT_SIZE & 0xFFFFFFFF)
        machine.emit(events.UnsupportedCalled, interrupt=vector, function=regs.ax, at=at)
    elif own is None or not own(host):
        reflect(host, vector)


def default_trap(host: Host, vector: int) -> None:
    """A handler jumped to or called the default address of a vector, an IRET frame on top of the stack."""
    pop_iret_frame(host)
    default_interrupt(host, vector)
