"""The BIOS as a component of the machine: what the traps in ROM call, and what DOS asks it for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.bios import data_area, rom_image
from app.emu.bios.dispatch import serve
from app.emu.bios.int10 import INT10
from app.emu.bios.keyboard import INT16, Follow, Keyboard
from app.emu.bios.system import INT13, INT14, INT15, INT17, System
from app.emu.bios.time_of_day import INT1A, START_TICKS, TimeOfDay
from app.emu.bios.video import Video
from app.emu.devices.cmos import ALARMED
from app.emu.registers import Flag

if TYPE_CHECKING:
    from app.emu.machine import Machine
    from app.emu.services import ServiceTable

EQUIPMENT: Final = 0x0022
"""INT 11h: coprocessor, 80x25 colour; no diskettes, ports or printers."""
MEMORY_KILOBYTES: Final = 640
TABLES: Final[tuple[ServiceTable, ...]] = (INT10, INT13, INT14, INT15, INT16, INT17, INT1A)
"""Every service the BIOS has, for whoever lists them."""


class Bios:
    """`machine.state.bios`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.video = Video(machine)
        self.keyboard = Keyboard(machine)
        self.time = TimeOfDay(machine)
        self.system = System(machine)

    def install(self) -> None:
        """Place the ROM, the vectors and the data area, and set mode 3: the machine as it is before DOS loads."""
        rom_image.install(self.machine.rom)
        memory = self.machine.memory
        memory.write(data_area.BASE, bytes(data_area.SIZE))
        memory.write_u16(data_area.EQUIPMENT, EQUIPMENT)
        memory.write_u16(data_area.MEMORY_KILOBYTES, MEMORY_KILOBYTES)
        for address in (data_area.BUFFER_HEAD, data_area.BUFFER_TAIL, data_area.BUFFER_FIRST):
            memory.write_u16(address, data_area.BUFFER)
        memory.write_u16(data_area.BUFFER_LAST, data_area.BUFFER_END)
        memory.write_u32(data_area.TICKS, START_TICKS)
        memory.write_u8(data_area.KEYBOARD_MODE, 0x10)
        memory.write_u8(data_area.VIDEO_FLAGS, 0x11)
        self.video.set_mode(3, clear=True)

    # For DOS

    def teletype(self, code: int, attribute: int | None = None) -> None:
        """Write one character on the screen as the console does: INT 10h AH=0Eh with tabs."""
        if code != 0x09:
            self.video.teletype(code, attribute)
            return
        column, _ = self.video.cursor(self.video.page)
        for _step in range(8 - column % 8):
            self.video.teletype(0x20, attribute)

    def key_waiting(self) -> bool:
        """Is there a key to take? When there is none the outside may see that input is wanted."""
        return self.keyboard.peek(extended=True) is not None

    def take_key(self) -> int:
        """The next key, scan code high and character low (E0h as character: a grey key). Raises `NotYet`."""
        return self.keyboard.take(extended=True)

    @property
    def input_ended(self) -> bool:
        """The outside has no more input and everything typed has reached the buffer: no key will come by itself.

        True only after somebody has wanted a key (`key_waiting`, INT 16h) and the outside has answered "end".
        """
        devices = self.machine.state.devices
        return devices.keyboard.input_ended and not devices.keyboard.is_typing

    # Hardware interrupts: the traps in the middle of the ROM's handlers

    def timer_tick(self) -> None:
        """INT 08h."""
        self.time.tick()

    def keyboard_byte(self) -> None:
        """INT 09h: AL is the byte, unless INT 15h AH=4Fh took it (CF clear); AH tells the ROM what follows."""
        regs = self.machine.regs
        taken = not regs.eflags & Flag.CF
        regs.ah = Follow.NOTHING if taken else self.keyboard.handle(regs.al)

    def clock_interrupt(self) -> None:
        """INT 70h: CF when the alarm rings."""
        flags = self.time.cmos.register(0x0C)
        enabled = self.time.cmos.memory[0x0B]
        self.machine.regs.set_flag(Flag.CF, on=bool(flags & enabled & ALARMED))

    def coprocessor_handled(self) -> None:
        """INT 75h, behind INT 02h: an error nobody has cleared is passed over, as port F0h makes an AT do."""
        self.machine.cpu.clear_fpu_exceptions()

    # Services

    def int10(self) -> None:
        """Video."""
        serve(self.machine, INT10, self.video)

    def int11(self) -> None:
        """The equipment word."""
        self.machine.regs.ax = self.machine.memory.read_u16(data_area.EQUIPMENT)

    def int12(self) -> None:
        """KiB of conventional memory."""
        self.machine.regs.ax = self.machine.memory.read_u16(data_area.MEMORY_KILOBYTES)

    def int13(self) -> None:
        """Disks."""
        serve(self.machine, INT13, self.system)

    def int14(self) -> None:
        """Serial ports."""
        serve(self.machine, INT14, self.system)

    def int15(self) -> None:
        """System services."""
        serve(self.machine, INT15, self.system)

    def int16(self) -> None:
        """Keyboard."""
        serve(self.machine, INT16, self.keyboard)

    def int17(self) -> None:
        """Printers."""
        serve(self.machine, INT17, self.system)

    def int18(self) -> None:
        """No bootable disk (once: BASIC in ROM)."""
        self.machine.end(0, "terminated", "INT 18h: the program asked for BASIC in ROM")

    def int19(self) -> None:
        """Load the operating system anew."""
        self.machine.end(0, "terminated", "INT 19h: the program restarted the computer")

    def int1a(self) -> None:
        """Time of day."""
        serve(self.machine, INT1A, self.time)
