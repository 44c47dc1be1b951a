"""Where real-mode code and DOS meet the host: one method per ROM trap and question."""

from __future__ import annotations

from app.emu.events import Door
from app.emu.host import (
    callbacks,
    defaults,
    entry,
    exceptions,
    interrupts,
    mouse_api,
    multiplex,
    providers,
    raw_switch,
    termination,
    translation,
)
from app.emu.host.client import Client
from app.emu.host.faults import GuestFault
from app.emu.host.host import Host, HostStackFull
from app.emu.host.traps import Trap, trap_at
from app.emu.int31.dispatch import complete
from app.emu.int31.table import INT31

RETURNS_FROM_REAL = (Door.REFLECTION, Door.INT31_0300, Door.INT31_0301, Door.INT31_0302)
STACK_FULL = "the host's ring-0 stack is full: too many nested calls"


class DpmiHost(Host):
    """The DPMI host. Attribute `host` of the machine's state."""

    # Asked by DOS

    def multiplex(self) -> bool:
        """Answer an INT 2Fh function of the host or of the drivers' manager in V86 mode; False: it is none."""
        return multiplex.from_real(self) or self.machine.state.vmm.multiplex() or multiplex.no_device(self)

    def program_ending(self, psp: int, code: int, how: int, message: str) -> bool:
        """A program is about to end; True: as a client it ends first, then the host has DOS begin again."""
        return termination.program_ending(self, termination.ByDos(psp, code, how, message))

    # ROM traps

    def mode_switch(self) -> None:
        """The mode switch entry."""
        entry.enter_protected_mode(self)

    def real_returned(self) -> None:
        """A real-mode procedure or interrupt handler has returned to the host."""
        level = next(
            (each for each in reversed(self.levels) if each.door in RETURNS_FROM_REAL and not each.on_locked), None
        )
        if level is None:
            self.machine.weeds("real-mode code returned to the host although no call was in progress")
            return
        if level.door is Door.REFLECTION:
            interrupts.reflected(self, level)
            return
        translation.returned_from_real_mode(self, level)
        complete(self, INT31[level.function], None)

    def callback(self, number: int) -> None:
        """A callback's address. number: client index * 256 + slot."""
        callbacks.enter(self, number >> 8, number & 0xFF)

    def mouse_event(self, number: int) -> None:
        """The mouse driver calls an event handler. number: client index * 8 + set of shift keys."""
        mouse_api.enter(self, number)

    def raw_to_protected(self, index: int) -> None:
        """The raw mode switch from real to protected mode of the client at `index`."""
        client = next((each for each in self.clients if each.index == index), None)
        if client is None:
            self.machine.weeds("the raw mode switch of a client that has ended was used")
        else:
            raw_switch.to_protected(self, client)

    def save_restore_protected(self, index: int) -> None:
        """The state save/restore routine for real mode of the client at `index`."""
        client = next((each for each in self.clients if each.index == index), None)
        if client is None:
            self.machine.return_far()
        else:
            raw_switch.save_restore_protected(self, client)

    # Protected mode

    def trap(self, offset: int) -> bool:
        """A client reached a trap address; False: there is no trap at this offset."""
        found = trap_at(offset)
        if found is None:
            return False
        kind, number = found
        match kind:
            case Trap.DEFAULT_INTERRUPT:
                defaults.default_trap(self, number)
            case Trap.DEFAULT_EXCEPTION:
                exceptions.default_trap(self, number, real=False)
            case Trap.DEFAULT_REAL_EXCEPTION:
                exceptions.default_trap(self, number, real=True)
            case Trap.RETURN_FROM_CALLBACK:
                callbacks.returned(self)
            case Trap.RETURN_FROM_INTERRUPT:
                interrupts.returned_from_interrupt(self)
            case Trap.RETURN_FROM_EXCEPTION:
                exceptions.returned_by_old_frame(self)
            case Trap.RETURN_FROM_EXTENDED_EXCEPTION:
                exceptions.returned_by_extended_frame(self)
            case Trap.RAW_SWITCH_TO_REAL:
                raw_switch.to_real(self)
            case Trap.SAVE_RESTORE_REAL_STATE:
                raw_switch.save_restore_real(self)
            case Trap.RETURN_FROM_MOUSE_HANDLER:
                mouse_api.returned(self)
            case Trap.MS_DOS_API:
                multiplex.ms_dos_api(self)
            case Trap.RETURN_FROM_PROVIDER:
                providers.returned(self)
        return True

    def fault(self, vector: int, error_code: int, cr2: int, information: int = 0) -> None:
        """The processor raised an exception in a client, EIP at the instruction (behind it for traps)."""
        try:
            exceptions.raise_exception(self, vector, error_code, cr2, information)
        except GuestFault as inner:
            self.machine.terminate_client(f"{inner} while exception {vector:02X}h was being delivered")
        except HostStackFull:
            self.machine.terminate_client(STACK_FULL)

    def end_client(self, code: int) -> None:
        """End the current client with a return code."""
        termination.terminate(self, self.current, code)

    def end_resident(self, client: Client) -> None:
        """A resident client has failed while it was called: it is gone, what called it cannot go on."""
        termination.release(self, client)

    def software_interrupt(self, vector: int) -> None:
        """A client executed INT n."""
        interrupts.software_interrupt(self, vector)

    def hardware_interrupt(self, vector: int) -> bool:
        """Deliver an interrupt request to the primary client; False: real mode's handler is to run."""
        return interrupts.hardware_interrupt(self, vector)

    def real_to_protected(self, vector: int) -> None:
        """INT 1Ch, 23h or 24h in real mode reaches the client's hook, or the host's answer."""
        interrupts.to_protected(self, vector, Door.REFLECTION)

    def hooks(self, vector: int) -> bool:
        """Is a software interrupt in real mode the host's: to go to the current client's hook, or to be answered?"""
        if vector not in interrupts.TO_PROTECTED or self.client is None:
            return False
        is_answered = vector == interrupts.CRITICAL_ERROR and self.profile.answers_critical_errors
        return is_answered or self.client.is_hooked(vector)
