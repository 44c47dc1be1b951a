"""The time: the tick count INT 08h keeps, the real-time clock behind INT 1Ah."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.bios import data_area
from app.emu.bios.dispatch import BiosFailed
from app.emu.devices.cmos import ALARMED, START, Cmos, bcd, from_bcd
from app.emu.devices.pit import FREQUENCY
from app.emu.registers import AL, CH, CL, CX_DX, DH, DL
from app.emu.services import ServiceTable

if TYPE_CHECKING:
    from app.emu.machine import Machine

TICKS_PER_DAY: Final = 0x1800B0
START_TICKS: Final = (START.hour * 3600 + START.minute * 60 + START.second) * FREQUENCY // 0x10000
_ALARM_REGISTERS: Final = (5, 3, 1)


class TimeOfDay:
    """What INT 08h and INT 1Ah work on: the tick count in memory and the clock chip."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def cmos(self) -> Cmos:
        """The clock chip."""
        return self.machine.state.devices.cmos

    def tick(self) -> None:
        """One timer interrupt: count, and note when the count passes midnight."""
        memory = self.machine.memory
        ticks = memory.read_u32(data_area.TICKS) + 1
        if ticks >= TICKS_PER_DAY:
            ticks = 0
            memory.write_u8(data_area.MIDNIGHT, 1)
        memory.write_u32(data_area.TICKS, ticks)


class Ticks(NamedTuple):
    """What AH=00h hands back: the midnight flag and the count."""

    al: AL
    cx_dx: CX_DX


class Time(NamedTuple):
    """What AH=02h hands back, in BCD."""

    ch: CH
    cl: CL
    dh: DH
    dl: DL


class Date(NamedTuple):
    """What AH=04h hands back, in BCD."""

    ch: CH
    cl: CL
    dh: DH
    dl: DL


INT1A: Final = ServiceTable(0x1A)


@INT1A.service(0x00, since="bios")
def get_ticks(time: TimeOfDay) -> Ticks:
    """Ticks since midnight; AL is not 0 when midnight has passed since the last call."""
    memory = time.machine.memory
    midnight = memory.read_u8(data_area.MIDNIGHT)
    memory.write_u8(data_area.MIDNIGHT, 0)
    return Ticks(midnight, memory.read_u32(data_area.TICKS))


@INT1A.service(0x01, since="bios")
def set_ticks(time: TimeOfDay, ticks: CX_DX) -> None:
    """Set the tick count."""
    time.machine.memory.write_u32(data_area.TICKS, ticks)
    time.machine.memory.write_u8(data_area.MIDNIGHT, 0)


@INT1A.service(0x02, since="bios")
def get_time(time: TimeOfDay) -> Time:
    """The clock's time: hours, minutes, seconds, no daylight saving."""
    now = time.cmos.now
    return Time(bcd(now.hour), bcd(now.minute), bcd(now.second), 0)


@INT1A.service(0x03, since="bios")
def set_time(time: TimeOfDay, hour: CH, minute: CL, second: DH) -> None:
    """Set the clock's time."""
    _set(time, hour=hour, minute=minute, second=second)


@INT1A.service(0x04, since="bios")
def get_date(time: TimeOfDay) -> Date:
    """The clock's date: century, year, month, day."""
    now = time.cmos.now
    return Date(bcd(now.year // 100), bcd(now.year % 100), bcd(now.month), bcd(now.day))


@INT1A.service(0x05, since="bios")
def set_date(time: TimeOfDay, century: CH, year: CL, month: DH, day: DL) -> None:
    """Set the clock's date."""
    now = time.cmos.now
    try:
        moment = now.replace(year=from_bcd(century) * 100 + from_bcd(year), month=from_bcd(month), day=from_bcd(day))
    except ValueError:
        raise BiosFailed(0x01) from None
    time.cmos.set_time(moment)


@INT1A.service(0x06, since="bios")
def set_alarm(time: TimeOfDay, hour: CH, minute: CL, second: DH) -> None:
    """INT 4Ah once a day at a time; an alarm already set is an error."""
    cmos, devices = time.cmos, time.machine.state.devices
    if cmos.memory[0x0B] & ALARMED:
        raise BiosFailed(0x00)
    for register, value in zip(_ALARM_REGISTERS, (hour, minute, second), strict=True):
        cmos.set_register(register, value)
    cmos.set_register(0x0B, cmos.memory[0x0B] | ALARMED)
    devices.port_out(0xA1, 1, devices.port_in(0xA1, 1) & ~0x01)


@INT1A.service(0x07, since="bios")
def reset_alarm(time: TimeOfDay) -> None:
    """No alarm any more."""
    time.cmos.set_register(0x0B, time.cmos.memory[0x0B] & ~ALARMED)


def _set(time: TimeOfDay, **fields: int) -> None:
    now: datetime = time.cmos.now
    try:
        hour, minute, second = (from_bcd(fields[name]) for name in ("hour", "minute", "second"))
        moment = now.replace(hour=hour, minute=minute, second=second)
    except ValueError:
        raise BiosFailed(0x01) from None
    time.cmos.set_time(moment)
