"""INT 21h functions for conventional memory. Sizes are paragraphs."""

from __future__ import annotations

from app.emu.dos.failures import InvalidFunction
from app.emu.dos.kernel import Kernel
from app.emu.dos.table import INT21, SINCE
from app.emu.events import MemoryChanged
from app.emu.registers import AL, AX, BX


@INT21.service(0x48, since=SINCE)
def allocate_memory(dos: Kernel, size: BX) -> AX:
    """Allocate a memory block; on failure BX is the size of the largest."""
    segment = dos.blocks.allocate(size, dos.current_psp, dos.strategy & 3)
    dos.emit(MemoryChanged, action="allocated", linear=segment << 4, size=size << 4, handle=segment)
    return segment


@INT21.service(0x49, since=SINCE)
def free_memory(dos: Kernel) -> None:
    """Free the memory block at ES."""
    segment = dos.regs.es.selector
    block = dos.blocks.find(segment)
    dos.blocks.free(segment)
    size = block.size << 4 if block else 0
    dos.emit(MemoryChanged, action="freed", linear=segment << 4, size=size, handle=segment)


@INT21.service(0x4A, since=SINCE)
def resize_memory(dos: Kernel, size: BX) -> None:
    """Resize the memory block at ES; one that cannot grow enough grows as far as it can, and BX says how far."""
    segment = dos.regs.es.selector
    dos.blocks.resize(segment, size)
    dos.emit(MemoryChanged, action="resized", linear=segment << 4, size=size << 4, handle=segment)


@INT21.service(0x58, since=SINCE)
def allocation_strategy(dos: Kernel, function: AL, value: BX) -> AX:
    """Get (AL=0) or set (AL=1) the fit strategy, get (AL=2) or set (AL=3) the link to upper memory: there is none."""
    match function:
        case 0:
            return dos.strategy
        case 1 if value & 0x3F <= 2:
            dos.strategy = value & 0xFF
            return dos.regs.ax
        case 2:
            return dos.regs.ax & 0xFF00
        case _:
            raise InvalidFunction
