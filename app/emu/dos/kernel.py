"""The state of DOS and what its services share. `Dos` (dos.py) adds the entry points, process.py the programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.emu.address import Far
from app.emu.dos import data_area, far_memory
from app.emu.dos.console import END_OF_FILE, Con
from app.emu.dos.date_time import DosClock
from app.emu.dos.failures import PathNotFound
from app.emu.dos.far_memory import Pointer
from app.emu.dos.handles import Handles, OpenFile, Part
from app.emu.dos.memory_blocks import MemoryBlocks
from app.emu.dos.mount import Mount
from app.emu.dos.swappable_area import SwappableArea
from app.emu.events import Event

if TYPE_CHECKING:
    from app.emu.dos.process import Start
    from app.emu.dos.redirection import Redirection
    from app.emu.dos.surroundings import Machine
    from app.emu.memory.memory import Memory
    from app.emu.registers import Registers

_PATH_LIMIT: Final = 128


class Kernel:
    """DOS: plain picklable attributes; the machine's other components are asked for each time."""

    def __init__(self, machine: Machine, mount: Mount) -> None:
        self.machine = machine
        self.mount = mount
        self.handles = Handles(machine)
        self.con = Con(machine)
        self.time = DosClock()
        self.following: list[tuple[str, Start, Redirection]] = []
        """Programs to load when nobody waits for the one that ends: path, what it is started with, its handles."""
        self.strategy = 0
        self.verify = False
        self.waiting: Far | None = None
        """SS:SP of the call that waits for input, and will be entered again."""
        self.flushed = False
        """INT 21h AH=0Ch has emptied the keyboard buffer and waits."""
        self.end_of_run = Far(0, 0)
        """Where the first program returns to: INT 22h of the whole machine."""
        self.broken: Far | None = None
        """SS:SP of the call during which INT 23h was issued."""

    @property
    def memory(self) -> Memory:
        """Guest memory."""
        return self.machine.memory

    @property
    def regs(self) -> Registers:
        """The live registers."""
        return self.machine.regs

    @property
    def area(self) -> SwappableArea:
        """What DOS keeps in guest memory about the current program."""
        return SwappableArea(self.memory)

    @property
    def current_psp(self) -> int:
        """The current program (INT 21h AH=50h, 51h)."""
        return self.area.psp

    @current_psp.setter
    def current_psp(self, segment: int) -> None:
        self.area.psp = segment

    @property
    def dta(self) -> Far:
        """The disk transfer area (INT 21h AH=1Ah, 2Fh)."""
        return self.area.transfer_area

    @dta.setter
    def dta(self, where: Far) -> None:
        self.area.transfer_area = where

    @property
    def blocks(self) -> MemoryBlocks:
        """The chain of memory blocks."""
        return MemoryBlocks(self.memory)

    def emit(self, kind: type[Event], /, **fields: Any) -> None:
        """Append an event."""
        self.machine.emit(kind, **fields)

    def vector(self, number: int) -> Far:
        """A real-mode interrupt vector."""
        return Far.from_dword(self.memory.read_u32(number * 4))

    def set_vector(self, number: int, handler: Far) -> None:
        """Set a real-mode interrupt vector."""
        self.memory.write_u32(number * 4, handler.to_dword())

    def path(self, pointer: Pointer, limit: int = _PATH_LIMIT) -> str:
        """A path as the guest passes it: at most `limit` bytes of code page 437, the zero at its end included."""
        text = far_memory.read_until(self.memory, pointer, 0, limit)
        if text is None:
            raise PathNotFound
        return text.decode("cp437")

    # -- for the DPMI host

    @property
    def in_dos_address(self) -> tuple[int, int]:
        """Segment and offset of the InDOS flag."""
        return data_area.IN_DOS.segment, data_area.IN_DOS.offset

    # -- handles of the current program

    def open_file(self, handle: int) -> OpenFile:
        """What a handle of the current program stands for."""
        return self.handles.entry(self.current_psp, handle)

    def write_handle(self, handle: int, data: bytes) -> int:
        """Write to a handle; returns how many bytes were taken."""
        entry = self.open_file(handle)
        if entry.device:
            if entry.device == "CON":
                self.con.write(2 if handle == 2 else 1, data)
            return len(data)  # NUL, AUX and PRN take everything
        file = entry.writable_file()
        self.handles.check_unlocked(entry, Part(entry.position, entry.position + len(data)))
        written = file.write(entry.position, data)
        entry.position += written
        file.stamp = self.time.stamp(self.machine.clock)
        file.accessed = file.stamp[0]
        return written

    def read_handle(self, handle: int, size: int) -> bytes:
        """Read up to `size` bytes from a handle: none at the end. May wait for the console (`NotYet`)."""
        entry = self.open_file(handle)
        if entry.device:
            return self.con.read(size, raw=entry.raw) if entry.device == "CON" and size else b""
        file = entry.readable_file()
        self.handles.check_unlocked(entry, Part(entry.position, entry.position + size))
        data = file.read(entry.position, size)
        file.accessed = self.time.stamp(self.machine.clock)[0]
        entry.position += len(data)
        return data

    # -- characters: standard input and output of the current program

    def put(self, data: bytes) -> None:
        """Write characters to standard output."""
        self.write_handle(1, data)

    def get(self, *, check: bool) -> int:
        """Read a character from standard input; 1Ah at its end. `check` looks for Ctrl-C."""
        entry = self.open_file(0)
        if entry.device == "CON":
            character = self.con.take(check=check)
            return END_OF_FILE if character is None else character
        data = self.read_handle(0, 1)
        return data[0] if data else END_OF_FILE

    def input_ready(self) -> bool:
        """Would `get` find a character at once?"""
        entry = self.open_file(0)
        if entry.device:
            return entry.device == "CON" and self.con.ready()
        return entry.position < entry.readable_file().size
