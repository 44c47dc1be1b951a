"""INT 2Fh: detection of the host and its services that are not in INT 31h.

Source: DPMI 0.9/1.0, INT 2Fh AX=1680h, 1686h, 1687h, 168Ah; reference section 1.
"""

from __future__ import annotations

from typing import Final

from app.emu.host.host import Host
from app.emu.host.traps import Trap
from app.emu.registers import Flag, Segment

VERSION: Final = 0x005A
"""0.90, as all hosts played report it: major in the high byte, minor (two decimal digits) in the low."""
PROCESSOR: Final = 4
"""A 486."""
VENDOR: Final = b"MS-DOS"
"""The vendor API this host offers: the sign that it translates DOS calls."""


def from_real(host: Host) -> bool:
    """INT 2Fh in V86 mode; False when it is not for the host."""
    regs = host.machine.regs
    if regs.ax == 0x1687:
        regs.ax = 0
        regs.set_low("bx", 1)
        regs.ecx = regs.ecx & ~0xFF | PROCESSOR
        regs.set_low("dx", VERSION)
        regs.set_low("si", host.profile.private_paragraphs)
        entry = host.machine.mode_switch_entry
        regs.es = Segment.real(entry.segment)
        regs.set_low("di", entry.offset)
        return True
    if regs.ax == 0x1680 and host.profile.yields:
        regs.al = 0
        return True
    # 1686h leaves AX alone (not zero): the program runs in real mode.
    return regs.ax == 0x1686


def from_protected(host: Host) -> bool:
    """INT 2Fh in protected mode; False when it is to be reflected."""
    regs = host.machine.regs
    if regs.ax == 0x1686:
        regs.ax = 0
        return True
    if regs.ax == 0x1680 and host.profile.yields:
        regs.al = 0
        return True
    if regs.ax == 0x168A and host.profile.names_vendors:
        entry = vendor_entry(host)
        if entry is None:
            regs.al = 0x8A
            regs.set_flag(Flag.CF, on=True)
        else:
            set_es_di(host, entry)
            regs.al = 0
            regs.set_flag(Flag.CF, on=False)
        return True
    return False


def no_device(host: Host) -> bool:
    """AX=1684h when no device driver has answered: 0:0, there is no entry point. False: another function."""
    regs = host.machine.regs
    if regs.ax != 0x1684:
        return False
    if regs.is_v86:
        regs.es = Segment.real(0)
        regs.set_low("di", 0)
    else:
        set_es_di(host, (0, 0))
    return True


def vendor_entry(host: Host) -> tuple[int, int] | None:
    """Selector:offset of the API named by the ASCIIZ string at DS:(E)SI; None when the host has no such API."""
    regs, client = host.machine.regs, host.current
    if not host.profile.translates:
        return None
    offset = regs.esi if client.wide else regs.esi & 0xFFFF
    name = host.read_pointer(regs.ds.selector, offset, len(VENDOR) + 1)
    return client.trap(Trap.MS_DOS_API) if name == VENDOR + b"\0" else None


def set_es_di(host: Host, entry: tuple[int, int]) -> None:
    """ES:(E)DI := an entry point, the offset as wide as the client."""
    regs = host.machine.regs
    regs.es = host.load(entry[0])
    if host.current.wide:
        regs.edi = entry[1]
    else:
        regs.set_low("di", entry[1])


def ms_dos_api(host: Host) -> None:
    """The far-called API `MS-DOS`: AX=0100h returns a selector for a read/write alias of the LDT in AX."""
    regs, client = host.machine.regs, host.current
    if regs.ax == 0x0100:
        regs.ax = host.ldt_alias(client)
        regs.set_flag(Flag.CF, on=False)
    else:
        regs.set_flag(Flag.CF, on=True)
    host.return_far()
