"""Which physical addresses clients may see through pages of their own (INT 31h AX=0508h, 0509h, 0800h).

Below 1 MiB linear and physical addresses are the same.
"""

from __future__ import annotations

from typing import Final

from app.emu.dos.failures import DosFailed
from app.emu.host import failures
from app.emu.host.host import Host

ADAPTERS: Final = 0xA0000
"""From here to 1 MiB: video memory, ROMs."""
MIB: Final = 0x100000


def check_device(host: Host, physical: int, size: int) -> None:
    """A device lies at A0000h to FFFFFh or behind the machine's memory. Raises `SystemIntegrity` for anything else."""
    end, machine_end = physical + size, host.machine.memory.size
    is_adapter = physical >= ADAPTERS and end <= MIB
    if not is_adapter and not machine_end <= physical <= end <= 1 << 32:
        raise failures.SystemIntegrity


def check_conventional(host: Host, linear: int, size: int) -> None:
    """The current client's own DOS memory, or what adapters show there.

    Raises `InvalidLinearAddress` beyond the first megabyte, `SystemIntegrity` for memory of others.
    """
    end = linear + size
    if end > MIB:
        raise failures.InvalidLinearAddress
    if linear < ADAPTERS and not _owns(host, linear, min(end, ADAPTERS)):
        raise failures.SystemIntegrity


def _owns(host: Host, first: int, end: int) -> bool:
    psp = host.current.psp
    try:
        return any(
            block.owner == psp and block.segment << 4 <= first and end <= block.end << 4
            for block in host.machine.state.dos.blocks
        )
    except DosFailed:
        return False
