"""All chips on one bus: ports to devices, appointments, interrupt lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu.devices.cmos import Cmos
from app.emu.devices.coprocessor import Coprocessor
from app.emu.devices.device import NEVER
from app.emu.devices.keyboard_controller import KeyboardController
from app.emu.devices.mouse import Mouse
from app.emu.devices.pic import Pic
from app.emu.devices.pit import Pit
from app.emu.devices.vga import Vga

if TYPE_CHECKING:
    from app.emu.devices.device import Device
    from app.emu.machine import Machine


class Devices:
    """The chips. `next_due` and `advance` are what the machine's loop asks; the rest is reached through ports."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.pic = Pic(machine)
        self.pit = Pit(machine)
        self.keyboard = KeyboardController(machine)
        self.cmos = Cmos(machine)
        self.vga = Vga(machine)
        self.mouse = Mouse(machine)
        self.coprocessor = Coprocessor(machine)
        self._wakes = NEVER

    @property
    def _clocked(self) -> tuple[Device, ...]:
        return self.pit, self.keyboard, self.cmos, self.mouse

    def next_due(self) -> int:
        """The next clock at which a device wants attention."""
        return min(self._wakes, *(device.next_due() for device in self._clocked))

    def advance(self, clock: int) -> None:
        """Move all devices up to a clock; interrupt lines rise on the way."""
        for device in self._clocked:
            device.advance(clock)
        if clock >= self._wakes:
            self._wakes = NEVER

    def wake_at(self, clock: int) -> None:
        """Make an appointment without an interrupt: a service that waits for a moment is entered again then."""
        self._wakes = min(self._wakes, clock)

    def port_in(self, port: int, size: int) -> int:
        """Read 1, 2 or 4 bytes: wider accesses are byte accesses at following ports. No device answers FFh."""
        self.advance(self.machine.clock)
        value = 0
        for offset in range(size):
            device = self._at(port + offset & 0xFFFF)
            value |= (0xFF if device is None else device.read(port + offset & 0xFFFF)) << 8 * offset
        return value

    def port_out(self, port: int, size: int, value: int) -> None:
        """Write 1, 2 or 4 bytes: wider accesses are byte accesses at following ports."""
        self.advance(self.machine.clock)
        for offset in range(size):
            device = self._at(port + offset & 0xFFFF)
            if device is not None:
                device.write(port + offset & 0xFFFF, value >> 8 * offset & 0xFF)

    def _at(self, port: int) -> Device | None:
        name = _WHO.get(port)
        return None if name is None else getattr(self, name)


_WHO: dict[int, str] = {
    port: name
    for name, kind in {
        "pic": Pic,
        "pit": Pit,
        "keyboard": KeyboardController,
        "cmos": Cmos,
        "vga": Vga,
        "coprocessor": Coprocessor,
    }.items()
    for port in kind.PORTS
}
"""The device behind each port, as an attribute of `Devices`."""
