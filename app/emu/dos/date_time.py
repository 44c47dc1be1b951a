"""DOS's clock: a fixed start plus the machine's own time, so that every run of a program sees the same hours."""

from __future__ import annotations

import time
from calendar import timegm
from typing import Final

from app.emu.devices.clock import RATE

START: Final = timegm((1994, 1, 1, 12, 0, 0))
"""When the machine is switched on: 1 January 1994, noon."""
_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2099
_FIRST_FILE_TIME: Final = timegm((1601, 1, 1, 0, 0, 0))
_PER_SECOND: Final = 10_000_000
_PER_HUNDREDTH: Final = _PER_SECOND // 100

Stamp = tuple[int, int]
"""A DOS date and time as two words."""


def dos_stamp(moment: time.struct_time) -> Stamp:
    """The two words: date (7 bits year from 1980, 4 month, 5 day), time (5 hours, 6 minutes, 5 half seconds)."""
    year = min(max(moment.tm_year - 1980, 0), 127)
    date = year << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | min(moment.tm_sec, 59) >> 1


def file_time(stamp: Stamp, hundredths: int = 0) -> int:
    """A stamp and hundredths of a second (0 to 199) as long file names' functions have it: 100 ns since 1601."""
    date, clock = stamp
    month, day = min(max(date >> 5 & 15, 1), 12), max(date & 31, 1)  # a program may have set any bits
    moment = timegm(((date >> 9) + _FIRST_YEAR, month, day, clock >> 11, clock >> 5 & 63, (clock & 31) * 2))
    return (moment - _FIRST_FILE_TIME) * _PER_SECOND + hundredths * _PER_HUNDREDTH


def stamp_of(file_time: int) -> tuple[Stamp, int]:
    """What `file_time` gave back into a stamp and hundredths of a second; times DOS does not know are cut off."""
    seconds, rest = divmod(file_time, _PER_SECOND)
    least, most = timegm((_FIRST_YEAR, 1, 1, 0, 0, 0)), timegm((_LAST_YEAR, 12, 31, 23, 59, 59))
    moment = time.gmtime(min(max(seconds + _FIRST_FILE_TIME, least), most))
    return dos_stamp(moment), moment.tm_sec % 2 * 100 + rest // _PER_HUNDREDTH


class DosClock:
    """Date and time, as set by the program (INT 21h AH=2Bh, 2Dh) or counted from the start."""

    def __init__(self) -> None:
        self._offset = START * 100  # hundredths of a second from 1970 to clock 0

    def hundredths(self, clock: int) -> int:
        """Hundredths of a second since 1970."""
        return self._offset + clock * 100 // RATE

    def now(self, clock: int) -> time.struct_time:
        """Date and time."""
        return time.gmtime(self.hundredths(clock) // 100)

    def stamp(self, clock: int) -> Stamp:
        """Date and time as files carry them."""
        return dos_stamp(self.now(clock))

    def set_date(self, clock: int, year: int, month: int, day: int) -> bool:
        """Set the date, the time goes on; False: there is no such day, or DOS does not know it."""
        now = self.hundredths(clock)
        is_known = _FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and day
        midnight = timegm((year, month, day, 0, 0, 0)) if is_known else -1
        if midnight < 0 or time.gmtime(midnight).tm_mday != day:
            return False
        self._offset += midnight * 100 + now % 8_640_000 - now
        return True

    def set_time(self, clock: int, hour: int, minute: int, second: int, hundredth: int) -> bool:
        """Set the time of day; False: there is no such time."""
        if hour > 23 or minute > 59 or second > 59 or hundredth > 99:
            return False
        now = self.hundredths(clock)
        wanted = (hour * 3600 + minute * 60 + second) * 100 + hundredth
        self._offset += wanted - now % 8_640_000
        return True
