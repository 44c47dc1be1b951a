"""Where the machine meets the Virtual Machine Manager: one method per door into ring 0, and loading drivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from app.emu.cpu.exits import Exit, Why
from app.emu.descriptor import sized
from app.emu.host.client import Client
from app.emu.host.faults import GuestFault
from app.emu.host.host import Sequel
from app.emu.memory import layout
from app.emu.memory.memory import USER, WRITABLE, PageNotPresent
from app.emu.rom import After, RealTrap
from app.emu.vmm import control, dispatch, dynalink, faults, findings, hooks, loading, multiplex, ports, schedule
from app.emu.vmm.breaks import ARPL
from app.emu.vmm.control_block import PROGRAMS, SYSTEM, ControlBlock
from app.emu.vmm.core import Vmm
from app.emu.vmm.failure import DriverFailed
from app.emu.vmm.faults import Fault
from app.emu.vmm.messages import BEGINNING, END
from app.emu.vmm.places import COMMAND_TAIL, DEFAULT_FAULT, RETURN, SERVICES
from app.emu.vmm.ports import Access
from app.emu.vmm.python import running
from app.emu.vmm.win32 import devices, process, refusals
from app.emu.vmm.win32.pe import is_pe

if TYPE_CHECKING:
    from app.emu.dos.loader import Program
    from app.emu.machine import End

_UD2: Final = b"\x0f\x0b"
_INT30: Final = b"\xcd\x30"
_INT_SIZE: Final = 2
_DYNALINK: Final = 0x20
_INVALID_OPCODE: Final = 6
_DEBUG: Final = 1


class Manager(Vmm):
    """The manager. Attribute `vmm` of the machine's state."""

    def load(self, data: bytes, file: str) -> None:
        """Load a driver. file: its name, for messages. Raises `LoadError`."""
        if not self.devices:
            self._install()
        loading.load(self, data, file)
        self.images.append((file, data))

    def _install(self) -> None:
        """Put the manager's parts into memory: nothing of them is there without drivers."""
        memory = self.machine.memory
        self.breaks.arpl = self.machine.rom.code(bytes((ARPL,)))
        self.win32_start = self.machine.rom.trap(RealTrap("WIN32_START", "vmm", "start_win32", After.NOTHING))
        for selector, descriptor in (
            (layout.VXD_CODE, sized(0, 0xFFFFFFFF, 0x9B, 4)),
            (layout.VXD_DATA, sized(0, 0xFFFFFFFF, 0x93, 4)),
            (layout.BREAK_CODE & ~7, sized(layout.BREAKS, 0xFFF, 0xFB)),
        ):
            memory.write(layout.GDT + selector, descriptor.encode())
        for page, flags in ((layout.VMM, WRITABLE), (layout.VMM_TRAPS, 0), (layout.BREAKS, USER)):
            memory.map_range(page, memory.host_physical(page), 0x1000, flags)
        memory.map_range(layout.HIGH_LINEAR, 0, layout.CONVENTIONAL_END, WRITABLE)
        memory.write(layout.VMM_TRAPS, _UD2 * 0x800)
        memory.write(layout.BREAKS, _INT30 * 0x800)
        memory.write(COMMAND_TAIL, b"\0\r")
        for number in (SYSTEM, PROGRAMS):
            ControlBlock(memory, number).write()

    def begin(self) -> None:
        """Initialise the drivers, before the first program's first instruction."""
        if self.devices:
            self.local_v86 = (self.machine.state.dos.current_psp << 4, layout.VIDEO)
            control.begin(self, BEGINNING)

    def ends(self, end: End) -> bool:
        """The last program has ended. True: the drivers are told of it first, then the run is over."""
        if not self.is_active or end.how == "failed":
            return False
        self.ending = end
        control.begin(self, END)
        return True

    def has_hooked(self, vector: int) -> bool:
        """Is an interrupt in V86 mode the drivers' first?"""
        return self.is_active and vector in self.interrupt_hooks

    def interrupt_v86(self, vector: int) -> None:
        """An interrupt in V86 mode that a driver has hooked."""
        hooks.interrupt(self, vector)

    def set_default_vectors(self, client: Client) -> None:
        """A client has entered: its vectors are those drivers have set for all VMs."""
        for vector, handler in self.pm_vectors.items():
            client.vectors[vector] = handler

    def application_begins(self, client: Client) -> bool:
        """A client has entered. True: the drivers are told first, then the resident service providers."""
        if self.is_active:
            control.tell_of_application(self, client, None)
        return self.is_active

    def application_ends(self, client: Client, ending: Sequel) -> bool:
        """A client is about to end. True: the drivers are told first, then the end goes on."""
        if self.is_active and client.is_win32:
            return devices.program_ends(self, client, ending)
        if not self.is_active or not client.is_known_to_drivers:
            return False
        control.tell_of_application(self, client, ending)
        return True

    def win32_program(self, data: bytes, path: str) -> Program | None:
        """A program to be loaded, if it is a Win32 program and drivers are there. Raises `LoadError`."""
        return process.load(self, data, path) if self.is_active and is_pe(data) else None

    def start_win32(self) -> None:
        """The first instruction of a Win32 program was executed."""
        process.begin(self)

    def refuse_win32(self, vector: int) -> bool:
        """An INT in protected mode; True: of a Win32 program, for which it is not."""
        client = self.host.client
        if client is None or not client.is_win32:
            return False
        refusals.interrupt(self, vector)
        return True

    def multiplex(self) -> bool:
        """Answer an INT 2Fh function of the manager, which is there under Windows without drivers, too; False: none."""
        return (self.is_active or self.host.profile.is_windows) and multiplex.answer(self)

    def trap_v86(self) -> bool:
        """An ARPL was met in V86 mode; False: it is none of the manager's."""
        return self.is_active and self._judged(lambda: dispatch.trap_v86(self))

    def trap_protected(self) -> bool:
        """INT 30h was executed in the break segment, EIP behind it; False: this one leads nowhere."""
        return self.is_active and self._judged(lambda: dispatch.trap_protected(self))

    def next_due(self) -> int | None:
        """The clock at which a time-out is over; None for none."""
        if not self.is_active:
            return None
        deadlines = (dispatch.next_deadline(self), schedule.next_deadline(self))
        return min((each for each in deadlines if each is not None), default=None)

    @property
    def is_ready(self) -> bool:
        """Is there an event or time-out that ring 3 is to be left for?"""
        due = self.next_due()
        return self.is_active and ((due is not None and due <= self.machine.clock) or schedule.is_any_ready(self))

    def run_event(self) -> None:
        """Call the procedure of an event or time-out that is ready; ring 3 runs."""
        if not dispatch.time_out(self):
            schedule.interrupt(self)

    def waits_for_interrupts(self) -> bool:
        """Is there an event that runs when ring 3 enables interrupts?"""
        return self.is_active and schedule.waits_for_interrupts(self)

    def fault(self, vector: int, error_code: int, cr2: int, *, is_final: bool = False) -> bool:
        """An exception of ring 3; False: no driver has hooked it. is_final: it would end the program."""
        if is_final and self.is_active:
            findings.fault_in_ring3(self, Fault(vector, error_code, cr2))
        return self.is_active and faults.in_ring3(self, Fault(vector, error_code, cr2), final=is_final)

    def traps(self, port: int, size: int) -> bool:
        """Is a driver told when programs use a port?"""
        return self.is_active and ports.is_trapped(self, port, size)

    def port(self, access: Access) -> None:
        """The program has used such a port."""
        ports.begin(self, access)

    def _dynalink(self) -> None:
        """INT 20h: a procedure in Python, or a call of a service."""
        found = self.script_at(self.machine.regs.eip - _INT_SIZE)
        if found is not None:
            running.run(self, *found)
        else:
            dynalink.call(self)

    def serve(self, ended: Exit) -> None:
        """Ring-0 code has come back: a service, a return, or a fault of the driver."""
        self._judged(lambda: self._serve(ended))

    def _judged(self, action: Callable[[], bool | None]) -> bool:
        """Do something for a driver; its VM ends when the driver has made it impossible. False: the action says so."""
        try:
            return action() is not False
        except DriverFailed as failed:
            self.crash(str(failed), failed.rule)
        except PageNotPresent as absent:
            self.crash(f"it had the manager use an absent page: {absent}")
        except GuestFault as fault:
            self.crash(f"it had the manager use the client's memory: {fault}")
        return True

    def _serve(self, ended: Exit) -> None:
        regs = self.machine.regs
        if ended.why is Why.INTERRUPT and ended.vector == _DYNALINK:
            self._dynalink()
        elif ended.why is Why.INTERRUPT:
            raise DriverFailed(f"it executed INT {ended.vector:02X}h in ring 0")
        elif ended.vector == _INVALID_OPCODE and regs.eip >> 12 == layout.VMM_TRAPS >> 12:
            self._serve_trap(regs.eip)
        elif ended.vector != _DEBUG:  # a client's watchpoint (INT 31h AX=0B00h) is noted and concerns no driver
            fault = Fault(ended.vector, ended.error_code, ended.cr2)
            if not faults.in_ring0(self, fault):
                freed = loading.freed(self, regs.eip)
                rule = "freed_memory" if freed else DriverFailed.RULE
                raise DriverFailed(faults.explain(fault, regs) + freed, rule)

    def _serve_trap(self, eip: int) -> None:
        """A driver has reached one of the manager's addresses: returned, passed a fault on, or called a service."""
        ordinal = eip - SERVICES >> 1
        if eip == RETURN:
            self.procedure_returned()
        elif eip == DEFAULT_FAULT:
            faults.pass_on(self)
            dynalink.return_near(self)
        elif ordinal >= 0 and eip == SERVICES + 2 * ordinal:
            dynalink.return_near(self)
            dynalink.serve(self, ordinal)
        else:
            self.fail(f"it went to {eip:08X}h, where the manager has nothing")
