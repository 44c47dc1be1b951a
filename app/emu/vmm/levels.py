"""Levels of ring 0 on the host's stack of contexts, and what drivers have in progress there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from app.emu.host.host import Level
from app.emu.registers import Registers
from app.emu.vmm.client_registers import ClientRegisters

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory
    from app.emu.vmm.core import Vmm


class Sequel(Protocol):
    """What the manager does when a driver's procedure has returned; part of the state, so a plain value."""

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """The procedure has executed its near RET. regs: what it left in the registers of ring 0."""


class Loan(Protocol):
    """Client registers that a driver's have taken the place of; part of the state, so a plain value."""

    def give_back(self, vmm: Vmm, level: Ring0Level) -> None:
        """The interrupt is over: the driver goes on with its registers, the client's are what they were."""


@dataclass(slots=True, eq=False)
class Call:
    """A driver's procedure in progress.

    esp, ebp: what these are when it has returned properly.
    """

    procedure: int
    esp: int
    ebp: int
    then: Sequel


@dataclass(slots=True, eq=False)
class Waiting:
    """A driver that waits in a service until other code has run. service: its ordinal; regs: the driver's then."""

    service: int
    regs: Registers


@dataclass(slots=True, eq=False)
class Nest:
    """Nested execution begun and not ended: what End_Nest_Exec restores (VMM 3.4).

    number, ends_in_pm: of the address that ends Resume_Exec; inner: CS:EIP the VM had in that mode; in_pm, cs, eip:
    where it was; locked: it has entered the locked stack.
    """

    number: int
    ends_in_pm: bool
    inner: tuple[int, int]
    in_pm: bool
    cs: int
    eip: int
    locked: bool
    frames: int
    far_returns: int
    """What these of its level were."""
    loan: Loan | None = None
    """What becomes of the registers an interrupt of a driver's own has left (Exec_VxD_Int)."""


@dataclass(slots=True, eq=False)
class Ring0Level(Level):
    """A context of ring 3 that waits while drivers run. Its frame is the client register structure."""

    in_pm: bool = False
    """The client registers are those of protected mode."""
    at_entry: bytes = b""
    """The client register structure as the first driver found it."""
    calls: list[Call] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    nests: list[Nest] = field(default_factory=list)
    frames: int = 0
    """Frames simulated on the client's stack and not popped."""
    far_returns: int = 0
    """Far returns simulated, less the far calls."""

    def client_registers(self, memory: Memory) -> ClientRegisters:
        """The structure drivers see."""
        return ClientRegisters(memory, self.frame)


@dataclass(slots=True, eq=False)
class NestedLevel(Level):
    """Ring 0 itself, waiting in Resume_Exec or Exec_Int."""
