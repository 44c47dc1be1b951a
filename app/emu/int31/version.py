"""INT 31h AX=0400h, 0401h and 0A00h: who the host is."""

from __future__ import annotations

from typing import NamedTuple

from app.emu.host import failures, multiplex
from app.emu.host.host import Host
from app.emu.host.profile import VirtualMemory
from app.emu.int31.table import INT31
from app.emu.registers import AX, BX, CL, CX, DX, ES_DI

_BUFFER = 128


class Version(NamedTuple):
    """version: major in AH, minor (two decimal digits) in AL; flags; processor; pics: virtual PIC bases in DH, DL."""

    version: AX
    flags: BX
    processor: CL
    pics: DX


@INT31.service(0x0400)
def get_version(host: Host) -> Version:
    """Return version, flags (32-bit host, reflection in V86, paging), processor and interrupt controller bases."""
    pic = host.machine.state.devices.pic
    pages = host.pager.is_on or host.profile.virtual_memory is VirtualMemory.CLAIMED
    bases = pic.master.base << 8 | pic.slave.base
    return Version(multiplex.VERSION, 0b001 | pages << 2, multiplex.PROCESSOR, bases)


class Capabilities(NamedTuple):
    """capabilities: bit 0 page accessed/dirty, 2 device mapping, 3 conventional memory mapping, 4 demand zero fill,
    5 write-protect client, 6 write-protect host; reserved words 0.
    """

    capabilities: AX
    reserved1: CX
    reserved2: DX


@INT31.service(0x0401, since="1.0")
def get_capabilities(host: Host, buffer: ES_DI) -> Capabilities:
    """Return what the host can do beyond version 0.9 and write version and vendor name to a buffer."""
    profile = host.profile
    text = multiplex.VERSION.to_bytes(2, "big") + profile.vendor.encode()
    host.write_pointer(*buffer, text.ljust(_BUFFER, b"\0"))
    return Capabilities(profile.capabilities, 0, 0 if profile.clears_reserved else host.machine.regs.low("dx"))


@INT31.service(0x0A00)
def get_vendor_entry(host: Host) -> None:
    """Return in ES:(E)DI the entry of the vendor API named at DS:(E)SI."""
    entry = multiplex.vendor_entry(host)
    if entry is None:
        raise failures.UnsupportedFunction
    multiplex.set_es_di(host, entry)
