"""The MC146818 clock and its memory at ports 70h and 71h.

Time starts at 1994-01-01 12:00:00 and runs with the machine's clock, so every run sees the same dates. The chip's
flags are worked out when somebody looks: what happened between two clocks does not depend on who asked in between.
"""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.clock import RATE
from app.emu.devices.device import NEVER, Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.machine import Machine

START: Final = datetime(1994, 1, 1, 12)  # noqa: DTZ001 - a PC's clock knows no zones
"""What the clock shows when the machine is switched on."""
IRQ: Final = 8
_UPDATE: Final = RATE * 2228 // 1_000_000
"""Clocks before a new second during which register A announces the update (MC146818 data sheet: 2228 µs)."""
_SECONDS, _MINUTES, _HOURS, _WEEKDAY, _DAY, _MONTH, _YEAR = 0, 2, 4, 6, 7, 8, 9
_ALARM: Final = (1, 3, 5)
_TIME: Final = (_SECONDS, _MINUTES, _HOURS, _WEEKDAY, _DAY, _MONTH, _YEAR)
_CENTURY: Final = 0x32
_SET, _PERIODIC, _UPDATED, _BINARY, _HOURS_24 = 0x80, 0x40, 0x10, 0x04, 0x02
ALARMED: Final = 0x20
"""Bit of registers B (enabled) and C (happened): the alarm."""
_DAY_SECONDS: Final = 86_400


def bcd(value: int) -> int:
    """0-99 as two decimal digits."""
    return value // 10 << 4 | value % 10


def from_bcd(value: int) -> int:
    """Two decimal digits as a number."""
    return (value >> 4) * 10 + (value & 15)


class Cmos(Device):
    """The clock's registers 00h-0Dh over 128 bytes of memory."""

    PORTS: ClassVar[Iterable[int]] = (0x70, 0x71)

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.index = 0
        self.memory = bytearray(128)
        self.memory[0x0A] = 0x26
        self.memory[0x0B] = _HOURS_24
        self.memory[0x14] = 0x2D
        """Equipment: 80x25 colour, coprocessor, a diskette drive."""
        self.memory[0x15:0x17] = (640).to_bytes(2, "little")
        checksum = sum(self.memory[0x10:0x2E])
        self.memory[0x2E:0x30] = checksum.to_bytes(2, "big")
        self._base = START
        self._base_clock = 0
        """`_base` was the time at this clock."""
        self._flags = 0
        """Register C: what has happened since it was read."""
        self._seen = 0
        """Clock up to which `_flags` is true."""
        self._stopped: dict[int, int] | None = None
        """The time registers while register B stops the clock (SET)."""

    # The time

    @property
    def now(self) -> datetime:
        """The date and time the clock shows."""
        return self._base + timedelta(seconds=self._second(self.clock))

    def set_time(self, moment: datetime) -> None:
        """Set date and time; a new second begins now."""
        self._base, self._base_clock = moment, self.clock

    def _second(self, clock: int) -> int:
        return (clock - self._base_clock) // RATE

    # Interrupts

    @property
    def _period(self) -> int:
        """Periodic interrupts as clocks * 32768 per period: exact in integers. 0 when the divider is off."""
        select = self.memory[0x0A] & 15
        if not select:
            return 0
        return RATE << (select + 6 if select < 3 else select - 1)

    def _events(self, after: int, upto: int) -> int:
        """Flags of register C for what happens in (after, upto]."""
        flags = 0
        if (period := self._period) and (upto << 15) // period > (after << 15) // period:
            flags |= _PERIODIC
        first, last = self._second(after), self._second(upto)
        if last > first and self._stopped is None:
            flags |= _UPDATED
            if any(self._is_alarm(second) for second in range(max(first + 1, last - _DAY_SECONDS + 1), last + 1)):
                flags |= ALARMED
        return flags

    def _is_alarm(self, second: int) -> bool:
        moment = self._base + timedelta(seconds=second)
        wanted = (self.memory[register] for register in _ALARM)
        shown = (self._shown(register, moment) for register in (_SECONDS, _MINUTES, _HOURS))
        return all(alarm >= 0xC0 or alarm == value for alarm, value in zip(wanted, shown, strict=True))

    def next_due(self) -> int:
        """The next moment that could bring an enabled interrupt."""
        enabled = self.memory[0x0B]
        due = NEVER
        if enabled & _PERIODIC and (period := self._period):
            due = -((-((self._seen << 15) // period + 1) * period) >> 15)
        if enabled & (ALARMED | _UPDATED) and self._stopped is None:
            due = min(due, self._base_clock + (self._second(self._seen) + 1) * RATE)
        return due

    def advance(self, clock: int) -> None:
        """Note what has happened; request IRQ 8 when register B enables it."""
        if clock <= self._seen:
            return
        self._flags |= self._events(self._seen, clock)
        self._seen = clock
        self._request()

    def _request(self) -> None:
        if self._flags & self.memory[0x0B] & (_PERIODIC | ALARMED | _UPDATED):
            self._flags |= 0x80
            self.pic.raise_irq(IRQ)

    # Ports

    def read(self, port: int) -> int:
        """The register the index names."""
        return self.register(self.index) if port == 0x71 else 0xFF

    def write(self, port: int, value: int) -> None:
        """70h selects a register (bit 7, the NMI mask, is ignored), 71h writes it."""
        if port == 0x70:
            self.index = value & 0x7F
        else:
            self.set_register(self.index, value)

    def register(self, index: int) -> int:
        """A register's value."""
        if index in _TIME or index == _CENTURY:
            return self._stopped[index] if self._stopped is not None else self._shown(index, self.now)
        if index == 0x0A:
            into = (self.clock - self._base_clock) % RATE
            return self.memory[index] | 0x80 * (self._stopped is None and into >= RATE - _UPDATE)
        if index == 0x0C:
            flags, self._flags = self._flags, 0
            self.pic.lower_irq(IRQ)
            return flags
        if index == 0x0D:
            return 0x80  # the battery is good
        return self.memory[index]

    def set_register(self, index: int, value: int) -> None:
        """Write a register."""
        if index in _TIME or index == _CENTURY:
            if self._stopped is not None:
                self._stopped[index] = value
            else:
                self._take({**self._frozen(), index: value})
        elif index == 0x0A:
            self.memory[index] = value & 0x7F
        elif index == 0x0B:
            self._set_control(value)
        elif index not in {0x0C, 0x0D}:
            self.memory[index] = value

    def _set_control(self, value: int) -> None:
        if value & _SET:
            value &= ~_UPDATED
            if self._stopped is None:
                self._stopped = self._frozen()
            self.memory[0x0B] = value
        else:
            self.memory[0x0B] = value
            if self._stopped is not None:
                stopped, self._stopped = self._stopped, None
                self._take(stopped)
        self._request()

    def _frozen(self) -> dict[int, int]:
        return {index: self._shown(index, self.now) for index in (*_TIME, _CENTURY)}

    def _shown(self, index: int, moment: datetime) -> int:
        """A time register as register B's DM and 24/12 bits make it look."""
        afternoon = 0
        match index:
            case 0:
                value = moment.second
            case 2:
                value = moment.minute
            case 4:
                value = moment.hour
                if not self.memory[0x0B] & _HOURS_24:
                    afternoon = 0x80 * (value >= 12)
                    value = (value + 11) % 12 + 1
            case 6:
                value = moment.isoweekday() % 7 + 1
            case 7:
                value = moment.day
            case 8:
                value = moment.month
            case 9:
                value = moment.year % 100
            case _:
                return bcd(moment.year // 100)
        return (value if self.memory[0x0B] & _BINARY else bcd(value)) | afternoon

    def _take(self, shown: dict[int, int]) -> None:
        """Set the time from registers; values no calendar has are brought to the nearest it has."""
        binary = self.memory[0x0B] & _BINARY

        def number(index: int, least: int, most: int, *, mask: int = 0xFF) -> int:
            raw = shown[index] & mask
            return min(max(raw if binary else from_bcd(raw), least), most)

        if self.memory[0x0B] & _HOURS_24:
            hour = number(_HOURS, 0, 23)
        else:
            hour = number(_HOURS, 1, 12, mask=0x7F) % 12 + 12 * (shown[_HOURS] >> 7)
        year = min(max(from_bcd(shown[_CENTURY]), 1), 99) * 100 + number(_YEAR, 0, 99)
        month = number(_MONTH, 1, 12)
        day = number(_DAY, 1, calendar.monthrange(year, month)[1])
        self.set_time(datetime(year, month, day, hour, number(_MINUTES, 0, 59), number(_SECONDS, 0, 59)))  # noqa: DTZ001
