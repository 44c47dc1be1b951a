"""In the midst of what code runs, where a host can do less than elsewhere: callbacks, handlers of interrupts, DOS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu.dos import data_area
from app.emu.events import Door

if TYPE_CHECKING:
    from app.emu.devices.pic import Pic
    from app.emu.host.host import Host, Level


def circumstance(host: Host) -> str | None:
    """Words for it, the innermost first: `in callback 2`, `in the handler of IRQ 0`, `while DOS is busy`; else None.

    Of DOS, the InDOS flag says so (INT 21h AH=34h).
    """
    pic = host.machine.state.devices.pic
    found = next((words for level in reversed(host.levels) if (words := _of(level, pic)) is not None), None)
    if found is None and host.machine.memory.read_u8(data_area.IN_DOS.real_linear):
        return "while DOS is busy"
    return found


def _of(level: Level, pic: Pic) -> str | None:
    """What a context was left for."""
    match level.door:
        case Door.CALLBACK:
            return f"in callback {level.vector}"
        case Door.HARDWARE_INTERRUPT:
            return f"in the handler of {_request(level.vector, pic)}"
        case Door.REFLECTION if level.is_hardware:
            return f"in the real-mode handler of {_request(level.vector, pic)}"
        case Door.REFLECTION if level.on_locked:
            return f"in the handler of INT {level.vector:02X}h from real mode"
        case Door.MOUSE_HANDLER:
            return "in the handler of a mouse event"
        case _:
            return None


def _request(vector: int, pic: Pic) -> str:
    """An interrupt request by its vector: `IRQ 0`."""
    for chip, first in ((pic.master, 0), (pic.slave, 8)):
        if chip.base <= vector < chip.base + 8:
            return f"IRQ {first + vector - chip.base}"
    return f"hardware interrupt {vector:02X}h"
