"""Sending control messages to the drivers (VMM 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.emu.events import Door
from app.emu.host import providers
from app.emu.host.client import Client
from app.emu.host.host import Sequel
from app.emu.registers import Flag, Registers
from app.emu.vmm import findings, loading
from app.emu.vmm.control_block import PROGRAMS, SYSTEM, ControlBlock
from app.emu.vmm.device import Device
from app.emu.vmm.levels import Ring0Level
from app.emu.vmm.messages import DROPS_DRIVER, NO_SIMULATION, REFUSABLE, Message, Sending
from app.emu.vmm.places import COMMAND_TAIL, PM_APPLICATION_SIZE, PM_APPLICATIONS
from app.emu.vmm.waiting import complete

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm


def begin(vmm: Vmm, sendings: Sequence[Sending]) -> None:
    """Send messages to all drivers before ring 3 goes on."""
    vmm.agenda = list(sendings)
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    _go_on(vmm, level, 0)
    if level in vmm.host.levels:
        vmm.host.switched(before, Door.VXD_CALLBACK)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A driver has had a message of the agenda. device: its place in the list."""

    device: int

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """Next driver, next message."""
        message = vmm.agenda[0].message
        if regs.eflags & Flag.CF:
            _refused(vmm, message, vmm.devices[self.device])
        _go_on(vmm, level, self.device + 1)


def _go_on(vmm: Vmm, level: Ring0Level, device: int) -> None:
    while vmm.agenda:
        message, vm = vmm.agenda[0]
        vmm.vm = PROGRAMS if message in (Message.VM_Init, Message.VM_Terminate) else SYSTEM
        vmm.note_mode(level)
        for at in range(device, len(vmm.devices)):
            if not vmm.devices[at].is_dropped:
                handle = ControlBlock(vmm.machine.memory, vm).handle
                procedure = vmm.devices[at].control_procedure(vmm.machine.memory)
                vmm.call(level, procedure, Delivered(at), eax=message, ebx=handle, edx=0, esi=COMMAND_TAIL)
                return
        if message is Message.Init_Complete:
            for each in vmm.devices:
                loading.discard(vmm, each)
            vmm.is_initialised = True
        vmm.agenda.pop(0)
        device = 0
    vmm.vm = PROGRAMS
    if vmm.ending is not None:
        findings.breakpoints_left(vmm)
        vmm.leave_silently(level)
        vmm.machine.state.end = vmm.ending
    else:
        vmm.leave(level)


def _refused(vmm: Vmm, message: Message, device: Device) -> None:
    if message in DROPS_DRIVER:
        device.is_dropped = True
        text = f"dpmiscope: {device.file}: the driver {device.name} answered {message.name} with CF=1; it is left out\n"
        vmm.machine.console.write(2, text.encode())
    elif message in REFUSABLE:
        vmm.fail(f"it answered {message.name} with CF=1, so the virtual machine does not begin")


def check_simulation(vmm: Vmm) -> None:
    """Simulate_Int and Exec_Int need a VM that can run. Fails the driver."""
    if vmm.agenda and vmm.agenda[0].message in NO_SIMULATION:
        message = vmm.agenda[0].message.name
        vmm.fail(f"it simulated an interrupt while {message} was sent, which is not allowed", "simulated_in_message")


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A driver has had a message of another driver (System_Control). given: EAX, EBX, EDX, ESI, EDI."""

    device: int
    given: tuple[int, int, int, int, int]

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """The next driver; CF=1 ends it and is the answer."""
        if regs.eflags & Flag.CF:
            complete(vmm, carry=True)
        else:
            broadcast(vmm, level, self.given, self.device + 1)


def broadcast(vmm: Vmm, level: Ring0Level, given: tuple[int, int, int, int, int], device: int = 0) -> None:
    """Send a message of a driver to all drivers from one on; the service call ends when all have had it."""
    for at in range(device, len(vmm.devices)):
        if not vmm.devices[at].is_dropped:
            names = ("eax", "ebx", "edx", "esi", "edi")
            registers = dict(zip(names, given, strict=True))
            procedure = vmm.devices[at].control_procedure(vmm.machine.memory)
            vmm.call(level, procedure, Broadcast(at, given), **registers)
            return
    complete(vmm)


@dataclass(frozen=True, slots=True)
class ApplicationTold:
    """A driver has had Begin_PM_App or, with `ending`, End_PM_App. ending: what goes on when all have had it."""

    device: int
    client: Client
    ending: Sequel | None

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """The next driver; CF=1 to Begin_PM_App refuses the application."""
        if regs.eflags & Flag.CF and self.ending is None:
            refuser = vmm.devices[self.device]
            self.client.is_known_to_drivers = False
            vmm.leave_at_once(level)
            vmm.machine.terminate_client(f"the driver {refuser.name} refused the application (Begin_PM_App)")
        else:
            _tell_next(vmm, level, ApplicationTold(self.device + 1, self.client, self.ending))


def tell_of_application(vmm: Vmm, client: Client, ending: Sequel | None) -> None:
    """Send Begin_PM_App or End_PM_App to all drivers, then go on."""
    client.is_known_to_drivers = ending is None
    if ending is None:
        vmm.machine.memory.write(pm_application_block(client), bytes(PM_APPLICATION_SIZE))
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    _tell_next(vmm, level, ApplicationTold(0, client, ending))
    if level in vmm.host.levels:
        vmm.host.switched(before, Door.VXD_CALLBACK)


def _tell_next(vmm: Vmm, level: Ring0Level, told: ApplicationTold) -> None:
    client, memory = told.client, vmm.machine.memory
    for at in range(told.device, len(vmm.devices)):
        if not vmm.devices[at].is_dropped:
            message = Message.Begin_PM_App if told.ending is None else Message.End_PM_App
            block, wide = pm_application_block(client), int(client.wide)
            memory.write_u32(block, wide)
            memory.write_u32(block + 4, pm_application_block(client.outer) if client.outer is not None else 0)
            then = ApplicationTold(at, client, told.ending)
            vmm.call(level, vmm.devices[at].control_procedure(memory), then, eax=message, edx=wide, edi=block)
            return
    if told.ending is None:
        vmm.leave_at_once(level)
        providers.client_entered(vmm.host, client)
    else:
        findings.application_ends(vmm, client)
        vmm.leave_silently(level)
        told.ending.finish(vmm.host, level)


def pm_application_block(client: Client) -> int:
    """Linear address of the application's control block (PMCB): flags and parent, VMM 2.3."""
    return PM_APPLICATIONS + client.index * PM_APPLICATION_SIZE
