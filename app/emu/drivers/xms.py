"""The extended memory driver (HIMEM) as a component of the machine: XMS 3.0.

A program asks INT 2Fh AX=4300h whether the driver is there and AX=4310h for the address to far-call; the functions are
the rows of xms_functions.py. There are no upper memory blocks and no expanded memory (EMS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.drivers import xms_functions
from app.emu.drivers.extended_memory import ExtendedMemory
from app.emu.registers import Segment
from app.emu.rom import After, RealTrap

if TYPE_CHECKING:
    from app.emu.machine import Machine

_ENTRY: Final = b"\xeb\x03\x90\x90\x90"  # jmp +3 / three NOPs, where others hook themselves in
_RETF: Final = b"\xcb"


class XmsDriver(ExtendedMemory):
    """`machine.state.xms`."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._entry = Far(0, 0)

    def install(self) -> None:
        """Place the driver's entry in ROM."""
        rom = self.machine.rom
        self._entry = rom.code(_ENTRY)
        rom.trap(RealTrap("XMS_DRIVER", "xms", "call", After.CONTINUE))
        rom.code(_RETF)

    def multiplex(self) -> bool:
        """INT 2Fh: the driver is there (AX=4300h), ES:BX its address (AX=4310h); False: another function."""
        regs = self.machine.regs
        if regs.ax == 0x4300:
            regs.al = 0x80
        elif regs.ax == 0x4310:
            regs.es = Segment.real(self._entry.segment)
            regs.set_low("bx", self._entry.offset)
        else:
            return False
        return True

    def call(self) -> None:
        """The far call: AH names the function."""
        xms_functions.serve(self)
