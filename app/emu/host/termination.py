"""The end of a client: everything it held is released, then DOS ends the program.

Source: DPMI 1.0, INT 21h AH=4Ch; reference section 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from app.emu import events
from app.emu.address import Far
from app.emu.dos.process import RESIDENT
from app.emu.events import Door
from app.emu.host import client_tables, providers
from app.emu.host.client import Client
from app.emu.host.host import Host, HostStackFull, Level, Standing
from app.emu.registers import ALWAYS_SET, Flag, Segment

ENDED_BY_HOST: Final = 0xFF
"""Return code of a program the host ended."""


class LastStep(Protocol):
    """How the program ends when its client is gone; part of the state, so a plain value with a method."""

    def run(self, host: Host, before: Standing) -> None:
        """Set the registers to go on with. before: where the guest stood."""


@dataclass(frozen=True, slots=True)
class ByService:
    """The client ended in protected mode: INT 21h in real mode, on the private stack it had."""

    psp: int
    stack: Far
    ax: int
    dx: int = 0

    def run(self, host: Host, before: Standing) -> None:
        """Programs it started and that still run end first, so that DOS ends the client's own."""
        machine = host.machine
        machine.state.dos.end_descendants(self.psp, ENDED_BY_HOST)
        regs = machine.regs
        regs.eflags = ALWAYS_SET | Flag.VM | Flag.IOPL | Flag.IF
        regs.eax, regs.edx = self.ax, self.dx
        regs.ds = regs.es = Segment.real(self.psp)
        regs.fs = regs.gs = Segment.real(0)
        regs.ss, regs.esp = Segment.real(self.stack.segment), self.stack.offset & 0xFFFF
        end = machine.end_program
        regs.cs, regs.eip = Segment.real(end.segment), end.offset
        host.switched(before, Door.TERMINATION)


@dataclass(frozen=True, slots=True)
class ByDos:
    """DOS was ending the program anyway: a real-mode INT 21h AH=4Ch, Ctrl-C, or the host itself."""

    psp: int
    code: int
    how: int
    message: str

    def run(self, host: Host, before: Standing) -> None:  # noqa: ARG002 - real mode before and afterwards
        """Let DOS begin again, with the same program as before."""
        dos = host.machine.state.dos
        dos.current_psp = self.psp
        dos.end_now(self.code, self.how, self.message)


def terminate(host: Host, client: Client, code: int) -> None:
    """End a client and run INT 21h AH=4Ch with its return code in real mode, on its private stack."""
    _go_on(host, Ending(client, ByService(client.psp, client.private_stack, 0x4C00 | code & 0xFF)))


def stay_resident(host: Host, client: Client, code: int, paragraphs: int) -> None:
    """End a client whose resident providers stay (INT 31h AX=0C01h), and then its program.

    That stays in DOS memory with so many paragraphs (INT 21h AH=31h), or not at all for 0 (AH=4Ch).
    """
    ax = (0x3100 if paragraphs else 0x4C00) | code & 0xFF
    last = ByService(client.psp, client.private_stack, ax, paragraphs)
    _go_on(host, Ending(client, last, stays=True, psp=client.psp if paragraphs else 0))


def program_ending(host: Host, last: ByDos) -> bool:
    """DOS ends a program. True: it was a client still, the host sees to its end and has DOS begin again afterwards.

    A program that stays resident leaves its client behind: callbacks, vectors and descriptors stay in place
    (reference 8.3).
    """
    found = [client for client in host.clients if client.psp == last.psp and not client.is_resident]
    if found and last.how != RESIDENT:
        _go_on(host, Ending(found[0], last))
        return True
    for client in found:
        _stay(host, client)
    _drop_from(host, next((at for at, level in enumerate(host.levels) if level.psp == last.psp), len(host.levels)))
    return False


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a client in progress: it waits while a resident provider or a driver is told.

    stays: by INT 31h AX=0C01h, its own providers stay; psp: its program, if DOS keeps something of it.
    """

    client: Client
    last: LastStep
    stays: bool = False
    psp: int = 0

    def finish(self, host: Host, _level: Level) -> None:
        """The provider or driver has returned."""
        _go_on(host, self)


def _go_on(host: Host, ending: Ending) -> None:
    """Release a client, and before it, from the last one on, those that entered after it: they are its children.

    Before each of them goes, the resident providers that know it are told, the last one first.
    """
    before = host.standing()
    while ending.client in host.clients:
        client = ending.client if ending.client.is_resident else host.clients[-1]
        _leave_levels(host, client)
        host.run_as(client)
        try:
            if providers.tell_of_end(host, client, ending, before):
                return
            if host.machine.state.vmm.application_ends(client, ending):
                return
        except HostStackFull:
            continue
        if client is ending.client:
            release(host, client, stays=ending.stays, psp=ending.psp)
        else:
            release(host, client)
    ending.last.run(host, before)


def release(host: Host, client: Client, *, stays: bool = False, psp: int = 0) -> None:
    """Give back everything of a client: levels, memory, callbacks, descriptors, vectors, the PSP's environment.

    stays: its resident providers stay and keep its extended memory; psp: its program, if DOS keeps something of it.
    """
    machine = host.machine
    _leave_levels(host, client)
    _give_up_program(host, client)
    providers.client_left(host, client, stays=stays, psp=psp)
    host.shared.leave(client.number)
    if host.profile.keeps_callbacks:
        host.kept_slots.update(client.callbacks)
    client.callbacks.clear()
    host.clients.remove(client)
    client_tables.take_back(host, client)
    machine.emit(events.ClientLeft, bits=client.bits, psp=client.psp)
    _step_back(host, client)


def _stay(host: Host, client: Client) -> None:
    _leave_levels(host, client)
    _give_up_program(host, client)
    client.is_resident = True
    host.clients.remove(client)
    host.clients.insert(sum(each.is_resident for each in host.clients), client)
    _step_back(host, client)


def _leave_levels(host: Host, client: Client) -> None:
    """Drop every context that was left since a client entered, or for a resident one since it was called."""
    first = client.base_level
    if client.is_resident:
        involved = (number for number, level in enumerate(host.levels) if client in (level.left, level.owner))
        first = next(involved, len(host.levels))
    _drop_from(host, first)


def _give_up_program(host: Host, client: Client) -> None:
    """The PSP is DOS's again, the real-mode stack the parent's; a client that is resident has done that before."""
    if not client.is_resident:
        host.real_pointer = client.outer_real_pointer
        host.machine.memory.write_u16((client.psp << 4) + 0x2C, client.environment)


def _drop_from(host: Host, first: int) -> None:
    """Drop the contexts from a level on: nobody will go back to them."""
    while len(host.levels) > first:
        host.unwind()
    host.machine.set_ring0_stack(host.ring0_esp)


def _step_back(host: Host, client: Client) -> None:
    """The current client is the one that was before, while it lives and its program runs; else the primary one."""
    outer = client.outer
    goes_on = outer is not None and outer in host.clients and not outer.is_resident
    host.run_as(outer if goes_on else host.primary)
