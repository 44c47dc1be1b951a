"""The register file: what the CPU holds, as plain values.

`Registers` is the one mutable copy the machine works on; panes get `Registers.copy()`. Segment registers carry their
hidden part (`Segment`): what the CPU really uses until the register is loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import Annotated, Final, NamedTuple

GENERAL: Final = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
"""General registers in the CPU's own encoding order."""
SEGMENTS: Final = ("es", "cs", "ss", "ds", "fs", "gs")
"""Segment registers in the CPU's own encoding order."""


class Mode(StrEnum):
    """Where the processor runs: V86 (the specification's real mode), protected mode by code width, or ring 0."""

    V86 = "v86"
    PM16 = "pm16"
    PM32 = "pm32"
    RING0 = "ring0"


class Flag(IntEnum):
    """Bits of EFLAGS. Plain numbers: combining them gives an int, which is what the hot paths need."""

    CF = 1 << 0
    PF = 1 << 2
    AF = 1 << 4
    ZF = 1 << 6
    SF = 1 << 7
    TF = 1 << 8
    IF = 1 << 9
    DF = 1 << 10
    OF = 1 << 11
    IOPL = 3 << 12
    NT = 1 << 14
    RF = 1 << 16
    VM = 1 << 17
    AC = 1 << 18
    VIF = 1 << 19
    VIP = 1 << 20
    ID = 1 << 21


_V86, _PM16, _PM32, _RING0 = Mode
_VM: Final = int(Flag.VM)
_IF: Final = int(Flag.IF)
"""Members of enumerations take Python 3.11 long to look up, and these are asked for all the time."""

STATUS: Final = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF
"""The arithmetic flags: what a service may hand back besides registers."""
ALWAYS_SET: Final = 0x0002
"""Bit 1 of EFLAGS reads 1 on every 386 and later."""


class Segment(NamedTuple):
    """A segment register with its hidden part.

    selector 16-bit selector, or paragraph in V86; base linear address; limit in bytes (last valid offset, already
    scaled); access the descriptor's access byte; flags its G/D/L/AVL nibble.
    """

    selector: int = 0
    base: int = 0
    limit: int = 0
    access: int = 0
    flags: int = 0

    @property
    def is_big(self) -> bool:
        """The D/B bit: 32-bit code, or a stack that uses ESP."""
        return bool(self.flags & 4)

    @property
    def is_null(self) -> bool:
        """A null selector was loaded: any use faults."""
        return self.selector < 4 and not self.access

    @staticmethod
    @cache
    def real(paragraph: int) -> Segment:
        """What V86 mode holds for a segment: base = paragraph * 16, limit FFFFh, data, DPL 3."""
        return Segment(paragraph, paragraph << 4, 0xFFFF, 0xF3, 0)


_NOTHING: Final = Segment()


@dataclass(slots=True)
class Registers:
    """All registers of one context. General registers and EIP are 32-bit, EFLAGS includes the VM bit."""

    eax: int = 0
    ecx: int = 0
    edx: int = 0
    ebx: int = 0
    esp: int = 0
    ebp: int = 0
    esi: int = 0
    edi: int = 0
    eip: int = 0
    eflags: int = ALWAYS_SET
    es: Segment = _NOTHING
    cs: Segment = _NOTHING
    ss: Segment = _NOTHING
    ds: Segment = _NOTHING
    fs: Segment = _NOTHING
    gs: Segment = _NOTHING

    def copy(self) -> Registers:
        """An independent copy (segments are immutable and shared)."""
        return Registers(
            self.eax, self.ecx, self.edx, self.ebx, self.esp, self.ebp, self.esi, self.edi, self.eip, self.eflags,
            self.es, self.cs, self.ss, self.ds, self.fs, self.gs,
        )  # fmt: skip

    def assign(self, other: Registers) -> None:
        """Take every register from `other`."""
        self.eax, self.ecx, self.edx, self.ebx = other.eax, other.ecx, other.edx, other.ebx
        self.esp, self.ebp, self.esi, self.edi = other.esp, other.ebp, other.esi, other.edi
        self.eip, self.eflags = other.eip, other.eflags
        self.es, self.cs, self.ss = other.es, other.cs, other.ss
        self.ds, self.fs, self.gs = other.ds, other.fs, other.gs

    @property
    def mode(self) -> Mode:
        """The mode these registers run in."""
        if self.eflags & _VM:
            return _V86
        if not self.cs.selector & 3:
            return _RING0
        return _PM32 if self.cs.is_big else _PM16

    @property
    def is_v86(self) -> bool:
        """V86 mode: what DPMI calls real mode."""
        return bool(self.eflags & _VM)

    @property
    def interrupts_on(self) -> bool:
        """The virtual interrupt flag. Clients run at IOPL 3, so it is EFLAGS.IF itself."""
        return bool(self.eflags & _IF)

    def set_flag(self, flag: int, on: bool) -> None:
        """Set or clear bits of EFLAGS."""
        self.eflags = self.eflags | flag if on else self.eflags & ~flag

    @property
    def code_linear(self) -> int:
        """Linear address of the next instruction."""
        return self.cs.base + self.eip & 0xFFFFFFFF

    @property
    def stack_offset(self) -> int:
        """ESP or SP, whichever the stack segment's B bit selects."""
        return self.esp if self.ss.is_big else self.esp & 0xFFFF

    def set_stack_offset(self, value: int) -> None:
        """Write ESP, or only its low half when the stack segment is 16-bit."""
        self.esp = value & 0xFFFFFFFF if self.ss.is_big else self.esp & 0xFFFF0000 | value & 0xFFFF

    @property
    def stack_linear(self) -> int:
        """Linear address of the top of the stack."""
        return self.ss.base + self.stack_offset & 0xFFFFFFFF

    # Sixteen- and eight-bit views, named as in the specification's register lists.

    def low(self, name: str) -> int:
        """The low 16 bits of a general register given as `ax`, `bx` …"""
        return int(getattr(self, "e" + name)) & 0xFFFF

    def set_low(self, name: str, value: int) -> None:
        """Write the low 16 bits of a general register, the high half stays."""
        full = "e" + name
        setattr(self, full, getattr(self, full) & 0xFFFF0000 | value & 0xFFFF)

    @property
    def ax(self) -> int:
        """AX."""
        return self.eax & 0xFFFF

    @ax.setter
    def ax(self, value: int) -> None:
        self.eax = self.eax & 0xFFFF0000 | value & 0xFFFF

    @property
    def al(self) -> int:
        """AL."""
        return self.eax & 0xFF

    @al.setter
    def al(self, value: int) -> None:
        self.eax = self.eax & 0xFFFFFF00 | value & 0xFF

    @property
    def ah(self) -> int:
        """AH."""
        return self.eax >> 8 & 0xFF

    @ah.setter
    def ah(self, value: int) -> None:
        self.eax = self.eax & 0xFFFF00FF | (value & 0xFF) << 8


@dataclass(frozen=True, slots=True)
class Low:
    """A 16-bit register of a service's register list."""

    name: str

    def read(self, regs: Registers, *, wide: bool) -> int:  # noqa: ARG002 - every view reads with the client's width
        """The argument's value."""
        return regs.low(self.name)

    def write(self, regs: Registers, value: int, *, wide: bool) -> None:  # noqa: ARG002 - as above
        """Hand a result back in this register."""
        regs.set_low(self.name, value)

    def __str__(self) -> str:
        return self.name.upper()


@dataclass(frozen=True, slots=True)
class Byte:
    """An 8-bit register: `al`, `bh` …"""

    name: str

    @property
    def _shift(self) -> int:
        return 8 if self.name[1] == "h" else 0

    def read(self, regs: Registers, *, wide: bool) -> int:  # noqa: ARG002
        """The argument's value."""
        return regs.low(self.name[0] + "x") >> self._shift & 0xFF

    def write(self, regs: Registers, value: int, *, wide: bool) -> None:  # noqa: ARG002
        """Hand a result back; the other half of the register stays."""
        word = self.name[0] + "x"
        regs.set_low(word, regs.low(word) & ~(0xFF << self._shift) | (value & 0xFF) << self._shift)

    def __str__(self) -> str:
        return self.name.upper()


@dataclass(frozen=True, slots=True)
class Full:
    """A 32-bit register whatever the client's width: `EBX`, `ESI` …"""

    name: str

    def read(self, regs: Registers, *, wide: bool) -> int:  # noqa: ARG002
        """The argument's value."""
        return int(getattr(regs, self.name))

    def write(self, regs: Registers, value: int, *, wide: bool) -> None:  # noqa: ARG002
        """Hand a result back."""
        setattr(regs, self.name, value & 0xFFFFFFFF)

    def __str__(self) -> str:
        return self.name.upper()


@dataclass(frozen=True, slots=True)
class Pair:
    """A 32-bit number in two 16-bit registers, high word first: CX:DX, BX:CX, SI:DI."""

    high: str
    second: str

    def read(self, regs: Registers, *, wide: bool) -> int:  # noqa: ARG002
        """The argument's value."""
        return regs.low(self.high) << 16 | regs.low(self.second)

    def write(self, regs: Registers, value: int, *, wide: bool) -> None:  # noqa: ARG002
        """Hand a result back."""
        regs.set_low(self.high, value >> 16)
        regs.set_low(self.second, value)

    def __str__(self) -> str:
        return f"{self.high}:{self.second}".upper()


@dataclass(frozen=True, slots=True)
class Pointer:
    """A far pointer, segment register (or word register) and offset: ES:(E)DI, DS:(E)SI, CX:(E)DX.

    The offset is 32-bit for a 32-bit client, 16-bit for a 16-bit one, or 32-bit for both (`full`: ES:EBX, ES:EDX).
    Read as `(selector, offset)`.
    """

    segment: str
    offset: str
    full: bool = False

    def read(self, regs: Registers, *, wide: bool) -> tuple[int, int]:
        """The pointer as selector (or segment) and offset."""
        selector = getattr(regs, self.segment).selector if self.segment in SEGMENTS else regs.low(self.segment)
        return selector, getattr(regs, "e" + self.offset) if wide or self.full else regs.low(self.offset)

    def write(self, regs: Registers, value: tuple[int, int], *, wide: bool) -> None:
        """Hand a pointer back (word registers only; segment registers are the machine's to load)."""
        regs.set_low(self.segment, value[0])
        if wide or self.full:
            setattr(regs, "e" + self.offset, value[1] & 0xFFFFFFFF)
        else:
            regs.set_low(self.offset, value[1])

    def __str__(self) -> str:
        width = "e" if self.full else "(e)"
        return f"{self.segment}:{width}{self.offset}".upper()


View = Low | Byte | Full | Pair | Pointer
"""A place in the register list of a service."""

AX = Annotated[int, Low("ax")]
BX = Annotated[int, Low("bx")]
CX = Annotated[int, Low("cx")]
DX = Annotated[int, Low("dx")]
SI = Annotated[int, Low("si")]
DI = Annotated[int, Low("di")]
AL = Annotated[int, Byte("al")]
AH = Annotated[int, Byte("ah")]
BL = Annotated[int, Byte("bl")]
BH = Annotated[int, Byte("bh")]
CL = Annotated[int, Byte("cl")]
CH = Annotated[int, Byte("ch")]
DL = Annotated[int, Byte("dl")]
DH = Annotated[int, Byte("dh")]
EAX = Annotated[int, Full("eax")]
EBX = Annotated[int, Full("ebx")]
ECX = Annotated[int, Full("ecx")]
EDX = Annotated[int, Full("edx")]
ESI = Annotated[int, Full("esi")]
EDI = Annotated[int, Full("edi")]
BX_CX = Annotated[int, Pair("bx", "cx")]
CX_DX = Annotated[int, Pair("cx", "dx")]
SI_DI = Annotated[int, Pair("si", "di")]
DS_SI = Annotated[tuple[int, int], Pointer("ds", "si")]
DS_DX = Annotated[tuple[int, int], Pointer("ds", "dx")]
ES_BX = Annotated[tuple[int, int], Pointer("es", "bx")]
ES_DX = Annotated[tuple[int, int], Pointer("es", "dx")]
ES_DI = Annotated[tuple[int, int], Pointer("es", "di")]
ES_EBX = Annotated[tuple[int, int], Pointer("es", "bx", full=True)]
ES_EDX = Annotated[tuple[int, int], Pointer("es", "dx", full=True)]
CX_EDX = Annotated[tuple[int, int], Pointer("cx", "dx")]
SI_EDI = Annotated[tuple[int, int], Pointer("si", "di")]
