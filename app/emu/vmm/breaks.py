"""Addresses of ring 3 that lead to the manager, and what each of them means (VMM 1.1 to 1.7).

V86 mode: one ARPL byte in the ROM at S0:O0; number n is reached as S0 - n : O0 + 16 * n, the same byte. Protected
mode: INT 30h at offset 2 * n of the break segment 003Bh. Numbers from `PRIVATE` on are the manager's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.memory import layout

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory
    from app.emu.vmm.device import Device

ARPL: Final = 0x63
BREAK: Final = 0x30
"""INT 30h."""
PRIVATE: Final = 0x400
_NUMBERS: Final = 0x800
_NOWHERE: Final = Far(0, 0)
POOL_SIZE: Final = 200
"""MaxBPs of SYSTEM.INI when nobody sets it: V86 breakpoints and callbacks together."""


@dataclass(slots=True, eq=False)
class VxdCallback:
    """What Allocate_V86_Call_Back or Allocate_PM_Call_Back has handed out. It is never freed.

    api: the device whose API procedure is called instead of `procedure` (INT 2Fh AX=1684h).
    """

    number: int
    in_pm: bool
    procedure: int
    reference: int
    api: Device | None = None
    hits: int = 0
    made: int = 0
    """Sequence number of the event that told of it."""

    def called(self, memory: Memory) -> int:
        """Linear address of the procedure that is called now; when its driver was unloaded, the one it had."""
        if self.api is None or self.api.is_unloaded:
            return self.procedure
        return self.api.api(memory, pm=self.in_pm)


@dataclass(slots=True, eq=False)
class VmReturn:
    """A Call_When_VM_Returns in progress. cs, eip: where the VM goes on.

    signed: the time-out as given; deadline: in clocks, None for none or when it is over.
    """

    number: int
    in_pm: bool
    procedure: int
    reference: int
    cs: int
    eip: int
    signed: int
    deadline: int | None
    timed_out: bool = False


@dataclass(slots=True, eq=False)
class NestEnd:
    """The address nested execution returns to."""

    number: int
    in_pm: bool


@dataclass(slots=True, eq=False)
class Win32Gate:
    """Where thunks of Win32 programs call the functions of KERNEL32."""

    number: int
    in_pm: bool = True


@dataclass(slots=True, eq=False)
class V86Breakpoint:
    """An ARPL byte in V86 code. original: the byte that was there."""

    segment: int
    offset: int
    procedure: int
    reference: int
    original: int
    hits: int = 0
    in_a_row: int = 0
    """Hits with no instruction of ring 3 in between."""
    advanced: bool | None = None
    """Has the handler moved the client's IP the last time? None before it has returned once."""
    last_tick: int = -1
    """When its handler returned without having moved the client's IP."""
    made: int = 0
    """Sequence number of the event that told of it."""

    @property
    def address(self) -> Far:
        """CS:IP as it was installed."""
        return Far(self.segment, self.offset)

    @property
    def linear(self) -> int:
        """Where the byte lies."""
        return (self.segment << 4) + self.offset


Target = VxdCallback | VmReturn | NestEnd | Win32Gate


class PoolEmpty(Exception):
    """All MaxBPs are used."""


@dataclass(slots=True)
class Breaks:
    """All of them. arpl: the address of the ROM's byte; used: how many of the pool are gone."""

    arpl: Far = _NOWHERE
    size: int = POOL_SIZE
    callbacks: int = 0
    refused: int | None = None
    """The event of the service that got no address last."""
    targets: dict[tuple[bool, int], Target] = field(default_factory=dict)
    """{(in protected mode, number): what it leads to}"""
    breakpoints: dict[tuple[int, int], V86Breakpoint] = field(default_factory=dict)
    """{(CS, IP): breakpoint}"""

    @property
    def used(self) -> int:
        """How many of the pool are taken."""
        return self.callbacks + len(self.breakpoints)

    def take(self) -> int:
        """A number for another callback; it is gone for ever. Raises `PoolEmpty`."""
        self.check()
        self.callbacks += 1
        return self.callbacks

    def check(self) -> None:
        """Raises `PoolEmpty` when nothing is left."""
        if self.used >= self.size:
            raise PoolEmpty

    def private(self) -> int:
        """A free number of the manager's own. Raises `PoolEmpty`."""
        taken = {number for _, number in self.targets}
        free = next((number for number in range(PRIVATE, _NUMBERS) if number not in taken), None)
        if free is None:
            raise PoolEmpty
        return free

    def add(self, target: Target) -> Far:
        """Make an address lead somewhere; the address."""
        self.targets[target.in_pm, target.number] = target
        return self.address(target)

    def forget(self, target: Target) -> None:
        """An address of the manager's own is free again."""
        del self.targets[target.in_pm, target.number]

    def address(self, target: Target) -> Far:
        """Where ring 3 reaches it."""
        if target.in_pm:
            return Far(layout.BREAK_CODE, target.number * 2)
        return Far(self.arpl.segment - target.number, self.arpl.offset + target.number * 16)

    def in_v86(self, segment: int, offset: int) -> Target | None:
        """What an ARPL at CS:IP means."""
        number = self.arpl.segment - segment
        if number <= 0 or offset != self.arpl.offset + number * 16:
            return None
        return self.targets.get((False, number))

    def in_protected(self, offset: int) -> Target | None:
        """What an INT 30h at an offset of the break segment means."""
        return self.targets.get((True, offset >> 1)) if not offset & 1 else None
