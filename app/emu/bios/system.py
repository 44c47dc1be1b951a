"""The smaller interrupts: disks (13h), serial ports (14h), system services (15h), printers (17h)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.bios.dispatch import BiosFailed, NotOffered
from app.emu.bios.rom_image import CONFIGURATION
from app.emu.devices import clock
from app.emu.machine_errors import NotYet
from app.emu.registers import AH, AL, AX, CX_DX, DL, Segment
from app.emu.services import ServiceTable

if TYPE_CHECKING:
    from app.emu.machine import Machine

_WAIT_IN_PROGRESS: Final = 0x83


class System:
    """What these services remember: the last disk status and the wait of INT 15h AH=86h."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.disk_status = 0
        self.waiter: tuple[int, int] | None = None
        """Stack top of the caller that waits (it is entered again and again), and the clock it waits for."""

    def wait(self, clocks: int) -> None:
        """Come back when the time has passed. Raises `NotYet` before, `BiosFailed` when another caller waits."""
        now, stack = self.machine.clock, self.machine.regs.stack_linear
        if self.waiter is not None and self.waiter[0] != stack:
            if now < self.waiter[1]:
                raise BiosFailed(_WAIT_IN_PROGRESS)
            self.waiter = None
        if self.waiter is None:
            self.waiter = stack, now + clocks
        until = self.waiter[1]
        if now < until:
            self.machine.state.devices.wake_at(until)
            raise NotYet
        self.waiter = None


INT13: Final = ServiceTable(0x13)
INT14: Final = ServiceTable(0x14)
INT15: Final = ServiceTable(0x15)
INT17: Final = ServiceTable(0x17)


# Disks: there are none; DOS here keeps its files by itself.


@INT13.service(0x00, since="bios")
def reset_disks(system: System) -> AH:
    """Reset: nothing to do."""
    system.disk_status = 0
    return 0


@INT13.service(0x01, since="bios")
def disk_status(system: System) -> AH:
    """Status of the last operation."""
    return system.disk_status


@INT13.service(0x08, since="bios")
def drive_parameters(system: System) -> None:
    """No drive: DL=0, and CF with status 07h as a controller without disks answers."""
    system.machine.regs.set_low("dx", 0)
    system.disk_status = 0x07
    raise BiosFailed(0x07)


@INT13.service(0x15, since="bios")
def drive_type(system: System, drive: DL) -> AH:  # noqa: ARG001 - the same for every drive
    """AH=0: there is no such drive."""
    return 0


def no_disk(system: System) -> None:
    """Any other disk function: invalid command."""
    system.disk_status = 0x01
    raise BiosFailed(0x01)


for _function in (*range(0x02, 0x08), *range(0x09, 0x15), *range(0x16, 0x1A)):
    INT13.service(_function, since="bios")(no_disk)


# Serial ports and printers: none is fitted.


def serial_port(system: System) -> AH:  # noqa: ARG001 - the answer is the same for all
    """No port answers: bit 7, time-out."""
    return 0x80


for _function in range(4):
    INT14.service(_function, since="bios")(serial_port)


def printer(system: System) -> AH:  # noqa: ARG001 - the answer is the same for all
    """No printer answers: bit 0, time-out."""
    return 0x01


for _function in range(3):
    INT17.service(_function, since="bios")(printer)


# System services


@INT15.service(0x24, since="bios")
def a20(system: System, function: AL) -> AH:
    """AL=00h off, 01h on, 02h state in AL, 03h: both the controller and port 92h switch it (BX=3)."""
    keyboard, regs = system.machine.state.devices.keyboard, system.machine.regs
    match function:
        case 0x00 | 0x01:
            keyboard.a20 = bool(function)
        case 0x02:
            regs.al = int(keyboard.a20)
        case 0x03:
            regs.set_low("bx", 3)
        case _:
            raise NotOffered
    return 0


@INT15.service(0x4F, since="bios")
def intercept_key(system: System, scan: AL) -> None:  # noqa: ARG001 - AL stays as it is
    """INT 09h shows every scan code here; CF set (as it came) lets the key through."""
    raise BiosFailed(system.machine.regs.ah)


def device_service(system: System) -> AH:  # noqa: ARG001 - the answer is the same for all
    """Device open, close, end, SysReq, busy, done: hooks for operating systems; the BIOS does nothing."""
    return 0


for _function in (0x80, 0x81, 0x82, 0x85, 0x90, 0x91):
    INT15.service(_function, since="bios")(device_service)


@INT15.service(0x86, since="bios")
def wait(system: System, microseconds: CX_DX) -> None:
    """Wait; CF with AH=83h when somebody waits already."""
    system.wait(clock.from_microseconds(microseconds))


@INT15.service(0x88, since="bios")
def extended_memory(system: System) -> AX:  # noqa: ARG001 - none, whatever the machine has
    """KiB of extended memory: 0, because all of it belongs to the XMS driver and the DPMI host."""
    return 0


@INT15.service(0xC0, since="bios")
def configuration(system: System) -> AH:
    """ES:BX: the system descriptor table in ROM."""
    regs = system.machine.regs
    regs.es = Segment.real(CONFIGURATION.segment)
    regs.set_low("bx", CONFIGURATION.offset)
    return 0
