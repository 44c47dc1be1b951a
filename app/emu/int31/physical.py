"""INT 31h AX=0800h and 0801h: devices at physical addresses beyond the first megabyte."""

from __future__ import annotations

from app.emu import events
from app.emu.host import failures
from app.emu.host.host import Host
from app.emu.host.physical import MIB, check_device
from app.emu.int31.table import INT31
from app.emu.memory.layout import PAGE
from app.emu.registers import BX_CX, SI_DI


@INT31.service(0x0800)
def physical_address_mapping(host: Host, physical: BX_CX, size: SI_DI) -> BX_CX:
    """Return a linear address at which a device's physical addresses appear, which lie above 1 MiB."""
    if physical < MIB or not size:
        raise failures.InvalidValue
    offset = physical % PAGE
    first, length = physical - offset, -(-(offset + size) // PAGE) * PAGE
    check_device(host, first, length)
    linear = host.current.blocks.map_device(first, length).linear + offset
    host.machine.emit(
        events.MemoryChanged, action="mapped", linear=linear, size=size, handle=0, detail=f"physical {physical:08X}"
    )
    return linear


@INT31.service(0x0801, since="1.0")
def free_physical_address_mapping(host: Host, linear: BX_CX) -> None:
    """Undo 0800h: the linear address is the one it returned."""
    block = host.current.blocks.unmap_device(linear & ~0xFFF)
    host.machine.emit(
        events.MemoryChanged, action="freed", linear=block.linear, size=block.size, handle=0, detail="physical mapping"
    )
