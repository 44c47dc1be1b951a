"""What a protected-mode interrupt does when nobody hooked it.

Source: reference section 6.1; DPMI 1.0, chapters 2.4 and 4.
"""

from __future__ import annotations

from typing import Final

from app.emu.host import dos_api, multiplex, termination
from app.emu.host.host import Host
from app.emu.host.interrupts import pop_iret_frame, reflect
from app.emu.int31.dispatch import call_int31

DPMI: Final = 0x31
DOS: Final = 0x21
MULTIPLEX: Final = 0x2F
TERMINATE: Final = 0x4C


def default_interrupt(host: Host, vector: int) -> None:
    """The host's own action for an interrupt; execution then goes on at CS:(E)IP."""
    regs = host.machine.regs
    if vector == DPMI:
        call_int31(host)
    elif vector == DOS and regs.ah == TERMINATE:
        termination.terminate(host, host.current, regs.al)
    elif not ((vector == DOS and dos_api.translate(host)) or (vector == MULTIPLEX and _multiplex(host))):
        reflect(host, vector)


def _multiplex(host: Host) -> bool:
    return multiplex.from_protected(host) or host.machine.state.vmm.multiplex()


def default_trap(host: Host, vector: int) -> None:
    """A handler jumped to or called the default address of a vector, an IRET frame on top of the stack."""
    pop_iret_frame(host)
    default_interrupt(host, vector)
