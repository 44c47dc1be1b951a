"""INT 21h functions about the system: version, date and time, country, DOS's own variables."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from app.emu.address import Far
from app.emu.dos import data_area, far_memory, swappable_area
from app.emu.dos.failures import FileNotFound, InvalidFunction
from app.emu.dos.kernel import Kernel
from app.emu.dos.swappable_area import LastError
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import AL, AX, BH, BL, BX, CH, CL, CX, DH, DL, DS_DX, DX, ES_DI, Byte, Segment

VERSION: Final = 5
"""MS-DOS 5.00."""
_REFUSED: Final = 0xFF
_CODE_PAGE: Final = 437
_UNITED_STATES: Final = 1
_BOOT_DRIVE: Final = 3
_DL: Final = Byte("dl")
_NOWHERE: Final = Far(0, 0)
_NO_NAME: Final = b" " * 15 + b"\0"
_ERROR_LIST: Final = struct.Struct("<8H")
"""AX, BX, CX, DX, SI, DI, DS and ES as AH=59h is to give them back (INT 21h AX=5D0Ah)."""


class Version(NamedTuple):
    """Major version in AL, minor in AH; BH and BL:CX (maker, serial number) are 0."""

    version: AX
    maker: BX
    serial: CX


@INT21.service(0x30, since=SINCE)
def dos_version(dos: Kernel) -> Version:  # noqa: ARG001 - every service has the same first parameter
    """The version of DOS."""
    return Version(VERSION, 0, 0)


class Date(NamedTuple):
    """Day of the week (0 is Sunday), year, month, day."""

    weekday: AL
    year: CX
    month: DH
    day: DL


@INT21.service(0x2A, since=SINCE)
def get_date(dos: Kernel) -> Date:
    """The date."""
    now = dos.time.now(dos.machine.clock)
    return Date((now.tm_wday + 1) % 7, now.tm_year, now.tm_mon, now.tm_mday)


@INT21.service(0x2B, since=SINCE)
def set_date(dos: Kernel, year: CX, month: DH, day: DL) -> AL:
    """Set the date; FFh: there is no such day."""
    return 0 if dos.time.set_date(dos.machine.clock, year, month, day) else _REFUSED


class Time(NamedTuple):
    """Hour, minute, second, hundredths."""

    hour: CH
    minute: CL
    second: DH
    hundredth: DL


@INT21.service(0x2C, since=SINCE)
def get_time(dos: Kernel) -> Time:
    """The time of day."""
    now = dos.time.now(dos.machine.clock)
    return Time(now.tm_hour, now.tm_min, now.tm_sec, dos.time.hundredths(dos.machine.clock) % 100)


@INT21.service(0x2D, since=SINCE)
def set_time(dos: Kernel, hour: CH, minute: CL, second: DH, hundredth: DL) -> AL:
    """Set the time of day; FFh: there is no such time."""
    return 0 if dos.time.set_time(dos.machine.clock, hour, minute, second, hundredth) else _REFUSED


@INT21.service(0x2E, since=SINCE)
def set_verify(dos: Kernel, on: AL) -> None:
    """Switch verifying of disk writes on or off."""
    dos.verify = bool(on & 1)


@INT21.service(0x54, since=SINCE)
def get_verify(dos: Kernel) -> AL:
    """Are disk writes verified?"""
    return int(dos.verify)


@INT21.service(0x33, since=SINCE)
def break_check(dos: Kernel, function: AL, on: DL) -> None:
    """Get or set the Ctrl-C check (AL=0, 1, 2), boot drive (AL=5), true version (AL=6)."""
    regs = dos.regs
    match function:
        case 0:
            _DL.write(regs, int(dos.area.checks_break), wide=False)
        case 1:
            dos.area.checks_break = bool(on & 1)
        case 2:
            _DL.write(regs, int(dos.area.checks_break), wide=False)
            dos.area.checks_break = bool(on & 1)
        case 5:
            _DL.write(regs, _BOOT_DRIVE, wide=False)
        case 6:
            regs.set_low("bx", VERSION)
            regs.set_low("dx", 0)
        case _:
            regs.al = _REFUSED


@INT21.service(0x34, since=SINCE)
def in_dos_address(dos: Kernel) -> BX:
    """ES:BX points to the InDOS flag; the critical error flag is the byte before it."""
    dos.regs.es = Segment.real(data_area.IN_DOS.segment)
    return data_area.IN_DOS.offset


@INT21.service(0x52, since=SINCE)
def list_of_lists(dos: Kernel) -> BX:
    """ES:BX points to DOS's list of lists; the word before it is the segment of the first memory block."""
    dos.regs.es = Segment.real(data_area.LIST_OF_LISTS.segment)
    return data_area.LIST_OF_LISTS.offset


@INT21.service(0x37, since=SINCE)
def switch_character(dos: Kernel, function: AL) -> AL:
    """The character before options (AL=0): `/`. It cannot be changed."""
    if function > 1:
        return _REFUSED
    if function == 0:
        _DL.write(dos.regs, ord("/"), wide=False)
    return 0


@INT21.service(0x38, since=SINCE)
def country(dos: Kernel, number: AL, buffer: DS_DX) -> AX:
    """Country information (34 bytes) of the United States, the only country here; DX=FFFFh sets the country."""
    wanted = dos.regs.low("bx") if number == 0xFF else number
    if wanted not in {0, _UNITED_STATES}:
        raise FileNotFound
    if buffer[1] != 0xFFFF:
        information = dos.memory.read(data_area.COUNTRY.real_linear, data_area.COUNTRY_SIZE)
        far_memory.write(dos.memory, buffer, information)
        dos.regs.set_low("bx", _UNITED_STATES)
    return _UNITED_STATES


_TABLES: Final = {
    2: data_area.UPPER_CASE, 4: data_area.UPPER_CASE, 5: data_area.NAME_CHARACTERS, 6: data_area.COLLATING,
    7: data_area.DOUBLE_BYTE,
}  # fmt: skip


@INT21.service(0x65, since=SINCE)
def extended_country(dos: Kernel, function: AL, buffer: ES_DI, size: CX, text: DS_DX) -> AX:
    """Country tables (AL=1, 2, 4 to 7), or letters to upper case: DL (AL=20h), CX bytes (21h), a string (22h).

    AL=A0h to A2h do the same for file names; AL=23h: is DL the letter for no (0), yes (1) or neither (2).
    """
    memory = dos.memory
    match function:
        case 1:
            data = memory.read(data_area.COUNTRY.real_linear, data_area.COUNTRY_SIZE)
            body = _UNITED_STATES.to_bytes(2, "little") + _CODE_PAGE.to_bytes(2, "little") + data
            answer = bytes([1]) + len(body).to_bytes(2, "little") + body
        case 2 | 4 | 5 | 6 | 7:
            answer = bytes([function]) + _TABLES[function].to_dword().to_bytes(4, "little")
        case 0x23:
            answer_letter = data_area.upper_byte(text[1] & 0xFF)
            return {ord("N"): 0, ord("Y"): 1}.get(answer_letter, 2)
        case 0x20 | 0xA0:
            _DL.write(dos.regs, data_area.upper_byte(text[1] & 0xFF), wide=False)
            return dos.regs.ax
        case 0x21 | 0x22 | 0xA1 | 0xA2:
            found = far_memory.read_until(memory, text, 0, 0x10000) if function & 0x7F == 0x22 else None
            data = far_memory.read(memory, text, size) if found is None else found
            far_memory.write(memory, text, bytes(map(data_area.upper_byte, data)))
            return dos.regs.ax
        case _:
            raise InvalidFunction
    answer = answer[:size]
    far_memory.write(memory, buffer, answer)
    dos.regs.set_low("cx", len(answer))
    return _CODE_PAGE


@INT21.service(0x63, since=SINCE)
def double_byte_table(dos: Kernel) -> AL:
    """DS:SI points to the table of double-byte characters, which is empty."""
    dos.regs.ds = Segment.real(data_area.DOUBLE_BYTE.segment)
    dos.regs.set_low("si", data_area.DOUBLE_BYTE.offset + 2)
    return 0


class CodePages(NamedTuple):
    """Active code page and the system's."""

    active: BX
    system: DX


@INT21.service(0x66, since=SINCE)
def code_page(dos: Kernel, function: AL, wanted: BX) -> CodePages:
    """Get (AL=1) or set (AL=2) the code page: it is 437."""
    if function not in {1, 2}:
        raise InvalidFunction
    if function == 2 and wanted != _CODE_PAGE:
        raise FileNotFound
    return CodePages(_CODE_PAGE, _CODE_PAGE if function == 1 else dos.regs.low("dx"))


def reserved(dos: Kernel) -> AL:  # noqa: ARG001 - the answer is the same for all
    """CP/M had a function here, or DOS keeps the number for itself: nothing happens, AL is 0."""
    return 0


for _function in (0x18, 0x1D, 0x1E, 0x20, 0x61, 0x6B):
    INT21.service(_function, since=SINCE)(reserved)


class ExtendedError(NamedTuple):
    """What went wrong last, in classes."""

    error: AX
    error_class: BH
    action: BL
    locus: CH


@INT21.service(0x59, since=SINCE)
def extended_error(dos: Kernel) -> ExtendedError:
    """The last failure: code, class, suggested action, where (0: none since the start); ES:DI a label's place."""
    error = dos.area.last_error
    if error.pointer != _NOWHERE:
        dos.regs.es = Segment.real(error.pointer.segment)
        dos.regs.set_low("di", error.pointer.offset)
    return ExtendedError(error.code, error.error_class, error.action, error.locus)


@INT21.service(0x5E, since=SINCE)
def machine_name(dos: Kernel, function: AL, buffer: DS_DX) -> CX:
    """The computer's name in the network (AL=0): blanks, and CX=0 says that it has none."""
    if function != 0:
        raise InvalidFunction
    far_memory.write(dos.memory, buffer, _NO_NAME)
    return 0


@INT21.service(0x5F, since=SINCE)
def network_drives(dos: Kernel) -> None:  # noqa: ARG001 - the answer is the same for all
    """Drives and printers of a network: there is none, as DOS says without a redirector."""
    raise InvalidFunction


@INT21.service(0x64, since=SINCE)
def set_look_ahead(dos: Kernel, on: AL) -> None:
    """Is a device's input looked at ahead of time? It makes no difference here."""


@INT21.service(0x5D, since=SINCE)
def internal(dos: Kernel, function: AL, parameters: DS_DX) -> None:
    """DS:SI, CX and DX become the swappable data area and its sizes (AL=06h); set the last failure (AL=0Ah)."""
    regs = dos.regs
    match function:
        case 0x06:
            regs.ds = Segment.real(data_area.SWAPPABLE.segment)
            regs.set_low("si", data_area.SWAPPABLE.offset)
            regs.set_low("cx", swappable_area.SIZE)  # to be swapped while InDOS is set
            regs.set_low("dx", swappable_area.SIZE)  # to be swapped always
        case 0x0A:
            ax, bx, cx, _dx, _si, di, _ds, es = _ERROR_LIST.unpack(
                far_memory.read(dos.memory, parameters, _ERROR_LIST.size)
            )
            dos.area.last_error = LastError(ax, bx >> 8, bx & 0xFF, cx >> 8, Far(es, di))
        case _:
            raise InvalidFunction
