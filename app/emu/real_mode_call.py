"""The real mode call structure: 50 bytes through which a client and real-mode code hand registers to each other."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar

from app.emu.address import Far
from app.emu.registers import Registers

GENERAL_IN_ORDER = ("edi", "esi", "ebp", "reserved", "ebx", "edx", "ecx", "eax")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealModeCall:
    """Real-mode registers in memory order (DPMI 0.9, INT 31h AX=0300h to 0303h).

    00h edi  04h esi  08h ebp  0Ch reserved  10h ebx  14h edx  18h ecx  1Ch eax
    20h flags  22h es  24h ds  26h fs  28h gs  2Ah ip  2Ch cs  2Eh sp  30h ss

    Segments are paragraphs, never selectors; the layout is the same for 16- and 32-bit clients.
    """

    edi: int = 0
    esi: int = 0
    ebp: int = 0
    reserved: int = 0
    ebx: int = 0
    edx: int = 0
    ecx: int = 0
    eax: int = 0
    flags: int = 0
    es: int = 0
    ds: int = 0
    fs: int = 0
    gs: int = 0
    ip: int = 0
    cs: int = 0
    sp: int = 0
    ss: int = 0

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<8I9H")
    SIZE: ClassVar[int] = 50
    UPDATED: ClassVar[int] = 0x2A
    """Bytes a translation service writes back: everything but IP, CS, SP and SS."""

    @classmethod
    def decode(cls, data: bytes) -> RealModeCall:
        """Read the structure from 50 bytes."""
        edi, esi, ebp, reserved, ebx, edx, ecx, eax, *words = cls.LAYOUT.unpack(data)
        flags, es, ds, fs, gs, ip, cs, sp, ss = words
        return cls(
            edi=edi, esi=esi, ebp=ebp, reserved=reserved, ebx=ebx, edx=edx, ecx=ecx, eax=eax,
            flags=flags, es=es, ds=ds, fs=fs, gs=gs, ip=ip, cs=cs, sp=sp, ss=ss,
        )  # fmt: skip

    def encode(self) -> bytes:
        """The 50 bytes."""
        return self.LAYOUT.pack(
            self.edi, self.esi, self.ebp, self.reserved, self.ebx, self.edx, self.ecx, self.eax,
            self.flags, self.es, self.ds, self.fs, self.gs, self.ip, self.cs, self.sp, self.ss,
        )  # fmt: skip

    @classmethod
    def of(cls, regs: Registers) -> RealModeCall:
        """The structure a callback receives: all registers of V86 code, as they are."""
        return cls(
            edi=regs.edi, esi=regs.esi, ebp=regs.ebp, ebx=regs.ebx, edx=regs.edx, ecx=regs.ecx, eax=regs.eax,
            flags=regs.eflags & 0xFFFF, es=regs.es.selector, ds=regs.ds.selector, fs=regs.fs.selector,
            gs=regs.gs.selector, ip=regs.eip & 0xFFFF, cs=regs.cs.selector, sp=regs.esp & 0xFFFF, ss=regs.ss.selector,
        )  # fmt: skip

    @property
    def target(self) -> Far:
        """CS:IP."""
        return Far(self.cs, self.ip)

    @property
    def stack(self) -> Far:
        """SS:SP."""
        return Far(self.ss, self.sp)
