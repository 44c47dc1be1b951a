"""The mouse driver as a component of the machine: INT 33h, and IRQ 12, which calls the program's event handler.

IRQ 12 is real code in ROM. Its trap takes a report and says what has happened; when the event handler wants to know of
it, the code far-calls the handler with interrupts on: AX what happened, BX buttons, CX and DX the pointer, SI and DI
the mickey counters, DS the driver's. Where that handler is a real-mode callback, a client's procedure runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.drivers import int33
from app.emu.drivers.pointer import Pointer
from app.emu.registers import Flag, Segment
from app.emu.rom import SEGMENT, After, RealTrap

if TYPE_CHECKING:
    from app.emu.machine import Machine

VECTOR: Final = 0x33
_IRQ_VECTOR: Final = 0x74
_BEFORE: Final = b"\x1e\x06\x66\x60\xfc"  # push ds / push es / pushad / cld
_CALL: Final = b"\x73\x07\xfb\x2e\xff\x1e"  # jnc done / sti / call far [cs:…]
_BEHIND: Final = b"\xfa\xb0\x20\xe6\xa0\xe6\x20\x66\x61\x07\x1f\xcf"
# cli / done: mov al, 20h / out A0h, al / out 20h, al / popad / pop es / pop ds / iret


class MouseDriver(Pointer):
    """`machine.state.mouse`."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._handler_at = Far(0, 0)
        """Where the ROM's code finds the address it is to call."""

    def install(self) -> None:
        """Place the driver's code in ROM and its vectors in the table."""
        rom = self.machine.rom
        self._handler_at = rom.code(bytes(4))
        start = rom.code(_BEFORE)
        rom.trap(RealTrap("MOUSE_REPORT", "mouse", "report", After.CONTINUE))
        rom.code(_CALL + self._handler_at.offset.to_bytes(2, "little") + _BEHIND)
        rom.interrupt(_IRQ_VECTOR, start)
        rom.service(VECTOR, RealTrap("MOUSE_DRIVER", "mouse", "int33", After.IRET))
        self.reset()

    def int33(self) -> None:
        """INT 33h."""
        self.notice_mode()
        int33.serve(self)

    def report(self) -> None:
        """The trap of IRQ 12: a report changes the pointer; CF and the registers when a handler is to be called."""
        regs = self.machine.regs
        regs.set_flag(Flag.CF, on=False)
        report = self.machine.state.devices.mouse.take()
        if report is None or not self.enabled:
            return
        self.notice_mode()
        conditions = self.take(report)
        handler = self.wanted(conditions)
        if handler is None:
            return
        self.machine.memory.write_u32(self._handler_at.real_linear, handler.to_dword())
        settings = self.settings
        x, y = self.told
        for name, value in (
            ("ax", conditions), ("bx", settings.buttons), ("cx", x), ("dx", y),
            ("si", settings.mickeys_x), ("di", settings.mickeys_y),
        ):  # fmt: skip
            regs.set_low(name, value)
        regs.ds = Segment.real(SEGMENT)
        regs.set_flag(Flag.CF, on=True)
