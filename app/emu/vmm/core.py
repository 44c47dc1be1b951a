"""The manager's own state and the moves all else here is made of: enter ring 0, call a driver, leave, end a VM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door
from app.emu.host.client import Vector
from app.emu.host.host import NOWHERE, far
from app.emu.memory import layout
from app.emu.memory.layout import BREAK_CODE
from app.emu.memory.memory import PRESENT, WRITABLE
from app.emu.registers import ALWAYS_SET, Flag, Mode, Segment
from app.emu.vmm import client_registers, findings, schedule
from app.emu.vmm.breaks import Breaks
from app.emu.vmm.control_block import PM_APP, PM_EXEC, PM_USE32, SYSTEM, ControlBlock, number_of
from app.emu.vmm.device import Device
from app.emu.vmm.failure import DriverFailed
from app.emu.vmm.faults import FaultHooks
from app.emu.vmm.levels import Call, NestedLevel, Ring0Level, Sequel
from app.emu.vmm.lists import DriverList
from app.emu.vmm.messages import Sending
from app.emu.vmm.ordinals import NAMES, service_name
from app.emu.vmm.places import DEFAULT_FAULT, RETURN, SERVICES, THREAD
from app.emu.vmm.ports import PortTrap
from app.emu.vmm.schedule import Schedule
from app.emu.vmm.simulation import Simulation
from app.emu.vmm.storage import Storage

if TYPE_CHECKING:
    from app.emu.host.dpmi import DpmiHost
    from app.emu.machine import End, Machine
    from app.emu.registers import Registers
    from app.emu.vmm.python.device import Script
    from app.emu.vmm.win32.process import Process

_OF_CLIENTS: Final = 0x0FD7
"""The flags a driver may change in Client_EFlags; VM and IOPL are the manager's."""
_ELSEWHERE: Final = Segment(0x10000)
"""No segment register: what is kept of one when its mode has changed."""


@dataclass(slots=True, eq=False)
class Vmm:
    """The Virtual Machine Manager of one machine."""

    machine: Machine
    breaks: Breaks = field(default_factory=Breaks)
    devices: list[Device] = field(default_factory=list)
    """In ascending order of initialisation."""
    images: list[tuple[str, bytes]] = field(default_factory=list)
    """File names and contents of the drivers that were loaded before the first program."""
    unloaded: list[Device] = field(default_factory=list)
    """Drivers that were there: all of their parts are freed but the resident ones."""
    end_of_drivers: int = layout.VXDS
    """Linear address behind all objects of drivers so far."""
    classic: bool = False
    """Procedures of callbacks do the far return themselves."""
    win32_start: Far = NOWHERE
    """Where the first instruction of Win32 programs leads."""
    win32_path: str = ""
    """The Win32 program that was loaded last."""
    processes: dict[int, Process] = field(default_factory=dict)
    """{number of the client: what is kept for a Win32 program}"""
    vm: int = SYSTEM
    """The current VM's id."""
    agenda: list[Sending] = field(default_factory=list)
    """Control messages to send before ring 3 goes on; the first one is being sent."""
    ending: End | None = None
    """How the run ends when the messages of the end are sent."""
    has_crashed: bool = False
    called_last: int = 0
    """The driver's procedure that was called, or has returned, last."""
    interrupt_hooks: dict[int, list[int]] = field(default_factory=dict)
    """{V86 vector: procedures of Hook_V86_Int_Chain, the last one first}"""
    pm_vectors: dict[int, Vector] = field(default_factory=dict)
    """Protected-mode vectors set before there was an application."""
    interrupted: int = -1
    """The tick at which an interrupt frame was pushed last."""
    is_initialised: bool = False
    """All drivers have had Init_Complete: services of the initialisation are over."""
    service_hooks: dict[int, list[int]] = field(default_factory=dict)
    """{service id: the address it had, then the procedures that were hooked in, the last one first called}"""
    fault_hooks: FaultHooks = field(default_factory=FaultHooks)
    schedule: Schedule = field(default_factory=Schedule)
    storage: Storage = field(default_factory=Storage)
    lists: dict[int, DriverList] = field(default_factory=dict)
    """{handle: list}"""
    ports: dict[int, PortTrap] = field(default_factory=dict)
    """{I/O port: who is told of its use}"""
    local_v86: tuple[int, int] = (0, 0)
    """The V86 memory that is a VM's own, from and to: what programs are loaded into."""
    interrupt_gates: set[int] = field(default_factory=set)
    """Protected-mode vectors that clear IF (Set_PM_Int_Type)."""

    @property
    def is_active(self) -> bool:
        """Are there drivers that run?"""
        return bool(self.devices) and not self.has_crashed

    @property
    def host(self) -> DpmiHost:
        """The DPMI host beside it."""
        return self.machine.state.host

    def leads_to_manager(self, regs: Registers) -> bool:
        """Is the next instruction the ARPL byte, an INT 30h of the break segment, or one of the manager's UD2s?"""
        if not self.devices:
            return False
        if regs.mode is Mode.RING0:
            return regs.eip >> 12 == layout.VMM_TRAPS >> 12
        return regs.code_linear == self.breaks.arpl.real_linear if regs.is_v86 else regs.cs.selector == BREAK_CODE

    def label(self, linear: int) -> str:
        """What an address of the manager's is called in listings; empty for others."""
        if not self.devices:
            return ""
        if linear == RETURN:
            return "vmm!RETURN"
        if (found := self.script_at(linear)) is not None:
            device, script, procedure = found
            return f"{device.name}!{procedure}: {device.file}, line {script.procedures[procedure]}"
        if linear == DEFAULT_FAULT:
            return "vmm!DEFAULT_FAULT"
        if SERVICES <= linear < SERVICES + 2 * len(NAMES):
            return f"vmm!{service_name(linear - SERVICES >> 1)}"
        if linear == self.breaks.arpl.real_linear:
            return "vmm!V86_CALL_BACKS"
        if layout.BREAKS <= linear < layout.BREAKS + 0x1000:
            return "vmm!PM_CALL_BACK" if self.breaks.in_protected(linear - layout.BREAKS) is not None else ""
        return ""

    def script_at(self, linear: int) -> tuple[Device, Script, str] | None:
        """The driver in Python and the procedure of it whose INT 20h stands at an address."""
        for device in self.devices:
            if device.script is not None and (procedure := device.script.procedure_at(linear)) is not None:
                return device, device.script, procedure
        return None

    def vm_of(self, handle: int) -> int:
        """The id of the VM with a handle a driver has given. Fails the driver when there is none."""
        number = number_of(handle)
        if number is None:
            self.fail(f"it named {handle:08X}h as the handle of a VM, which is none")
        return number

    def device(self, number: int) -> Device | None:
        """The driver with a device id, None if there is none."""
        return next((each for each in self.devices if each.number == number and not each.is_dropped), None)

    # Ring 0

    @property
    def level(self) -> Ring0Level:
        """The context of ring 3 that waits for the drivers that run now."""
        level = self.host.levels[-1]
        if not isinstance(level, Ring0Level):
            raise TypeError(f"ring 0 runs above {type(level).__name__}")
        return level

    @property
    def simulation(self) -> Simulation:
        """The processor's moves on the client registers."""
        return Simulation(self.host, self.level)

    @property
    def handle(self) -> int:
        """The current VM's handle."""
        return ControlBlock(self.machine.memory, self.vm).handle

    def enter(self, door: Door) -> Ring0Level:
        """Ring 3 waits, ring 0 runs: the caller goes on with `call` and announces the switch."""
        host, regs = self.host, self.machine.regs
        level = host.keep(Ring0Level, door, host.client, client_registers.SIZE)
        level.in_pm = not regs.is_v86
        self._write_alternate(level)
        level.at_entry = self.machine.memory.read(level.frame, client_registers.SIZE)
        self.note_mode(level)
        flat = Segment(layout.VXD_DATA, 0, 0xFFFFFFFF, 0x93, 0xC)
        regs.cs = Segment(layout.VXD_CODE, 0, 0xFFFFFFFF, 0x9B, 0xC)
        regs.ss = regs.ds = regs.es = regs.fs = regs.gs = flat
        regs.eax = regs.ecx = regs.edx = regs.esi = regs.edi = 0
        regs.esp, regs.eflags = level.frame, ALWAYS_SET | Flag.IF
        return level

    def _write_alternate(self, level: Ring0Level) -> None:
        """The registers of the VM's other mode, as far as there is one."""
        client, host = level.client_registers(self.machine.memory), self.host
        if level.in_pm:
            stack, back = host.real_pointer, self.machine.real_return
            values = {
                "eip": back.offset, "cs": back.segment, "esp": stack.offset, "ss": stack.segment,
                "es": stack.segment, "ds": stack.segment, "fs": 0, "gs": 0,
            }  # fmt: skip
            flags = Flag.VM | Flag.IOPL | Flag.IF | ALWAYS_SET
        else:
            values = dict.fromkeys(client_registers.EXCHANGED, 0)
            flags = Flag.IOPL | Flag.IF | ALWAYS_SET
            left = (each for each in reversed(host.levels[:-1]) if host.client and each.left is host.client)
            saved = next((each.saved for each in left if not each.saved.is_v86 and each.saved.cs.selector & 3), None)
            if saved is not None:
                values |= {"eip": saved.eip, "esp": saved.esp}
                values |= {name: getattr(saved, name).selector for name in ("cs", "ss", "es", "ds", "fs", "gs")}
        for name, value in values.items():
            client.set(f"alt_{name}", value)
        client.set("alt_eflags", flags)

    def note_mode(self, level: Ring0Level) -> None:
        """Bring the control block up to date."""
        application = self.host.client
        status = PM_EXEC if level.in_pm else 0
        if application is not None:
            status |= PM_APP | (PM_USE32 if application.wide else 0)
        ControlBlock(self.machine.memory, self.vm).note(level.frame, status)

    def change_mode(self, level: Ring0Level, *, pm: bool) -> None:
        """Set_V86_Exec_Mode, Set_PM_Exec_Mode: exchange the client registers with the alternate set."""
        if level.in_pm == pm:
            return
        if pm and self.host.client is None:
            raise DriverFailed("it asked for protected mode, and the VM has no protected-mode application")
        client = level.client_registers(self.machine.memory)
        client.exchange()
        client.set_flag(Flag.VM, on=not pm)
        self.take_mode(level, pm=pm)

    def take_mode(self, level: Ring0Level, *, pm: bool) -> None:
        """The client registers are those of a mode from now on; what was kept of segment registers is not theirs."""
        level.in_pm = pm
        saved = level.saved
        saved.cs = saved.ss = saved.es = saved.ds = saved.fs = saved.gs = _ELSEWHERE
        self.note_mode(level)

    def call(self, level: Ring0Level, procedure: int, then: Sequel, **registers: int) -> None:
        """Near-call a driver's procedure."""
        regs = self.machine.regs
        level.calls.append(Call(procedure, regs.esp, registers.get("ebp", level.frame), then))
        self.called_last = procedure
        self.push(RETURN)
        regs.eip, regs.ebp, regs.ebx, regs.edi = procedure, level.frame, self.handle, THREAD
        for name, value in registers.items():
            setattr(regs, name, value)

    def push(self, value: int) -> None:
        """PUSH in ring 0."""
        regs = self.machine.regs
        regs.esp = regs.esp - 4 & 0xFFFFFFFF
        self.write(regs.esp, value.to_bytes(4, "little"))

    def write(self, linear: int, data: bytes) -> None:
        """Write where a driver wants it: what belongs to the machine is as read-only for this as for its own code."""
        if not self.machine.memory.is_mapped(linear, len(data), flags=PRESENT | WRITABLE):
            self.fail(f"it had the manager write to {linear:08X}h, where nothing is or nobody may")
        self.machine.memory.write(linear, data)

    def tell(
        self, level: Ring0Level, nature: str, procedure: int, then: Sequel, *, reference: int = 0, **registers: int
    ) -> None:
        """`call` with an event. nature: event, time_out, fault, port."""
        self.machine.emit(events.VxdProcedureCalled, nature=nature, procedure=procedure, reference=reference)
        self.call(level, procedure, then, edx=reference, **registers)

    def procedure_returned(self) -> None:
        """A driver has executed the near RET of a procedure."""
        level, regs = self.level, self.machine.regs
        if not level.calls:
            raise DriverFailed("it returned to the manager more often than it was called")
        call = level.calls.pop()
        self.called_last = call.procedure
        if regs.esp != call.esp:
            raise DriverFailed(
                f"its procedure at {call.procedure:08X} returned with ESP {regs.esp:08X} instead of {call.esp:08X}"
            )
        findings.procedure_done(self, call, regs)
        call.then.returned(self, level, regs.copy())

    def leave(self, level: Ring0Level) -> None:
        """Ring 3 goes on with the client registers, when all events that are ready have run (VMM 0)."""
        self.check_nests(level)
        if not schedule.run_next(self, level):
            self.leave_at_once(level)

    def check_nests(self, level: Ring0Level) -> None:
        """Nobody leaves ring 0 within nested execution (VMM 3.4)."""
        if level.nests:
            self.fail("it returned to the manager within nested execution: End_Nest_Exec is missing", "nest_rules")

    def leave_at_once(self, level: Ring0Level) -> None:
        """`leave` for those who have more to do then; events wait."""
        self.check_nests(level)
        before = self.host.standing()
        self.leave_silently(level)
        self.host.switched(before, Door.VXD_RETURN)

    def leave_silently(self, level: Ring0Level) -> None:
        """`leave` for those who go on at once."""
        self.settle_flags(level)
        self.host.resume_silently(level)

    def settle_flags(self, level: Ring0Level) -> None:
        """The flags ring 3 runs with: the manager owns VM and IOPL."""
        client = level.client_registers(self.machine.memory)
        flags = client.get("eflags") & _OF_CLIENTS | Flag.IOPL | ALWAYS_SET
        client.set("eflags", flags if level.in_pm else flags | Flag.VM)

    # The end of a VM

    def fail(self, what: str, rule: str = DriverFailed.RULE) -> NoReturn:
        """A driver has done what it must not. rule: of the finding."""
        raise DriverFailed(what, rule)

    @property
    def last_event(self) -> int:
        """Sequence number of the event told last."""
        return len(self.machine.log) - 1

    def find(
        self, rule: str, severity: str, message: str, *, at: Far | None = None, refs: tuple[int, ...] = ()
    ) -> None:
        """A fault of a driver that is shown and lets it go on (VMM 8). at: None for where the driver is."""
        regs = self.machine.regs
        where = at or far(regs, regs.cs, regs.eip)
        self.machine.emit(events.Finding, rule=f"vxd_{rule}", severity=severity, message=message, at=where, refs=refs)

    def initialising(self, what: str) -> None:
        """A service that is there during initialisation only."""
        if self.is_initialised:
            self.fail(f"it called {what} after the initialisation, when that service is gone")

    def crash(self, what: str, rule: str = DriverFailed.RULE) -> None:
        """End the VM because of what the driver that runs has done; nobody sends messages to drivers any more."""
        machine, host = self.machine, self.host
        shown = machine.regs.copy()
        self.find(rule, "error", what)
        reason = f"the driver {self.name_at(shown.eip)} ended its VM: {what}"
        self.has_crashed = True
        self.agenda.clear()
        machine.state.dos.following.clear()
        while host.levels and isinstance(host.levels[-1], NestedLevel):
            host.unwind()
        if host.levels and isinstance(host.levels[-1], Ring0Level):
            self.leave_silently(host.levels[-1])
        machine.give_up(reason, shown, self.ending)

    def name_at(self, linear: int) -> str:
        """The driver an address lies in; for the manager's own addresses the one that was called last."""
        devices = (*self.devices, *reversed(self.unloaded))
        found = (device.name for place in (linear, self.called_last) for device in devices if device.holds(place))
        return next(found, f"at {linear:08X}")
