"""What DOS needs from the machine around it, as protocols: the real machine and the tests' small one both fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from app.emu.address import Far
from app.emu.events import Event
from app.emu.registers import Registers

if TYPE_CHECKING:
    from app.emu.dos.loader import Program
    from app.emu.memory.memory import Memory
    from app.emu.rom import Rom


class Keyboard(Protocol):
    """The BIOS's keyboard buffer."""

    def peek(self, *, extended: bool) -> int | None:
        """The next key, scan code high and character low, left in the buffer."""


class Bios(Protocol):
    """The BIOS as DOS uses it: one screen, one keyboard."""

    @property
    def keyboard(self) -> Keyboard:
        """What was typed."""

    @property
    def input_ended(self) -> bool:
        """No key will come by itself any more."""

    def teletype(self, code: int) -> object:
        """Write a character at the cursor and move on; a tab moves to the next multiple of eight."""

    def take_key(self) -> int:
        """Remove the next key and return it, scan code high and character low."""


class Host(Protocol):
    """The DPMI host as DOS uses it."""

    def multiplex(self) -> bool:
        """Answer an INT 2Fh function of the host; False: it is none."""

    def program_ending(self, psp: int, code: int, how: int, message: str) -> bool:
        """A program is about to end; True: as a client it ends first, then the host has DOS begin again."""


class Vmm(Protocol):
    """The Virtual Machine Manager as DOS uses it."""

    def win32_program(self, data: bytes, path: str) -> Program | None:
        """A program to be loaded, if it is a Win32 program and drivers are there. Raises `LoadError`."""


class Xms(Protocol):
    """The extended memory driver as DOS uses it."""

    def multiplex(self) -> bool:
        """Answer an INT 2Fh function of the driver; False: it is none."""


class Console(Protocol):
    """Where the guest's standard output and error go."""

    def write(self, handle: int, data: bytes) -> object:
        """Take bytes written to stdout (1) or stderr (2)."""


class State(Protocol):
    """The other components."""

    @property
    def bios(self) -> Bios:
        """Screen and keyboard."""

    @property
    def host(self) -> Host:
        """The DPMI host."""

    @property
    def vmm(self) -> Vmm:
        """The Virtual Machine Manager."""

    @property
    def xms(self) -> Xms:
        """The extended memory driver."""


class Machine(Protocol):
    """The machine as DOS uses it."""

    @property
    def regs(self) -> Registers:
        """The live register file: while a DOS service runs, a V86 context."""

    @property
    def memory(self) -> Memory:
        """Guest memory by linear address."""

    @property
    def rom(self) -> Rom:
        """Where traps are placed."""

    @property
    def clock(self) -> int:
        """Instructions executed or skipped while idle."""

    @property
    def state(self) -> State:
        """The other components."""

    @property
    def console(self) -> Console:
        """The outside."""

    def emit(self, kind: type[Event], /, **fields: Any) -> object:
        """Append an event."""

    def caller(self) -> Far:
        """Who has called the real-mode service that runs: the address of the INT."""

    def interrupt_real(self, vector: int) -> object:
        """Do what the CPU does on INT n in V86 mode."""

    def weeds(self, what: str) -> object:
        """The guest has done something after which it cannot go on."""

    def end(self, code: int, how: str, message: str) -> object:
        """The run is over."""
