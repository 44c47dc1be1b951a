"""A client: one program that has entered protected mode, and everything the host keeps for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.emu.address import Far
from app.emu.host import traps
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.provider import Told
from app.emu.host.tables import Kept, Ldt
from app.emu.host.traps import Trap
from app.emu.real_mode_call import RealModeCall
from app.emu.watchpoint import NO_WATCHPOINTS, Watchpoint

COPROCESSOR_ENABLED: Final = 1
"""MPv: the client uses the coprocessor."""
COPROCESSOR_EMULATED: Final = 2
"""EMv: the client emulates it and wants exception 7."""


class Vector(NamedTuple):
    """A protected-mode handler address: selector and offset (16 or 32 bits by the client's width)."""

    selector: int
    offset: int

    def far(self, bits: int) -> Far:
        """As an address for events and panes."""
        return Far(self.selector, self.offset, wide=bits == 32)


class KeptTables(NamedTuple):
    """Descriptors, interrupt vectors and exception handlers at one moment."""

    descriptors: Kept
    vectors: tuple[Vector, ...]
    exceptions: tuple[Vector, ...]


@dataclass(slots=True)
class Callback:
    """A registered real-mode callback (INT 31h AX=0303h)."""

    slot: int
    real: Far
    handler: Vector
    structure: Vector
    depth: int = 0
    """Dispatches in progress."""
    hits: int = 0
    last_caller: Far | None = None
    at_entry: RealModeCall | None = None
    """What the host wrote into the structure at the last dispatch."""


class Call(NamedTuple):
    """Where a service was called: nesting levels around it, CS and (E)IP."""

    levels: int
    selector: int
    offset: int


@dataclass(slots=True)
class PendingSerialization:
    """A serialization on shared memory a client waits for (INT 31h AX=0D02h)."""

    call: Call
    handle: int
    shared: bool
    is_cancelled: bool = False


@dataclass(slots=True)
class DosBlock:
    """A DOS memory block of INT 31h AX=0100h: its paragraph and the selectors (indices) that cover it."""

    segment: int
    paragraphs: int
    entries: list[int]


@dataclass(slots=True, eq=False)
class Client:
    """One client. number counts from 1; index is its place among the clients alive (LDT, locked stack)."""

    number: int
    index: int
    bits: int
    psp: int
    ldt: Ldt
    blocks: MemoryBlocks
    environment: int
    """Paragraph of the environment as it stood in the PSP at entry; 0 when there was none."""
    private_stack: Far
    """Where the host's real-mode stack begins: the end of the host data block the client supplied."""
    buffer: int
    """Paragraph of the buffer that translated calls go through."""
    base_level: int
    """Nesting levels that existed before this client: its parent's."""
    outer_real_pointer: Far
    """The host's real-mode stack pointer before this client entered."""
    outer: Client | None
    """The client that was current before this one entered."""
    is_win32: bool = False
    """A Win32 program: flat, without DPMI and interrupts."""
    is_resident: bool = False
    """Its program has ended and stays resident, and so does the client (INT 21h AH=31h in real mode)."""
    psp_selector: int = 0
    kept: KeptTables | None = None
    """What the tables it shares with others held when it entered, under hosts that put that back."""
    locked_selector: int = 0
    alias_selector: int = 0
    """Read-only for the client: DS at callback entry, based on the real-mode stack segment."""
    locked_depth: int = 0
    """How many events lie on the locked protected-mode stack; 0: not in use."""
    is_known_to_drivers: bool = False
    """Drivers have had Begin_PM_App for it, and not End_PM_App yet."""
    locked_origin: tuple[int, int] | None = None
    """SS and (E)SP that End_Use_Locked_PM_Stack gives back, if a driver was the first to use the locked stack."""
    pm_pointer: tuple[int, int] = (0, 0)
    """SS and (E)SP as they were when the client last left protected mode: where a nested event goes on."""
    vectors: list[Vector] = field(default_factory=list)
    exceptions: list[Vector] = field(default_factory=list)
    real_exceptions: list[Vector] = field(default_factory=list)
    callbacks: dict[int, Callback] = field(default_factory=dict)
    transfer_area: tuple[int, int] | None = None
    """The disk transfer area it has set by INT 21h in protected mode."""
    mouse_handlers: dict[int, Vector] = field(default_factory=dict)
    """Its event handlers, set by INT 33h in protected mode: set of shift keys (0: for all) -> handler."""
    segments: dict[int, int] = field(default_factory=dict)
    """Paragraph -> LDT index, for INT 31h AX=0002h."""
    watchpoints: tuple[Watchpoint, ...] = NO_WATCHPOINTS
    triggered: set[int] = field(default_factory=set)
    """Handles of watchpoints hit since they were reset."""
    pending: list[PendingSerialization] = field(default_factory=list)
    """What its calls wait for, that of an interrupt handler behind that of the code it interrupted."""
    coprocessor: int = COPROCESSOR_ENABLED
    """The two bits of INT 31h AX=0E01h."""
    told: list[Told] = field(default_factory=list)
    """The resident providers that were told of it and not yet of its end, in that order."""
    dos_blocks: dict[int, DosBlock] = field(default_factory=dict)
    """First LDT index -> block."""

    @property
    def wide(self) -> bool:
        """A 32-bit client: its frames and (E) registers are 32-bit."""
        return self.bits == 32

    @property
    def kind(self) -> str:
        """What it is, for people: a DPMI program of some width, or a Win32 program."""
        return "Win32" if self.is_win32 else f"{self.bits}-bit"

    @property
    def word(self) -> int:
        """Bytes of one frame word: 2 or 4."""
        return 4 if self.wide else 2

    def trap(self, trap: Trap, number: int = 0) -> Vector:
        """The address of a host entry point as this client sees it."""
        return Vector(traps.selector_for(self.bits), trap + number)

    def reset_vectors(self) -> None:
        """All vectors at the host's defaults."""
        self.vectors = [self.trap(Trap.DEFAULT_INTERRUPT, number) for number in range(256)]
        self.exceptions = [self.trap(Trap.DEFAULT_EXCEPTION, number) for number in range(32)]
        self.real_exceptions = [self.trap(Trap.DEFAULT_REAL_EXCEPTION, number) for number in range(32)]

    def handles_real_exception(self, vector: int) -> bool:
        """Has the client its own handler for an exception in real mode?"""
        return self.real_exceptions[vector] != self.trap(Trap.DEFAULT_REAL_EXCEPTION, vector)

    def is_hooked(self, vector: int) -> bool:
        """Has the client its own handler for a protected-mode interrupt?"""
        return self.vectors[vector] != self.trap(Trap.DEFAULT_INTERRUPT, vector)
