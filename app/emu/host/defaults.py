"""What a protected-mode interrupt does when nobody hooked it.

Source: reference section 6.1; DPMI 1.0, chapters 2.4 and 4.
"""

from __future__ import annotations

from typing import Final

from app.emu.host import bios_api, dos_api, mouse_api, multiplex, termination
from app.emu.host.host import Host
from app.emu.host.interrupts import pop_iret_frame, reflect
from app.emu.int31.dispatch import call_int31

DPMI: Final = 0x31
DOS: Final = 0x21
MULTIPLEX: Final = 0x2F
TERMINATE: Final = 0x4C


def _multiplex(host: Host) -> bool:
    return multiplex.from_protected(host) or host.machine.state.vmm.multiplex()


_TRANSLATED: Final = {
    DOS: dos_api.translate,
    mouse_api.VECTOR: mouse_api.translate,
    bios_api.VIDEO: bios_api.video,
    bios_api.SYSTEM: bios_api.system,
}
"""What a host that translates does itself for some functions of these; they say False to the others."""


def default_interrupt(host: Host, vector: int) -> None:
    """The host's own action for an interrupt; execution then goes on at CS:(E)IP."""
    regs = host.machine.regs
    if vector == DPMI:
        call_int31(host)
    elif vector == DOS and regs.ah == TERMINATE:
        termination.terminate(host, host.current, regs.al)
    else:
        own = _multiplex if vector == MULTIPLEX else _TRANSLATED.get(vector) if host.profile.translates else None
        if own is None or not own(host):
            reflect(host, vector)


def default_trap(host: Host, vector: int) -> None:
    """A handler jumped to or called the default address of a vector, an IRET frame on top of the stack."""
    pop_iret_frame(host)
    default_interrupt(host, vector)
