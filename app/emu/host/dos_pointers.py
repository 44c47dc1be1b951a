"""Which INT 21h functions have pointers, and how much they point at (reference section 6.6).

What is not here has none, or is not offered by DOS here: file control blocks (AH=0Fh to 17h, 21h to 28h), blocks of
drives (1Fh, 32h, 53h), control data of devices (AX=4402h to 4405h, 440Ch, 440Dh).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.emu.dos import data_area
from app.emu.dos.int21_directories import EXTENDED_SPACE
from app.emu.dos.int21_long_names import FILE_INFORMATION, FILE_SYSTEM, FOUND
from app.emu.host.transfer import ANSWERED, DOLLAR_STRING, INPUT_BUFFER, STRING, Argument, incoming, outgoing
from app.emu.registers import Registers

Arguments = tuple[Argument, ...]
_PATH: Final = 128
_SERIAL: Final = 25
"""Bytes of a volume's serial number, label and file system."""
_MACHINE_NAME: Final = 16
_ERROR_LIST: Final = 22
_NO_POINTER: Final = 0xFFFF
_FILE_TIME: Final = 8


def _flush_and_input(regs: Registers) -> Arguments:
    return (_INPUT,) if regs.al == 0x0A else ()


def _country(regs: Registers) -> Arguments:
    return (outgoing("ds", "dx", data_area.COUNTRY_SIZE),) if regs.low("dx") != _NO_POINTER else ()


def _internal(regs: Registers) -> Arguments:
    return (incoming("ds", "dx", _ERROR_LIST),) if regs.al == 0x0A else ()


def _network(regs: Registers) -> Arguments:
    return (outgoing("ds", "dx", _MACHINE_NAME),) if regs.al == 0 else ()


def _extended_country(regs: Registers) -> Arguments:
    match regs.al & 0x7F:
        case 0x22:
            return (Argument("ds", "dx", STRING, copied_back=True),)
        case 1 | 2 | 4 | 5 | 6 | 7:
            return (outgoing("es", "di", ANSWERED),)
    return ()


def _serial_number(regs: Registers) -> Arguments:
    return (outgoing("ds", "dx", _SERIAL) if regs.al == 0 else incoming("ds", "dx", _SERIAL),)


def _convert_time(regs: Registers) -> Arguments:
    is_file_time = not regs.ebx & 0xFF
    return (incoming("ds", "si", _FILE_TIME) if is_file_time else outgoing("es", "di", _FILE_TIME),)


def _short_name(regs: Registers) -> Arguments:
    form = regs.edx >> 8 & 0xFF
    return incoming("ds", "si"), outgoing("es", "di", STRING if form else 11)


def _volume(regs: Registers) -> Arguments:
    name = outgoing("es", "di", min(regs.low("cx"), len(FILE_SYSTEM)))
    return Argument("ds", "dx", STRING, is_kept=False), name


def _free_space(regs: Registers) -> Arguments:
    return incoming("ds", "dx"), outgoing("es", "di", min(regs.low("cx"), EXTENDED_SPACE.size))


_INPUT: Final = Argument("ds", "dx", INPUT_BUFFER, copied_back=True)
_NAME: Final = (incoming("ds", "dx"),)
_RENAMED: Final = (incoming("ds", "dx"), incoming("es", "di"))
_FOUND: Final = outgoing("es", "di", FOUND.size)

_Rule = Arguments | Callable[[Registers], Arguments]

_BY_AH: Final[dict[int, _Rule]] = {
    0x09: (incoming("ds", "dx", DOLLAR_STRING),),
    0x0A: (_INPUT,),
    0x0C: _flush_and_input,
    0x38: _country,
    **dict.fromkeys((0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x41, 0x43, 0x4E, 0x5B), _NAME),
    0x47: (outgoing("ds", "si", STRING),),
    0x56: _RENAMED,
    0x5A: (Argument("ds", "dx", _PATH, copied_back=True),),
    0x5D: _internal,
    0x5E: _network,
    0x60: (incoming("ds", "si"), outgoing("es", "di", STRING)),
    0x65: _extended_country,
    0x69: _serial_number,
    0x6C: (incoming("ds", "si"),),
}
_BY_AX: Final[dict[int, _Rule]] = {
    **dict.fromkeys((0x7139, 0x713A, 0x713B, 0x7141, 0x7143), _NAME),
    0x7147: (outgoing("ds", "si", STRING),),
    0x714E: (*_NAME, _FOUND),
    0x714F: (_FOUND,),
    0x7156: _RENAMED,
    0x7160: (incoming("ds", "si"), outgoing("es", "di", STRING)),
    0x716C: (incoming("ds", "si"),),
    0x71A0: _volume,
    0x71A6: (outgoing("ds", "dx", FILE_INFORMATION.size),),
    0x71A7: _convert_time,
    0x71A8: _short_name,
    0x7303: _free_space,
}


def arguments(regs: Registers) -> Arguments:
    """The pointer arguments of the INT 21h that is called with these registers."""
    rule = _BY_AX.get(regs.ax) or _BY_AH.get(regs.ah, ())
    return rule(regs) if callable(rule) else rule
