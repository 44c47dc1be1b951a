"""What the extended memory driver answers when a function fails: AX=0 and the code in BL (XMS 3.0)."""

from __future__ import annotations

from app.emu.services import ServiceFailed


class XmsFailed(ServiceFailed):
    """A function fails."""

    code = 0x8E


class NotImplementedHere(XmsFailed):
    """function not implemented"""

    code = 0x80


class HmaInUse(XmsFailed):
    """the high memory area is already in use"""

    code = 0x91


class HmaNotAllocated(XmsFailed):
    """the high memory area is not allocated"""

    code = 0x93


class A20StillEnabled(XmsFailed):
    """the A20 line is still enabled"""

    code = 0x94


class NoMemoryLeft(XmsFailed):
    """all free extended memory is allocated"""

    code = 0xA0


class NoHandlesLeft(XmsFailed):
    """all extended memory handles are in use"""

    code = 0xA1


class BadHandle(XmsFailed):
    """invalid handle"""

    code = 0xA2


class BadSourceHandle(XmsFailed):
    """invalid source handle"""

    code = 0xA3


class BadSourceOffset(XmsFailed):
    """invalid source offset"""

    code = 0xA4


class BadDestinationHandle(XmsFailed):
    """invalid destination handle"""

    code = 0xA5


class BadDestinationOffset(XmsFailed):
    """invalid destination offset"""

    code = 0xA6


class BadLength(XmsFailed):
    """invalid length"""

    code = 0xA7


class NotLocked(XmsFailed):
    """the block is not locked"""

    code = 0xAA


class BlockLocked(XmsFailed):
    """the block is locked"""

    code = 0xAB


class TooManyLocks(XmsFailed):
    """the lock count of the block has overflowed"""

    code = 0xAC


class NoUpperMemory(XmsFailed):
    """there are no upper memory blocks"""

    code = 0xB1


class BadUpperSegment(XmsFailed):
    """the segment is no upper memory block"""

    code = 0xB2
