"""BIOS services with pointers issued in protected mode: palettes, fonts and strings (INT 10h), the configuration table
(INT 15h).

What a host that translates DOS does with them (reference section 6.6); the others are reflected as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.host.host import Host
from app.emu.host.interrupts import reflect
from app.emu.host.transfer import BUFFER_SIZE, Copies, PointerAnswer, incoming, kept, outgoing, through_buffer

if TYPE_CHECKING:
    from app.emu.host.transfer import Argument
    from app.emu.registers import Registers

VIDEO: Final = 0x10
SYSTEM: Final = 0x15
_CONFIGURATION: Final = 0xC0
_ASK_FONT: Final = 0x1130
_WRITE_STRING: Final = 0x13
_REGISTERS: Final = 17
"""Bytes of the palette registers and the border."""
_COLORS: Final = 256


def video(host: Host) -> bool:
    """Start INT 10h for a client; False when the call has no pointers."""
    regs = host.machine.regs
    if regs.ax == _ASK_FONT:
        reflect(host, VIDEO).on_return = PointerAnswer("es", "bp", tells_failure=False)
        return True
    argument = _argument(regs)
    if argument is None:
        return False
    through_buffer(host, VIDEO, (argument,), Copies(kept((argument,)), only_if_done=False), BUFFER_SIZE)
    return True


def _argument(regs: Registers) -> Argument | None:
    if regs.ah == _WRITE_STRING:
        return incoming("es", "bp", regs.low("cx") * (2 if regs.al & 2 else 1))
    colors = 3 * min(regs.low("cx"), _COLORS)
    match regs.ax:
        case 0x1002:
            return incoming("es", "dx", _REGISTERS)
        case 0x1009:
            return outgoing("es", "dx", _REGISTERS)
        case 0x1012:
            return incoming("es", "dx", colors)
        case 0x1017:
            return outgoing("es", "dx", colors)
    return None


def system(host: Host) -> bool:
    """Start INT 15h for a client; False when the call has no pointers."""
    if host.machine.regs.ah != _CONFIGURATION:
        return False
    reflect(host, SYSTEM).on_return = PointerAnswer("es", "bx")
    return True
