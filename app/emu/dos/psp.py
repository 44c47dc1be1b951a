"""The program segment prefix: 256 bytes before every program, through which DOS and the program know each other."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.address import Far

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory

CLOSED: Final = 0xFF
"""A free entry of the job file table."""
JFT_SIZE: Final = 20
"""Handles a program has without asking for more (INT 21h AH=67h)."""

# Offsets of what DOS reads and writes one by one.
TERMINATE_VECTOR: Final = 0x0A
CTRL_C_VECTOR: Final = 0x0E
CRITICAL_VECTOR: Final = 0x12
PARENT: Final = 0x16
JFT: Final = 0x18
ENVIRONMENT: Final = 0x2C
SAVED_STACK: Final = 0x2E
JFT_COUNT: Final = 0x32
JFT_POINTER: Final = 0x34
SERVICE: Final = 0x50
FCB1: Final = 0x5C
FCB2: Final = 0x6C
TAIL: Final = 0x80
SIZE: Final = 0x100
_SERVICE_CODE: Final = b"\xcd\x21\xcb"
_EMPTY_FCB: Final = b"\0" + b" " * 11 + bytes(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Psp:
    """The prefix in memory order (MS-DOS Programmer's Reference, "Program Segment Prefix").

    00h INT 20h  02h segment behind the program's memory  05h call to DOS as CP/M had it
    0Ah 0Eh 12h vectors 22h (terminate), 23h (Ctrl-C), 24h (critical error) to restore at the end
    16h parent PSP  18h job file table, 20 bytes  2Ch environment segment  2Eh SS:SP at the last INT 21h
    32h handles in the table  34h pointer to the table  38h previous PSP  50h INT 21h, RETF
    5Ch 6Ch two unopened file control blocks  80h length of the command tail and the tail, ended by 0Dh
    """

    top: int
    terminate: Far
    ctrl_c: Far
    critical: Far
    parent: int
    jft: bytes = bytes([CLOSED]) * JFT_SIZE
    environment: int = 0
    stack: Far = field(default_factory=lambda: Far(0, 0))
    jft_count: int = JFT_SIZE
    jft_pointer: Far = field(default_factory=lambda: Far(0, 0))
    fcb1: bytes = _EMPTY_FCB
    fcb2: bytes = _EMPTY_FCB
    tail: bytes = b""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<2sHx5sIIIH20sHIHII20x3s9x16s16s4xB127s")

    @classmethod
    def decode(cls, data: bytes) -> Psp:
        """Read the prefix from 256 bytes."""
        (
            _int20, top, _cpm, terminate, ctrl_c, critical, parent, jft, environment, stack, jft_count, jft_pointer,
            _previous, _service, fcb1, fcb2, length, tail,
        ) = cls.LAYOUT.unpack(data)  # fmt: skip
        return cls(
            top=top, terminate=Far.from_dword(terminate), ctrl_c=Far.from_dword(ctrl_c),
            critical=Far.from_dword(critical), parent=parent, jft=jft, environment=environment,
            stack=Far.from_dword(stack), jft_count=jft_count, jft_pointer=Far.from_dword(jft_pointer),
            fcb1=fcb1, fcb2=fcb2, tail=tail[:length],
        )  # fmt: skip

    def encode(self) -> bytes:
        """The 256 bytes."""
        return self.LAYOUT.pack(
            b"\xcd\x20", self.top, b"\x9a\xf0\xfe\x1d\xf0", self.terminate.to_dword(), self.ctrl_c.to_dword(),
            self.critical.to_dword(), self.parent, self.jft, self.environment, self.stack.to_dword(), self.jft_count,
            self.jft_pointer.to_dword(), 0xFFFFFFFF, _SERVICE_CODE, self.fcb1, self.fcb2, len(self.tail),
            self.tail + b"\r" if len(self.tail) < 127 else self.tail,
        )  # fmt: skip


def read(memory: Memory, segment: int) -> Psp:
    """The prefix at a segment."""
    return Psp.decode(memory.read(segment << 4, SIZE))


def read_far(memory: Memory, segment: int, offset: int) -> Far:
    """A far pointer of the prefix."""
    return Far.from_dword(memory.read_u32((segment << 4) + offset))


def write_far(memory: Memory, segment: int, offset: int, value: Far) -> None:
    """Write a far pointer of the prefix."""
    memory.write_u32((segment << 4) + offset, value.to_dword())


def parent(memory: Memory, segment: int) -> int:
    """The PSP of the program that started this one."""
    return memory.read_u16((segment << 4) + PARENT)


def environment(memory: Memory, segment: int) -> int:
    """The segment of the program's environment, 0 for none."""
    return memory.read_u16((segment << 4) + ENVIRONMENT)
